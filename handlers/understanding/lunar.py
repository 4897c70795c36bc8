"""Computes the Chinese lunar calendar from sun and moon, so that no table runs out.

A month begins on the day of the new moon in China; the month with the winter solstice is the eleventh; where
thirteen months lie between two such months, the first without a major solar term is a leap month.
The series are the main terms of Meeus, Astronomical Algorithms, chapters 25 and 49: good to a few minutes.
"""

from datetime import date, timedelta
from functools import lru_cache
from math import floor, radians, sin

_DAY_ZERO = 1_721_424.5  # Julian date of the midnight on which proleptic ordinal 0 begins
_CHINA = 8 / 24 - 70 / 86_400  # from terrestrial time to China's clocks, in days
_MONTH = 29.530588861
_YEAR = 365.2422


def _in_china(julian: float) -> date:
    return date.fromordinal(floor(julian + _CHINA - _DAY_ZERO))


def _longitude(julian: float) -> float:
    """The sun's apparent longitude in degrees."""
    t = (julian - 2_451_545.0) / 36_525
    mean = 280.46646 + 36_000.76983 * t + 0.0003032 * t * t
    m = radians(357.52911 + 35_999.05029 * t - 0.0001537 * t * t)
    centre = (
        (1.914602 - 0.004817 * t) * sin(m) + (0.019993 - 0.000101 * t) * sin(2 * m) + 0.000289 * sin(3 * m)
    )
    return (mean + centre - 0.00569 - 0.00478 * sin(radians(125.04 - 1934.136 * t))) % 360


def _new_moon(number: int) -> float:
    """The Julian date of a new moon, counted from that of January 2000."""
    t = number / 1236.85
    sun = radians(2.5534 + 29.10535670 * number - 0.0000014 * t * t)
    moon = radians(201.5643 + 385.81693528 * number + 0.0107582 * t * t)
    reach = radians(160.7108 + 390.67050284 * number - 0.0016118 * t * t)
    node = radians(124.7746 - 1.56375588 * number + 0.0020672 * t * t)
    e = 1 - 0.002516 * t
    waves = (
        (-0.40720, moon),
        (0.17241 * e, sun),
        (0.01608, 2 * moon),
        (0.01039, 2 * reach),
        (0.00739 * e, moon - sun),
        (-0.00514 * e, moon + sun),
        (0.00208 * e * e, 2 * sun),
        (-0.00111, moon - 2 * reach),
        (-0.00057, moon + 2 * reach),
        (0.00056 * e, 2 * moon + sun),
        (-0.00042, 3 * moon),
        (0.00042 * e, sun + 2 * reach),
        (0.00038 * e, sun - 2 * reach),
        (-0.00024 * e, 2 * moon - sun),
        (-0.00017, node),
    )
    mean = 2_451_550.09766 + _MONTH * number + 0.00015437 * t * t
    return mean + sum(size * sin(angle) for size, angle in waves)


@lru_cache(maxsize=512)
def _moon_day(number: int) -> date:
    return _in_china(_new_moon(number))


@lru_cache(maxsize=512)
def term(year: int, degrees: int) -> date:
    """The day in `year` on which the sun reaches so many degrees: 15 is 清明, 270 is 冬至."""
    julian = date(year, 1, 1).toordinal() + _DAY_ZERO + ((degrees - 280) % 360) / 360 * _YEAR
    for _ in range(4):
        julian += ((degrees - _longitude(julian) + 180) % 360 - 180) / 360 * _YEAR
    return _in_china(julian)


@lru_cache(maxsize=64)
def _eleventh(year: int) -> int:
    """The number of the new moon that opens the month of the winter solstice of `year`."""
    solstice = term(year, 270)
    number = round((solstice.toordinal() + _DAY_ZERO - 2_451_550.1) / _MONTH) + 1
    while _moon_day(number) > solstice:
        number -= 1
    return number


def _has_major_term(number: int) -> bool:
    """Whether the sun enters a multiple of 30 degrees within a month."""
    first, following = _moon_day(number), _moon_day(number + 1)
    return any(
        first <= term(y, d) < following for y in {first.year, following.year} for d in range(0, 360, 30)
    )


@lru_cache(maxsize=64)
def _months(year: int) -> dict[int, int]:
    """From a month's number to its new moon, for the twelve from the 11th month of last year to the 10th of `year`."""
    first, last = _eleventh(year - 1), _eleventh(year)
    moons = list(range(first, last))
    if len(moons) == 13:
        moons.remove(next(moon for moon in moons[1:] if not _has_major_term(moon)))
    return {(10 + index) % 12 + 1: moon for index, moon in enumerate(moons)}


def day(year: int, month: int, number: int) -> date | None:
    """Day `number` of a lunar month (no leap month) of the lunar year that begins in `year`; None where it has none."""
    moon = _months(year + (month > 10))[month]
    first, following = _moon_day(moon), _moon_day(moon + 1)
    found = first + timedelta(days=number - 1)
    return found if number >= 1 and found < following else None


def eve(year: int) -> date:
    """除夕: the last day before the lunar year that begins in `year`."""
    return _moon_day(_months(year)[1]) - timedelta(days=1)
