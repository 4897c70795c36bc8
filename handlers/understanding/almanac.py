"""Counts days: weeks from Monday, month ends, working days, festivals of the solar and lunar calendar."""

import calendar
from datetime import date, timedelta

from handlers.understanding import lunar
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


def is_workday(day: date) -> bool:
    """By the published holiday calendar; Monday to Friday in years that it does not hold."""
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


def festival(name: str, year: int) -> date:
    """The day of a festival of moments.toml in a calendar year, however far off; `KeyError` where it is none."""
    kinds = table("moments")["festivals"]
    if name in kinds["solar"]:
        return date(year, *kinds["solar"][name])
    if name in kinds["terms"]:
        return lunar.term(year, kinds["terms"][name])
    if name in kinds["eves"]:
        return lunar.eve(year)
    found = lunar.day(year, *kinds["lunar"][name])
    assert found is not None
    return found
