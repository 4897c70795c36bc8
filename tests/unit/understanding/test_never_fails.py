"""Messages of every kind are answered, and the evidence points to the words as typed."""

from datetime import datetime, timedelta, timezone

import pytest

from handlers.understanding import lac
from handlers.understanding.note import Field
from handlers.understanding.reader import read
from tests.unit.understanding.book import BOOK, said
from tests.unit.understanding.test_properties import check


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
