"""Reads the print on a picture; as a program (`python -m bot.senses.picture`, by `aside.run`) from standard
input to JSON. Needs the extra `ocr`, whose models come with the package: nothing is fetched.
"""

import logging
import math
import sys
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from statistics import median
from typing import Any, TypeAlias

from bot.senses.aside import confine
from bot.senses.eyes import PRINTS
from handlers.understanding.businesscard import Print

MOST_PIXELS = 60_000_000
"""More than any phone's camera takes; checked before a pixel is unpacked."""
SIDE = 1600
"""Longest side that is read: small print is still legible, and a phone's picture costs no more than this."""
THREADS = 2
UNREADABLE = 4

Quad: TypeAlias = list[list[float]]
"""A line's corners, from its upper left one clockwise."""


def read(picture: bytes) -> tuple[Print, ...]:
    """Lines of print with their boxes, in pixels. Raises OSError and ValueError for what is no picture."""
    found = _engine()(_pixels(picture))
    if found.boxes is None or found.txts is None:
        return ()
    quads: list[Quad] = found.boxes.tolist()
    lean = _lean(quads)
    return tuple(
        _line(text, _upright(quad, lean), float(score))
        for text, quad, score in zip(found.txts, quads, found.scores, strict=True)
    )


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            # Waiting threads spin, and all of them together count as computing.
            "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
        }
    )


def _pixels(picture: bytes) -> Any:
    """Upright, in the order of colours that the reader was taught with, and no larger than it needs."""
    import numpy as np
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # our own limit comes first

    with Image.open(BytesIO(picture), formats=("JPEG", "PNG", "WEBP", "GIF", "BMP")) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        image.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((SIDE, SIDE))
    return np.asarray(upright)[:, :, ::-1]


def _lean(quads: Sequence[Quad]) -> float:
    """The angle, in radians, at which the lines of a picture lean."""
    angles = [
        math.atan2(right[1] - left[1], right[0] - left[0])
        for left, right, _, below in quads
        if math.dist(left, right) > 2 * math.dist(left, below)
    ]
    return median(angles) if angles else 0.0


def _upright(quad: Quad, lean: float) -> Quad:
    """The corners where they were if the lines lay level."""
    cos, sin = math.cos(lean), math.sin(lean)
    return [[x * cos + y * sin, y * cos - x * sin] for x, y in quad]


def _line(text: str, quad: Quad, score: float) -> Print:
    """The box around the corners; a line is as high as its short side, whichever way it is written."""
    size = min(math.dist(quad[0], quad[1]), math.dist(quad[0], quad[3]))
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return Print(text, min(xs), min(ys), max(xs), max(ys), size, score)


def main() -> int:
    confine(sys.argv)
    logging.disable(logging.CRITICAL)
    try:
        sys.stdout.buffer.write(PRINTS.dump_json(read(sys.stdin.buffer.read())))
    except (OSError, ValueError, MemoryError):
        return UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
