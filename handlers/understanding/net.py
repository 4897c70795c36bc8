"""Runs the learnt net over a note: labels of its characters, and chances of the answers to questions about parts of it."""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from handlers.understanding import lac
from handlers.understanding.normalise import plain
from handlers.understanding.scan import Scan
from handlers.understanding.words import model_path

_log = logging.getLogger(__name__)
_lock = threading.Lock()
LONGEST = 600  # characters of a note that the net looks at
KINDS = ".CPDMT0"
FAR = (1, 2, 4)
"""How far the neighbours stand that each layer looks at."""

Floats = NDArray[np.float32]
Parts = Iterable[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Net:
    """`held` has the weights by name, `labels` those of each tagger, `answers` those to each question."""

    held: dict[str, Floats]
    labels: dict[str, tuple[str, ...]]
    answers: dict[str, tuple[str, ...]]

    def states(self, seen: Floats) -> Floats:
        x: Floats = np.maximum(seen @ self.held["mix.weight"].T + self.held["mix.bias"], 0)
        for number, far in enumerate(FAR):
            wide = np.pad(x, ((far, far), (0, 0)))
            around = np.concatenate([wide[: len(x)], x, wide[2 * far :]], axis=1)
            x = x + np.maximum(
                around @ self.held[f"layers.{number}.weight"] + self.held[f"layers.{number}.bias"], 0
            )
        return x


def seen(text: str, masks: str) -> Floats | None:
    """What the net sees of each character: LAC's states, and the kind of thing that the character belongs to."""
    states = lac.states(text)
    if states is None:
        return None
    kinds = np.eye(len(KINDS), dtype=np.float32)[[KINDS.index(m) for m in masks]]
    return np.concatenate([states, kinds], axis=1)[:LONGEST]


def chances(scan: Scan, name: str, parts: Parts) -> dict[str, float] | None:
    """Chances of each answer to the question `name` about `parts`; None where the net or LAC cannot be had."""
    found = _run(plain(scan.text), scan.masks)
    with _lock:
        net = _load()
    if found is None or net is None or name not in net.answers:
        return None
    states, most, _ = found
    summary = _summary(states, most, [(s, min(e, len(states))) for s, e in parts if s < len(states)])
    score = net.held[f"heads.{name}.weight"] @ summary + net.held[f"heads.{name}.bias"]
    return dict(zip(net.answers[name], _soft(score).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of a tagger, "O" first, and the chance of each (columns) for every character (rows)."""

    names: tuple[str, ...]
    chances: Floats


def labels(scan: Scan, name: str) -> Labels | None:
    found = _run(plain(scan.text), scan.masks)
    with _lock:
        net = _load()
    return Labels(net.labels[name], found[2][name]) if found is not None and net is not None else None


def share(scan: Scan, name: str, kind: str, start: int, end: int) -> float | None:
    """How likely the likeliest of the characters from `start` to `end` is labelled `kind`."""
    found = labels(scan, name)
    if found is None or start >= len(found.chances):
        return None
    columns = [i for i, label in enumerate(found.names) if label[2:] == kind]
    return float(found.chances[start:end, columns].sum(axis=1).max())


@lru_cache(maxsize=4)
def _run(text: str, masks: str) -> tuple[Floats, Floats, dict[str, Floats]] | None:
    """The states of a note's characters, the greatest of all, and of each tagger the chances of its labels."""
    with _lock:
        net = _load()
    sight = seen(text, masks) if net is not None else None
    if net is None or sight is None or not len(sight):
        return None
    states = net.states(sight)
    tagged = {
        name: _soft(states @ net.held[f"taggers.{name}.weight"].T + net.held[f"taggers.{name}.bias"])
        for name in net.labels
    }
    return states, states.max(0), tagged


def _summary(states: Floats, most: Floats, parts: list[tuple[int, int]]) -> Floats:
    """The mean and the greatest of the parts, what stands on both sides, the greatest of the note."""
    inside = np.concatenate([states[s:e] for s, e in parts] or [states])
    first = min((s for s, _ in parts), default=0) - 1
    last = max((e for _, e in parts), default=len(states))
    nothing = np.zeros(states.shape[1], np.float32)
    before = states[first] if first >= 0 else nothing
    after = states[last] if last < len(states) else nothing
    return np.concatenate([inside.mean(0), inside.max(0), before, after, most])


def _soft(score: Floats) -> Floats:
    power = np.exp(score - score.max(axis=-1, keepdims=True))
    return np.asarray(power / power.sum(axis=-1, keepdims=True), np.float32)


@cache
def _load() -> Net | None:
    try:
        with np.load(model_path("net.npz"), allow_pickle=False) as file:
            held = {name: file[name].astype(np.float32) for name in file.files if not name.startswith("of ")}
            told = {name: bytes(file[name]).decode("utf-8") for name in file.files if name.startswith("of ")}
    except OSError as error:
        _log.warning("the net cannot be had, notes are read without it: %s", error)
        return None
    named = {name[3:]: tuple(text.split("\x00")) for name, text in told.items()}
    tags = {name: named.pop(name) for name in ("facts", "deeds")}
    return Net(held, tags, named)
