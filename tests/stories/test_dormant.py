"""D1: who was not spoken to for long is asked about, gently; every answer changes when it asks again."""

from datetime import datetime, time, timedelta

import pytest

from cards.actions import ContactedAlready, ToPool
from storage.models.changes import Approval
from storage.models.customers import Customer
from storage.models.dormancy import Silence
from storage.models.handovers import Handover
from storage.models.tasks import Task
from tests.stories.phones import Phone, Shown, World


async def silent(world: World, name: str, days: int) -> Customer:
    """Nobody spoke to the customer for so many days, as of today."""
    async with world.app.database.unit() as unit:
        customer = await unit.customers.one((await world.customer(name)).id)
        noon = datetime.combine(world.today - timedelta(days=days), time(12), world.now.tzinfo)
        customer.last_interaction_at = noon
        return await unit.add(customer)


async def asked(world: World, phone: Phone, name: str = "博瑞生物", days: int = 90, day: int = 22) -> Shown:
    await silent(world, name, days - (day - world.today.day))
    await world.moves_to(day, 10, 1)
    return next(each for each in phone.cards("dormant") if name in each.title)


async def asks(world: World, days: int, name: str = "博瑞生物") -> int:
    """Lets the ladder ask on the first working day so many days on; how often it asked about one by then.

    The tick alone, so that no story has to live through the months.
    """
    at = world.now.replace(hour=10, minute=0) + timedelta(days=days)
    while not world.app.policy.hours.works_on(at.date()):
        at += timedelta(days=1)
    await world.app.scheduler.tick("dormant", at)
    await world.settles()
    return await questions_about(world, name)


async def questions_about(world: World, name: str = "博瑞生物") -> int:
    customer = await world.customer(name)
    return sum(each.customer_id == customer.id for each in await world.rows(Silence))


async def last(world: World, name: str = "博瑞生物") -> str:
    at = (await world.customer(name)).last_interaction_at
    assert at is not None
    return str(at.astimezone(world.now.tzinfo).date())


async def test_the_rep_is_asked_first_and_alone(world: World, li: Phone, chen: Phone, zhou: Phone) -> None:
    card = await asked(world, chen, days=91)
    assert card.title == "博瑞生物 91天没联系了"
    assert card.line("为什么提") == "B级客户满 90天提一次"
    assert card.line("之后") == "没订单，没来电"
    assert card.buttons == ["联系过了", "排一次", "转给同事", "先不跟"]
    assert card.menu == ["今天别再提醒", "这类少提醒", "为什么提醒我"]
    assert li.cards("dormant") == []
    assert zhou.cards("dormant") == []
    await world.moves_to(29, 20)
    assert [each.id for each in chen.cards("dormant")] == [card.id]  # once


async def test_a_contact_is_believed_and_starts_the_clock_anew(world: World, chen: Phone) -> None:
    card = await asked(world, chen)
    await chen.taps("联系过了")
    assert list(chen.card.options) == ["今天", "昨天", "这周", "上周"]
    await chen.taps("记上")  # nothing was picked: it asks once more
    assert chen.card.options
    await chen.taps("算了")
    assert chen.card.buttons == card.buttons
    await chen.taps("联系过了")
    await chen.taps("记上", picks="昨天")
    assert (chen.card.title, chen.card.subtitle) == ("✓ 博瑞生物，记上了", "4月21日联系过")
    assert await last(world) == "2026-04-21"
    done = chen.card
    await chen.taps("联系过了", on=card)  # a second tap, on the old card
    assert chen.card.title == done.title
    await chen.taps("撤销", on=done)
    assert chen.card.buttons == card.buttons
    assert await last(world) == "2026-01-22"
    await chen.taps("联系过了")
    await chen.taps("记上", picks="今天")
    questions = await questions_about(world)
    assert await asks(world, 85) == questions
    assert await asks(world, 91) == questions + 1


async def test_twice_contacted_may_be_asked_less_often(world: World, chen: Phone) -> None:
    for later in (0, 7):
        await silent(world, "博瑞生物", 95 - later)
        await asks(world, later)
        await chen.taps("联系过了", on=chen.cards("dormant")[-1])
        await chen.taps("记上", picks="今天")
    assert chen.card.body == "以后隔 120天再问这家？"
    assert chen.card.buttons == ["好", "照旧", "撤销"]
    await chen.taps("好")
    assert chen.card.title == "好，隔 120天再问"
    assert (await world.customer("博瑞生物")).ask_days == 120
    questions = await questions_about(world)
    await silent(world, "博瑞生物", 0)
    assert await asks(world, 110) == questions
    assert await asks(world, 121) == questions + 1


