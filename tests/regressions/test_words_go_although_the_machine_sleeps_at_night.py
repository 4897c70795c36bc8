"""Dropped words are promised to go after the next night, also where the bot runs by day only."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.jobs import jobs
from bot.scheduler import _due
from config.policy import load_policy

ZONE = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 4, 22, 19, 0, tzinfo=ZONE)
MORNING = datetime(2026, 4, 23, 8, 30, tzinfo=ZONE)


@pytest.mark.parametrize("moved", [True, False])
def test_words_go_although_the_machine_sleeps_at_night(moved: bool) -> None:
    started = {each.name for each in _due(jobs(load_policy(None), ZONE), EVENING, MORNING, moved)}
    assert {"forget-dropped", "forget-done"} <= started
