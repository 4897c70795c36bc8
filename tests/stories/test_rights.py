"""Nobody sees or does what is not his: by question, by tap, by export."""

import pytest

from cards.actions import (
    ShowCustomer,
    ShowPhone,
    ShowTimeline,
    ShowVisit,
    UndoVisit,
    UseCustomer,
    VoidVisit,
)
from handlers.work import exports
from handlers.work.context import Desk
from handlers.work.people import add_person, asker_of
from storage.models.customers import Customer
from storage.models.visits import Visit
from tests.stories.phones import Phone, World

SECRETS = ("张伟", "138****5678", "13800135678", "苏州鼎盛", "贴标机", "20万元")


async def desk_of(world: World, unit: object, address: str) -> Desk:
    person = await unit.people.at("local", address)  # type: ignore[attr-defined]
    asker = await asker_of(unit, person)  # type: ignore[arg-type]
    return Desk(unit, world.app.policy, world.now, person, asker, "test")  # type: ignore[arg-type]


async def set_active(world: World, address: str, *, active: bool) -> None:
    async with world.app.database.unit() as unit:
        person = await unit.people.at("local", address)
        assert person is not None
        person.active = active
        await unit.add(person)


async def lis_visit(world: World, li: Phone) -> Visit:
    await li.says("今天去鼎盛见了张伟，要贴标机，预算二十万")
    await li.taps("保存")
    return await world.newest(Visit)


async def test_a_colleague_learns_nothing_by_asking(world: World, li: Phone, chen: Phone) -> None:
    await lis_visit(world, li)
    for said in (
        "鼎盛机械最近怎么样",
        "张伟电话多少",
        "鼎盛机械的张伟电话多少",
        "鼎盛机械上次是什么时候去的",
        "这周见了谁",
        "久没动的有哪些",
        "还有什么没办",
    ):
        await chen.says(said)
        assert chen.news, said
        for secret in SECRETS:
            if secret not in said:
                assert secret not in chen.card.words, (said, chen.card.words)


async def test_a_colleague_learns_and_does_nothing_by_tapping(world: World, li: Phone, chen: Phone) -> None:
    visit = await lis_visit(world, li)
    customer = await world.customer("鼎盛机械")
    contact = await world.contact("张伟")
    before = await world.archive()
    for action in (
        ShowCustomer(customer.id, 0, 4),
        ShowTimeline(customer.id, 0, 4),
        ShowPhone(contact.id, 0, 4),
        ShowVisit(visit.id, 0, 4),
        UndoVisit(visit.id, visit.revision, 4),
        VoidVisit(visit.id, visit.revision, 4),
    ):
        await chen.does(action)
        assert "李娜" in chen.card.words, action
        assert not any(secret in chen.card.words for secret in SECRETS), chen.card.words
    assert await world.archive() == before
    assert await world.trail("looked") == []


async def test_a_colleagues_customer_takes_no_visit_of_mine(world: World, li: Phone, chen: Phone) -> None:
    await chen.says("今天去启明教育见了刘敏，预算二十万")
    draft = chen.card.taps[0].action
    assert draft is not None
    await chen.does(UseCustomer(draft.what, draft.rev, 4, customer=(await world.customer("鼎盛机械")).id))
    assert "鼎盛机械" not in chen.card.title
    await chen.taps("保存")
    assert (await world.newest(Visit)).customer_id == (await world.customer("启明教育")).id


async def test_a_manager_sees_the_team_and_not_the_raw_note(world: World, li: Phone, zhou: Phone) -> None:
    visit = await lis_visit(world, li)
    await zhou.says("鼎盛机械最近怎么样")
    assert zhou.card.subtitle == "苏州鼎盛机械有限公司 · 李娜在跟"
    assert zhou.card.line("基本") == "4/6，张伟 138****5678"
    await zhou.does(ShowVisit(visit.id, 0, 2))
    assert zhou.card.line("预算").startswith("20万元")
    assert "今天去鼎盛见了张伟" not in zhou.card.words


async def test_a_look_at_a_phone_is_logged(world: World, li: Phone, zhou: Phone) -> None:
    await zhou.says("鼎盛机械最近怎么样")
    await zhou.taps("看号码")
    assert (zhou.card.kind, zhou.card.title) == ("phone.shown", "张伟 13800135678")
    looks = await world.trail("looked")
    assert [(each.actor_id, each.subject, each.subject_id) for each in looks] == [(2, "contacts", "1")]


async def test_finance_sees_money_and_no_people(world: World, li: Phone) -> None:
    await lis_visit(world, li)
    async with world.app.database.unit() as unit:
        await add_person(
            unit, name="钱敏", role="finance", platform="local", address="qian", at=world.now, manager_id=1
        )
    qian = world.phone("qian", "钱敏")
    for said in ("鼎盛机械最近怎么样", "鼎盛机械的张伟电话多少", "鼎盛机械上次是什么时候去的"):
        await qian.says(said)
        assert qian.news, said
        assert not any(secret in qian.card.words for secret in ("138****5678", "采购经理", "贴标机"))
    await qian.does(ShowPhone((await world.contact("张伟")).id, 0, 5))
    assert "13800135678" not in qian.card.words
    assert await world.trail("looked") == []
    async with world.app.database.unit() as unit:
        with pytest.raises(exports.MayNot):
            await exports.customers(await desk_of(world, unit, "qian"))


async def test_an_export_holds_what_may_be_seen_and_is_logged(world: World, li: Phone) -> None:
    await lis_visit(world, li)
    async with world.app.database.unit() as unit:
        mine, rows = await exports.customers(await desk_of(world, unit, "chen"))
        assert {row["简称"] for row in rows} == {"启明教育", "博瑞生物"}
        assert "电话" in mine
        _, visits = await exports.visits(await desk_of(world, unit, "chen"))
        assert {row["客户"] for row in visits} == {"启明教育"}
        _, team = await exports.customers(await desk_of(world, unit, "zhou"))
        assert len(team) == len(await world.there(Customer))
    assert len(await world.trail("exported")) == 3


async def test_who_was_deactivated_neither_asks_nor_is_told(world: World, li: Phone, chen: Phone) -> None:
    await li.says("今天上门拜访了博瑞生物技术，见了邓工，想要两台设备")
    await set_active(world, "chen", active=False)
    await chen.says("启明教育最近怎么样")
    assert chen.news == []
    await li.taps("问问陈浩")
    assert chen.news == []
    assert li.news
    await set_active(world, "chen", active=True)
    await chen.says("启明教育最近怎么样")
    assert chen.card.title.startswith("启明教育")
