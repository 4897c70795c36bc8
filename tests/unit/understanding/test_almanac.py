"""Holidays and working days: by the published calendar as far as it goes, worked out beyond it."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from chinese_calendar.constants import holidays

from handlers.understanding import almanac, lunar

LAST = max(day.year for day in holidays)
FESTIVALS = {
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明",
    "Dragon Boat Festival": "端午",
    "Mid-autumn Festival": "中秋",
}


def test_published_working_days_hold() -> None:
    assert not almanac.is_workday(date(2025, 10, 3))  # a Friday of the National Day holiday
    assert almanac.is_workday(date(2025, 9, 28))  # a Sunday worked for it


def test_beyond_the_published_years_weekdays_are_working_days() -> None:
    days = [date(LAST + 1, 1, 1) + timedelta(days=n) for n in range(365)]
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(days[0])
    assert [almanac.is_workday(day) for day in days] == [day.weekday() < 5 for day in days]
    assert almanac.add_workdays(date(LAST, 12, 25), 10) > date(LAST + 1, 1, 1)


@pytest.mark.parametrize(("english", "name"), FESTIVALS.items())
def test_festivals_fall_into_the_published_holidays(english: str, name: str) -> None:
    """2012 had the day after 端午, which was a Saturday, counted as if it were the festival itself."""
    published = {day for day, holiday in holidays.items() if holiday == english}
    years = {day.year for day in published} - {2012 if name == "端午" else 0}
    assert len(years) > 15
    assert [year for year in sorted(years) if almanac.festival(name, year) not in published] == []


@pytest.mark.parametrize(
    ("name", "year", "day"),
    [
        ("春节", 2033, "2033-01-31"),
        ("春节", 2050, "2050-01-23"),
        ("中秋", 2040, "2040-09-20"),
        ("除夕", 2034, "2034-02-18"),
    ],
)
def test_festivals_go_on_for_ever(name: str, year: int, day: str) -> None:
    assert almanac.festival(name, year) == date.fromisoformat(day)


def test_the_leap_eleventh_month_of_2033_moves_no_new_year() -> None:
    assert lunar.day(2033, 12, 1) == date(2034, 1, 20)
    assert lunar.day(2034, 1, 1) == date(2034, 2, 19)


def test_a_short_month_has_no_thirtieth() -> None:
    assert lunar.day(2017, 1, 30) is None
    assert lunar.day(2019, 1, 30) == date(2019, 3, 6)
