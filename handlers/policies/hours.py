"""When we may speak unasked, and when a task is to be spoken of (card book 1.8, R73 to R76)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

LONGEST_BREAK = 30
"""No run of days off is longer; bounds every search for a working day."""


@dataclass(frozen=True, slots=True)
class SpeakingHours:
    """Local hours of working days in which unasked cards may go out, and how long before we remind."""

    opens: time
    closes: time
    morning: time
    evening: time
    works_on: Callable[[date], bool]
    days_before: int = 1
    ahead: timedelta = timedelta(minutes=30)


def may_speak(at: datetime, hours: SpeakingHours) -> bool:
    """Whether an unasked card may go out at the local instant."""
    return hours.works_on(at.date()) and hours.opens <= at.time() < hours.closes


def remind_at(
    now: datetime, day: date | None, hour: time | None, *, deadline: bool, asked: bool, hours: SpeakingHours
) -> datetime | None:
    """When a task is to be spoken of; None where no day was said.

    A deadline: a working day before, in the morning. A day: that morning, or on the last working day
    before a day off, since unasked cards rest on days off. An hour: a little before, or the evening
    before where we may not speak then. A reminder that was asked for comes at exactly what was said.
    What is already due today comes in the evening, else on the next working morning.
    """
    if day is None:
        return None
    if hour is not None:
        moment = datetime.combine(day, hour, now.tzinfo)
        return moment if asked else _ahead_of(moment, now, hours)
    last = day if asked else _last_working_day(day, hours)
    first = min(working_days_before(day, hours.days_before, hours), last) if deadline else last
    candidates = (
        datetime.combine(first, hours.morning, now.tzinfo),
        datetime.combine(last, hours.morning, now.tzinfo),
        datetime.combine(last, hours.evening, now.tzinfo),
    )
    return next((each for each in candidates if each > now), None) or _next_morning(now, hours)


def _ahead_of(moment: datetime, now: datetime, hours: SpeakingHours) -> datetime:
    """A little before the moment; earlier where an unasked card would be held back until it is over."""
    ahead = max(moment - hours.ahead, min(now, moment))
    if may_speak(ahead, hours):
        return ahead
    today = moment.date()
    days = (*((today,) if hours.works_on(today) else ()), _working_day(today, -1, hours))
    earlier = (
        datetime.combine(day, hour, now.tzinfo) for day in days for hour in (hours.evening, hours.morning)
    )
    return next((each for each in earlier if now < each < moment), ahead)


def _last_working_day(day: date, hours: SpeakingHours) -> date:
    """The day, or the last working day before a day off."""
    return day if hours.works_on(day) else _working_day(day, -1, hours)


def working_days_before(day: date, count: int, hours: SpeakingHours) -> date:
    """The working day that lies so many working days before the day."""
    for _ in range(count):
        day = _working_day(day, -1, hours)
    return day


def working_days_after(day: date, count: int, hours: SpeakingHours) -> date:
    """The working day that lies so many working days after the day."""
    for _ in range(count):
        day = _working_day(day, 1, hours)
    return day


def spare(limit: int, sent: int, evening_waits: bool) -> int:
    """How many unasked cards somebody may still get today; one is kept for the evening if it will ask."""
    return limit - sent - int(evening_waits)


def _next_morning(now: datetime, hours: SpeakingHours) -> datetime:
    return datetime.combine(_working_day(now.date(), 1, hours), hours.morning, now.tzinfo)


def _working_day(day: date, step: int, hours: SpeakingHours) -> date:
    """The first working day after (step 1) or before (step -1) the day."""
    days = (day + timedelta(days=step * count) for count in range(1, LONGEST_BREAK + 1))
    return next((each for each in days if hours.works_on(each)), day + timedelta(days=step))
