"""What a message is heard as before it is read."""

from datetime import UTC, datetime

import pytest

from handlers.chat.spoken import LONGEST, TWINS, Spoken, listen
from handlers.understanding.note import Intent, Known, Note

NOW = datetime(2026, 4, 21, 10, 20, tzinfo=UTC)


def never(text: str, _at: datetime, _known: Known) -> Note:
    raise AssertionError(f"{text} was read")


def a_visit(text: str, _at: datetime, _known: Known) -> Note:
    return Note(text, Intent.VISIT)


@pytest.mark.parametrize(("said", "heard"), TWINS.items())
@pytest.mark.parametrize("edge", ["", "。", " ", "！", "~"])
def test_a_buttons_spoken_twin_is_not_read(said: str, heard: Spoken, edge: str) -> None:
    assert listen(f"{edge}{said}{edge}", NOW, Known(), never).key is heard


@pytest.mark.parametrize("said", ["", " ", "\n", "。。。", "😀", "？？？", "——", "\u200b"])
def test_what_holds_no_word_is_not_read(said: str) -> None:
    assert listen(said, NOW, Known(), never).key in (Spoken.BLANK, Spoken.HELP)


@pytest.mark.parametrize("said", ["不用记得", "帮助他", "今天去了鼎盛", "a", "5", "㐀"])
def test_more_than_the_twin_is_read(said: str) -> None:
    assert listen(said, NOW, Known(), a_visit).key is Intent.VISIT


def test_only_what_can_be_read_in_one_go_is_read() -> None:
    assert listen("好" * LONGEST, NOW, Known(), a_visit).key is Intent.VISIT
    assert listen("好" * (LONGEST + 1), NOW, Known(), never).key is Spoken.LONG


def test_a_record_that_was_put_aside_is_named() -> None:
    assert listen("嘉晟那条", NOW, Known(), never).key is Spoken.THAT
