"""Counts days: weeks from Monday, month ends, working days, festivals of the solar and lunar calendar."""

import calendar
from datetime import date, timedelta

from handlers.understanding.words import table


def monday(day: date) -> date:
    """The Monday of the calendar week of `day`."""
    return day - timedelta(days=day.weekday())


def month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def add_months(day: date, count: int) -> date:
    """The same day `count` months on, or the last day of that month where it is shorter."""
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def safe_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_workday(day: date) -> bool:
    """By the published holiday calendar; Monday to Friday in years that it does not hold yet."""
    try:
        import chinese_calendar

        return bool(chinese_calendar.is_workday(day))
    except (ImportError, NotImplementedError):
        return day.weekday() < 5


def add_workdays(day: date, count: int) -> date:
    while count > 0:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day


def festival(name: str, after: date) -> date | None:
    """The next day of that name on or after `after`; None where no table tells it."""
    moments = table("moments")
    if name in moments["fixed"]:
        month, day = moments["fixed"][name]
        this = date(after.year, month, day)
        return this if this >= after else date(after.year + 1, month, day)
    by_year: dict[str, date] = moments[moments["moving"][name]]
    return min((d for d in by_year.values() if d >= after), default=None)


def lunar(month: int, day: int, near: date) -> date | None:
    """正月 (1) and 腊月 (12) only: the day nearest to `near`; 腊月 is taken to end on the eve."""
    springs: list[date] = list(table("moments")["spring"].values())
    if month == 1:
        days = [first + timedelta(days=day - 1) for first in springs]
    else:
        days = [first - timedelta(days=_last_month_length(first) - day + 1) for first in springs]
    return min(days, key=lambda d: abs((d - near).days), default=None)


def _last_month_length(spring: date) -> int:
    """29 or 30: the lunar month before `spring`, from the mean length of a lunation back to a new moon.

    A new moon fell on 2000-01-06 18:14 UTC; a month begins on the day of the new moon in China (UTC+8).
    """
    epoch, lunation = 730_125.0 + 26.24 / 24, 29.530588853  # date(2000, 1, 6).toordinal() + 02:14 next day
    moons = round((spring.toordinal() + 0.5 - epoch) / lunation)
    before = int(epoch + (moons - 1) * lunation)
    length = spring.toordinal() - before
    return length if length in (29, 30) else 30
