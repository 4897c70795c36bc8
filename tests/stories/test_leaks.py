"""No card, page, export or answer tells what a role may not see: every route is driven as every role.

Recognisable words are planted in every part of one customer's file, in rows that all have one id, so that
any tap with that id means one of them. Whatever can be said, tapped or exported is then tried as each role,
and everything that came out is searched. A route that this file has no words for fails the test by name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import time, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.sample import ADDRESSES, PEOPLE
from cards.actions import ACTIONS, Action, encode
from cards.model import load
from handlers.chat.commands import Order
from handlers.chat.spoken import Spoken, unread
from handlers.kernel.update import Clicked, Said, Ticked
from handlers.policies.permissions import See, may_see
from handlers.routes import ROUTES
from handlers.understanding.note import Intent, Known, QueryKind
from handlers.understanding.reader import read
from handlers.work import exports
from handlers.work.content import Content, to_row
from handlers.work.context import Desk
from handlers.work.people import add_person, asker_of, known_to
from storage.models.changes import Approval, Change
from storage.models.customers import Alias, Contact, Customer, Money, Trait
from storage.models.engine import Outgoing
from storage.models.tasks import Task
from storage.models.visits import Draft, Meeting, SaidNote, StoredFile, Visit
from tests.extent import WHOLE as WHOLE_RUN
from tests.stories.phones import Phone, World
from tests.stories.sites import Site, browser

ID = 900
NAME, PERSON = "暗河机械", "欧阳暗香"
WHOLE = "13911117766"
CARDS = ("post", "replace")

SECRETS: dict[See, tuple[str, ...]] = {
    See.BASICS: ("苏州暗河重型机械有限公司", "暗器行业", "暗巷路九号"),
    See.CONTACTS: ("暗线总监", "anxiang@secret.example", "139****7766"),
    See.PHONES: (WHOLE,),
    See.MONEY: ("77.77万元", "777,700", "777700"),
    See.VISITS: ("秘密冲压线", "暗敌公司", "别提暗账", "爱喝暗茶", "当面说的暗语"),
    See.TASKS: ("暗中送样",),
    See.NOTES: ("原话里还有的暗记",),
}
"""By part of the archive; the name itself and who looks after it are nobody's secret among colleagues."""

NOTE = f"今天去了{NAME}，当面说的暗语，原话里还有的暗记"

SAYINGS: dict[object, tuple[str, ...]] = {
    Spoken.SAVE: ("保存",),
    Spoken.DROP: ("不用记",),
    Spoken.UNDO: ("撤销",),
    Spoken.HELP: ("帮助",),
    Spoken.TODAY: ("今天",),
    Spoken.PENDING: ("待批",),
    Spoken.ARRIVED: (f"到了{NAME}",),
    Spoken.FUNNEL: ("漏斗",),
    Spoken.QUIET: ("久没动的",),
    Spoken.MIGRATION: ("微信迁移",),
    Spoken.ROSTER: ("微信里有鼎盛的张伟",),
    Spoken.OPT_OUT: ("张伟不想收新品",),
    Spoken.THAT: (f"{NAME}那条",),
    Spoken.BLANK: ("……",),
    Spoken.LONG: (f"去了{NAME}。" * 300,),
    Order.ARCHIVE: (f"档案 {NAME}", "档案 暗河"),
    Order.TIMELINE: (f"时间轴 {NAME}",),
    Order.PORTRAIT: (f"画像 {NAME}",),
    Order.ORDERS: (f"订单 {NAME}",),
    Order.GRADE: (f"定级 {NAME} B",),
    Order.STAGE: (f"阶段 {NAME} 谈判",),
    Order.LEGAL_NAME: (f"{NAME}的全称是昆山明河机械有限公司",),
    Order.TAG: (f"标签 {NAME} 要得急",),
    Order.UNTAG: (f"去掉标签 {NAME} 要得急",),
    Order.TABOO: (f"忌讳 {NAME} 别提天气",),
    Order.MERGE: (f"合并 {NAME} 鼎盛机械", f"合并 鼎盛机械 {NAME}"),
    Order.OFFICIAL: (f"转正 {NAME}",),
    Order.HANG: (f"挂到{NAME}",),
    Intent.VISIT: (f"今天去{NAME}见了{PERSON}，要两台设备", f"今天去暗合机械见了王工，电话{WHOLE}"),
    Intent.UPDATE: (f"{NAME}的{PERSON}换手机了，13800001234",),
    Intent.NEW_CUSTOMER: (f"新建客户暗河机器，电话{WHOLE}",),
    Intent.PLAN: (f"明天去{NAME}见{PERSON}",),
    Intent.REMIND: (f"明天提醒我打给{NAME}的{PERSON}",),
    Intent.CORRECT: ("预算改成15万",),
    Intent.HANDOVER: (f"{NAME}交给陈浩",),
    Intent.CHAT: ("你好呀",),
    Intent.QUERY: (),
}
"""What is said to reach each route; questions have a table of their own."""

