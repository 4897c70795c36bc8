"""Everyday expressions of time that nobody here wrote, and ranges as people mean them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handlers.understanding.expressions import Expression, expressions
from handlers.understanding.normalise import normalise

CASES = Path(__file__).resolve().parents[2] / "corpus" / "external" / "datetime-zh.jsonl"
AGREED = 100
NOW = datetime.fromisoformat("2026-04-21T09:30:00")

# words, kind, begin, end (a range runs up to, not including, its end)
ROWS = [
    ("下周二下午三点到五点", "datetimerange", "2026-04-28T15:00", "2026-04-28T17:00"),
    ("三月到五月", "daterange", "2026-03-01", "2026-06-01"),
    ("11月到2月", "daterange", "2026-11-01", "2027-03-01"),
    ("从周三到下周一", "daterange", "2026-04-22", "2026-04-28"),
    ("最近三个月", "daterange", "2026-01-21", "2026-04-21"),
    ("未来两周", "daterange", "2026-04-22", "2026-05-06"),
    ("下半年", "daterange", "2026-07-01", "2027-01-01"),
    ("上个季度", "daterange", "2026-01-01", "2026-04-01"),
    ("去年三季度", "daterange", "2025-07-01", "2025-10-01"),
    ("五月下旬", "daterange", "2026-05-21", "2026-06-01"),
    ("今年年底", "date", "2026-12-31", "2026-12-31"),
    ("五月的第二个星期五", "date", "2026-05-08", "2026-05-08"),
    ("明年中秋", "date", "2027-09-15", "2027-09-15"),
    ("农历八月十五", "date", "2026-09-25", "2026-09-25"),
    ("两个半小时后", "datetime", "2026-04-21T12:00", "2026-04-21T12:00"),
    ("明晚12点", "datetime", "2026-04-23T00:00", "2026-04-23T00:00"),
]


@pytest.mark.parametrize(("words", "kind", "since", "until"), ROWS)
def test_expression(words: str, kind: str, since: str, until: str) -> None:
    (found,) = expressions(words, NOW)
    assert found.span.of(words) == words
    assert (found.kind, found.since, found.until) == (
        kind,
        datetime.fromisoformat(since),
        datetime.fromisoformat(until),
    )


@pytest.mark.parametrize("words", ["这是《明日之后》", "一点心意", "6号楼", "2月30日", "改天"])
def test_no_expression(words: str) -> None:
    assert expressions(words, NOW) == []


def test_expressions_from_elsewhere_are_read_as_agreed() -> None:
    """Right means: these very words, of this kind, with a value that is accepted."""
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    wrong = [case["id"] for case in cases if not read_rightly(case)]
    print(f"{len(cases) - len(wrong)} of {len(cases)} read rightly; not: {' '.join(wrong)}")
    assert len(cases) - len(wrong) >= AGREED


def read_rightly(case: dict[str, Any]) -> bool:
    words = normalise(case["span"]).text
    found = expressions(case["text"], datetime.fromisoformat(case["now"]))
    same = [each for each in found if normalise(each.span.of(case["text"])).text == words]
    return any(accepts(wanted, each) for each in same for wanted in case["any_of"])


def accepts(wanted: dict[str, str], found: Expression) -> bool:
    """A range of days may end a day sooner or later, as the README of the cases has it."""
    since = datetime.fromisoformat(wanted.get("value") or wanted["start"])
    until = datetime.fromisoformat(wanted.get("value") or wanted["end"])
    slack = timedelta(days=wanted["type"] == "daterange")
    return (found.kind, found.since) == (wanted["type"], since) and abs(found.until - until) <= slack
