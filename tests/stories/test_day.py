"""李娜's Tuesday, as the card book tells it (4.1), and the same evening by way of the page itself."""

from typing import Any

from storage.models.changes import Approval
from storage.models.customers import Contact
from storage.models.tasks import Task
from storage.models.visits import Visit
from tests.stories.phones import Phone, World

DRIVE_HOME = (
    "今天两家，上午鼎盛见了张伟，要两台贴标机，预算十二万八，比博世贵，下周三前发方案，"
    "他换手机了幺三八零零一三八零零零；下午嘉城塑胶罗文那边是第一次上门，六百个人，今年没预算，路上堵死了"
)


async def test_a_reps_tuesday(world: World, li: Phone, zhou: Phone) -> None:
    await li.taps("办完了")  # what was owed before the story begins
    await li.speaks(DRIVE_HOME)
    first, which = li.news
    assert first.title == "鼎盛机械 · 今天上门，你看对不对（1/2）"
    assert first.subtitle == "2026-04-21 周二 · 张伟，采购经理"
    assert first.line("预算") == "12.8万元 ←“十二万八”"
    assert first.line("阶段") == "初步接触 → 需求确认"
    assert first.line("下一步") == "2026-04-29前发方案 ←“下周三前”"
    assert first.line("新电话") == "138****8000，存后等周强点头"
    assert not any("堵" in value for _, value in first.lines)
    assert which.title == "嘉城塑胶，是哪一家"
    assert which.line("嘉晟塑胶") == "联系人就叫罗文"
    assert which.buttons == ["嘉晟塑胶", "嘉城塑业", "是新客户", "先放着"]

    await li.taps("嘉晟塑胶")
    assert li.card.title == "嘉晟塑胶 · 今天上门，你看对不对（2/2）"
    assert li.card.line("规模").startswith("600人")
    assert li.card.line("预算") == ""  # denied is not zero

    await li.taps("保存")
    assert li.card.title == "✓ 嘉晟塑胶记好了"
    await li.taps("保存")
    assert li.card.title == "✓ 鼎盛机械记好了"
    assert li.card.line("4月28日") == "提醒你发方案，29日前要给到"
    assert li.card.line("新电话") == "等周强点头"
    assert (await world.contact("张伟")).phone == "13800135678"
    assert zhou.card.title == "李娜想改张伟的电话"
    assert zhou.card.line("电话") == "138****5678 → 138****8000"

    await world.moves(minutes=7)
    await li.says("鼎盛那个方案改成下周四")
    assert li.card.title == "✓ 鼎盛机械，改了一处"
    assert li.card.lines == [("发方案", "4月29日 → 2026-04-30 周四")]
    await li.taps("撤销这次")
    assert li.card.title == "改回 4月29日了"

    await world.moves(minutes=2)
    before = await world.archive()
    await li.taps("保存", on=first)
    assert (li.card.title, li.card.body) == ("✓ 鼎盛机械记好了", "18:20 已经存过了")
    assert await world.archive() == before

    await li.says("明天提醒我带样册")
    assert li.card.lines == [("4月22日", "提醒你带样册")]
    await world.moves_to(22)
    morning = next(each for each in li.news if each.kind == "reminder.morning")
    assert morning.lines[0] == ("别忘了", "带样册")

    await zhou.taps("同意")
    assert li.card.title == "✓ 张伟的新电话用上了"
    assert (await world.contact("张伟")).phone == "13800138000"
    visits = [each for each in await world.there(Visit) if each.filed_at > each.filed_at.replace(hour=9)]
    assert len({each.draft_id for each in visits if each.day.isoformat() == "2026-04-21"}) == 2


async def test_the_page_carries_a_whole_visit(world: World, li: Phone, zhou: Phone, page: Any) -> None:
    await li.says("今天去天虹见了吴莉，预算十二万，周五前发样册，她换手机了13811112222")
    assert li.card.title == "天虹纺织 · 今天上门，你看对不对"
    await li.taps("保存")
    await zhou.taps("同意")
    async with page.get("/play/state") as answer:
        state = await answer.json()
    mine = next(each for each in state["phones"] if each["address"] == "li")["messages"]
    assert [each["direction"] for each in mine[-3:]] == ["in", "out", "out"]
    assert "13811112222" not in str([each["content"] for each in mine if each["direction"] == "out"])
    top = state["archive"]["visits"][0]
    assert (top["customer"], top["money"], top["contacts"]) == ("天虹纺织", "预算 12万元", "吴莉")
    assert (await world.contact("吴莉")).phone == "13811112222"
    assert (await world.newest(Approval)).state == "approved"
    assert (await world.newest(Task)).what == "发样册"


async def test_a_tap_through_the_page_needs_a_card_of_that_phone(
    world: World, li: Phone, chen: Phone, page: Any
) -> None:
    await li.says("今天去天虹见了吴莉，预算十二万")
    body = {"phone": "chen", "id": "stolen-1", "message": li.card.id, "action": "SaveVisit.1.4.1.3.0"}
    async with page.post("/play/click", json=body) as answer:
        assert answer.status == 404
    await world.settles()
    assert chen.news == []
    assert len([each for each in await world.rows(Contact) if each.name == "吴莉"]) == 1
