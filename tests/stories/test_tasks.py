"""F1 to F3: what comes due is spoken of in time, seldom enough, and every answer to it can be undone."""

from datetime import datetime, time

from storage.models.engine import Outgoing
from storage.models.tasks import Task
from tests.stories.phones import Phone, Shown, World

PROMISE = "今天去天虹纺织见了吴莉，周五前发样册"
UNASKED = 2
"""From this urgency on, nobody asked for it."""


async def due(world: World, li: Phone, said: str = PROMISE, day: int = 23) -> Shown:
    await li.says(said)
    await li.taps("保存")
    await world.moves_to(day, 8, 31)
    return li.cards("task.due")[-1]


async def unasked(world: World) -> list[Outgoing]:
    return [each for each in await world.rows(Outgoing) if each.urgency >= UNASKED]


def local(world: World, at: datetime) -> datetime:
    return at.astimezone(world.now.tzinfo)


async def test_it_is_spoken_of_the_working_day_before(world: World, li: Phone) -> None:
    card = await due(world, li)
    assert card.title == "该给天虹纺织发样册了"
    assert card.subtitle == "明天 4月24日 周五前 · 吴莉，采购主管"
    assert card.line("4月21日") == "你答应的"
    assert card.buttons == ["办完了", "明天再说", "换个日子", "不用了"]
    assert card.menu == ["今天别再提醒", "这类少提醒", "为什么提醒我"]


async def test_done_and_undone_and_done_again(world: World, li: Phone) -> None:
    card = await due(world, li)
    await li.taps("办完了", on=card)
    assert li.card.title == "✓ 样册发了，天虹纺织"
    assert li.card.subtitle == "今天 08:31 · 比答应的早一天"
    assert li.card.buttons == ["3天后问问", "撤销"]
    task = await world.newest(Task)
    assert (task.state, task.done_at) == ("done", world.now)
    await world.moves(minutes=5)
    await li.taps("办完了", on=card)
    assert li.card.subtitle == "今天 08:31 · 比答应的早一天"
    await li.taps("撤销")
    assert li.card.body == "撤了，还当没办完"
    assert (await world.newest(Task)).state == "open"


async def test_a_follow_up_is_planned_once(world: World, li: Phone) -> None:
    card = await due(world, li)
    await li.taps("办完了", on=card)
    done = li.card
    await li.taps("3天后问问")
    assert li.card.title == "✓ 4月26日我提你问问"
    await li.taps("3天后问问", on=done)
    assert len([each for each in await world.rows(Task) if each.kind == "followup"]) == 1


async def test_tomorrow_is_tomorrow(world: World, li: Phone) -> None:
    card = await due(world, li)
    await li.taps("明天再说", on=card)
    assert li.card.title == "好，明天再提你"
    shown = len(li.history)
    await world.moves_to(24, 8, 29)
    assert len(li.history) == shown
    await world.moves(minutes=2)
    assert li.cards("task.due")[-1].title == "该给天虹纺织发样册了"


async def test_another_day_is_picked_from_days_to_come(world: World, li: Phone) -> None:
    card = await due(world, li)
    await li.taps("换个日子", on=card)
    days = li.card
    assert list(days.options) == ["明天 4月24日", "下周一 4月27日", "下周三 4月29日", "月底 4月30日"]
    await li.taps("算了")
    assert li.card.kind == "task.due"
    await li.taps("换个日子")
    await li.taps("挪过去", picks="下周三")
    assert li.card.title == "✓ 挪到 4月29日 周三了"
    assert str((await world.newest(Task)).day) == "2026-04-29"
    await world.moves_to(28, 8, 31)
    assert any("发样册" in each.title for each in li.news)


async def test_moved_three_times_it_asks_for_another_way(world: World, li: Phone) -> None:
    await due(world, li)
    for day in ("下周一", "下周三", "月底"):
        await li.taps("换个日子")
        await li.taps("挪过去", picks=day)
    assert li.card.body == "挪了三次，要不要换个做法"


async def test_called_off_it_stays_in_the_history(world: World, li: Phone) -> None:
    card = await due(world, li)
    await li.taps("不用了", on=card)
    assert (li.card.title, li.card.body) == ("好，不办了", "答应过的还留在记录里，记作没做。")
    assert (await world.newest(Task)).state == "cancelled"
    for label in card.buttons[1:]:
        await li.taps(label, on=card)
        assert li.card.title == "好，不办了"
    await li.taps("撤销")
    assert (await world.newest(Task)).state == "open"


