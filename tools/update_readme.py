#!/usr/bin/env python3
"""Brings the generated parts of README.md up to date.

  tools/update_readme.py [--program PROGRAM] [--transcript]

The table of what works is what `ropewalk coverage --markdown` prints; with --transcript the transcript is made anew too,
of `ropewalk demo --once`. PROGRAM: default build/release/ropewalk.
"""

import argparse
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def replace(text, name, part):
    pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
    if not pattern.search(text):
        raise SystemExit(f"update_readme: README.md has no part {name}")
    return pattern.sub(lambda match: match.group(1) + part + match.group(2), text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/ropewalk"))
    parser.add_argument("--transcript", action="store_true")
    arguments = parser.parse_args()
    path = ROOT / "README.md"
    text = replace(path.read_text(encoding="utf-8"), "coverage", output(arguments.program, "coverage", "--markdown"))
    if arguments.transcript:
        lines = output(arguments.program, "demo", "--once").replace(str(ROOT) + "/", "").splitlines()
        text = replace(text, "transcript", "```text\n$ ./dev run --once\n" + "\n".join(lines) + "\n```\n")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