QUESTIONS: dict[QueryKind, tuple[str, ...]] = {
    QueryKind.PROFILE: (f"{NAME}的档案", f"{NAME}最近怎么样"),
    QueryKind.LAST_VISIT: (f"{NAME}上次是什么时候去的",),
    QueryKind.CONTACT_PHONE: (f"{NAME}的{PERSON}电话多少", f"{PERSON}电话多少"),
    QueryKind.VISITS: ("这周见了哪些客户", f"{NAME}今年去过几次"),
    QueryKind.TODO: ("还有什么没办", f"{NAME}还有什么没办", "下周有什么安排"),
    QueryKind.DORMANT: ("哪些客户超过一天没联系了",),
    QueryKind.PIPELINE: ("在谈的商机有哪些",),
    QueryKind.RANKING: ("这个月拜访排名",),
}

LOOKERS = (
    ("qian", "钱敏", "finance", "admin"),
    ("sun", "孙浩", "service", "admin"),
    ("wai", "外人", "partner", ""),
    ("gao", "高磊", "manager", "admin"),
    ("gone", "离职", "janitor", ""),
)
"""Beside the sample company's: one of each role, a manager of nobody's customers, and an unknown role."""


async def plant(world: World) -> None:
    """One customer of 李娜's with a secret in every part; every row has the same id."""
    at = world.now - timedelta(days=2)
    by = {"customer_id": ID, "at": at, "id": ID}
    async with world.app.database.unit(at=at) as unit:
        for address, name, role, above in LOOKERS:
            boss = await unit.people.at("local", above) if above else None
            await add_person(
                unit, name=name, role=role, platform="local", address=address, at=at,
                manager_id=boss.id if boss else None,
            )  # fmt: skip
        li = await unit.people.at("local", "li")
        zhou = await unit.people.at("local", "zhou")
        assert li is not None
        assert zhou is not None
        legal, industry, address = SECRETS[See.BASICS]
        title, email, _ = SECRETS[See.CONTACTS]
        need, rival, taboo, likes, quote = SECRETS[See.VISITS]
        me = li.id
        heard = read(NOTE, at, Known()).visits[0]
        content = to_row(Content(visit=heard, note_text=NOTE, customer_id=ID))
        rows: list[Any] = [
            Customer(
                id=ID, name=NAME, legal_name=legal, industry=industry, address=address, owner_id=me,
                grade="A", stage="needs", last_interaction_at=at, created_at=at, created_by=me,
            ),
            Alias(id=ID, customer_id=ID, name="暗河"),
            Contact(id=ID, customer_id=ID, name=PERSON, title=title, phone=WHOLE, email=email, created_at=at),
            SaidNote(id=ID, update_id="planted", person_id=me, lane="local:li", text=NOTE, at=at),
            Draft(id=ID, note_id=ID, person_id=me, state="saved", content=content, created_at=at),
            Visit(
                id=ID, draft_id=ID, note_id=ID, customer_id=ID, person_id=me, day=at.date(), hour=time(10),
                method="onsite", stage="needs", quote=quote, filed_at=at,
            ),
            Meeting(id=ID, visit_id=ID, contact_id=ID),
            Money(visit_id=ID, kind="order", value=777700, **by),
            Trait(visit_id=ID, field="need", value=need, **by),
            Trait(customer_id=ID, at=at, visit_id=ID, field="competitor", value=rival),
            Trait(customer_id=ID, at=at, field="taboo", value=taboo),
            Trait(customer_id=ID, at=at, field="preference", value=likes),
            Task(
                id=ID, person_id=me, customer_id=ID, contact_id=ID, visit_id=ID, note_id=ID, kind="promise",
                what="暗中送样", day=at.date(), remind_at=at, said_at=at,
            ),
            Change(
                id=ID, batch="draft:900", subject="contact", subject_id=ID, field="phone", before=WHOLE,
                after="13911118855", words="换了", person_id=me, note_id=ID, customer_id=ID, at=at,
                state="waiting",
            ),
            Approval(
                id=ID, change_id=ID, person_id=me, approver_id=zhou.id, customer_id=ID, created_at=at,
                expires_at=world.now + timedelta(days=3),
            ),
            StoredFile(id=ID, key="planted", person_id=me, visit_id=ID, kind="image", at=at),
        ]  # fmt: skip
        for row in rows:
            await unit.add(row)


