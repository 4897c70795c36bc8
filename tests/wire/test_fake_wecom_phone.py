"""A phone at the fake WeCom speaks as the stories' phones do: says, taps, reads, on an app and on a bot."""

import inspect
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.wecom import Phone, Shown, WeCom
from tests.stories import phones
from tests.wire.wecom_app import Answer, App, card, company

Pair = tuple[WeCom, App]
NEITHER_HERE = {"world", "sends"}
"""What belongs to the local platform's phones alone: the world they stand in, and updates made by hand."""


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """A bot that answers a note with a card, and a tap with the card's replacement."""
    async with company() as (wecom, app):
        app.reply = Bot(app)
        yield wecom, app


class Bot:
    def __init__(self, app: App) -> None:
        self.app = app
        self.notes = 0

    async def __call__(self, told: dict[str, Any]) -> Answer:
        userid = told["FromUserName"]
        if told["MsgType"] in ("text", "voice", "location"):
            self.notes += 1
            await self.app.send_card(userid, card(f"visit_draft-{self.notes}"))
        elif told.get("Event") == "template_card_event":
            await self.replace(userid, told["ResponseCode"])
        else:
            await self.app.send(userid, content={"content": f"收到 {told.get('Event', '')}"})
        return None

    async def replace(self, userid: str, code: str) -> None:
        saved = card(
            "visit_saved-1",
            main_title={"title": "✓ 鼎盛机械记好了"},
            button_list=[{"text": "撤销", "key": "undo:1"}],
        )
        body = {"userids": [userid], "agentid": 1000002, "response_code": code, "template_card": saved}
        await self.app.post("message/update_template_card", body)


def words(kind: type) -> set[str]:
    names = {name for name in dir(kind) if not name.startswith("_")}
    source = inspect.getsource(kind.__init__) if kind is phones.Phone else ""
    return names | {name for name in ("address", "name", "news", "history") if f"self.{name}" in source}


def test_it_has_all_the_words_of_a_storys_phone() -> None:
    made = {"address", "name", "news"}
    assert words(phones.Phone) - words(Phone) - made <= NEITHER_HERE
    assert words(phones.Shown) <= words(Shown)
    for name in (
        "says",
        "speaks",
        "joins",
        "arrives",
        "taps",
        "taps_raw",
        "does",
        "having",
        "cards",
        "shows",
    ):
        theirs = list(inspect.signature(getattr(phones.Phone, name)).parameters)
        ours = list(inspect.signature(getattr(Phone, name)).parameters)
        assert len(theirs) == len(ours), name
        assert [each for each in theirs if each in ("on", "picks", "message", "picked", "kind")] == [
            each for each in ours if each in ("on", "picks", "message", "picked", "kind")
        ]


async def test_a_day_on_a_phone(pair: Pair) -> None:
    wecom, app = pair
    li = wecom.phone("li.na")
    await li.says("今天去了鼎盛")
    assert li.card.kind == "visit_draft" and li.card.title == "鼎盛机械" and li.shows("12.8万元", "保存")
    assert li.card.options == {"鼎盛机械": "c1", "鼎盛模具": "c2"}
    assert (li.card.subtitle, li.card.body, li.card.flag) == ("今天", "记下了", "拜访")
    await li.taps("保存", picks="模具")
    assert app.told[-1]["SelectedItems"]["SelectedItem"]["OptionIds"] == {"OptionId": "c2"}
    assert [each.title for each in li.news] == ["✓ 鼎盛机械记好了"] and li.card.revision == 1
    await li.speaks("又去了一家")
    await li.arrives("苏州工业园区")
    assert [each.kind for each in li.cards("visit")] == ["visit_saved", "visit_draft", "visit_draft"]
    assert len(li.shown) == 3 and len(li.history) == 4
    await li.joins()
    assert li.card.text == "收到 subscribe" and li.card.kind == "text"
    assert wecom.phone("wang.wu").history == []


async def test_an_old_card_is_nothing_to_a_finger_unless_tap_and_replacement_cross(pair: Pair) -> None:
    wecom, app = pair
    li = wecom.phone("li.na")
    await li.says("今天去了鼎盛")
    old = li.card
    await li.taps("保存", on=old)
    assert await li.taps("不记", on=old) is None
    heard = len(app.told)
    li.crossing = True
    await li.taps("不记", on=old)
    assert len(app.told) == heard + 1 and app.told[-1]["EventKey"] == "drop:1"
    with pytest.raises(AssertionError, match="no card"):
        await li.taps("不记")


async def test_intentions_are_written_as_the_bot_writes_them(pair: Pair) -> None:
    wecom, app = pair
    li = wecom.phone("li.na")
    li.encode = lambda action: f"x:{action}"
    await li.says("今天去了鼎盛")
    await li.does(7)
    assert app.told[-1]["EventKey"] == "x:7"
    with pytest.raises(AssertionError, match="no card to tap"):
        await wecom.phone("wang.wu").does(7)


@pytest.mark.parametrize("looks_at_all", [False, True])
async def test_a_story_decides_what_is_waited_for(looks_at_all: bool) -> None:
    async with company() as (wecom, app):
        li = wecom.phone("li.na")

        async def settles() -> None:
            await app.send("li.na", content={"content": "早报"})
            if looks_at_all:
                await li.looks()

        li.settles = settles
        await li.says("在吗")
        assert [each.text for each in li.news] == ["早报"]
