"""What a message is heard as before it is read."""

import pytest

from handlers.chat.spoken import LONGEST, TWINS, Spoken, unread
from handlers.understanding.note import Known


@pytest.mark.parametrize(("said", "heard"), TWINS.items())
@pytest.mark.parametrize("edge", ["", "。", " ", "！", "~"])
def test_a_buttons_spoken_twin_is_not_read(said: str, heard: Spoken, edge: str) -> None:
    assert unread(f"{edge}{said}{edge}", Known()) is heard


@pytest.mark.parametrize("said", ["", " ", "\n", "。。。", "😀", "？？？", "——", "\u200b"])
def test_what_holds_no_word_is_not_read(said: str) -> None:
    assert unread(said, Known()) in (Spoken.BLANK, Spoken.HELP)


@pytest.mark.parametrize("said", ["不用记得", "帮助他", "今天去了鼎盛", "a", "5", "㐀"])
def test_more_than_the_twin_is_read(said: str) -> None:
    assert unread(said, Known()) is None


def test_only_what_can_be_read_in_one_go_is_read() -> None:
    assert unread("好" * LONGEST, Known()) is None
    assert unread("好" * (LONGEST + 1), Known()) is Spoken.LONG


def test_a_record_that_was_put_aside_is_named() -> None:
    assert unread("嘉晟那条", Known()) is Spoken.THAT
