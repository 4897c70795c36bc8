"""今年没预算 is no sum of nothing: it stays the note's own words."""

import pytest

from handlers.understanding.denials import denied
from handlers.understanding.note import Span


def words(text: str, *clauses: Span) -> list[str]:
    return [each.of(text) for each in denied(text, clauses)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("见了罗文，今年没预算，明年再说", ["今年没预算"]),
        ("他们说预算还没批，先看样品", ["他们说预算还没批"]),
        ("没钱，下半年再谈", ["没钱"]),
        ("经费花完了", ["经费花完了"]),
        ("预算没有问题，下周签", []),
        ("不是没预算，是没定型号", []),
        ("没预算二十万以上的", []),
        ("预算十二万", []),
        ("没见到人", []),
    ],
)
def test_what_is_denied(text: str, said: list[str]) -> None:
    assert words(text) == said


def test_only_the_customers_own_clauses_count() -> None:
    text = "鼎盛要两台，嘉晟今年没预算"
    assert words(text, Span(0, 5)) == []
    assert words(text, Span(6, len(text))) == ["嘉晟今年没预算"]
