"""Days and hours; now is Tuesday 2026-04-21."""

from datetime import date, time

import pytest

from handlers.understanding import moments
from handlers.understanding.moments import Tense

NOW = date(2026, 4, 21)

# words, day in a report, day in a plan, hour, whether it is a deadline
ROWS = [
    ("今天", "2026-04-21", "2026-04-21", None, False),
    ("昨天下午三点半", "2026-04-20", "2026-04-20", time(15, 30), False),
    ("周三", "2026-04-15", "2026-04-22", None, False),
    ("周二", "2026-04-21", "2026-04-28", None, False),
    ("上周五", "2026-04-17", "2026-04-17", None, False),
    ("下周三之前", "2026-04-29", "2026-04-29", None, True),
    ("下下周二上午9点", "2026-05-05", "2026-05-05", time(9), False),
    ("礼拜天", "2026-04-19", "2026-04-26", None, False),
    ("周五下午三点", "2026-04-17", "2026-04-24", time(15), False),
    ("20号之前", "2026-04-20", "2026-05-20", None, True),
    ("下个月五号", "2026-05-05", "2026-05-05", None, False),
    ("9月3日上午九点半", "2025-09-03", "2026-09-03", time(9, 30), False),
    ("7/10之前", "2025-07-10", "2026-07-10", None, True),
    ("2026-05-18", "2026-05-18", "2026-05-18", None, False),
    ("月底前", "2026-04-30", "2026-04-30", None, True),
    ("季度末前", "2026-06-30", "2026-06-30", None, True),
    ("年底", "2026-12-31", "2026-12-31", None, False),
    ("国庆前", "2026-09-30", "2026-09-30", None, True),
    ("五一前", "2026-04-30", "2026-04-30", None, True),
    ("元旦前", "2026-12-31", "2026-12-31", None, True),
    ("三天内", "2026-04-24", "2026-04-24", None, True),
    ("48小时内", "2026-04-23", "2026-04-23", None, True),
    ("五个工作日内", "2026-04-28", "2026-04-28", None, True),
    ("过两天", "2026-04-23", "2026-04-23", None, False),
    ("一周后", "2026-04-28", "2026-04-28", None, False),
    ("半个月后", "2026-05-06", "2026-05-06", None, False),
    ("一个月后", "2026-05-21", "2026-05-21", None, False),
    ("这周内", "2026-04-26", "2026-04-26", None, True),
    ("下周", "2026-04-27", "2026-04-27", None, False),
    ("周末", "2026-04-18", "2026-04-25", None, False),
    ("听日", "2026-04-22", "2026-04-22", None, False),
    ("端午节前", "2026-06-18", "2026-06-18", None, True),
    ("廿八号", "2026-03-28", "2026-04-28", None, False),
    ("28日", "2026-03-28", "2026-04-28", None, False),
    ("卅日之前", "2026-03-30", "2026-04-30", None, True),
    ("明天九时三十分", "2026-04-22", "2026-04-22", time(9, 30), False),
    ("后天下午3时", "2026-04-23", "2026-04-23", time(15), False),
    ("后天上午十点", "2026-04-23", "2026-04-23", time(10), False),
]


@pytest.mark.parametrize(("words", "past", "future", "hour", "deadline"), ROWS)
def test_day(words: str, past: str, future: str, hour: time | None, deadline: bool) -> None:
    (found,) = moments.find(words)
    assert str(found.day(NOW, Tense.PAST)) == past
    assert str(found.day(NOW, Tense.FUTURE)) == future
    assert (found.hour, found.before) == (hour, deadline)


@pytest.mark.parametrize("words", ["三点八万", "三小时", "小时候", "一周两次", "两个礼拜", "6号楼", "3号线"])
def test_no_day(words: str) -> None:
    assert moments.find(words) == []


@pytest.mark.parametrize("words", ["节后", "下旬", "下个月", "开春"])
def test_a_season_or_month_alone_has_no_day(words: str) -> None:
    (found,) = moments.find(words)
    assert found.day(NOW, Tense.FUTURE) is None


def test_workdays_go_on_beyond_the_published_calendar() -> None:
    (found,) = moments.find("三个工作日内")
    assert found.day(date(2031, 3, 7), Tense.FUTURE) == date(2031, 3, 12)
