#!/usr/bin/env python3
"""Brings the generated parts of README.md up to date.

  tools/update_readme.py [--program PROGRAM] [--transcript]

The table of what works is what `ropewalk coverage --markdown` prints; with --transcript the transcript is made anew too,
of `ropewalk demo --once`: the first two steps and the first look at the address book with the beginning of their results, of those
over RPC the first packets or those that wait for events, and of the others the headings. PROGRAM: default build/release/ropewalk.
"""

import argparse
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADING = re.compile(r"\d+\. ")
SECTION = re.compile(r"=== .* ===$")
RESULT = re.compile(r"As it should be:$|WRONG: ")
PACKET = re.compile(r"    [<>] ")
TABLE = re.compile(r"    NspiGetSpecialTable ")
ASYNC = re.compile(r"    [<>] .*(alter_context|EcDoAsync)")
PACKET_LINES = 16
RESULT_LINES = 8  # of the step that is shown whole
WIDTH = 150  # characters of a line


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def replace(text, name, part):
    pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
    if not pattern.search(text):
        raise SystemExit(f"update_readme: README.md has no part {name}")
    return pattern.sub(lambda match: match.group(1) + part + match.group(2), text)


def trim(lines):
    """The lines of the demonstration that the README shows; left-out ones are marked [...]."""
    headings = [place for place, line in enumerate(lines) if HEADING.match(line)]
    if len(headings) < 2:
        raise SystemExit("update_readme: the demonstration has no steps")
    kept, shown = lines[:headings[0]], 0
    for place, after in zip(headings, headings[1:] + [len(lines)]):
        step = lines[place:after]
        result = next((at for at, line in enumerate(step) if RESULT.match(line)), len(step) - 1)
        section = [line for line in step if SECTION.match(line)]
        packets = [at for at, line in enumerate(step) if PACKET.match(line)]
        waiting = [line for line in step if ASYNC.match(line)]
        if shown < 2 or any(TABLE.match(line) for line in step):  # the first looks, at the mailbox and the address book
            kept += step[:result + RESULT_LINES]
            shown += 1
            kept += ["[...]"] if result + RESULT_LINES < len(step) else []
        elif waiting:  # how RPC waits for events
            kept += [step[0], "[...]"] + waiting[:6] + ["[...]"]
        elif packets:  # how a conversation over RPC begins
            kept += step[:packets[0] + PACKET_LINES] + ["[...]"]
        else:
            kept.append(step[0])
        kept += ["", *section, ""] if section else []
    return [line if len(line) <= WIDTH else line[:WIDTH - 1] + "…" for line in kept]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/ropewalk"))
    parser.add_argument("--transcript", action="store_true")
    arguments = parser.parse_args()
    path = ROOT / "README.md"
    text = replace(path.read_text(encoding="utf-8"), "coverage", output(arguments.program, "coverage", "--markdown"))
    if arguments.transcript:
        # Where the sample mail lies is said with the path of the source tree that the program was built in.
        said = re.sub(r"\S*/(?=examples/mail)", "", output(arguments.program, "demo", "--once"))
        text = replace(text, "transcript", "```text\n$ ./dev run --once\n" + "\n".join(trim(said.splitlines())) + "\n```\n")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
