"""V6: correct by talking; only the field that was named changes, before saving and after."""

from typing import Any

import pytest

from storage.models.customers import Contact, Money
from storage.models.tasks import Task
from storage.models.visits import Draft, Visit
from tests.stories.phones import Phone, World

NOTE = "今天去鼎盛见了张伟，要两台贴标机，预算十二万八，下周三前发方案"
TWO_SUMS = "今天去鼎盛见了张伟，预算十二万八，我们报价十五万"
ENGINE = ("changes:", "notes:", "approvals:")


def differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, set[str]]:
    """Columns that differ, by row; a new row's are all of its own. The trail of changes is left out."""
    found: dict[str, set[str]] = {}
    for name, row in after.items():
        old = before.get(name)
        keys = {"+"} if old is None else {key for key, value in row.items() if value != old[key]}
        keys -= {"revision"}
        if keys and not name.startswith(ENGINE):
            found[name] = keys
    return found


def inside(before: Any, after: Any, path: str = "") -> set[str]:
    """Paths at which two JSON values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = before.keys() | after.keys()
        return {each for key in keys for each in inside(before.get(key), after.get(key), f"{path}/{key}")}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return {found for a, b in zip(before, after, strict=True) for found in inside(a, b, path)}
    return set() if before == after else {path}


async def draft_of(world: World) -> Draft:
    return [each for each in await world.rows(Draft) if each.kind == "visit"][-1]


@pytest.mark.parametrize(
    ("said", "label", "written", "where"),
    [
        ("预算改成50万", "预算", "12.8万元 → 50万元", "/visit/amounts"),
        ("时间是昨天", "日期", "4月21日 → 2026-04-20 周一", "/visit/when"),
        ("不是张伟，是张薇", "见了谁", "张伟 → 张薇", "/contacts"),
        ("方案改成下周四", "发方案", "4月29日 → 2026-04-30 周四", "/visit/next_actions"),
        ("电话是13811112222", "电话", "138****2222", "/visit/facts"),
    ],
)
async def test_before_saving_one_field_changes_and_comes_back(
    world: World, li: Phone, said: str, label: str, written: str, where: str
) -> None:
    await li.says(NOTE)
    before = (await draft_of(world)).content
    await li.says(said)
    card = next(each for each in li.news if each.kind == "visit.corrected")
    assert card.title == "✓ 鼎盛机械，改了一处"
    assert card.subtitle == "其他没动"
    assert card.lines == [(label, written)]
    assert card.buttons == ["保存", "撤销这次", "看整条"]
    paths = inside(before, (await draft_of(world)).content)
    assert paths
    assert all(each.startswith((where, "/corrected")) for each in paths)
    await li.taps("撤销这次")
    assert (await draft_of(world)).content == before


@pytest.mark.parametrize(
    ("said", "label", "written"),
    [
        ("预算改成50万", "预算", "12.8万元 → 50万元"),
        ("时间是昨天", "日期", "4月21日 → 2026-04-20 周一"),
        ("不是张伟，是张薇", "见了谁", "张伟 → 张薇"),
        ("方案改成下周四", "发方案", "4月29日 → 2026-04-30 周四"),
    ],
)
async def test_after_saving_one_field_changes_and_comes_back(
    world: World, li: Phone, said: str, label: str, written: str
) -> None:
    await li.says(NOTE)
    await li.taps("保存")
    before = await world.archive()
    await li.says(said)
    assert li.card.lines == [(label, written)]
    assert li.card.buttons == ["撤销这次", "看整条"]
    changed = differing(before, await world.archive())
    drafts = {name for name in changed if name.startswith("drafts:")}
    assert len(drafts) == 1  # the correction's own
    allowed = {
        "预算": {"money": {"value"}},
        "日期": {"visits": {"day"}, "customers": {"last_interaction_at"}},
        "见了谁": {"meetings": {"removed_at", "+"}},
        "发方案": {"tasks": {"day", "remind_at"}},
    }[label]
    for name, keys in changed.items():
        table = name.split(":")[0]
        assert table == "drafts" or keys <= allowed.get(table, set()), (name, keys)
    await world.moves(minutes=9)
    await li.taps("撤销这次")
    undone = differing(before, await world.archive())
    assert {name for name, keys in undone.items() if keys - {"+", "removed_at"}} == set()
    assert all("money" not in name and "tasks" not in name and "visits" not in name for name in undone)


async def test_after_ten_minutes_a_correction_stays(world: World, li: Phone) -> None:
    await li.says(NOTE)
    await li.taps("保存")
    await li.says("预算改成50万")
    await world.moves(minutes=10)
    await li.taps("撤销这次")
    assert li.card.title == "鼎盛机械，改过的留着"
    assert (await world.newest(Money)).value == 500000


async def test_a_phone_that_is_known_waits_for_the_manager(world: World, li: Phone, zhou: Phone) -> None:
    await li.says(NOTE)
    await li.taps("保存")
    await li.says("电话是13811112222")
    assert li.card.title == "鼎盛机械，改好等周强点头"
    assert li.card.lines == [("电话", "138****5678 → 138****2222")]
    asked = zhou.card
    await li.taps("撤销这次")
    await zhou.taps("同意", on=asked)
    assert (await world.contact("张伟")).phone == "13800135678"


async def test_a_moved_promise_is_spoken_of_in_time(world: World, li: Phone) -> None:
    await li.says(NOTE)
    await li.taps("保存")
    await li.says("方案改成下周四")
    task = await world.newest(Task)
    assert task.remind_at is not None
    assert (str(task.day), task.remind_at.astimezone(world.now.tzinfo).strftime("%m-%d %H:%M")) == (
        "2026-04-30",
        "04-29 08:30",
    )
    await world.moves_to(28, 9)
    assert li.cards("task.due")[1:] == []
    await world.moves_to(29, 8, 31)
    assert li.cards("task.due")[1:][0].subtitle.startswith("明天 4月30日 周四前")


async def test_two_records_fit_so_it_asks_which(world: World, li: Phone) -> None:
    await li.says("今天上午去鼎盛见了张伟，预算十万。下午去天虹见了吴莉，预算二十万")
    await li.says("预算改成50万")
    which = li.card
    assert which.title == "改哪一条"
    assert which.lines == [("4月21日", "天虹纺织，上门"), ("4月21日", "鼎盛机械，上门")]
    assert which.buttons == ["天虹 4月21日", "鼎盛 4月21日", "都不改"]
    await li.taps("鼎盛 4月21日")
    assert li.shows("✓ 鼎盛机械，改了一处", "10万元 → 50万元")
    before = await world.archive()
    await li.taps("天虹 4月21日", on=which)
    assert await world.archive() == before


async def test_none_of_the_records_was_meant(world: World, li: Phone) -> None:
    await li.says("今天上午去鼎盛见了张伟，预算十万。下午去天虹见了吴莉，预算二十万")
    await li.says("预算改成50万")
    which = li.card
    await li.taps("都不改")
    assert li.news[-1].id == which.id
    assert li.card.title == "好"
    before = await world.archive()
    await li.taps("鼎盛 4月21日", on=which)
    assert await world.archive() == before


async def test_two_sums_fit_so_it_asks_which(world: World, li: Phone) -> None:
    await li.says(TWO_SUMS)
    await li.taps("保存")
    await li.says("改成20万")
    assert li.card.title == "鼎盛机械，哪个数"
    assert li.card.buttons == ["预算 12.8万元", "报价 15万元"]
    await li.taps("报价 15万元")
    assert li.card.lines == [("报价", "15万元 → 20万元")]
    assert {each.kind: each.value for each in (await world.there(Money))[-2:]} == {
        "budget": 128000,
        "quote": 200000,
    }


async def test_named_by_its_customer_an_older_record_is_meant(world: World, li: Phone) -> None:
    await li.says("今天上午去鼎盛见了张伟，预算十万")
    await li.taps("保存")
    await li.says("今天下午去天虹见了吴莉，预算二十万")
    await li.taps("保存")
    await li.says("鼎盛的预算改成50万")
    assert li.card.title == "✓ 鼎盛机械，改了一处"
    assert [each.value for each in (await world.there(Money))[-2:]] == [500000, 200000]


async def test_a_plan_moves_by_talking(world: World, li: Phone) -> None:
    await li.says("周五下午三点去天虹纺织见吴莉")
    await li.says("改成下周四")
    assert li.shows("2026-04-30 周四")
    assert str((await world.newest(Task)).day) == "2026-04-30"


async def test_nothing_to_correct_is_said_so(world: World, chen: Phone) -> None:
    before = await world.archive(Visit, Contact, Money)
    await chen.says("预算改成50万")
    assert chen.card.kind in ("error.not_understood", "facts.draft")
    assert await world.archive(Visit, Contact, Money) == before
