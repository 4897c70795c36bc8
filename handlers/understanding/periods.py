"""Stretches of time and what can be done with them: the one before, the third Monday within, the last two weeks.

Nothing here knows a word of Chinese; `timetalk` says which words ask for what.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, IntEnum

from handlers.understanding import almanac


class Tense(Enum):
    PAST = "past"
    FUTURE = "future"


class Grain(IntEnum):
    """Sizes of a stretch of time. Chinese names the larger before the smaller, so a later word has a finer grain."""

    CENTURY = 0
    DECADE = 1
    YEAR = 2
    HALF = 3
    QUARTER = 4
    MONTH = 5
    THIRD = 6
    WEEK = 7
    SPAN = 8
    """Some days or units in a row that no calendar names: a weekend, half a week, the first ten days."""
    DAY = 9
    PART = 10
    HOUR = 11
    """An hour with its minutes: a point in time."""
    NOW = 12
    """A point counted from the moment of speaking, to the second."""


MONTHS = {
    Grain.CENTURY: 1200,
    Grain.DECADE: 120,
    Grain.YEAR: 12,
    Grain.HALF: 6,
    Grain.QUARTER: 3,
    Grain.MONTH: 1,
}
"""How many months the calendar's larger units have."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, but not including, `end`; a point in time has both the same."""

    start: datetime
    end: datetime
    grain: Grain

    @property
    def last(self) -> date:
        """The last day that it touches."""
        return max(self.start, self.end - timedelta(microseconds=1)).date()


Pick = Callable[[Period], Period | None]
"""What a word takes out of a larger period (or, for 上, 下 and the like, the one beside it)."""


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def days(first: date, count: int, grain: Grain) -> Period:
    """`count` days from the midnight of `first`."""
    return Period(midnight(first), midnight(first) + timedelta(days=count), grain)


def one_day(day: date | None) -> Period | None:
    return days(day, 1, Grain.DAY) if day else None


def months(first: date, count: int, grain: Grain) -> Period:
    """`count` months from the midnight of `first`."""
    return Period(midnight(first), midnight(almanac.add_months(first, count)), grain)


def holding(now: datetime, grain: Grain) -> Period:
    """The period of that size that `now` lies in."""
    day = now.date()
    if grain is Grain.NOW:
        return Period(now, now, grain)
    if grain is Grain.WEEK:
        return days(almanac.monday(day), 7, grain)
    if grain not in MONTHS:
        return days(day, 1, Grain.DAY)
    index = day.year * 12 + day.month - 1
    index -= index % MONTHS[grain]
    return months(date(index // 12, index % 12 + 1, 1), MONTHS[grain], grain)


def beside(period: Period, count: int) -> Period:
    """The period of the same size `count` later, or before where negative."""
    if period.grain in MONTHS:
        size = MONTHS[period.grain]
        return months(almanac.add_months(period.start.date(), count * size), size, period.grain)
    step = (period.end - period.start) * count
    return Period(period.start + step, period.end + step, period.grain)


def units(period: Period, grain: Grain) -> list[Period]:
    """The months, weeks or days of a period; a week belongs where its Thursday lies."""
    return list(_units(period, grain))


def _units(period: Period, grain: Grain) -> Iterator[Period]:
    lead = timedelta(days=3) if grain is Grain.WEEK else timedelta()
    unit = holding(period.start, grain)
    if unit.start + lead < period.start:
        unit = beside(unit, 1)
    while unit.start + lead < period.end:
        yield unit
        unit = beside(unit, 1)


def nth_day(period: Period, place: int) -> Period | None:
    """Counted from 1, or from the end where negative; None where the period has no such day."""
    first = (period.start if place > 0 else period.end).date()
    day = first + timedelta(days=place - (place > 0))
    return one_day(day) if period.start.date() <= day <= period.last else None


def joined(parts: list[Period]) -> Period | None:
    """One span over periods that follow each other; None where there are none."""
    return Period(parts[0].start, parts[-1].end, Grain.SPAN) if parts else None


def moved(at: datetime, count: float, unit: str) -> datetime:
    """So many minutes, hours, days, weeks, months or years later; half a month is 15 days."""
    if unit in ("month", "year"):
        size = int(count * 12) if unit == "year" else int(count)
        rest = 15 * (count - size) * 2 if unit == "month" else 0
        return datetime.combine(almanac.add_months(at.date(), size), at.time()) + timedelta(days=rest)
    return at + timedelta(**{f"{unit}s": count})
