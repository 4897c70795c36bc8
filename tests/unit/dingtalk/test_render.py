"""Any card of ours is one that DingTalk takes, and every button of it is found again by what it says."""

import json
import re
from dataclasses import replace
from urllib.parse import unquote

from hypothesis import given, settings

from bot.platforms.dingtalk.render import (
    SAY,
    Pen,
    action_card,
    in_words,
    is_code,
    plain,
    read_tap,
    split_code,
)
from bot.platforms.dingtalk.template import MAX_VALUE, params, preset_params
from cards.model import Button, Card
from tests.extent import many
from tests.fakes.dingtalk import msgkeys
from tests.unit.wecom.test_render import CARD

CARDS = many(60, 300)
PEN = Pen("https://crm.example/m/")
CODE = "7F3A"


def told_apart(card: Card) -> Card:
    """With buttons and options that do not say the same, as the house limits have it."""

    def named(buttons: tuple[Button, ...], kind: str) -> tuple[Button, ...]:
        return tuple(replace(each, label=f"{kind}{place}{each.label}") for place, each in enumerate(buttons))

    return replace(card, buttons=named(card.buttons, "办"), menu=named(card.menu, "也"))


@settings(max_examples=CARDS, deadline=None)
@given(CARD.map(told_apart))
def test_every_card_is_taken_and_every_button_is_found_again(card: Card) -> None:
    drawn = action_card(card, CODE, PEN)
    param = msgkeys.read(drawn.key, json.dumps(drawn.param))  # the far side's own rules
    said = [unquote(each.removeprefix(SAY)) for each in re.findall(r"dtmd://[^)\s\"']+", json.dumps(param))]
    read = [read_tap(card, words) for words, code in map(split_code, said) if code == CODE]  # type: ignore[misc]
    assert len(read) == len(said)
    assert None not in read
    offered = {each.action for each in (*card.buttons, *card.menu) if each.action is not None}
    assert {each.action for each in read if each is not None} >= (offered if card.choice is None else set())
    for each in card.rows:
        assert plain(each.label) in param["text"]
    assert card.title in in_words(card, CODE, PEN)


@settings(max_examples=CARDS, deadline=None)
@given(CARD)
def test_whatever_fills_the_template_is_text_within_its_limit(card: Card) -> None:
    for filled in (params(card, PEN), preset_params(card, PEN)):
        assert filled is None or all(len(each.encode()) <= MAX_VALUE for each in filled.values())
        assert filled is None or all(isinstance(each, str) for each in filled.values())


def test_a_code_is_no_word_and_no_sum() -> None:
    assert (is_code("7F3A"), is_code("5678"), is_code("ABCD")) == (True, False, False)
    assert split_code("保存 7f3a") == ("保存", "7F3A")
    assert split_code(" 退给李娜  7F3A ") == ("退给李娜", "7F3A")
    for words in ("预算 5678", "保存", "7F3A", "今天去了鼎盛 型号 0O1I", ""):
        assert split_code(words) is None
