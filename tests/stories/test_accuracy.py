"""R3: every week the administrator sees how well notes were read, from what was changed on cards."""

from datetime import timedelta

from handlers.work.accuracy import FIELDS, tally
from handlers.work.context import Desk
from handlers.work.people import asker_of
from storage.models.visits import Draft
from tests.stories.phones import Phone, World

VISIT = "今天去鼎盛机械，见了张伟，预算十二万八，下周三前发方案"


async def changed(world: World) -> dict[str, tuple[int, int]]:
    """What was changed of what was read since yesterday, by field."""
    async with world.app.database.unit() as unit:
        person = await unit.people.at("local", "admin")
        assert person is not None
        desk = Desk(unit, world.app.policy, world.now, person, await asker_of(unit, person), "count")
        counted = await tally(desk, world.now - timedelta(days=1), world.now + timedelta(days=1))
    return {str(field): (counted.changed[field], counted.read[field]) for field in FIELDS}


async def saved_many(world: World, count: int) -> None:
    """As if so many records of the kind had been saved: the one draft, copied under ids of its own."""
    async with world.app.database.unit() as unit:
        first = [each for each in await world.rows(Draft) if each.kind == "visit"][-1]
        for _ in range(count):
            copy = first.model_dump(exclude={"id"})
            await unit.add(Draft(**copy))


async def test_what_is_saved_as_it_was_read_counts_as_right(world: World, li: Phone) -> None:
    before = await changed(world)
    await li.says(VISIT)
    await li.taps("保存")
    after = await changed(world)
    assert {field: after[field][1] - before[field][1] for field in after} == {
        "customer": 1,
        "when": 1,
        "amount": 1,
        "contact": 1,
        "phone": 0,
        "due": 1,
    }
    assert all(after[field][0] == before[field][0] for field in after)


async def test_a_change_counts_for_its_field_before_and_after_saving(world: World, li: Phone) -> None:
    before = await changed(world)
    await li.says(VISIT)
    await li.says("预算改成15万")
    await li.taps("保存")
    await li.says("不是张伟，是张薇")
    after = await changed(world)
    assert {field: after[field][0] - before[field][0] for field in after} == {
        "customer": 0,
        "when": 0,
        "amount": 1,
        "contact": 1,
        "phone": 0,
        "due": 0,
    }


async def test_a_change_that_was_taken_back_does_not_count(world: World, li: Phone) -> None:
    before = await changed(world)
    await li.says(VISIT)
    await li.says("预算改成15万")
    await li.taps("撤销这次")
    await li.taps("保存")
    assert (await changed(world))["amount"][0] == before["amount"][0]


async def test_another_customer_counts_and_the_answer_to_a_question_does_not(world: World, li: Phone) -> None:
    before = (await changed(world))["customer"][0]
    await li.says(VISIT)
    await li.taps("换客户")
    await li.taps("就这家", picks="天虹纺织")
    await li.taps("保存")
    assert (await changed(world))["customer"][0] == before + 1
    await li.says("嘉城塑胶那边是第一次上门，见了罗文")
    assert li.card.kind == "visit.which"
    await li.taps("嘉晟塑胶")
    await li.taps("保存")
    assert (await changed(world))["customer"][0] == before + 1


async def test_on_monday_the_administrator_and_nobody_else_gets_the_weeks_numbers(
    world: World, li: Phone, zhou: Phone, zheng: Phone
) -> None:
    await li.says(VISIT)
    await li.says("预算改成15万")
    await li.taps("保存")
    await saved_many(world, 59)
    await world.moves_to(27, 8, 31)
    (card,) = zheng.cards("accuracy")
    assert card.title.startswith("听得准不准：4月20日–4月26日，6")
    assert card.subtitle.startswith("没改一处就存的 ")
    assert card.labels == ["客户", "日期", "金额", "联系人", "下一步"]
    assert card.line("金额").endswith("，改了 60 处，最该改")
    assert card.line("客户") == "100.0%，没改过"
    assert card.menu == ["今天别再提醒", "这类少提醒", "为什么提醒我"]
    assert not any(word in card.words for word in ("鼎盛", "张伟", "李娜"))
    assert not li.cards("accuracy")
    assert not zhou.cards("accuracy")
    await world.moves_to(28, 8, 31)
    assert len(zheng.cards("accuracy")) == 1


async def test_few_records_say_nothing_and_none_say_less(world: World, li: Phone, zheng: Phone) -> None:
    await li.says(VISIT)
    await li.taps("保存")
    await world.moves_to(27, 8, 31)
    (card,) = zheng.cards("accuracy")
    assert (card.body, card.lines) == ("太少，算不准，再攒攒。", [])
    await world.moves_to(4, 8, 31, month=5)
    await world.moves_to(6, 8, 31, month=5)
    assert len(zheng.cards("accuracy")) == 1


async def test_after_a_holiday_it_comes_on_the_first_working_morning(
    world: World, li: Phone, zheng: Phone
) -> None:
    await world.moves_to(30, 9, 0)
    await li.says(VISIT)
    await li.taps("保存")
    await world.moves_to(5, 20, 0, month=5)
    before = len(zheng.cards("accuracy"))
    await world.moves_to(6, 8, 31, month=5)  # 1 to 5 May are days off
    cards = zheng.cards("accuracy")
    assert len(cards) == before + 1
    assert cards[-1].title.startswith("听得准不准：4月27日–5月3日")


async def test_who_does_not_want_it_is_left_alone(world: World, li: Phone, zheng: Phone) -> None:
    await li.says(VISIT)
    await li.taps("保存")
    await world.moves_to(27, 8, 31)
    await zheng.taps("这类少提醒")
    await li.says(VISIT)
    await li.taps("保存")
    await world.moves_to(6, 9, 0, month=5)
    assert len(zheng.cards("accuracy")) == 1
