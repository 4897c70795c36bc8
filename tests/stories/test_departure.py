"""4.3: 李娜 leaves, 40 customers: looked at first, accepted, signed, moved at once, followed to the end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from cards.actions import AcceptHandover, SignHandover, StartHandover
from storage.models.changes import Change
from storage.models.customers import Contact, Customer
from storage.models.engine import AuditEntry, Outgoing
from storage.models.handovers import Friend, HandedCustomer, Handover, Transfer
from storage.models.people import Person
from storage.models.tasks import Task
from storage.unit import Unit
from tests.stories import customers
from tests.stories.customers import far_customers, newest_way
from tests.stories.phones import Phone, World

LI, CHEN, ZHOU = 3, 4, 2
WISH = "李娜4月30日走，客户都给陈浩"
ALONE, OFTEN, RUNNING = 39, (36, 37), 38
"""Of 40 customers: without a contact, moved twice already, in another transfer."""


async def forty(world: World) -> None:
    """李娜 has 40 customers, most of whose people she has as contacts; some were handed on before."""
    async with world.app.database.unit() as unit:
        mine = list(await unit.handovers.owned_by(LI))
        for number in range(len(mine), 40):
            customer = Customer(
                name=f"客户{number:02}",
                owner_id=LI,
                status="official",
                last_interaction_at=world.now - timedelta(days=number),
                created_at=world.now,
                created_by=LI,
            )
            mine.append(await unit.add(customer))
        await _befriend(world, unit, mine)


async def _befriend(world: World, unit: Unit, customers: Sequence[Customer]) -> None:
    before = Handover(
        giver_id=CHEN,
        taker_id=LI,
        asker_id=ZHOU,
        state="done",
        created_at=world.now,
        expires_at=world.now,
    )
    await unit.add(before)
    people = await unit.customers.contacts([each.id for each in customers])
    for number, customer in enumerate(customers):
        contact = (people.get(customer.id) or [None])[0]
        if contact is None:
            contact = Contact(customer_id=customer.id, name=f"王{number:02}", created_at=world.now)
            await unit.add(contact)
        if number == ALONE:
            continue
        friend = Friend(
            contact_id=contact.id,
            person_id=LI,
            platform=far_customers(world).platform,
            external_id=f"wx-{number}",
            since=world.now,
        )
        await unit.add(friend)
        wish = {1: "no", 3: "full"}.get(number, "yes")
        await far_customers(world).befriend(unit, f"wx-{number}", "li", wish)
        await _earlier(world, unit, number, customer, friend, before)


async def _earlier(
    world: World, unit: Unit, number: int, customer: Customer, friend: Friend, before: Handover
) -> None:
    """What was transferred already: two that are over, or one that is not."""
    states = {**dict.fromkeys(OFTEN, ("done", "done")), RUNNING: ("waiting",)}.get(number, ())
    for turn, state in enumerate(states):
        handover = before if turn == 0 else await unit.add(_another(world))
        started = datetime(2026, 2, 17 + turn, 9, tzinfo=world.now.tzinfo)
        row = Transfer(
            handover_id=handover.id,
            customer_id=customer.id,
            friend_id=friend.id,
            state=state,
            started_at=started if state == "done" else world.now,
        )
        await unit.add(row)


def _another(world: World) -> Handover:
    return Handover(
        giver_id=CHEN, taker_id=LI, asker_id=ZHOU, state="done", created_at=world.now, expires_at=world.now
    )


async def owners(world: World) -> dict[int, int]:
    rows = await world.there(Customer)
    return {
        person: sum(each.owner_id == person for each in rows) for person in {each.owner_id for each in rows}
    }


async def signed(world: World, zhou: Phone, chen: Phone) -> Handover:
    await zhou.says(WISH)
    await zhou.taps("交给陈浩")
    await chen.taps("接")
    await zhou.taps("签字")
    return await world.newest(Handover)


async def test_a_departure_with_forty_customers(
    world: World, li: Phone, chen: Phone, zhou: Phone, zheng: Phone
) -> None:
    await forty(world)
    await li.says("周五去天虹见吴莉，周五下午三点")
    await zhou.says(WISH)
    assert zhou.card.title == "李娜的 40 家交给陈浩，先查过了"
    assert zhou.card.subtitle == "最后一天 4月30日 · 还没动任何客户"
    assert zhou.card.lines == [
        ("能转", "36 家，微信一起过去"),
        ("转过两次", "2 家，5月18日后才能再转"),
        ("在转", "1 家，上一次还没完"),
        ("没加微信", "1 家，只转档案"),
        ("陈浩", "现有 2 家，接完 42 家"),
    ]
    assert zhou.card.buttons == ["交给陈浩", "挑一部分", "换个人", "先不交"]
    assert (await owners(world))[LI] == 40

    await zhou.taps("交给陈浩")
    assert zhou.card.title == "40 家，等陈浩接"
    assert li.card.title == "40 家要交给陈浩"
    assert set(li.card.options) == {"天虹纺织", "华东机电"}
    dossier, offer = chen.cards("handover.dossier")[-1], chen.cards("handover.accept")[-1]
    assert dossier.title == "接手 40 家，先看这 5 家"
    assert dossier.buttons == ["看全部", "听李娜说", "问李娜"]
    assert offer.title == "陈浩，40 家接得过来吗"
    assert offer.subtitle == "你现在 2 家，接了是 42 家"
    assert offer.line("微信") == "36 位会收到通知，可以不同意"
    await chen.taps("听李娜说")
    assert chen.card.title == "李娜最近说的"
    await chen.taps("问李娜")
    assert li.card.title.startswith("陈浩想问问你")

    await chen.taps("接")
    assert chen.card.title == "✓ 40 家你接了，等周强签字"
    assert zhou.card.title == "40 家交接，请你签一下"
    assert zhou.card.subtitle == "李娜 → 陈浩 · 陈浩已接 4月21日"
    assert zhou.card.line("微信") == "36 家转，4 家不转（名单在里面）"
    assert (await owners(world))[LI] == 40
    await zhou.taps("签字")
    sign = next(each for each in zhou.news if each.kind == "handover.signed")
    assert sign.title == "✓ 签好了，40 家归陈浩"
    number = (await world.newest(Handover)).id  # after the earlier ones that were set up
    assert sign.subtitle == f"今天 18:20 · J-2026-{number:04}"
    assert await owners(world) == {CHEN: 42}
    assert [each.title for each in li.news] == ["40 家归陈浩了"]
    assert zheng.card.title == "李娜的 40 家归陈浩了"
    open_tasks = [each for each in await world.there(Task) if each.state == "open"]
    assert open_tasks
    assert {each.person_id for each in open_tasks} == {CHEN}
    moves = [each for each in await world.rows(AuditEntry) if each.deed == "handover.sign"]
    assert len({each.update_id for each in moves}) == 1  # in one transaction
    order = next(each for each in await world.rows(Outgoing) if each.kind == "transfer")
    assert "您可以不同意" in order.content

    await zhou.taps("看进度")
    assert zhou.card.line("等着") == "37 位，明天 18:20 前后" or zhou.card.line("等着").startswith("36 位")
    await world.moves(hours=26)
    stuck = zhou.cards("handover.refusals")[-1]
    assert stuck.title == "有 4 家这次转不了，你定"
    assert stuck.line("天虹纺织") == "吴莉没同意换人"
    assert sorted(value for _, value in stuck.lines)[-2:] == sorted(
        value for _, value in stuck.lines if "转过两次" in value
    )
    assert "按离职再试一次" in stuck.body
    await zhou.taps("看进度", on=sign)
    assert zhou.card.title.startswith("交接第 2 天，39 位里 34 位过去了")
    assert zhou.card.line("没同意") == "1 位：天虹纺织 吴莉"
    assert zhou.card.line("名额满") == "1 位：排到明天再转"
    await zhou.taps("请本人加陈浩", on=stuck)
    assert (await world.newest(Task)).person_id == CHEN
    asked = chen.cards("migration.today")[-1]  # and he gets whom to ask himself, one after the other
    assert asked.title == "今天请 4 位老客户加工作微信"
    for _ in range(9):  # the full list is tried three times, a day each, and then somebody decides
        await world.moves(hours=25)
        if cards := zhou.cards("handover.refusals"):
            await zhou.taps("就这样", on=cards[-1])
            break
    assert (await world.newest(Handover)).state == "done"
    assert zhou.cards("handover.finished")[-1].title == "✓ 交接完了，34 位过去，1 位没同意，4 位不转"
    assert len(await far_customers(world).contacts_of("chen")) == 34
    assert {each.person_id for each in await world.rows(Friend) if each.external_id == "wx-1"} == {LI}


async def test_a_rep_hands_over_one(world: World, li: Phone, chen: Phone, zhou: Phone) -> None:
    await li.says("天虹交给陈浩")
    assert li.card.title == "天虹纺织交给陈浩，先查过了"
    await li.taps("交给陈浩")
    assert li.card.title == "天虹纺织，等陈浩接"
    await chen.taps("接")
    assert li.card.title == "天虹纺织，等周强签字"
    await zhou.taps("签字")
    assert (await world.customer("天虹纺织")).owner_id == CHEN
    assert li.card.title == "1 家归陈浩了"
    await li.says("天虹纺织最近怎么样")
    assert "陈浩" in li.card.words


async def test_who_stays_gets_the_successors_code_once(
    world: World, li: Phone, chen: Phone, zhou: Phone
) -> None:
    async with world.app.database.unit() as unit:
        contact = await world.contact("吴莉")
        friend = Friend(
            contact_id=contact.id,
            person_id=LI,
            platform=far_customers(world).platform,
            external_id="wx-wu",
            since=world.now,
        )
        await unit.add(friend)
        await far_customers(world).befriend(unit, "wx-wu", "li", "no")
    await li.says("天虹交给陈浩")
    await li.taps("交给陈浩")
    await chen.taps("接")
    await zhou.taps("签字")
    await world.moves(hours=26)
    refused = zhou.cards("handover.refusals")[-1]
    await zhou.taps("请本人加陈浩", on=refused)
    assert chen.card.title == "给吴莉的话，你自己发"
    before = len(chen.cards("migration"))
    await zhou.taps("请本人加陈浩", on=refused)
    assert len(chen.cards("migration")) == before
    wu = customers.Customer(world, "吴莉")
    await wu.scans(await newest_way(world))
    assert chen.card.title == "吴莉加上你了，是天虹的吴莉吧"


async def test_some_go_and_some_stay(world: World, li: Phone, chen: Phone, zhou: Phone) -> None:
    await li.says("我的客户都交给陈浩")
    assert li.card.title == "你的 5 家交给陈浩，先查过了"
    await li.taps("挑一部分")
    card = li.card
    assert len(card.options) == 5
    body = {"phone": "li", "id": world.new_id(), "message": card.id}
    picked = [card.options["天虹纺织"], card.options["华东机电"]]
    action = next(each.action for each in card.taps if each.label == "就这些")
    assert action is not None
    from cards.actions import encode

    await world.send("click", {**body, "action": encode(action), "picked": picked})
    await world.settles()
    assert li.card.title == "你的 2 家交给陈浩，先查过了"
    assert "另有 3 家这次不交" in li.card.subtitle
    await li.taps("交给陈浩")
    await chen.taps("接")
    await zhou.taps("签字")
    assert await owners(world) == {LI: 3, CHEN: 4}


async def test_nothing_happens_twice(world: World, chen: Phone, zhou: Phone) -> None:
    await zhou.says(WISH)
    ask = zhou.card
    await zhou.taps("交给陈浩")
    offers = len(chen.cards("handover"))
    await zhou.taps("交给陈浩", on=ask)
    assert zhou.card.title == "5 家，等陈浩接"
    assert len(chen.cards("handover")) == offers
    offer = chen.cards("handover.accept")[-1]
    await chen.taps("接", on=offer)
    await chen.taps("接", on=offer)
    assert chen.card.title == "✓ 5 家你接了，等周强签字"
    sign = zhou.cards("handover.sign")[-1]
    await zhou.taps("签字", on=sign)
    before = await world.archive(Customer, Task, Change, Handover, HandedCustomer, Transfer)
    await zhou.taps("签字", on=sign)
    assert zhou.card.title == "✓ 签好了，5 家归陈浩"
    assert await world.archive(Customer, Task, Change, Handover, HandedCustomer, Transfer) == before


async def test_strangers_move_nothing(world: World, li: Phone, chen: Phone, zhou: Phone) -> None:
    await zhou.says(WISH)
    row = await world.newest(Handover)
    await li.does(StartHandover(row.id, row.revision, ZHOU))
    assert li.card.body == "这张要周强本人点，我没动它"
    await zhou.taps("交给陈浩")
    await li.does(AcceptHandover(row.id, row.revision, CHEN))
    assert li.card.body == "这张要陈浩本人点，我没动它"
    await chen.taps("接")
    for phone in (li, chen):
        await phone.does(SignHandover(row.id, row.revision, ZHOU))
        assert phone.card.body == "这张要周强本人点，我没动它"
    assert (await owners(world))[LI] == 5
    await chen.says("李娜的客户都交给我")
    assert (await world.newest(Handover)).id == row.id  # a colleague takes nothing


async def test_a_decline_has_a_reason_for_the_manager_alone(
    world: World, li: Phone, chen: Phone, zhou: Phone
) -> None:
    await zhou.says(WISH)
    await zhou.taps("交给陈浩")
    offer = chen.cards("handover.accept")[-1]
    await chen.taps("接不了")
    assert list(chen.card.options) == ["手上太多", "地区不对", "跟客户有别扭", "别的"]
    await chen.taps("就说接不了", picks="手上太多")
    assert chen.card.title == "好，没接"
    assert (zhou.card.title, zhou.card.line("因为")) == ("陈浩接不了这 5 家", "手上太多")
    assert "手上太多" not in "".join(each.words for each in li.history)
    await chen.taps("接", on=offer)
    assert chen.card.title == "好，没接"
    await zhou.taps("换个人")
    await zhou.taps("算了")
    assert zhou.card.title == "陈浩接不了这 5 家"
    await zhou.taps("先不交")
    assert zhou.card.title == "好，先不交"
    assert (await owners(world))[LI] == 5


async def test_the_supervisor_sends_it_back(world: World, li: Phone, chen: Phone, zhou: Phone) -> None:
    await li.says("我的客户都交给陈浩")
    await li.taps("交给陈浩")
    await chen.taps("接")
    await zhou.taps("退回")
    assert list(zhou.card.options) == ["人不合适", "分给几个人", "先等等", "像是填错"]
    await zhou.taps("退回去", picks="先等等")
    assert zhou.card.title == "✓ 退回了"
    assert li.card.words.splitlines()[2] == "周强退回：先等等"
    assert chen.card.title == "好，先不交"
    assert (await owners(world))[LI] == 5
    await li.taps("交给陈浩")
    await chen.taps("接")
    await zhou.taps("签字")
    assert await owners(world) == {CHEN: 7}


async def test_what_nobody_decides_on_runs_out(world: World, chen: Phone, zhou: Phone) -> None:
    await zhou.says(WISH)
    await zhou.taps("交给陈浩")
    offer = chen.cards("handover.accept")[-1]
    await world.moves(days=7, hours=1)
    assert (await world.newest(Handover)).state == "expired"
    assert "放了 7天没人定" in zhou.cards("handover.expired")[-1].body
    await chen.taps("接", on=offer)
    assert chen.card.kind == "handover.expired"
    assert (await owners(world))[LI] == 5
    await zhou.says(WISH)  # and it can be asked anew
    await zhou.taps("交给陈浩")
    assert chen.cards("handover.accept")


async def test_a_customer_is_in_one_handover_at_a_time(
    world: World, li: Phone, chen: Phone, zhou: Phone
) -> None:
    await li.says("天虹交给陈浩")
    await li.taps("交给陈浩")
    await zhou.says(WISH)
    assert zhou.card.title == "李娜的 4 家交给陈浩，先查过了"
    await li.says("天虹交给周强")
    assert li.card.title == "没有能交的客户"


async def test_an_outage_in_the_middle_holds_up_no_file_and_no_message(
    world: World, chen: Phone, zhou: Phone
) -> None:
    await forty(world)
    tries = far_customers(world).away(2)
    row = await signed(world, zhou, chen)
    assert await owners(world) == {CHEN: 42}
    assert {each.state for each in await _transfers(world, row)} == {"ordered", "often", "running"}
    await zhou.says("帮助")
    assert zhou.card.kind == "help"
    await world.moves(minutes=1)
    await world.moves(minutes=1)
    assert tries() == 3
    states = [each.state for each in await _transfers(world, row)]
    assert (states.count("waiting"), states.count("often"), states.count("running")) == (36, 2, 1)


async def _transfers(world: World, row: Handover) -> list[Transfer]:
    return [each for each in await world.rows(Transfer) if each.handover_id == row.id]


async def test_the_platform_says_that_somebody_left(
    world: World, li: Phone, chen: Phone, zhou: Phone
) -> None:
    await far_customers(world).leaves(li)
    assert zhou.card.title == "李娜的 5 家，交给谁"
    assert len(zhou.cards("handover")) == 1
    assert not (await world.rows(Person))[LI - 1].active
    await zhou.taps("就他", picks="陈浩")
    assert zhou.card.subtitle.startswith("最后一天 4月21日")
    await zhou.taps("交给陈浩")
    await chen.taps("接")
    await zhou.taps("签字")
    assert await owners(world) == {CHEN: 7}


@pytest.mark.parametrize("said", ["我的客户都交给王小明", "宏远包装交给陈浩"])
async def test_what_is_not_known_is_asked_for(world: World, li: Phone, said: str) -> None:
    await li.says(said)
    assert li.news
    assert (await owners(world))[LI] == 5
    assert not any("归" in each.title for each in li.news)
