"""When a task is spoken of and when we may speak, over the real calendar of May Day 2026."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import load_policy
from handlers.policies.hours import SpeakingHours, may_speak, remind_at

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = load_policy()
HOURS = SpeakingHours(
    opens=time(8, 30),
    closes=time(20, 30),
    morning=time(8, 30),
    evening=time(17, 30),
    works_on=POLICY.hours.works_on,
    days_before=1,
    ahead=timedelta(minutes=30),
)
# April and May 2026: Tue 21 … Sat 25, Sun 26, Mon 27 … Thu 30 April work as always; Fri 1 to Tue 5 May
# are free, Wed 6 to Fri 8 worked, Sat 9 is a working day in exchange.


def at(text: str) -> datetime:
    """`04-21 09:00` of 2026, by the company's clock."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def spoken(now: str, due: str, hour: str = "", *, deadline: bool = False, asked: bool = False) -> str:
    moment = remind_at(
        at(now),
        day(due),
        time.fromisoformat(hour) if hour else None,
        deadline=deadline,
        asked=asked,
        hours=HOURS,
    )
    assert moment is not None
    assert moment.tzinfo is ZONE
    return f"{moment:%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("said", "by", "comes"),
    [
        ("04-21 10:00", "04-24", "04-23 08:30"),  # Friday: Thursday morning
        ("04-21 10:00", "04-27", "04-24 08:30"),  # Monday: the Friday before
        ("04-21 10:00", "04-25", "04-24 08:30"),  # Saturday: Friday
        ("04-21 10:00", "05-01", "04-30 08:30"),  # May Day itself: the last working day before
        ("04-21 10:00", "05-06", "04-30 08:30"),  # the first day after the holidays: before them
        ("04-21 10:00", "05-09", "05-08 08:30"),  # a Saturday worked in exchange
        ("04-21 10:00", "05-11", "05-09 08:30"),  # Monday after it: that Saturday
        ("04-21 10:00", "04-22", "04-22 08:30"),  # tomorrow: today's morning is over
        ("04-30 10:00", "05-01", "04-30 17:30"),  # May Day, said on the last day: that evening
        ("04-30 18:00", "05-01", "05-06 08:30"),  # said when the evening card is out: nothing earlier is left
        ("05-02 10:00", "05-06", "05-06 08:30"),  # said in the holidays
        ("04-21 07:00", "04-21", "04-21 08:30"),  # today, said before work
        ("04-21 10:00", "04-21", "04-21 17:30"),  # today, said in the morning
        ("04-21 15:00", "04-21", "04-21 17:30"),  # today, said in the afternoon
        ("04-21 22:00", "04-21", "04-22 08:30"),  # today, said at night
        ("04-21 10:00", "04-17", "04-22 08:30"),  # a day that is over
        ("04-24 22:00", "04-24", "04-27 08:30"),  # Friday night: Monday
    ],
)
def test_a_deadline_is_spoken_of_a_working_day_before(said: str, by: str, comes: str) -> None:
    assert spoken(said, by, deadline=True) == comes


@pytest.mark.parametrize(
    ("said", "due", "comes"),
    [
        ("04-21 10:00", "04-24", "04-24 08:30"),
        (
            "04-21 10:00",
            "04-25",
            "04-24 08:30",
        ),  # Saturday: a card of that day would rest till Monday
        ("04-21 10:00", "05-02", "04-30 08:30"),
        ("04-30 12:00", "05-02", "04-30 17:30"),
        ("04-21 10:00", "05-09", "05-09 08:30"),
        ("04-21 10:00", "04-21", "04-21 17:30"),
        ("04-21 08:30", "04-21", "04-21 17:30"),  # at the very minute of the morning card
        ("04-21 10:00", "04-01", "04-22 08:30"),
    ],
)
def test_a_day_is_spoken_of_that_morning_or_before_the_days_off(said: str, due: str, comes: str) -> None:
    assert spoken(said, due) == comes


@pytest.mark.parametrize(
    ("said", "due", "hour", "comes"),
    [
        ("04-21 10:00", "04-23", "15:00", "04-23 14:30"),
        ("04-21 14:40", "04-21", "15:00", "04-21 14:40"),  # less than the half hour is left: at once
        ("04-21 16:00", "04-21", "15:00", "04-21 15:00"),  # it is over: what is due comes at the next tick
        ("04-21 10:00", "04-23", "08:00", "04-22 17:30"),  # before we may speak: the evening before
        ("04-21 10:00", "04-27", "08:00", "04-24 17:30"),  # likewise over the weekend
        ("04-21 10:00", "04-23", "21:30", "04-23 17:30"),  # after we may speak: that evening
        ("04-21 10:00", "04-25", "15:00", "04-24 17:30"),  # on a Saturday: Friday evening
        ("04-21 10:00", "05-02", "10:00", "04-30 17:30"),
        ("04-22 22:00", "04-23", "08:00", "04-23 07:30"),  # too late for any better moment
    ],
)
def test_an_hour_is_spoken_of_a_little_before_it(said: str, due: str, hour: str, comes: str) -> None:
    assert spoken(said, due, hour) == comes


@pytest.mark.parametrize(
    ("said", "due", "hour", "comes"),
    [
        ("04-21 10:00", "04-23", "15:00", "04-23 15:00"),  # exactly, no half hour before
        ("04-21 10:00", "05-02", "22:00", "05-02 22:00"),  # in the holidays, at night: as it was asked for
        ("04-21 10:00", "05-02", "", "05-02 08:30"),  # a day off stays the day
        ("04-21 10:00", "04-21", "", "04-21 17:30"),
        ("04-21 22:00", "04-21", "", "04-22 08:30"),
    ],
)
def test_a_reminder_that_was_asked_for_comes_when_it_was_asked_for(
    said: str, due: str, hour: str, comes: str
) -> None:
    assert spoken(said, due, hour, asked=True) == comes


def test_without_a_day_nothing_is_spoken_of() -> None:
    assert remind_at(at("04-21 10:00"), None, time(9), deadline=True, asked=True, hours=HOURS) is None


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)),  # noqa: DTZ001 (the zone is set below)
    due=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    hour=st.none() | st.times(),
    deadline=st.booleans(),
)
def test_what_nobody_asked_for_is_never_held_back_beyond_a_moment_that_was_still_free(
    now: datetime, due: date, hour: time | None, deadline: bool
) -> None:
    now = now.replace(tzinfo=ZONE)
    moment = remind_at(now, due, hour, deadline=deadline, asked=False, hours=HOURS)
    assert moment is not None
    if hour is None:
        assert moment > now
        assert may_speak(moment, HOURS)
    else:
        assert moment <= datetime.combine(due, hour, ZONE)


@pytest.mark.parametrize(
    ("moment", "free"),
    [
        ("04-21 08:29", False),
        ("04-21 08:30", True),
        ("04-21 20:29", True),
        ("04-21 20:30", False),
        ("04-25 10:00", False),  # Saturday
        ("05-01 10:00", False),  # May Day
        ("05-05 10:00", False),
        ("05-09 10:00", True),  # a Saturday worked in exchange
    ],
)
def test_unasked_we_speak_in_the_speaking_hours_of_working_days(moment: str, free: bool) -> None:
    assert may_speak(at(moment), HOURS) is free


def test_a_company_that_never_works_does_not_hang_the_search() -> None:
    never = SpeakingHours(time(8), time(20), time(8), time(17), works_on=lambda _: False)
    assert remind_at(at("04-21 10:00"), day("04-24"), None, deadline=True, asked=False, hours=never)
