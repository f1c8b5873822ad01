#!/usr/bin/env python3
"""Turns the files of the page into a C++ table that src/inspect/page_files.cc includes.

  tools/embed_page.py OUTPUT FILE...

A line {path, type, content} for each file, by name; files are text.
"""

import pathlib
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
DELIMITER = "_ropewalk_page_"
PIECE = 16000  # characters of one literal; compilers need not take longer ones


def literal(text):
    assert DELIMITER not in text
    pieces = [text[i:i + PIECE] for i in range(0, len(text), PIECE)] or [""]
    return "\n".join(f'R"{DELIMITER}({piece}){DELIMITER}"' + ("sv" if piece is pieces[-1] else "") for piece in pieces)


def main():
    output, files = sys.argv[1], sorted(map(pathlib.Path, sys.argv[2:]), key=lambda path: path.name)
    rows = [f'{{"{path.name}", "{TYPES[path.suffix]}", {literal(path.read_text(encoding="utf-8"))}}},\n' for path in files]
    pathlib.Path(output).write_text("".join(rows), encoding="utf-8")


main()