def phrases() -> Iterator[str]:
    for said in (*SAYINGS.values(), *QUESTIONS.values()):
        yield from said


def taps(to: int) -> Iterator[Action]:
    """Every intention that exists, about the planted rows; a new one needs nothing here."""
    for kind in ACTIONS.values():
        values: dict[str, Any] = {"what": ID, "rev": 1, "to": to}
        for each in fields(kind)[3:]:
            values[each.name] = {"int": ID, "bool": True, "str": ""}[
                str(getattr(each.type, "__name__", each.type))
            ]
        yield kind(**values)


async def desk_of(world: World, unit: Any, address: str) -> Desk:
    person = await unit.people.at("local", address)
    return Desk(unit, world.app.policy, world.now, person, await asker_of(unit, person), "test")


async def forbidden(world: World, address: str) -> dict[See, tuple[str, ...]]:
    """What must not reach somebody: each part that the role may not see of this customer."""
    async with world.app.database.reading() as unit:
        desk = await desk_of(world, unit, address)
        owner = (await unit.customers.one(ID)).owner_id
    return {
        part: words for part, words in SECRETS.items() if not may_see(desk.asker, part, owner, desk.policy)
    }


async def received(world: World, address: str) -> list[tuple[str, str]]:
    """Everything that was ever sent to a phone: the card's kind and all of its content."""
    rows = [each for each in await world.rows(Outgoing) if each.address == address]
    return [
        (load(each.content).kind if each.kind in CARDS else each.kind, each.content)
        for each in rows
        if each.state == "sent"
    ]


def found_in(texts: Iterable[tuple[str, str]], words: Sequence[str]) -> list[str]:
    return [f"{word} on {kind}" for kind, text in texts for word in words if word in text]


async def drive(world: World, phone: Phone) -> list[tuple[str, str]]:
    """All that somebody can say and tap, and what he got for it."""
    async with world.app.database.reading() as unit:
        me = await unit.people.at("local", phone.address)
    assert me is not None
    # All at once, since a lane is handled in its order anyway: what comes back is searched at the end.
    for said in phrases():
        await world.send("say", {"phone": phone.address, "id": world.new_id(), "text": said})
    for action in taps(me.id):
        tap = {"action": encode(action), "message": 0, "picked": []}
        await world.send("click", {"phone": phone.address, "id": world.new_id(), **tap})
    await world.settles()
    assert await world.parked() == [], phone.name
    return await received(world, phone.address)


async def test_every_route_is_driven(world: World) -> None:
    """A route that no words of this file reach would be searched by nobody."""
    await plant(world)
    async with world.app.database.reading() as unit:
        li = await unit.people.at("local", "li")
        assert li is not None
        known = await known_to(unit, li, world.app.policy)
    spoken = {route.key for route in ROUTES if route.update is Said}
    assert spoken == set(SAYINGS), spoken ^ set(SAYINGS)
    assert {route.key for route in ROUTES if route.update is Clicked} - {None} <= set(ACTIONS.values())
    missed = [
        (key, said, heard)
        for key, sayings in SAYINGS.items()
        for said in sayings
        if (heard := unread(said, known) or read(said, world.now, known).intent) is not key
    ]
    assert missed == []
    assert set(QUESTIONS) == set(QueryKind)
    asked = {
        said: unread(said, known) or read(said, world.now, known).query
        for said in (s for each in QUESTIONS.values() for s in each)
    }
    wrong = [
        (kind, said)
        for kind, sayings in QUESTIONS.items()
        for said in sayings
        if asked[said] is not Order.ARCHIVE and getattr(asked[said], "kind", None) is not kind
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "address", ["chen", "qian", "sun", "wai", "admin", *(["gao", "gone"] if WHOLE_RUN else [])]
)
async def test_nobody_is_told_what_his_role_may_not_see(world: World, address: str) -> None:
    await plant(world)
    world.may_park = True  # the taps afterwards are another test's
    words = await forbidden(world, address)
    assert words, "somebody who may see everything proves nothing"
    phone = world.phone(address, address)
    texts = await drive(world, phone)
    assert len(texts) > len(ACTIONS) / 2
    leaks = [each for part in words for each in found_in(texts, words[part])]
    assert leaks == []


