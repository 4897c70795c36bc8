#!/usr/bin/env python3
"""Reads cases on standard input with the models of a folder: predict.py FOLDER < cases.jsonl > predicted.jsonl"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from handlers.understanding import words  # noqa: E402
from handlers.understanding.corpus import parse_stream  # noqa: E402

words.MODELS = Path(sys.argv[1])
for line in parse_stream(sys.stdin):
    print(line)
