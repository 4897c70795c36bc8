"""Faults that were found, each by the sentence that holds now."""

from datetime import datetime, time

from cards.actions import Approve
from storage.models.changes import Approval, Change
from tests.stories.phones import Phone, World

NEW_PHONE = "今天去鼎盛见了张伟，他换手机了13811112222"


async def last(world: World, name: str) -> str:
    at = (await world.customer(name)).last_interaction_at
    assert at is not None
    return str(at.astimezone(world.now.tzinfo).date())


async def test_money_that_was_denied_is_told_in_the_notes_words(world: World, li: Phone) -> None:
    await li.says("今天去鼎盛见了张伟，要两台贴标机，今年没预算")
    assert "今年没预算，照原话记，没写成 0元。" in li.card.body
    assert li.card.line("预算") == ""


async def test_a_decision_that_is_taken_back_is_taken_back_on_the_reps_card(
    world: World, li: Phone, zhou: Phone
) -> None:
    await li.says(NEW_PHONE)
    await li.taps("保存")
    await zhou.taps("同意")
    used = li.cards("approval.decided")[-1]
    await zhou.taps("撤回")
    assert li.cards("approval.decided") == []
    now = next(each for each in li.cards("approval.reopened") if each.id == used.id)
    assert now.title == "周强撤回了，还在等"
    await zhou.taps("同意")
    assert li.card.title == "✓ 张伟的新电话用上了"


async def test_the_last_contact_follows_a_corrected_day(world: World, li: Phone) -> None:
    await li.says("今天去鼎盛见了张伟，要两台贴标机")
    await li.taps("保存")
    assert await last(world, "鼎盛机械") == "2026-04-21"
    await li.says("时间是昨天")
    assert await last(world, "鼎盛机械") == "2026-04-20", li.card.words
    await li.taps("撤销这次")
    assert await last(world, "鼎盛机械") == "2026-04-21"


async def test_the_last_contact_goes_with_a_voided_visit(world: World, li: Phone) -> None:
    before = await last(world, "华东机电")
    await li.says("今天去华东机电见了何俊，说下单三万六")
    await li.taps("保存")
    assert await last(world, "华东机电") == "2026-04-21"
    await world.moves(minutes=11)
    await li.taps("撤销")
    await li.taps("作废")
    assert await last(world, "华东机电") == before


async def test_one_field_waits_in_one_approval(world: World, li: Phone, zhou: Phone) -> None:
    await li.says(NEW_PHONE)
    await li.taps("保存")
    old = zhou.card
    await li.says("今天又去了鼎盛见张伟，他换手机了13811113333")
    await li.taps("保存")
    states = [each.state for each in await world.rows(Approval)]
    assert states == ["dropped", "waiting"]
    assert [each.state for each in await world.rows(Change) if each.field == "phone"] == [
        "dropped",
        "waiting",
    ]
    replaced = next(each for each in zhou.cards("approval") if each.id == old.id)
    assert replaced.title == "李娜换成新的了"
    asking = zhou.cards("approval.key_field")[-1]
    assert asking.line("电话") == "138****5678 → 138****3333"
    await zhou.taps("同意", on=old)
    assert (await world.contact("张伟")).phone == "13800135678"
    await zhou.taps("同意")
    assert (await world.contact("张伟")).phone == "13811113333"


async def test_after_two_days_the_next_one_above_decides_as_well(
    world: World, li: Phone, zhou: Phone, zheng: Phone
) -> None:
    await li.says(NEW_PHONE)
    await li.taps("保存")
    await world.moves_to(23, 18, 0)
    assert zheng.cards("approval") == []
    await world.moves_to(23, 18, 40)
    assert zheng.cards("approval")[-1].title == "李娜想改张伟的电话"
    await zheng.taps("同意")
    assert zhou.cards("approval")[-1].title.startswith("郑洁 18:40 已同意")
    approval = await world.newest(Approval)
    await zhou.does(Approve(approval.id, approval.revision, 2))
    assert zhou.card.title.startswith("郑洁 18:40 已同意")


async def test_from_the_fourth_on_a_manager_gets_one_list(world: World, li: Phone, zhou: Phone) -> None:
    for number, (customer, name) in enumerate(
        (("鼎盛", "张伟"), ("鼎盛", "张薇"), ("天虹", "吴莉"), ("华东", "何俊"), ("华东", "孙磊"))
    ):
        await li.says(f"今天去{customer}见了{name}，他换手机了1381111222{number}")
        await li.taps("保存")
    assert len(zhou.cards("approval.key_field")) == 3
    waiting = zhou.cards("approval.waiting")
    assert [each.title for each in waiting] == ["5 件等你看"]
    await zhou.taps("一件件看")
    assert len(zhou.cards("approval.key_field")) >= 5
    await world.moves_to(22, 8, 31)
    morning = zhou.cards("reminder.morning")[-1]
    assert morning.title == "今天要你定 5 件，先看鼎盛的电话"
    assert morning.buttons[0] == "一件件看"


async def test_a_planned_visit_is_asked_about_once(world: World, li: Phone) -> None:
    await li.says("明天下午三点去天虹见吴莉")
    await world.moves_to(22, 17, 31)
    evening = li.cards("evening")[-1]
    assert evening.title == "天虹纺织去了吗"
    assert evening.subtitle == "今天 15:00 约的吴莉"
    await world.moves_to(23, 8, 31)
    morning = li.cards("reminder.morning")[-1]
    assert ("天虹纺织", "昨天去了吗，说一句就行") in morning.lines
    await world.moves_to(24, 8, 31)
    assert all("去了吗" not in value for _, value in li.cards("reminder.morning")[-1].lines)
    await li.taps("去了，没新情况", on=evening)
    assert li.card.title == "✓ 天虹纺织记好了"
    assert await last(world, "天虹纺织") == "2026-04-22"
    before = await world.archive()
    await li.taps("没去成", on=evening)
    assert await world.archive() == before


async def test_what_was_said_of_a_planned_visit_spares_the_question(world: World, li: Phone) -> None:
    await li.says("明天下午三点去天虹见吴莉")
    await world.moves_to(22, 16, 30)
    await li.says("今天去天虹见了吴莉，要两台贴标机")
    await li.taps("保存")
    await world.moves_to(22, 20)
    assert li.cards("evening") == []


async def test_unasked_cards_of_a_day_are_three_with_one_for_the_evening(world: World, li: Phone) -> None:
    for what in ("发样册", "送样品", "寄合同", "发报价"):
        await li.says(f"今天去鼎盛见了张伟，答应后天{what}")
        await li.taps("保存")
    await li.says("后天下午三点去天虹见吴莉")
    told = len(li.history)
    await world.moves_to(23, 20, 29)
    today = datetime.combine(world.today, time(), world.now.tzinfo).date()
    assert today.isoformat() == "2026-04-23"
    unasked = [each for each in li.history[told:] if each.menu]
    evenings = [each for each in unasked if each.kind == "evening"]
    assert len(evenings) == 1
    assert len([each for each in unasked if each.kind != "evening"]) <= 4  # two days' worth
