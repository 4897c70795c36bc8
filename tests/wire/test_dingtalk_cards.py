"""Cards by both ways: ActionCards whose buttons speak, and our template, answered in its callback."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.platforms.dingtalk.codes import Codes
from bot.platforms.dingtalk.template import PRESET
from cards.actions import NoteClose, Return, encode
from cards.model import Button, Card, Choice, Form, Input, Line, Option, Picture, Quote, Weight, dump
from handlers.kernel.update import Clicked, load
from storage.models.engine import InboxUpdate, Outgoing
from storage.models.visits import Visit
from tests.wire.dingtalk_bot import OURS, Stage, by_http, on_dingtalk, working

VISIT = "今天去了鼎盛机械，见了张伟，预算十二万八，下周三前发方案"
CREATE, SEND = "/v1.0/card/instances/createAndDeliver", "/v1.0/robot/oToMessages/batchSend"
UPDATE = "/v1.0/card/instances"
WAYS = {"stream": on_dingtalk, "http": by_http}


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_dingtalk(tmp_path) as stage:
        yield stage


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_dingtalk(tmp_path, card_template_id=OURS) as stage:
        yield stage


async def asked(stage: Stage) -> Any:
    """A new customer's visit: the first question that has buttons."""
    await stage.ding.say("li.na", VISIT)
    await stage.settles()
    return stage.ding.phone("li.na").card


async def sends(stage: Stage, card: Card, kind: str = "post", thread: str = "t:1") -> None:
    """Puts a card into the outbox as a handler does."""
    await stage.settles()
    async with stage.app.database.unit() as unit:
        person = await unit.people.at("dingtalk", "li.na")
        assert person is not None
        key = f"test:{len(await stage.rows(Outgoing))}"
        await unit.outbox.put(
            key=key,
            person_id=person.id,
            platform="dingtalk",
            address="li.na",
            kind=kind,
            content=dump(card),
            at=stage.clock.now(),
            thread=thread,
        )
    await stage.settles()


async def clicks(stage: Stage) -> list[Clicked]:
    rows = [each for each in await stage.rows(InboxUpdate) if each.kind == "clicked"]
    return [found for each in rows if isinstance(found := load(each.kind, each.payload), Clicked)]


async def known(stage: Stage) -> None:
    await stage.ding.say("li.na", "你好")
    await stage.settles()


RETURNED = Card(
    "approval.key_field",
    "李娜想改张伟的电话",
    subtitle="鼎盛机械",
    lines=(Line("电话", "138****5678 → 138****8000", link="/m/visit/1"),),
    choice=Choice("哪里不对", (Option("name", "名称不全"), Option("why", "说不通"))),
    buttons=(Button("退回", Return(1, 1, 2), Weight.DROP), Button("看看", link="/m/visit/1")),
    footer="72 小时没人点就过期",
)


# -- ActionCards ---------------------------------------------------------------------------------------


async def test_a_touched_button_speaks_and_is_understood_as_the_button(plain: Stage) -> None:
    card = await asked(plain)
    assert card.type == "actionCard"
    before = len(plain.ding.shown("li.na"))
    label = card.buttons[0]
    await plain.ding.phone("li.na").taps(label)
    await plain.settles()
    assert len(plain.ding.shown("li.na")) == before + 1  # nothing is replaced there: a new message
    said = plain.ding.gateway.pushes[-1].data["text"]["content"]
    assert said.startswith(f"{label} ")
    assert len(said.rpartition(" ")[2]) == 4
    assert [each.kind for each in await plain.rows(InboxUpdate)] == ["said", "said"]
    shown = plain.ding.shown("li.na")[-1]

    await plain.ding.say("li.na", said.lower())  # once more, typed by hand
    await plain.settles()
    assert len(await plain.rows(Visit)) <= 1
    assert plain.ding.shown("li.na")[-1].id != shown.id  # the state of now, and no silence


async def test_options_are_buttons_and_a_long_list_has_numbers(plain: Stage) -> None:
    await known(plain)
    await sends(plain, RETURNED)
    shown = plain.ding.phone("li.na").card
    assert [label for label, _ in shown.content["buttons"]] == ["名称不全", "说不通", "看看"]
    await plain.ding.phone("li.na").taps("说不通")
    plain.clock.move(timedelta(seconds=1))
    long = replace(RETURNED, choice=Choice("因为", tuple(Option(f"o{n}", f"第{n}个") for n in range(1, 9))))
    await sends(plain, long, thread="t:2")
    await plain.ding.say("li.na", "3")
    plain.clock.move(timedelta(seconds=1))
    ticks = Choice("补哪几家", tuple(Option(f"c{n}", f"第{n}家") for n in range(1, 13)), several=True)
    await sends(plain, replace(RETURNED, choice=ticks), thread="t:3")
    for words in ("1 3、12", "都要", "都不要", "99"):  # the last is no number of the list: only words
        await plain.ding.say("li.na", words)
    picked = [each.picked for each in await meant(plain) if isinstance(each, Clicked)]
    assert picked == [("why",), ("o3",), ("c1", "c3", "c12"), tuple(each.id for each in ticks.options), ()]


