"""What one rep's day costs of the month's calls, as the far side counts them."""

from datetime import timedelta
from pathlib import Path

import pytest

from handlers.work.people import add_person
from storage.models.changes import Approval
from storage.models.customers import Contact, Customer
from storage.models.tasks import Task
from storage.models.visits import Visit
from tests.fakes.dingtalk import Shown
from tests.fakes.dingtalk.phone import Phone
from tests.wire.dingtalk_bot import OURS, Stage, on_dingtalk, working

NAMES = (
    *("鼎盛机械", "天虹纺织", "嘉晟塑胶", "启明教育", "宏远包装"),
    *("博瑞生物", "华星电子", "新郑仁和", "金源五金", "永泰玻璃"),
)
MOST = 40


async def founded(stage: Stage) -> None:
    """Ten customers of Li Na's, with numbers that may not change without her manager."""
    at = stage.clock.now()
    async with stage.app.database.unit() as unit:
        zhou = await add_person(
            unit, name="周强", role="manager", platform="dingtalk", address="zhou.qiang", at=at
        )
        li = await add_person(
            unit, name="李娜", role="rep", platform="dingtalk", address="li.na", at=at, manager_id=zhou.id
        )
        made = {"created_at": at, "created_by": li.id}
        for name in NAMES:
            customer = await unit.add(Customer(name=name, owner_id=li.id, **made))
            await unit.add(Contact(customer_id=customer.id, name="张伟", phone="13800135678", **made))


async def offered(phone: Phone, label: str) -> Shown:
    """The next message that has the button."""
    while True:
        shown = await phone.next_card()
        if label in shown.buttons:
            return shown


async def files(stage: Stage, said: str) -> None:
    """One note and the tap that files it."""
    phone = stage.ding.phone("li.na")
    await phone.says(said)
    await phone.taps("保存", await offered(phone, "保存"))
    await offered(phone, "撤销")


async def hour(stage: Stage, day: int, at: int) -> None:
    stage.clock.at = stage.clock.at.replace(day=day, hour=at, minute=31)
    await stage.app.scheduler.beat(stage.clock.now())
    stage.clock.move(timedelta(minutes=5))
    await stage.settles()


@pytest.mark.parametrize("template", ["", OURS], ids=["action cards", "template"])
async def test_a_reps_day_costs_at_most_forty_calls(tmp_path: Path, template: str) -> None:
    """Three promises come due and are ticked off, ten notes are filed, one number is approved."""
    more = {"card_template_id": template} if template else {}
    async with on_dingtalk(tmp_path, **more) as stage:
        await founded(stage)
        await stage.app.scheduler.beat(stage.clock.now())
        async with working(stage.app):
            for name in NAMES[:3]:
                await files(stage, f"今天去{name}见了张伟，周五前发样册")
        await hour(stage, 22, 7)
        await hour(stage, 23, 7)
        stage.ding.meter.months.clear()

        phone, manager = stage.ding.phone("li.na"), stage.ding.phone("zhou.qiang")
        notes = iter([f"刚从{name}出来，见了张伟，聊了聊价格" for name in NAMES[:9]])
        await hour(stage, 23, 8)
        due = [each for each in phone.shown if "办完了" in each.buttons]
        assert len(due) == 3
        for each in due:
            async with working(stage.app):
                await phone.taps("办完了", each)
        for at in range(9, 18):
            await hour(stage, 23, at)
            async with working(stage.app):
                await files(stage, next(notes))
        async with working(stage.app):
            await files(stage, f"今天去{NAMES[9]}见了张伟，他换手机了13800138000")
            await manager.taps("同意", await offered(manager, "同意"))
        for at in range(18, 22):
            await hour(stage, 23, at)

        assert len(await stage.rows(Visit)) == 13
        assert [each.state for each in await stage.rows(Task)] == ["done"] * 3
        assert [each.state for each in await stage.rows(Approval)] == ["approved"]
        spent = stage.ding.meter.spent
        asked = spent.total() - spent["push"]
        # With the template a tap costs nothing, so that even all that Stream brings may be counted.
        assert (asked, spent.total()) == ((15, 39) if template else (29, 53))
        assert asked <= MOST
