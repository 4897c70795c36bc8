"""V7, the rep's own diary, and V8, facts without a visit."""

from datetime import time

from storage.models.customers import Money
from storage.models.tasks import Task
from storage.models.visits import Draft, Visit
from tests.stories.phones import Phone, World


async def test_a_plan_is_filed_at_once_and_undone(world: World, li: Phone) -> None:
    await li.says("周五下午三点去天虹纺织见吴莉")
    assert li.card.title == "✓ 记下了一件"
    assert li.card.line("4月24日").startswith("15:00 去天虹纺织见吴莉")
    task = await world.newest(Task)
    assert (task.kind, str(task.day), task.hour) == ("plan", "2026-04-24", time(15))
    assert (task.customer_id, task.contact_id) == (
        (await world.customer("天虹纺织")).id,
        (await world.contact("吴莉")).id,
    )
    noted = li.card
    await li.taps("撤销")
    assert li.card.title == "撤了，这一件都没了"
    assert (await world.newest(Task)).removed_at is not None
    await li.taps("撤销", on=noted)
    assert li.card.kind == "plan.undone"
    await world.moves_to(24, 16)
    assert [each for each in li.cards("task.due") if "吴莉" in each.words] == []


async def test_a_reminder_comes_at_the_hour_that_was_asked(world: World, li: Phone) -> None:
    await li.says("明天下午三点提醒我给吴莉打电话")
    assert li.card.line("4月22日").startswith("15:00 提醒你给吴莉打电话")
    await world.moves_to(22, 14, 59)
    before = len(li.cards("task.due"))
    await world.moves(minutes=2)
    assert len(li.cards("task.due")) == before + 1
    assert "给吴莉打电话" in li.card.title
    assert li.card.line("4月21日") == "你让我提醒的"


async def test_without_an_hour_it_comes_in_the_morning(world: World, li: Phone) -> None:
    await li.says("周五提醒我问华东机电回款")
    await world.moves_to(24, 8, 29)
    assert not any("回款" in each.title for each in li.cards("task.due"))
    await world.moves(minutes=2)
    assert any("回款" in each.title for each in li.cards("task.due"))


async def test_a_reminder_comes_on_a_day_off_too(world: World, li: Phone) -> None:
    await li.says("周六上午十点提醒我给吴莉打电话")
    await world.moves_to(25, 10, 1)
    assert any("给吴莉打电话" in each.title for each in li.cards("task.due"))


async def test_a_plan_and_a_reminder_in_one_breath(world: World, li: Phone) -> None:
    await li.says("周五下午三点去天虹见吴莉，下周一提醒我问华东机电回款")
    assert li.card.title == "✓ 记下了两件"
    assert li.card.lines == [("4月24日", "15:00 去天虹纺织见吴莉"), ("4月27日", "提醒你问华东机电回款")]


async def test_a_day_that_is_past_is_asked_about(world: World, li: Phone) -> None:
    await li.says("计划12号去天虹纺织见吴莉")
    if li.card.kind != "plan.past":  # the reader already took the 12th of the month to come
        assert li.card.labels == ["5月12日"]
        return
    assert li.card.title == "4月12日已经过了，是 5月12日吗"
    asked = li.card
    await li.taps("5月12日")
    assert li.card.labels == ["5月12日"]
    await li.taps("5月12日", on=asked)
    assert len([each for each in await world.there(Task) if str(each.day) == "2026-05-12"]) == 1


async def test_facts_without_a_visit_are_noted_and_undone(world: World, li: Phone) -> None:
    last = (await world.customer("华东机电")).last_interaction_at
    await li.says("华东的钱到账八万，孙磊上个月走了")
    assert li.card.title == "华东机电 · 听到两件新情况"
    assert li.card.line("回款").startswith("8万元")
    assert li.card.line("联系人").startswith("孙磊不在那边了")
    assert li.card.buttons == ["记下", "改一改", "不用记"]
    draft = li.card
    await li.taps("记下")
    assert li.card.title == "✓ 华东机电记下了"
    assert li.card.body.startswith("孙磊的生日和节日问候都停了")
    money = await world.newest(Money)
    assert (money.kind, money.value) == ("payment", 80000)
    assert (await world.contact("孙磊")).left_on is not None
    assert (await world.customer("华东机电")).last_interaction_at == last  # no contact: no interaction
    filed = len(await world.rows(Visit))
    await li.taps("记下", on=draft)
    assert len(await world.rows(Visit)) == filed
    await li.taps("撤销")
    assert li.card.title == "撤了，档案还是原来的"
    assert (await world.contact("孙磊")).left_on is None
    assert (await world.newest(Money)).removed_at is not None


async def test_a_new_phone_told_without_a_visit_waits_as_well(world: World, li: Phone, zhou: Phone) -> None:
    await li.says("何俊换电话了，13912345678")
    assert li.card.line("新电话") == "139****5678，存后等周强点头"
    await li.taps("记下")
    assert li.card.line("新电话") == "等周强点头"
    assert (await world.contact("何俊")).phone == "13600132077"
    await zhou.taps("同意")
    assert (await world.contact("何俊")).phone == "13912345678"


async def test_facts_are_dropped_and_found_again(world: World, li: Phone) -> None:
    await li.says("华东的钱到账八万")
    await li.taps("不用记")
    assert (await world.newest(Draft)).state == "dropped"
    await li.taps("找回")
    await li.taps("记下")
    assert (await world.newest(Money)).value == 80000