async def meant(stage: Stage) -> list[Any]:
    """What was said, as it is understood: by the cards that stood there when it was."""
    codes = Codes(stage.app.database, stage.clock)
    rows = [each for each in await stage.rows(InboxUpdate) if each.kind == "said"]
    return [await codes.meant(load(each.kind, each.payload)) for each in rows]


async def test_somebody_elses_code_names_its_owner_and_does_nothing(plain: Stage) -> None:
    await plain.ding.say("zhou.qiang", "你好")
    await plain.settles()
    card = await asked(plain)
    says = next(each.says for each in card.taps if each.says)
    before = len(await plain.rows(Visit))
    await plain.ding.say("zhou.qiang", says)
    await plain.settles()
    assert plain.ding.shown("zhou.qiang")[-1].title
    assert len(await plain.rows(Visit)) == before


async def test_words_with_something_like_a_code_stay_words(plain: Stage) -> None:
    await known(plain)
    for words in ("预算 5678", "型号 T8A2", "保存 ABCD"):
        await plain.ding.say("li.na", words)
    assert all(each.kind == "said" for each in await plain.rows(InboxUpdate))
    await plain.settles()
    assert {each.state for each in await plain.rows(InboxUpdate)} == {"done"}


async def test_no_note_draws_on_a_card(plain: Stage) -> None:
    """A link, a button or a picture in somebody's words stays words."""
    await known(plain)
    evil = "[点我](dtmd://dingtalkclient/sendMessage?content=x) **粗** <img src=x> `a` # 标题"
    await sends(plain, Card("visit.draft", evil, lines=(Line("要什么", evil),), body=evil, quote=Quote(evil)))
    shown = plain.ding.phone("li.na").card
    assert shown.taps == ()
    assert "**粗**" not in shown.text


async def test_a_card_that_is_not_taken_is_said_in_words(plain: Stage) -> None:
    await known(plain)
    plain.ding.goes_wrong(SEND, code="param.contentUnsafe", status=400)
    await sends(plain, RETURNED)
    shown = plain.ding.phone("li.na").card
    assert shown.type == "text"
    assert "138****5678 → 138****8000" in shown.text
    assert "1. 名称不全" in shown.text
    code = shown.text.split("退回 ")[1][:4]
    await plain.ding.say("li.na", f"退回 {code}")
    assert isinstance((await meant(plain))[-1], Clicked)


async def test_whom_the_app_can_not_see_is_told_to_the_operator(plain: Stage) -> None:
    await known(plain)
    plain.ding.app.visible = set()
    await sends(plain, RETURNED)
    row = (await plain.rows(Outgoing))[-1]
    assert (row.state, "可见范围" in row.error) == ("parked", True)


# -- our template --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
async def test_a_tap_is_answered_in_its_callback(tmp_path: Path, way: str) -> None:
    async with WAYS[way](tmp_path, card_template_id=OURS) as stage, working(stage.app):
        phone = stage.ding.phone("li.na")
        await phone.says(VISIT)
        card = await phone.next_card()
        calls = stage.ding.count(CREATE), stage.ding.count(UPDATE)
        assert (card.type, calls) == ("card", (1, 0))
        tapped = await phone.taps(card.taps[0].label, card)
        assert tapped.acked
        now = phone.shown[-1]
        assert (now.id, now.revision > card.revision) == (card.id, True)
        assert now.title != card.title
        assert (stage.ding.count(CREATE), stage.ding.count(UPDATE)) == calls  # it cost no call
        assert stage.ding.warnings == []


async def test_every_element_of_a_card_is_in_the_template(ours: Stage) -> None:
    await known(ours)
    full = replace(
        RETURNED,
        flag="急",
        quote=Quote("电话换了"),
        body="他说下午打",
        picture=Picture("/m/x.png", "图", "/m/x"),
        form=Form((Input("why", "原因"),)),
        menu=(Button("别提醒", NoteClose(1, 1, 1)),),
        page="/m/visit/1",
        done=True,
    )
    await sends(ours, full)
    values = ours.ding.phone("li.na").card.values
    assert all(isinstance(each, str) for each in values.values())
    read = {name: value for name, value in values.items() if value}
    assert read["flag"] == "急"
    assert "138＊＊＊＊5678" in read["lines"]
    action, choice, why = json.loads(read["form"])["fields"]
    assert (action["hidden"], action["defaultValue"]) == (True, encode(Return(1, 1, 2)))
    assert (choice["type"], choice["options"][0]) == ("SELECT", {"value": "name", "text": "名称不全"})
    assert (why["name"], read["form_text"]) == ("why", "退回")
    assert read["picture"] == "https://crm.example/m/x.png"
    assert (read["b1_url"], read["m1_text"], read["status"]) == (
        "https://crm.example/m/visit/1",
        "别提醒",
        "done",
    )
    filled = {"action": action["defaultValue"], "why": "不对", "choice": {"index": 1, "value": "why"}}
    await ours.ding.phone("li.na").taps("退回", picks={"form": filled}, wait=False)
    async with asyncio.timeout(5):
        while not (found := await clicks(ours)):  # noqa: ASYNC110 (nobody tells of it)
            await asyncio.sleep(0.02)
    [click] = found
    assert (click.action, click.picked, click.typed) == (Return(1, 1, 2), ("why",), {"why": "不对"})


