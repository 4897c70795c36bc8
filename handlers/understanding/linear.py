"""Runs learnt linear classifiers: weights of named features, compact, in numpy alone."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from handlers.understanding.words import model_path

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Classifier:
    """`weights[index[feature]]` has one number a class; a bias for each class."""

    classes: tuple[str, ...]
    index: dict[str, int]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def chances(self, features: Iterable[str]) -> dict[str, float]:
        """Probability of each class (softmax over the scores)."""
        rows = sorted({row for row in map(self.index.get, features) if row is not None})
        score = self.bias + (self.weights[rows].sum(axis=0) if rows else 0.0)
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
    return Classifier(classes, {f: i for i, f in enumerate(features)}, weights, bias)


def classifier(name: str) -> Classifier:
    """The classifier `config/models/<name>.npz`, read once."""
    with _lock:
        return _load(name)
