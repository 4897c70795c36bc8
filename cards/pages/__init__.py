"""The phone pages: the same view-models as the cards, drawn as HTML where a card is too small for them.

Templates escape whatever they are given, and fail for what they are not given.
"""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cards.words import clock, mask_phone, weekday

FOLDER = Path(__file__).parent


def draw(name: str, /, **view: Any) -> str:
    """The page called `name` (file, visit, handover …) as HTML."""
    return _environment().get_template(f"{name}.html.j2").render(**view)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(day=_day, at=_at, masked=mask_phone)
    return made


def _day(day: date | None) -> str:
    """`2026-04-29 周三`: pages write days in full (card book 1.2)."""
    return f"{day.isoformat()} {weekday(day)}" if day is not None else ""


def _at(moment: datetime | None) -> str:
    """`2026-04-29 18:24`."""
    return f"{moment.date().isoformat()} {clock(moment)}" if moment is not None else ""
