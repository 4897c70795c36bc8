"""One approval, a rep on WeCom and a manager on DingTalk: one state, on both phones."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import App, build
from bot.clock import FixedClock
from handlers.work.people import add_person
from storage.models.changes import Approval
from storage.models.customers import Contact, Customer
from tests.fakes.dingtalk import TUESDAY, DingTalk
from tests.fakes.wecom import WeCom
from tests.settling import settle
from tests.wire import dingtalk_bot, wecom_bot

NUMBER = "今天去鼎盛机械见了张伟，他换手机了13800138000"


@dataclass
class Both:
    app: App
    wecom: WeCom
    ding: DingTalk

    async def settles(self) -> None:
        await settle(self.app)

    async def titles(self) -> tuple[str, str]:
        """What stands last on the rep's phone and on the manager's."""
        await self.settles()
        return self.wecom.shown("li.na")[-1].title, self.ding.shown("zhou.qiang")[-1].title


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    clock = FixedClock(TUESDAY)
    async with AsyncExitStack() as stack:
        wecom = await stack.enter_async_context(WeCom(clock=clock))
        ding = await stack.enter_async_context(dingtalk_bot.peopled(clock))
        wecom.member("li.na", "李娜")
        settings = wecom_bot.settings_for(tmp_path, wecom)
        settings = settings.model_copy(
            update={
                "dingtalk": dingtalk_bot.settings_for(
                    tmp_path, ding, card_template_id=dingtalk_bot.OURS
                ).dingtalk
            }
        )
        app = await stack.enter_async_context(build(settings, clock=clock))
        site = web.Application()
        site.add_routes(app.routes)
        server = await stack.enter_async_context(TestServer(site))
        await stack.enter_async_context(dingtalk_bot.listening(app))
        await ding.gateway.connected(wait=60)
        await _found(app, clock)
        found = Both(app, wecom, ding)
        wecom.settles = found.settles
        await wecom.saves_callback(str(server.make_url("/wecom/callback")))
        yield found
        assert (wecom.problems, ding.problems) == ([], [])


async def _found(app: App, clock: FixedClock) -> None:
    """A customer with a contact whose number may not change without the manager."""
    at = clock.now()
    async with app.database.unit() as unit:
        zhou = await add_person(
            unit, name="周强", role="manager", platform="dingtalk", address="zhou.qiang", at=at
        )
        li = await add_person(
            unit, name="李娜", role="rep", platform="wecom", address="li.na", at=at, manager_id=zhou.id
        )
        made = {"created_at": at, "created_by": li.id}
        customer = await unit.add(Customer(name="鼎盛机械", owner_id=li.id, **made))
        await unit.add(Contact(customer_id=customer.id, name="张伟", phone="13800135678", **made))


async def asked(both: Both) -> None:
    """The rep filed a visit on WeCom; the new number waits for the manager on DingTalk."""
    await both.wecom.say("li.na", NUMBER)
    await both.settles()
    await both.wecom.tap(both.wecom.shown("li.na")[-1], "保存")
    assert (await both.titles())[1] == "李娜想改张伟的电话"


async def test_what_the_manager_decides_on_dingtalk_is_so_for_the_rep_on_wecom(both: Both) -> None:
    await asked(both)
    async with dingtalk_bot.working(both.app):
        await both.ding.phone("zhou.qiang").taps("同意")
    told, done = await both.titles()
    assert told == "✓ 张伟的新电话用上了"
    assert "同意" in done
    assert (await wecom_bot.rows(both.app.database, Approval))[-1].state == "approved"
    assert (await wecom_bot.rows(both.app.database, Contact))[-1].phone == "13800138000"


async def test_a_no_on_dingtalk_is_answered_on_wecom_and_asked_anew_on_dingtalk(both: Both) -> None:
    await asked(both)
    manager = both.ding.phone("zhou.qiang")
    async with dingtalk_bot.working(both.app):
        await manager.taps("退回")
        fields = json.loads(manager.card.values["form"])["fields"]
        filled = {"action": fields[0]["defaultValue"], "choice": {"index": 1, "value": "wrong"}}
        await manager.taps("退给李娜", picks={"form": filled})
    told, _ = await both.titles()
    assert told == "周强退回了，差一点"
    await both.wecom.say("li.na", "张伟换手机了13900139000")