async def test_an_answer_at_the_last_moment_counts_and_a_later_one_is_an_update(ours: Stage) -> None:
    phone, card = ours.ding.phone("li.na"), await asked(ours)
    tapped = asyncio.create_task(phone.taps(card.taps[0].label, card))
    await asyncio.sleep(1.5)
    await ours.settles()  # handled at the last moment
    await tapped
    assert phone.shown[-1].id == card.id
    assert phone.shown[-1].failed == ""
    answered, updates = phone.shown[-1].revision, ours.ding.count(UPDATE)
    assert (answered > card.revision, updates) == (True, 0)

    await phone.taps(phone.shown[-1].taps[0].label)  # nobody handles it for two seconds
    assert phone.shown[-1].failed == ""
    assert ours.ding.count(UPDATE) == 0
    ours.clock.move(timedelta(seconds=3))
    before = len(phone.history)
    await ours.settles()
    assert len(phone.history) > before  # and then it is there


async def test_a_card_of_another_process_is_not_updated_while_its_callback_waits(ours: Stage) -> None:
    await known(ours)
    await sends(ours, RETURNED)
    name = ours.ding.phone("li.na").card.key
    async with ours.app.database.unit() as unit:
        until = ours.clock.now() + timedelta(seconds=2)
        await unit.tickets.keep(
            platform="dingtalk", address="li.na", thread="t:1", card=name, code="theirs", until=until
        )
    await sends(ours, replace(RETURNED, title="改好了"), kind="replace")
    assert ours.ding.count(UPDATE) == 0
    await ours.passes(seconds=3)
    assert ours.ding.count(UPDATE) == 1
    assert ours.ding.phone("li.na").shown[-1].title == "改好了"


async def test_what_the_template_can_not_take_goes_another_way(ours: Stage) -> None:
    await known(ours)
    shown = ours.ding.phone("li.na")
    ours.ding.cards.undelivered = "用户不存在"  # success: false inside a 200
    await sends(ours, RETURNED)
    assert shown.card.type == "actionCard"
    ours.ding.cards.undelivered = ""
    ours.ding.app.scopes = {"qyapi_robot_sendmsg", "qyapi_base"}  # the permission is missing
    await sends(ours, RETURNED, thread="t:2")
    assert shown.card.type == "actionCard"
    ours.ding.app.scopes = None
    await sends(ours, replace(RETURNED, body="长" * 400), thread="t:3")  # more than a value may hold
    assert shown.card.type == "actionCard"
    await sends(ours, RETURNED, thread="t:4")
    assert shown.card.type == "card"
    assert [each.state for each in await ours.rows(Outgoing)][-4:] == ["sent"] * 4


async def test_a_card_sent_twice_is_one_card(ours: Stage) -> None:
    await known(ours)
    ours.ding.goes_wrong(CREATE, cut=True, done=True)  # it went through, and nobody told us
    await sends(ours, RETURNED)
    assert len([each for each in ours.ding.shown("li.na") if each.title == RETURNED.title]) == 1
    await ours.passes(seconds=10)
    assert [each.state for each in await ours.rows(Outgoing)][-1] == "sent"
    assert len([each for each in ours.ding.shown("li.na") if each.title == RETURNED.title]) == 1


async def test_the_presets_buttons_call_back(tmp_path: Path) -> None:
    async with on_dingtalk(tmp_path, preset_cards=True) as stage, working(stage.app):
        phone = stage.ding.phone("li.na")
        await phone.says(VISIT)
        card = await phone.next_card()
        assert card.template is not None
        assert card.template.id == PRESET
        await phone.taps(card.taps[0].label, card)
        [click] = await clicks(stage)
        assert click.action is not None
        await phone.next()  # in its place, or by a message where the preset has no room for a question


async def test_an_answer_that_went_nowhere_is_made_good_by_an_update(ours: Stage) -> None:
    """The line breaks between the tap and its answer."""
    phone, card = ours.ding.phone("li.na"), await asked(ours)
    await phone.taps(card.taps[0].label, card, wait=False)
    async with asyncio.timeout(5):
        while not await clicks(ours):  # noqa: ASYNC110 (nobody tells of it)
            await asyncio.sleep(0.02)
    await ours.ding.gateway.ends("abort")
    await asyncio.sleep(0.1)
    async with working(ours.app):
        await ours.ding.gateway.until(lambda: ours.ding.count(UPDATE) == 1, 5)
    assert phone.shown[-1].id == card.id
    assert phone.shown[-1].title != card.title
