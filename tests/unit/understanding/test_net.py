"""What the learnt net says of a note."""

import pytest

from handlers.understanding import net
from handlers.understanding.scan import scan
from tests.unit.understanding.book import BOOK, NOW

NOTE = "刚从鼎盛出来，见了张伟，要两台贴标机，预算十二万八，让我下周三前发方案"


@pytest.mark.parametrize("name", ["facts", "deeds"])
def test_every_character_has_chances_of_every_label(name: str) -> None:
    found = net.labels(scan(NOTE, NOW, BOOK), name)
    assert found is not None
    assert found.names[0] == "O"
    assert found.chances.shape == (len(NOTE), len(found.names))
    assert found.chances.sum(axis=1) == pytest.approx(1.0, abs=1e-4)


def test_goods_are_likelier_goods_than_a_day_is() -> None:
    note = scan(NOTE, NOW, BOOK)
    at, day = NOTE.index("贴标机"), NOTE.index("下周三")
    goods, other = (
        net.share(note, "facts", "PROD", at, at + 3),
        net.share(note, "facts", "PROD", day, day + 3),
    )
    assert goods is not None
    assert other is not None
    assert goods > 10 * other


def test_chances_of_an_answer_add_up_and_unknown_questions_have_none() -> None:
    note = scan(NOTE, NOW, BOOK)
    chances = net.chances(note, "intent", ((0, len(NOTE)),))
    assert chances is not None
    assert sum(chances.values()) == pytest.approx(1.0, abs=1e-4)
    assert max(chances, key=lambda name: chances[name]) == "visit"
    assert net.chances(note, "nothing of the kind", ((0, 3),)) is None


def test_nothing_is_said_of_nothing() -> None:
    assert net.labels(scan("", NOW, BOOK), "facts") is None


def test_what_is_very_long_is_looked_at_to_a_limit() -> None:
    text = "今天去了鼎盛。" * 200
    found = net.labels(scan(text, NOW, BOOK), "facts")
    assert found is not None
    assert len(found.chances) == net.LONGEST
    assert net.chances(scan(text, NOW, BOOK), "moment", ((1000, 1002),)) is not None
