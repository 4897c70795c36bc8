"""Reads files of notes and answers as lessons: each note as it is, and varied copies of it; kept on disk between runs."""

import json
import os
import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vary

from handlers.understanding import lac
from handlers.understanding.scan import Scan

HERE = Path(__file__).resolve().parent


def _files(folder: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{path.stem}" for path in sorted((HERE / folder).glob("*.jsonl")))


GIVEN = ("dev", *_files("train"))
OWN = _files("ours")
FILES = (*GIVEN, *OWN)
COPIES = 2


@dataclass(frozen=True, slots=True)
class Lesson:
    """A scanned note with its case; `varied` where it is a copy with other names and goods."""

    scan: Scan
    case: dict[str, Any]
    varied: bool


def cases(name: str) -> list[dict[str, Any]]:
    lines = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def of_files(names: Iterable[str], copies: int = COPIES) -> Iterator[Lesson]:
    """Lessons of files, in order: each note, as strangers to its customers would tell it, and `copies` with other goods.

    The copies of a file are made of its own words, so that none leak from a file left out.
    """
    for name in names:
        yield from _of_file(name, copies)


def _of_file(name: str, copies: int) -> Iterator[Lesson]:
    found = cases(name)
    pool = vary.pool_of(found)
    with lexed_once(name):
        for case in found:
            scan = vary.scanned(case)
            yield Lesson(scan, case, False)
            for copy in vary.copies(case, scan, pool, copies):
                yield Lesson(vary.scanned(copy), copy, True)


@contextmanager
def lexed_once(name: str) -> Iterator[None]:
    """Keeps what LAC says of each text in the folder CORPUS_CACHE, where that is set."""
    if "CORPUS_CACHE" not in os.environ:
        yield
        return
    path = Path(os.environ["CORPUS_CACHE"]) / f"{name.replace('/', '-')}.pickle"
    held: dict[str, list[lac.Word]] = pickle.loads(path.read_bytes()) if path.exists() else {}  # noqa: S301  our own
    known, words = len(held), lac.words
    lac.words = lambda text: held[text] if text in held else held.setdefault(text, words(text))
    try:
        yield
    finally:
        lac.words = words
        if len(held) > known:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(held))
