"""Runs learnt linear classifiers: weights of named features, compact, in numpy alone."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handlers.understanding.words import model_path

Piece = tuple[str, ...]
"""Features that go together (what stands to the left of one place); none stands in two pieces of one question."""
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Table:
    """All classifiers side by side: a row for each feature that any of them knows, a column for each class of each.

    So what one piece says is looked up once, whatever is asked about it.
    """

    rows: dict[str, int]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    columns: dict[str, tuple[slice, tuple[str, ...]]]


def chances(name: str, features: Sequence[Piece]) -> dict[str, float]:
    """Probability of each class of the classifier `config/models/<name>.npz` (softmax over the scores)."""
    with _lock:
        table = _load()
    at, classes = table.columns[name]
    told = sum(_weighed(piece)[at] for piece in features)
    score = (told * table.scale[at] + table.bias[at]).tolist()
    top = max(score)
    power = [exp(each - top) for each in score]
    whole = sum(power)
    return {answer: each / whole for answer, each in zip(classes, power, strict=True)}


@lru_cache(maxsize=128)
def _weighed(piece: Piece) -> NDArray[np.int32]:
    """The sum of a piece's rows; kept, since the same place is asked about several times in a note."""
    table = _load()
    held: set[Any] = set(map(table.rows.get, piece)) - {None}
    found: NDArray[np.int32] = np.add.reduce(table.weights.take(list(held), axis=0), axis=0, dtype=np.int32)
    return found


@cache
def _load() -> _Table:
    held = dict(_held())
    rows: dict[str, int] = {}
    numbers = {
        n: [rows.setdefault(f, len(rows)) for f in _texts(file["features"])] for n, file in held.items()
    }
    columns: dict[str, tuple[slice, tuple[str, ...]]] = {}
    weights = np.zeros((len(rows), sum(file["weights"].shape[1] for file in held.values())), np.int8)
    begin = 0
    for name, file in held.items():
        classes = _texts(file["classes"])
        columns[name] = slice(begin, begin + len(classes)), classes
        weights[numbers[name], begin : begin + len(classes)] = file["weights"]
        begin += len(classes)
    scale, bias = (np.concatenate([file[key] for file in held.values()]) for key in ("scale", "bias"))
    return _Table(rows, weights, scale.astype(np.float32), bias.astype(np.float32), columns)


def _held() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of every classifier's file."""
    for path in sorted(model_path("").glob("*.npz")):
        with np.load(path, allow_pickle=False) as file:
            if "features" in file.files:
                yield path.stem, {name: file[name] for name in file.files}


def _texts(held: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(bytes(held).decode("utf-8").split("\x00"))
