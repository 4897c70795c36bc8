"""Any card of ours is one that WeCom takes, with all that it says; checked by the far side's own rules."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.platforms.pieces import TEXT_BYTES, pieces
from bot.platforms.wecom.inbound import action
from bot.platforms.wecom.render import NOTHING, Pen, parts, plain, task_id, template
from cards.actions import LARGEST, Dismiss, HintEdit, MuteKind, SaveVisit
from cards.model import Button, Card, Change, Choice, Form, Input, Line, Option, Picture, Quote, Weight
from tests.extent import many
from tests.fakes.wecom import cards as rules

CARDS = many(60, 300)
PEN, BOT = Pen("https://crm.example/m/"), Pen("https://crm.example/m/", bot=True)
AT = datetime(2026, 4, 21, 10, 20, tzinfo=UTC)


def text(most: int, least: int = 1) -> st.SearchStrategy[str]:
    """What may stand on a card: also emoji, rare characters, marks; and far longer than the house allows."""
    return st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=least, max_size=most)


IDS = st.integers(0, LARGEST)
ACTIONS = st.one_of(
    st.builds(SaveVisit, IDS, IDS, IDS, st.booleans()),
    st.builds(Dismiss, st.integers(0, 2), st.just(0), st.just(1)),  # likely to stand there twice
    st.builds(HintEdit, IDS, IDS, IDS, text(8)),
    st.builds(MuteKind, IDS, IDS, IDS, text(8)),
)
LINKS = st.sampled_from(["https://crm.example/m/a?b=1", "/m/funnel", "m/x"])
BUTTONS = st.one_of(
    st.builds(Button, text(12), ACTIONS, st.sampled_from(Weight)),
    st.builds(Button, text(12), st.none(), st.sampled_from(Weight), LINKS),
)
LINES = st.builds(Line, text(7), text(40), text(20, 0), st.one_of(st.just(""), LINKS))
CHANGES = st.builds(Change, text(7), text(20, 0), text(20), text(20, 0))


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    several = draw(st.booleans())
    ids = draw(st.lists(text(20), min_size=1, max_size=20 if several else 10, unique=True))
    options = tuple(Option(each, draw(text(14))) for each in ids)
    chosen = draw(st.lists(st.sampled_from(ids), max_size=len(ids) if several else 1, unique=True))
    return Choice(draw(text(12)), options, several, tuple(chosen))


CARD = st.builds(
    Card,
    st.sampled_from(["visit.draft", "reminder.morning", "state.gone", "x"]),
    text(40),
    subtitle=text(40, 0),
    flag=text(30, 0),
    lines=st.lists(LINES, max_size=8).map(tuple),
    changes=st.lists(CHANGES, max_size=3).map(tuple),
    quote=st.one_of(st.none(), st.builds(Quote, text(70))),
    body=text(130, 0),
    picture=st.one_of(st.none(), st.builds(Picture, LINKS, text(20, 0))),
    choice=st.one_of(st.none(), choices()),
    form=st.one_of(st.none(), st.just(Form((Input("a", "预算"), Input("b", "日期"))))),
    buttons=st.lists(BUTTONS, max_size=5).map(tuple),
    menu=st.lists(BUTTONS, max_size=3).map(tuple),
    footer=text(30, 0),
    page=st.one_of(st.just(""), LINKS),
)


def drawn(card: Card, pen: Pen) -> list[dict[str, Any]]:
    return [template(each, f"{task_id(card, 7, AT)}-{place}", pen) for place, each in enumerate(parts(card))]


@pytest.mark.parametrize("pen", [PEN, BOT], ids=["app", "bot"])
@given(card=CARD)
@settings(max_examples=CARDS, deadline=None)
@example(card=Card("x", "只有标题"))
def test_every_card_is_taken(pen: Pen, card: Card) -> None:
    for each in drawn(card, pen):
        rules.check(each, bot=pen.bot)
        rules.check(each, update=True, bot=pen.bot)
        assert [fault for fault in rules.warnings(each, bot=pen.bot) if "ignored" in fault] == []
        # Raw UTF-8 within what one message may be.
        assert len(json.dumps(each, ensure_ascii=False).encode()) < 20_000


@given(card=CARD.filter(lambda each: len(each.rows) <= 2 and len(each.buttons) + len(each.menu) <= 3))
@settings(max_examples=CARDS, deadline=None)
def test_nothing_that_a_card_says_is_lost(card: Card) -> None:
    for pen in (PEN, BOT):
        whole = json.dumps(drawn(card, pen), ensure_ascii=False)
        for said in _said(card):
            assert json.dumps(said, ensure_ascii=False)[1:-1] in whole


def _said(card: Card) -> Iterator[str]:
    yield from (each for each in (card.title, card.subtitle, card.flag, card.body, card.footer) if each)
    for row in card.rows:
        yield row.label
        yield row.written
    yield from ([card.quote.text] if card.quote else [])
    yield from (each.label for each in (card.choice.options if card.choice else ()))
    yield from (each.label for each in (*card.buttons, *card.menu))
    yield from (each.label for each in (card.form.inputs if card.form else ()))


@given(card=CARD)
@settings(max_examples=100, deadline=None)
def test_every_tap_comes_back_as_what_it_was(card: Card) -> None:
    offered = [each.action for each in (*card.buttons, *card.menu) if each.action is not None]
    shown = [tap for each in drawn(card, PEN) for tap in (*rules.buttons(each), *rules.menu(each)) if tap.key]
    assert all(action(each.key) in offered for each in shown)
    assert not offered or shown


def test_which_type_a_card_becomes() -> None:
    tap, page = Button("保存", SaveVisit(1, 1, 1)), Button("看漏斗", link="/m/f")
    some = (Option("a", "甲"), Option("b", "乙"))
    kinds = {
        "text_notice": Card("x", "好"),
        "button_interaction": Card("x", "好", buttons=(tap,)),
        "news_notice": Card("x", "好", picture=Picture("/w.png", "图"), buttons=(tap, page)),
        "vote_interaction": Card("x", "好", choice=Choice("哪些", some, several=True), buttons=(tap,)),
    }
    for kind, card in kinds.items():
        assert drawn(card, PEN)[-1]["card_type"] == kind


def test_a_choice_begins_with_nothing_chosen() -> None:
    choice = Choice("挪到", (Option("1", "明天"), Option("2", "后天")))
    [card] = drawn(Card("x", "挪到哪天", choice=choice, buttons=(Button("挪过去", SaveVisit(1, 1, 1)),)), PEN)
    block = card["button_selection"]
    assert (block["selected_id"], block["option_list"][0]["id"]) == (NOTHING, NOTHING)


@given(text(4000))
@settings(max_examples=50, deadline=None)
def test_a_text_is_cut_into_pieces_and_none_is_lost(words: str) -> None:
    found = pieces(words)
    assert all(len(each.encode()) <= TEXT_BYTES for each in found)
    assert "".join(found).replace("\n", "") == words.replace("\n", "")


@given(card=CARD)
@settings(max_examples=50, deadline=None)
def test_plain_words_say_what_the_card_says(card: Card) -> None:
    words = plain(card, PEN)
    assert card.title in words
    assert all(row.written in words for row in card.rows)
    assert all(each.label in words for each in card.buttons)


def test_a_cards_name_is_never_given_twice() -> None:
    card = Card("visit.draft", "一")
    names = {
        task_id(card, number, AT.replace(second=second)) for number in (1, 2, 11) for second in (1, 2, 11)
    }
    assert len(names) == 9
    for each in names:
        rules.check_task({"task_id": each})