async def test_a_plan_rests_the_question_and_a_text_comes_with_it(world: World, chen: Phone) -> None:
    await asked(world, chen)
    await chen.taps("排一次")
    await chen.taps("排上", picks="下周三")
    assert chen.news[0].title == "✓ 排到 4月29日 周三了"
    assert chen.news[1].kind == "text"
    assert "您好" in chen.news[1].text
    task = await world.newest(Task)
    assert (task.kind, str(task.day), task.state) == ("plan", "2026-04-29", "open")
    await chen.taps("撤销", on=chen.news[0])
    assert (await world.newest(Task)).removed_at is not None


async def test_letting_go_rests_it_until_somebody_goes_there_again(world: World, chen: Phone) -> None:
    await asked(world, chen)
    await chen.taps("先不跟")
    assert list(chen.card.options) == ["没需求了", "选了别家", "联系不上", "单位没了", "别的"]
    await chen.taps("先不跟", on=chen.card, picks="没需求了")
    assert (chen.card.title, chen.card.subtitle) == ("好，博瑞生物先不跟了", "没需求了")
    assert (await world.customer("博瑞生物")).resting == "paused"
    assert await asks(world, 120) == 1
    await chen.says("今天去博瑞生物见了邓涛，要两台设备")
    await chen.taps("保存")
    assert (await world.customer("博瑞生物")).resting is None


async def test_an_a_customer_is_let_go_with_the_managers_yes(world: World, li: Phone, zhou: Phone) -> None:
    card = await asked(world, li, "鼎盛机械", days=90)
    assert card.title == "鼎盛机械 90天没联系了"
    await li.taps("先不跟", on=card)
    await li.taps("先不跟", on=li.card, picks="选了别家")
    assert li.card.title == "好，鼎盛机械，等点头"
    assert "等周强点头" in li.card.body
    assert zhou.card.title == "李娜想先不跟鼎盛机械"
    assert zhou.card.lines == [("跟进", "在跟 → 先不跟"), ("原因", "选了别家")]
    assert (await world.customer("鼎盛机械")).resting is None
    await zhou.taps("同意")
    assert zhou.card.title == "✓ 你同意了先不跟鼎盛机械"
    assert any(each.title == "✓ 鼎盛机械先不跟了" for each in li.news)
    assert (await world.customer("鼎盛机械")).resting == "paused"
    assert (await world.newest(Approval)).state == "approved"


async def test_an_a_customer_after_a_month_is_a_line_of_the_morning(world: World, li: Phone) -> None:
    await silent(world, "鼎盛机械", 30)
    await world.moves_to(22, 11)
    assert li.cards("dormant") == []
    await world.moves_to(23, 8, 31)
    morning = li.cards("reminder.morning")[-1]
    assert ("鼎盛机械", "32天没联系") in morning.lines
    await world.moves_to(24, 8, 31)
    later = li.cards("reminder.morning")[-1]
    assert later.id == morning.id or all(label != "鼎盛机械" for label in later.labels)


@pytest.mark.parametrize("why", ["plan", "complaint", "mute"])
async def test_it_is_not_the_time_to_ask(world: World, chen: Phone, why: str) -> None:
    await silent(world, "博瑞生物", 95)
    if why == "plan":
        await chen.says("下周五去博瑞生物见邓涛")
    elif why == "complaint":
        await chen.says("博瑞生物投诉了，设备老坏")
        await chen.taps("记下" if "记下" in chen.card.buttons else "保存")
        await silent(world, "博瑞生物", 95)
    else:
        async with world.app.database.unit() as unit:
            await unit.people.mute(4, "dormant", world.now + timedelta(days=30))
    await world.moves_to(24, 11)
    assert chen.cards("dormant") == []


async def test_three_a_week_at_most_the_most_valuable_first(world: World, li: Phone) -> None:
    for name in ("鼎盛机械", "天虹纺织", "华东机电", "嘉晟塑胶", "嘉城塑业"):
        await silent(world, name, 100)
    await world.moves_to(24, 10, 1)
    titles = [each.title for each in li.cards("dormant")]
    assert len(titles) == 3
    assert {title[:4] for title in titles} == {"鼎盛机械", "华东机电", "天虹纺织"}
    await asks(world, 3)
    assert len(li.cards("dormant")) == 5


