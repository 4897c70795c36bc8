"""Clocks tell aware time."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.clock import FixedClock, SystemClock


def test_the_systems_clock_is_in_the_companys_zone() -> None:
    now = SystemClock(ZoneInfo("Asia/Shanghai")).now()
    assert now.utcoffset() is not None
    assert now.tzname() == "CST"


def test_a_naive_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 1, 1))  # noqa: DTZ001
