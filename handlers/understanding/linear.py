"""Runs learnt linear classifiers: weights of named features, compact, in numpy alone."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from handlers.understanding.words import model_path

_lock = threading.Lock()
_numbers: dict[str, int] = {}
"""Every feature that any classifier loaded so far knows, so that a feature is looked up once for all of them."""


class _Last(threading.local):
    """What was asked about last: the same features are put to one classifier after another."""

    features: Iterable[str] | None = None
    known: int = 0
    numbers: NDArray[np.int32] = np.empty(0, np.int32)


_last = _Last()


def _numbered(features: Iterable[str]) -> NDArray[np.int32]:
    if _last.features is not features or _last.known != len(_numbers):
        known, held = len(_numbers), set(map(_numbers.get, features))
        _last.numbers = np.array(sorted(n for n in held if n is not None), np.int32)
        _last.features, _last.known = features, known
    return _last.numbers


@dataclass(frozen=True, slots=True)
class Classifier:
    """`rows[number of a feature]` is its row of `weights`, or -1; a row has one number a class, as has `bias`."""

    classes: tuple[str, ...]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def chances(self, features: Iterable[str]) -> dict[str, float]:
        """Probability of each class (softmax over the scores). Features put once must not be changed thereafter."""
        numbers = _numbered(features)
        rows = self.rows[numbers[: np.searchsorted(numbers, len(self.rows))]]
        score = self.bias + self.weights[rows[rows >= 0]].sum(axis=0)
        power = np.exp(score - score.max())
        return dict(zip(self.classes, (power / power.sum()).tolist(), strict=True))

    def best(self, features: Iterable[str]) -> str:
        chances = self.chances(features)
        return max(chances, key=lambda name: chances[name])


@cache
def _load(name: str) -> Classifier:
    with np.load(model_path(f"{name}.npz"), allow_pickle=False) as held:
        features = bytes(held["features"]).decode("utf-8").split("\x00")
        weights = held["weights"].astype(np.float32) * held["scale"].astype(np.float32)
        bias = held["bias"].astype(np.float32)
        classes = tuple(bytes(held["classes"]).decode("utf-8").split("\x00"))
    numbers = [_numbers.setdefault(feature, len(_numbers)) for feature in features]
    rows = np.full(len(_numbers), -1, np.int32)
    rows[numbers] = np.arange(len(features), dtype=np.int32)
    return Classifier(classes, rows, weights, bias)


def classifier(name: str) -> Classifier:
    """The classifier `config/models/<name>.npz`, read once."""
    with _lock:
        return _load(name)