async def test_unanswered_it_reaches_the_manager_as_a_number(world: World, chen: Phone, zhou: Phone) -> None:
    await asked(world, chen)
    await world.moves_to(29, 9)
    assert zhou.cards("reminder.morning") == []
    await world.moves_to(30, 9)
    morning = zhou.cards("reminder.morning")[-1]
    assert ("久没动", "1 家问过，还没回音") in morning.lines
    assert "陈浩" not in morning.words
    await zhou.taps("久没动的")
    assert "博瑞生物" in zhou.card.words
    await world.moves_to(6, 9, month=5)
    assert len(zhou.cards("reminder.morning")) == 1  # once


async def year(world: World, chen: Phone, zhou: Phone) -> Shown:
    """A year of silence: the rep had his question and his days, then his manager decides."""
    await asked(world, chen, days=366)
    assert chen.card.title == "博瑞生物半年没动静了"
    assert zhou.cards("dormant") == []
    await world.moves_to(30, 10, 1)
    return zhou.cards("dormant")[-1]


async def test_after_a_year_the_manager_decides(world: World, chen: Phone, zhou: Phone) -> None:
    card = await year(world, chen, zhou)
    assert card.title == "博瑞生物一年没消息了"
    assert card.buttons == ["再试一次", "换人跟", "放公海", "归档"]
    await zhou.taps("再试一次")
    assert zhou.card.title == "✓ 跟陈浩说了，再试一次"
    assert chen.card.body == "周强想请你再试一次。"
    await chen.taps("联系过了")
    await chen.taps("记上", picks="今天")
    assert await last(world) == "2026-04-30"


@pytest.mark.parametrize(("button", "how"), [("放公海", "pool"), ("归档", "closed")])
async def test_the_manager_lets_it_rest(
    world: World, chen: Phone, zhou: Phone, button: str, how: str
) -> None:
    card = await year(world, chen, zhou)
    rep = (await world.customer("博瑞生物")).owner_id
    await zhou.taps(button)
    assert (await world.customer("博瑞生物")).resting == how
    assert chen.card.kind == "dormant.told"
    await zhou.taps(button, on=card)
    assert zhou.card.kind == f"dormant.{how}"
    await zhou.taps("撤销")
    customer = await world.customer("博瑞生物")
    assert (customer.resting, customer.owner_id) == (None, rep)


async def test_the_manager_gives_it_to_somebody_else(
    world: World, li: Phone, chen: Phone, zhou: Phone
) -> None:
    await year(world, chen, zhou)
    await zhou.taps("换人跟")
    assert zhou.card.title == "博瑞生物，交给谁"
    await zhou.taps("就他", picks="李娜")
    assert zhou.card.title == "博瑞生物交给李娜，先查过了"
    await zhou.taps("交给李娜")
    await li.taps("接")
    await zhou.taps("签字")
    assert (await world.customer("博瑞生物")).owner_id == 3
    assert (await world.newest(Handover)).state == "done"


async def test_a_stranger_and_a_rep_decide_nothing(world: World, li: Phone, chen: Phone) -> None:
    await asked(world, chen)
    silence = await world.newest(Silence)
    before = await world.archive()
    await li.does(ContactedAlready(silence.id, silence.revision, 4))
    assert li.card.body == "这张要陈浩本人点，我没动它"
    await chen.does(ToPool(silence.id, silence.revision, 4))
    assert chen.card.title == "博瑞生物 90天没联系了"
    assert await world.archive() == before


async def test_an_old_card_knows_that_somebody_was_there(world: World, chen: Phone) -> None:
    card = await asked(world, chen)
    await chen.says("今天去博瑞生物见了邓涛，要两台设备")
    await chen.taps("保存")
    before = await world.archive()
    await chen.taps("先不跟", on=card)
    assert (chen.card.title, chen.card.body) == ("博瑞生物 4月22日聊过了", "不用再答了。")
    assert await world.archive() == before


async def test_whose_customer_it_is_now_is_told(world: World, chen: Phone) -> None:
    card = await asked(world, chen)
    async with world.app.database.unit() as unit:
        customer = await unit.customers.one((await world.customer("博瑞生物")).id)
        customer.owner_id = 3
        await unit.add(customer)
    await chen.taps("排一次", on=card)
    assert chen.card.title == "博瑞生物现在归李娜"
    await chen.taps("问问李娜")
    assert chen.news


async def test_holidays_and_weekends_are_quiet(world: World, chen: Phone) -> None:
    """Labour day: 2026-05-01 to 05-05 are days off, 05-09 is a working Saturday."""
    await silent(world, "博瑞生物", 80)
    await world.moves_to(1, 9, month=5)
    questions = len(chen.cards("dormant"))
    await world.moves_to(5, 23, month=5)
    assert len(chen.cards("dormant")) == questions == 0
    await world.moves_to(6, 11, month=5)
    assert len(chen.cards("dormant")) == 1
