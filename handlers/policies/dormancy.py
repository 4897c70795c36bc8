"""久没联系: which rung of the ladder a customer's silence has reached (R83, R102, R103, requirements 11).

Days count from the last real interaction: a visit, a call, a message to and fro. Nothing here changes a
customer; the numbers are the company's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Rung:
    """So many days without contact; `grades` empty: for all. `decision`: the superior is asked."""

    id: str
    name: str
    days: int
    grades: frozenset[str] = frozenset()
    decision: bool = False
    card: bool = True


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs, shortest first, and by how much a grade's or an industry's days are stretched."""

    rungs: Sequence[Rung]
    grades: Mapping[str, float]
    industries: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Window:
    """Last interactions between which a rung can have been reached: after `after`, before `before`.

    `after` None: however long ago. Wide enough for every stretch; `reached` tells exactly.
    """

    rung: Rung
    before: datetime
    after: datetime | None


def factor(ladder: Ladder, grade: str | None, industry: str | None) -> float:
    return ladder.grades.get(grade or "", 1.0) * ladder.industries.get(industry or "", 1.0)


def days_of(rung: Rung, ladder: Ladder, grade: str | None, industry: str | None, least: int | None) -> int:
    """After how many days the rung is reached; never before `least`, where that was agreed."""
    return max(round(rung.days * factor(ladder, grade, industry)), least or 0)


def reached(
    silent: int, ladder: Ladder, grade: str | None, industry: str | None, least: int | None = None
) -> Rung | None:
    """The highest rung that so many silent days reach."""
    fitting = [
        each
        for each in ladder.rungs
        if (not each.grades or grade in each.grades)
        and silent >= days_of(each, ladder, grade, industry, least)
    ]
    return fitting[-1] if fitting else None


def windows(ladder: Ladder, today: date, zone: tzinfo | None) -> Iterable[Window]:
    """For each rung the instants between which it may have been reached."""
    factors = [*ladder.grades.values(), 1.0], [*ladder.industries.values(), 1.0]
    low, high = (pick(factors[0]) * pick(factors[1]) for pick in (min, max))
    last: datetime | None = None
    for rung in reversed(ladder.rungs):
        yield Window(rung, _midnight(today, rung.days * low, zone), last)
        if not rung.grades:  # below a rung for some grades only, the others stay where they were
            last = _midnight(today, rung.days * high, zone)


def _midnight(today: date, days: float, zone: tzinfo | None) -> datetime:
    """The first instant at which so many days had not passed yet, seen from today."""
    return datetime.combine(today - timedelta(days=round(days) - 1), time(), zone)
