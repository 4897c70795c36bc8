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

    A deadline: a working day before, in the morning. A day: that morning. An hour: a little before,
    and a reminder that was asked for at exactly that hour. Never in the past: what is already due
    today comes in the evening, else on the next working morning.
    """
    if day is None:
        return None
    if hour is not None:
        moment = datetime.combine(day, hour, now.tzinfo)
        return moment if asked else max(moment - hours.ahead, min(now, moment))
    spoken = _working_days_before(day, hours) if deadline else day
    candidates = (
        datetime.combine(spoken, hours.morning, now.tzinfo),
        datetime.combine(day, hours.morning, now.tzinfo),
        datetime.combine(day, hours.evening, now.tzinfo),
    )
    return next((each for each in candidates if each > now), None) or _next_morning(now, hours)


def _working_days_before(day: date, hours: SpeakingHours) -> date:
    for _ in range(hours.days_before):
        day = _working_day(day, -1, hours)
    return day


def _next_morning(now: datetime, hours: SpeakingHours) -> datetime:
    return datetime.combine(_working_day(now.date(), 1, hours), hours.morning, now.tzinfo)


def _working_day(day: date, step: int, hours: SpeakingHours) -> date:
    """The first working day after (step 1) or before (step -1) the day."""
    days = (day + timedelta(days=step * count) for count in range(1, LONGEST_BREAK + 1))
    return next((each for each in days if hours.works_on(each)), day + timedelta(days=step))
