"""Whatever is typed, the reader answers, and its evidence lies in what was typed."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.understanding import lac
from handlers.understanding.note import Field, Note, Span
from handlers.understanding.reader import read
from tests.unit.understanding.book import BOOK, NOW, said

PIECES = [
    "今天",
    "上周三",
    "鼎盛",
    "张伟",
    "嘉城塑胶",
    "去了",
    "见了",
    "电话",
    "幺三八零零一三八零零零",
    "预算",
    "三十来万",
    "十二万八",
    "不是",
    "改成",
    "提醒我",
    "下周四",
    "之前",
    "发方案",
    "，",
    "。",
    "\n",
    " ",
    "①",
    "万",
    "半",
    "点",
    "号",
    "１３８",
    "😀",
    "嘅",
    "陳老闆",
    "¥",
    "5k",
    "查",
    "交给",
]
NOTES = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
NUMERAL = re.compile(r"[\d零〇一二两三四五六七八九十百千万亿半几幺洞]")


def spans_of(value: object) -> Iterator[Span]:
    """Every span anywhere in a reading."""
    if isinstance(value, Span):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from spans_of(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from spans_of(getattr(value, name))


def check(text: str, note: Note) -> None:
    for span in spans_of(note):
        assert 0 <= span.start < span.end <= len(text), (text, span)
    parts = [*note.visits, *note.updates]
    shown = [a.spans for p in parts for a in p.amounts]
    shown += [f.spans[:1] for p in parts for f in p.facts if f.field is Field.PHONE]
    for spans in shown:
        assert any(
            NUMERAL.search(span.of(text)) or any(c.isdecimal() for c in span.of(text)) for span in spans
        ), text


@settings(max_examples=150, deadline=None)
@given(text=NOTES, days=st.integers(0, 2500))
def test_any_text_is_read(text: str, days: int) -> None:
    check(text, read(text, NOW + timedelta(days=days), BOOK))


def test_a_very_long_message() -> None:
    text = "今天去鼎盛见了张伟，预算三十万，" * 1200
    check(text, said(text))


def test_the_same_words_are_read_the_same() -> None:
    text = "上午鼎盛见了张伟，要两台贴标机，预算十二万八"
    assert said(text) == said(text)


def test_full_width_and_traditional_point_to_the_words_as_typed() -> None:
    text = "今天見了鼎盛的張偉，電話１３９１２３４５６７８，預算３０萬"
    (visit,) = said(text).visits
    assert [s.of(text) for a in visit.amounts for s in a.spans] == ["３０萬"]
    assert [(f.value, f.spans[0].of(text)) for f in visit.facts if f.field is Field.PHONE] == [
        ("13912345678", "１３９１２３４５６７８")
    ]


def test_without_lac_notes_are_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lac, "_load", lambda: None)
    (visit,) = said("今天去鼎盛见了张伟，预算三十万").visits
    assert visit.customer.known == "dingsheng"
    assert [a.value for a in visit.amounts] == [300_000]


def test_the_hour_of_the_message_does_not_matter() -> None:
    at = datetime(2026, 4, 21, 0, 5, tzinfo=timezone(timedelta(hours=8)))
    assert read("昨天去了鼎盛见张伟", at, BOOK).visits[0].when.day.isoformat() == "2026-04-20"
