#!/usr/bin/env python3
"""Runs the page's tests in Chromium by Playwright.

  run.py BUILD_DIRECTORY [PART OF A TEST'S NAME...]

playwright-core comes from npm, in the version that package-lock.json names, into BUILD_DIRECTORY/page-tests; pictures
go to BUILD_DIRECTORY/screenshots. Ends with 77 where Chromium, npm or the package is not to be had.
"""

import filecmp
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    chromium = shutil.which("chromium")
    if chromium is None:
        skip("there is no chromium (apt-get install chromium)")
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            skip(f"there is no {tool} (apt-get install nodejs npm)")
    work = build / "page-tests"
    work.mkdir(exist_ok=True)
    lock = work / "package-lock.json"
    installed = (work / "node_modules" / "playwright-core").is_dir()
    if not installed or not lock.exists() or not filecmp.cmp(lock, HERE / "package-lock.json", shallow=False):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, work / name)
        made = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=work,
                              capture_output=True, text=True, timeout=300)
        if made.returncode != 0:
            lock.unlink()
            skip("npm cannot fetch playwright-core: " + made.stderr.strip().splitlines()[-1])
    for script in HERE.glob("*.mjs"):  # node looks for packages beside the script
        shutil.copy(script, work / script.name)
    screenshots = build / "screenshots"
    screenshots.mkdir(exist_ok=True)
    shared = HERE.parent.parent.parent / "shared"
    command = ["node", "page_test.mjs", chromium, str(build), str(screenshots), str(shared), *sys.argv[2:]]
    environment = {**os.environ, "ROPEWALK_SOURCE": str(HERE.parent.parent)}
    sys.exit(subprocess.run(command, cwd=work, env=environment).returncode)


main()