async def test_who_may_see_a_part_is_shown_it_and_a_whole_number_only_where_it_was_asked_for(
    world: World,
) -> None:
    """The search is not blind: each planted word comes up for somebody who may see it."""
    await plant(world)
    world.may_park = True
    told: list[str] = []
    for address in ("zhou", "li"):
        texts = await drive(world, world.phones[address])
        shown = [kind for kind, text in texts if WHOLE in text and not kind.startswith("phone.shown")]
        assert shown == []
        assert any(WHOLE in text for kind, text in texts if kind.startswith("phone.shown")), (
            "nothing was looked for"
        )
        told += [text for _, text in texts]
    text = "\n".join(told)
    unseen = [part for part, words in SECRETS.items() if not any(word in text for word in words)]
    assert unseen == []


async def test_the_clock_tells_nobody_either(world: World) -> None:
    await plant(world)
    world.may_park = True
    for name in [str(route.key) for route in ROUTES if route.update is Ticked]:
        await world.app.scheduler.tick(name, world.now.replace(hour=9))
        await world.settles()
    for address in ("chen", "qian", "sun", "wai", "gao", "gone", "admin"):
        words = await forbidden(world, address)
        texts = await received(world, address)
        assert [each for part in words for each in found_in(texts, words[part])] == []


async def test_exports_hold_no_more_than_cards(world: World) -> None:
    await plant(world)
    for address in ("chen", "qian", "sun", "wai", "gao", "gone", "admin"):
        words = [word for part in (await forbidden(world, address)).values() for word in part]
        for kind, export in exports.KINDS.items():
            async with world.app.database.unit() as unit:
                desk = await desk_of(world, unit, address)
                try:
                    columns, rows = await export(desk)
                except exports.MayNot:
                    continue
            told = exports.as_bytes("jsonl", columns, rows).decode()
            assert [word for word in words if word in told] == [], (address, kind)


async def test_pages_tell_a_stranger_nothing(world: World) -> None:
    """Every page that the bot serves, opened by nobody in particular."""
    await plant(world)
    site = web.Application()
    site.add_routes(world.app.routes)
    async with TestClient(TestServer(site)) as client:
        for route in world.app.routes:
            path = route.path.replace("{", "").replace("}", "")
            async with client.get(path, allow_redirects=False) as answer:
                told = await answer.text()
            leaks = [word for words in SECRETS.values() for word in words if word in told]
            assert leaks == [], route.path


async def test_signed_in_pages_tell_no_more_than_cards(world: World) -> None:
    """Every page opened and each button on it pressed, by each role; the owner shows that it is not blind."""
    await plant(world)
    names = {ADDRESSES.get(address, address): name for address, name, *_ in (*PEOPLE, *LOOKERS)}
    async with browser(world) as site:
        for address in ("chen", "qian", "sun", "wai", "gao", "gone", "admin"):
            words = [word for part in (await forbidden(world, address)).values() for word in part]
            told = await all_pages(site, names[address])
            assert [word for word in words if word in told] == [], address
            assert found_in(await received(world, address), words) == []
        owners = await all_pages(site, names["li"])
    unseen = [part for part, words in SECRETS.items() if not any(word in owners for word in words)]
    assert unseen == [See.PHONES]  # a whole number comes into the chat alone


async def all_pages(site: Site, name: str) -> str:
    """What somebody reads on all pages about the planted rows, and after each of their buttons."""
    site.client.session.cookie_jar.clear()
    told = [(await site.signs_in(name)).html]
    about = [f"/m/{each}/{ID}" for each in ("customer", "visit", "handover")]
    for path in ("/m/", *about, "/m/migration"):
        page = await site.opens(path)
        told.append(page.html)
        labels = [label for form in page.forms if form.action != "/m/out" for label, *_ in form.buttons]
        told += [(await page.presses(label)).html for label in labels]
    return "\n".join(told)
