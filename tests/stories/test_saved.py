"""V5: what a save did is undone whole within ten minutes, restored whole, and later only voided."""

from typing import Any

from storage.models.changes import Approval, Change
from storage.models.customers import Contact, Customer, Money, Trait
from storage.models.engine import AuditEntry
from storage.models.tasks import Task
from storage.models.visits import Meeting, Visit
from tests.stories.phones import Phone, World

FACTS = (Customer, Contact, Trait, Money, Visit, Meeting, Task)
RICH = (
    "今天上午拜访了宏远包装的陈老板，他们嫌博世贵，预算三十万左右，要两台贴标机，"
    "下周三之前要报价单，电话13812345678"
)
KNOWN = "今天去鼎盛见了张伟，要两台贴标机，预算十二万八，下周三前发方案，他换手机了13811112222"


async def holding(world: World) -> dict[str, Any]:
    """What holds in the archive, without the counters of change."""
    rows = await world.archive(*FACTS)
    return {
        name: {key: value for key, value in row.items() if key not in ("revision", "removed_at")}
        for name, row in rows.items()
        if row["removed_at"] is None
    }


async def test_everything_that_a_save_did_is_undone_and_restored(world: World, li: Phone) -> None:
    before = await holding(world)
    await li.says(RICH)
    await li.taps("保存并建档")
    after = await holding(world)
    made = {name.split(":")[0] for name in after.keys() - before.keys()}
    assert {"customers", "contacts", "money", "visits", "meetings", "tasks"} <= made

    await world.moves(minutes=9)
    await li.taps("撤销")
    assert li.card.title == "撤了，档案里没有这条了"
    assert await holding(world) == before
    await li.taps("恢复")
    assert li.card.title == "✓ 宏远包装记好了"
    assert await holding(world) == after


async def test_a_known_customers_file_is_as_it_was_before(world: World, li: Phone, zhou: Phone) -> None:
    before = await holding(world)
    await li.says(KNOWN)
    await li.taps("保存")
    customer = await world.customer("鼎盛机械")
    assert customer.stage == "needs"
    assert customer.last_interaction_at is not None
    after = await holding(world)
    await li.taps("撤销")
    assert await holding(world) == before
    assert (await world.customer("鼎盛机械")).last_interaction_at is None
    await li.taps("恢复")
    assert await holding(world) == after
    await zhou.taps("同意")
    assert (await world.contact("张伟")).phone == "13811112222"


async def test_nobody_says_yes_to_what_was_taken_back(world: World, li: Phone, zhou: Phone) -> None:
    await li.says(KNOWN)
    await li.taps("保存")
    asked = zhou.card
    await li.taps("撤销")
    assert zhou.card.title == "李娜撤回了，不用定了"
    await zhou.taps("同意", on=asked)
    assert zhou.card.title == "李娜撤回了，不用定了"
    assert (await world.contact("张伟")).phone == "13800135678"
    await zhou.says("待批")
    assert zhou.card.title == "没有等你看的"
    await li.taps("恢复")
    assert "同意" in zhou.cards("approval")[0].buttons


async def test_a_phone_that_was_agreed_to_goes_back_with_the_visit(
    world: World, li: Phone, zhou: Phone
) -> None:
    await li.says(KNOWN)
    await li.taps("保存")
    await zhou.taps("同意")
    assert (await world.contact("张伟")).phone == "13811112222"
    await li.taps("撤销")
    assert (await world.contact("张伟")).phone == "13800135678"
    await zhou.taps("撤回")
    assert (await world.contact("张伟")).phone == "13800135678"


async def test_after_ten_minutes_it_is_only_voided_with_a_trace(world: World, li: Phone) -> None:
    await li.says(RICH)
    await li.taps("保存并建档")
    await world.moves(minutes=10)
    after = await world.archive(*FACTS)
    await li.taps("撤销")
    assert li.card.title == "过了 10分钟，只能作废，会留痕"
    assert li.card.buttons == ["作废", "算了"]
    await li.taps("算了")
    assert li.card.title == "宏远包装 · 4月21日上门"
    assert await world.archive(*FACTS) == after
    await li.taps("作废")
    assert li.card.title == "✓ 作废了，留了痕"
    visit = await world.newest(Visit)
    assert (visit.voided_at, visit.removed_at) == (world.now, None)
    assert (await world.newest(AuditEntry)).deed == "visits.void"
    await li.taps("看整条")
    assert "作废了，只留痕" in li.card.words


async def test_a_second_undo_shows_the_same(world: World, li: Phone) -> None:
    await li.says(RICH)
    await li.taps("保存并建档")
    saved = li.card
    await li.taps("撤销")
    undone = await world.archive()
    await li.taps("撤销", on=saved)
    assert li.card.title == "撤了，档案里没有这条了"
    assert await world.archive() == undone


async def test_a_restored_visit_overwrites_nothing_that_was_said_since(world: World, li: Phone) -> None:
    await li.says("今天上午10点去鼎盛见了张伟，聊了设备，预算二十万")
    await li.taps("保存")
    await li.taps("撤销")
    undone = li.card
    await li.says("今天下午5点又去鼎盛见了张薇，签了合同，下单二十万")
    await li.taps("保存")
    later = await world.customer("鼎盛机械")
    await li.taps("恢复", on=undone)
    restored = await world.customer("鼎盛机械")
    assert (restored.stage, restored.last_interaction_at) == (later.stage, later.last_interaction_at)


async def test_a_saved_card_gives_back_what_is_owed_and_a_text_to_send(world: World, li: Phone) -> None:
    await li.says("今天去华东机电见了何俊，要两台传感器，下周五前报价")
    await li.taps("保存")
    assert li.card.subtitle == "18:20 · 今年第 2 次"
    assert li.card.line("还欠着") == "质检报告，4月3日答应的"
    await li.taps("写段跟进")
    assert li.card.kind == "text"
    assert "您" in li.card.text
    assert "13600132077" not in li.card.text


async def test_every_change_is_kept_as_before_and_after(world: World, li: Phone) -> None:
    await li.says(KNOWN)
    await li.taps("保存")
    changes = {(each.subject, each.field): each for each in await world.rows(Change) if each.note_id}
    stage = changes["customer", "stage"]
    assert (stage.before, stage.after, stage.state) == ("contact", "needs", "done")
    phone = changes["contact", "phone"]
    assert (phone.before, phone.after, phone.state) == ("13800135678", "13811112222", "waiting")
    assert (await world.newest(Approval)).change_id == phone.id