async def test_a_colleagues_task_is_his(world: World, li: Phone, chen: Phone) -> None:
    card = await due(world, li)
    before = await world.archive()
    for label in card.buttons:
        await chen.taps(label, on=card)
        assert chen.card.body == "这张要李娜本人点，我没动它"
    assert await world.archive() == before


async def test_at_most_three_unasked_cards_a_day(world: World, li: Phone) -> None:
    for name, what in (
        ("鼎盛", "发方案"),
        ("天虹", "发样册"),
        ("华东机电", "发报价"),
        ("嘉晟", "寄样品"),
        ("嘉城塑业", "发合同"),
    ):
        await li.says(f"今天去了{name}，聊了设备，周五前{what}")
        await li.taps("保存")
    await world.moves_to(25, 12)
    by_day: dict[str, int] = {}
    for each in await unasked(world):
        day = str(local(world, each.created_at).date())
        by_day[day] = by_day.get(day, 0) + 1
    assert by_day["2026-04-23"] == 3
    assert max(by_day.values()) <= 3
    assert len([each for each in await world.rows(Task) if each.state == "open"]) >= 5
    await li.says("今天")
    assert int(li.card.title.split()[1]) >= 5  # what had no card of its own is in the list


async def test_nothing_unasked_outside_speaking_hours_or_on_days_off(world: World, li: Phone) -> None:
    await li.says("5月2日下午三点去天虹纺织见吴莉")
    await li.says("4月25日去鼎盛机械见张伟")
    await li.says("今天去华东机电见了何俊，5月6日前发报价")
    await li.taps("保存")
    await world.moves_to(7, 12, month=5)
    spoken = [local(world, each.created_at) for each in await unasked(world)]
    holidays = {"2026-04-25", "2026-04-26", *(f"2026-05-0{day}" for day in range(1, 6))}
    assert [each for each in spoken if str(each.date()) in holidays] == []
    assert [each for each in spoken if not time(8, 30) <= each.time() < time(20, 30)] == []
    told = [str(local(world, each.reminded_at).date()) for each in await world.rows(Task) if each.reminded_at]
    assert "2026-04-24" in told  # 周六的，周五就说
    assert "2026-04-30" in told  # 长假里的，放假前说


async def test_today_nothing_more_is_said_unasked(world: World, li: Phone) -> None:
    card = await due(world, li)
    await li.taps("今天别再提醒", on=card)
    assert li.card.title == "好，今天不再打扰"
    spoken = len(await unasked(world))
    await li.says("今天下午五点提醒我打给何俊")
    await world.moves_to(23, 20)
    assert len(await unasked(world)) == spoken
    assert any("何俊" in each.title for each in li.cards("task.due"))  # what was asked for comes
    await world.moves_to(24, 8, 31)
    assert len(await unasked(world)) > spoken


async def test_a_kind_is_muted_and_says_so(world: World, li: Phone) -> None:
    card = await due(world, li)
    await li.taps("这类少提醒", on=card)
    assert li.card.title == "好，到日子的事少说"
    await li.says("今天去鼎盛见了张伟，下周一前发方案")
    await li.taps("保存")
    due_cards = len(li.cards("task.due"))
    await world.moves_to(28, 12)
    assert len(li.cards("task.due")) == due_cards
    assert li.cards("reminder.morning") != []
    await li.says("帮助")
    await li.taps("少提醒我", on=li.card)
    assert li.card.body == "现在先不提：到日子的事。"
    await li.taps("为什么提醒我", on=card)
    assert li.card.title == "为什么有到日子的事"


async def test_the_morning_card_leads_to_the_list_and_to_what_is_unsaved(world: World, li: Phone) -> None:
    await li.says(PROMISE)
    await world.moves_to(22, 8, 31)
    morning = li.cards("reminder.morning")[-1]
    assert morning.subtitle == "4月22日 周三"
    assert morning.line("天虹纺织") == "昨天那条还没存"
    assert morning.buttons == ["看清单", "存天虹"]
    await li.taps("看清单")
    assert li.card.kind == "reminder.today"
    await li.taps("存天虹")
    assert li.card.title == "天虹纺织 · 昨天上门，你看对不对"
    await li.taps("保存")
    assert str((await world.newest(Task)).day) == "2026-04-24"


async def test_an_empty_day_has_no_card(world: World, chen: Phone) -> None:
    await world.moves_to(24, 20)
    assert chen.history == []


async def test_a_plan_that_names_where_to_go_is_not_told_the_name_twice(world: World, li: Phone) -> None:
    await li.says("明天下午三点去天虹见吴莉")
    await world.moves_to(22, 14, 31)
    assert li.cards("task.due")[-1].title == "该去天虹见吴莉了"
