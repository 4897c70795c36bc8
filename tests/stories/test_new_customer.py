"""The issue's line: a new customer with visit, contact, budget, task and reminder from one sentence."""

from datetime import date, datetime, timedelta

from storage.models.customers import Contact, Money
from storage.models.tasks import Task
from storage.models.visits import Meeting, Visit
from tests.stories.phones import Phone, World

LINE = "今天下午拜访了宏远包装的陈老板，他们预算三十万左右，下周三之前要报价单，电话13812345678"


async def test_one_sentence_opens_a_file_and_reminds_in_time(world: World, li: Phone) -> None:
    await li.taps("办完了")
    await li.says(LINE)
    card = li.card
    assert card.title == "宏远包装 · 今天上门，你看对不对"
    assert card.subtitle.startswith("新客户 · 2026-04-21 周二")
    assert card.line("预算") == "约30万元 ←“三十万左右”"
    assert "2026-04-29前" in card.line("下一步")
    assert card.line("新电话") == "138****5678"
    assert card.buttons == ["保存并建档", "其实是老客户", "改一改", "不用记"]
    assert "13812345678" not in card.words

    await li.taps("保存并建档")
    assert li.card.title == "✓ 宏远包装记好了"
    assert li.card.body == "先建了草稿档案，有名字就够。"

    customer = await world.customer("宏远包装")
    assert (customer.status, customer.owner_id, customer.stage) == ("draft", 3, "needs")
    visit = await world.newest(Visit)
    assert (visit.customer_id, visit.day, visit.method) == (customer.id, date(2026, 4, 21), "onsite")
    contact = await world.newest(Contact)
    assert (contact.name, contact.phone) == ("陈老板", "13812345678")
    assert (await world.newest(Meeting)).contact_id == contact.id
    money = await world.newest(Money)
    assert (money.kind, money.value, money.approximate) == ("budget", 300000, True)
    task = await world.newest(Task)
    assert (task.day, task.by, task.person_id) == (date(2026, 4, 29), True, 3)
    assert task.remind_at == datetime(2026, 4, 28, 8, 30, tzinfo=world.now.tzinfo)

    await world.moves_to(28, 8, 29)
    assert li.cards("task.due") == []
    await world.moves(minutes=2)
    assert li.card.kind == "task.due"
    assert li.card.subtitle == "明天 4月29日 周三前 · 陈老板"
    made = {each.subject for each in await world.trail("made") if each.deed == "drafts.save"}
    assert {"customers", "contacts", "visits", "money", "tasks", "meetings", "changes"} <= made


async def test_all_that_was_filed_is_whose_and_why(world: World, li: Phone) -> None:
    await li.says(LINE)
    await li.taps("保存并建档")
    customer = await world.customer("宏远包装")
    entries = [each for each in await world.trail("made") if each.subject == "customers"]
    mine = next(each for each in entries if each.subject_id == str(customer.id))
    assert (mine.actor_id, mine.deed, mine.update_id) == (3, "drafts.save", "local:id-00002")
    assert abs(mine.at - world.now) < timedelta(seconds=1)


async def test_a_customer_like_a_new_one_came_into_being_meanwhile(
    world: World, li: Phone, chen: Phone
) -> None:
    await li.says("今天拜访了宏远包装的陈老板，他们预算三十万左右")
    await chen.says("今天拜访了宏远包装的陈老板，他们预算二十万")
    await chen.taps("保存并建档")
    await li.taps("保存并建档")
    assert li.card.title == "宏远包装 · 库里有一家很像"
    assert li.card.line("宏远包装") == "陈浩在跟"
    assert len([each for each in await world.there(Visit) if each.person_id == 3]) == 2
