"""Reads the print on a picture; as a program (`python -m bot.senses.picture`, by `aside.run`) from standard
input to JSON. Needs the extra `ocr`, whose models come with the package: nothing is fetched.
"""

import logging
import sys
from functools import cache
from io import BytesIO
from typing import Any

from bot.senses.aside import confine
from bot.senses.eyes import PRINTS
from handlers.understanding.businesscard import Print

MOST_PIXELS = 60_000_000
"""More than any phone's camera takes; checked before a pixel is unpacked."""
SIDE = 1600
"""Longest side that is read: small print is still legible, and a phone's picture costs no more than this."""
UNREADABLE = 4


def read(picture: bytes) -> tuple[Print, ...]:
    """Lines of print with their boxes, in pixels. Raises OSError and ValueError for what is no picture."""
    found = _engine()(_pixels(picture))
    if found.boxes is None or found.txts is None:
        return ()
    return tuple(
        _line(text, box, score)
        for text, box, score in zip(found.txts, found.boxes.tolist(), found.scores, strict=True)
    )


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})


def _pixels(picture: bytes) -> Any:
    """Upright, in the order of colours that the reader was taught with, and no larger than it needs."""
    import numpy as np
    from PIL import Image, ImageOps

    with Image.open(BytesIO(picture), formats=("JPEG", "PNG", "WEBP", "GIF", "BMP")) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        image.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((SIDE, SIDE))
    return np.asarray(upright)[:, :, ::-1]


def _line(text: str, corners: list[list[float]], score: float) -> Print:
    """The upright box around the corners; a line that leans is as high as its short side."""
    (ax, ay), (bx, by), _, (dx, dy) = corners
    sides = (((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5, ((dx - ax) ** 2 + (dy - ay) ** 2) ** 0.5)
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Print(text, min(xs), min(ys), max(xs), max(ys), min(sides), float(score))


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
