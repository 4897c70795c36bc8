"""`baifang doctor` on WeCom: each setting tried for real, each fault named with what mends it."""

import asyncio
import os
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import build
from bot.clock import FixedClock, SystemClock
from bot.finding import Finding
from bot.platforms.wecom.doctor import examine_wecom
from config.settings import Settings
from tests.fakes.wecom import AES_KEY
from tests.fakes.wecom import WeCom as FarSide
from tests.servers import START_SECONDS, Server
from tests.wire.wecom_bot import KEY, settings_for

ROOT = Path(__file__).parents[2]
TOKEN = "callbacktoken"
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Site:
    far: FarSide
    folder: Path
    url: str
    """Where the bot that is running listens."""

    def settings(self, **wecom: Any) -> Settings:
        return settings_for(self.folder, self.far, public_url=self.url, **({"token": TOKEN} | wecom))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with FarSide(clock=SystemClock(ZONE), token=TOKEN) as far:
        far.member("li.na", "李娜")
        far.app.visible = {"li.na"}
        far.bot("aibX", "bot-secret")
        async with build(settings_for(tmp_path, far, token=TOKEN), clock=far.clock) as app:
            served = web.Application()
            served.add_routes(app.routes)
            async with TestServer(served) as server:
                yield Site(far, tmp_path, str(server.make_url("")).rstrip("/"))


async def faults(settings: Settings, clock: Any = None, *, connected: bool = False) -> list[Finding]:
    clock = clock or SystemClock(settings.zone)
    return [each async for each in examine_wecom(settings, clock, connected=connected) if not each.ok]


LINE = {"bot_id": "aibX", "bot_secret": "bot-secret"}


async def test_a_sound_setting_has_no_fault_but_that_a_phone_can_not_open_this_machine(site: Site) -> None:
    url = site.far.ws_url.rstrip("/")
    [fault] = await faults(site.settings(**LINE, bot_url=url))
    assert (fault.what, "BAIFANG_PUBLIC_URL" in fault.mend) == ("企业微信：卡片里的链接", True)


def _switch_off(site: Site) -> None:
    site.far.goes_wrong("agent/get", errcode=50003)


PLANTED: dict[str, tuple[dict[str, Any], Callable[[Site], None], str]] = {
    "wrong corp": ({"corp_id": "wwother"}, lambda _: None, "BAIFANG_WECOM__CORP_ID 不对"),
    "wrong secret": ({"secret": "wrong"}, lambda _: None, "BAIFANG_WECOM__SECRET 不对或者重置过"),
    "wrong agent": ({"agent_id": 1000099}, lambda _: None, "不是同一个应用的"),
    "no api": ({"api_base": "http://127.0.0.1:9"}, lambda _: None, "检查 BAIFANG_WECOM__API_BASE"),
    "wrong token here": ({"token": "another"}, lambda _: None, "在跑的进程用的 Token"),
    "wrong key here": ({"aes_key": "Z" * 42 + "A"}, lambda _: None, "在跑的进程用的 Token"),
    "odd token": ({"token": "有空格 的"}, lambda _: None, "BAIFANG_WECOM__TOKEN 应是"),
    "odd key": ({"aes_key": "-" * 43}, lambda _: None, "BAIFANG_WECOM__AES_KEY 应是"),
    "no trusted address": ({}, lambda site: site.far.tokens.trust("198.51.100.1"), "企业可信IP"),
    "nobody in range": ({}, lambda site: setattr(site.far.app, "visible", set()), "可见范围"),
    "app switched off": ({}, _switch_off, "启用"),
    "wrong bot secret": (
        {**LINE, "bot_secret": "wrong", "bot_url": "FAR"},
        lambda _: None,
        "BAIFANG_WECOM__BOT_SECRET 不对",
    ),
    "no bot address": (
        {**LINE, "bot_url": "ws://127.0.0.1:9"},
        lambda _: None,
        "检查 BAIFANG_WECOM__BOT_URL",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
async def test_each_planted_fault_is_named_and_mended(site: Site, name: str) -> None:
    changed, spoil, sentence = PLANTED[name]
    if changed.get("bot_url") == "FAR":
        changed = {**changed, "bot_url": site.far.ws_url.rstrip("/")}
    spoil(site)
    found = [each for each in await faults(site.settings(**changed)) if "卡片里的链接" not in each.what]
    assert len(found) == 1 + (name == "wrong corp"), found  # the running server has another one
    assert sentence in found[0].mend


async def test_a_server_that_does_not_run_and_a_clock_that_is_wrong_are_named(site: Site) -> None:
    settings = settings_for(site.folder, site.far, public_url="http://127.0.0.1:9", token=TOKEN)
    assert any("先让 baifang run 跑着" in each.mend for each in await faults(settings))
    late = FixedClock(SystemClock(settings.zone).now().replace(year=2025))
    assert any("先校时" in each.mend for each in await faults(site.settings(), late))


async def test_a_running_line_is_not_pushed_off(site: Site) -> None:
    url = site.far.ws_url.rstrip("/")
    await faults(site.settings(**LINE, bot_url=url), connected=True)
    assert site.far.gateway.bots["aibX"].frames == []


OWN = {"contact_secret": "contact-secret", "contact_token": TOKEN, "contact_aes_key": AES_KEY}


@pytest.fixture
async def contact_site(tmp_path: Path) -> AsyncIterator[Site]:
    """Customer contact by keys of its own, all sound."""
    async with FarSide(clock=SystemClock(ZONE), token=TOKEN) as far:
        far.member("li.na", "李娜")
        far.app.visible = {"li.na"}
        far.add_app(1000009, "contact-secret")
        async with build(settings_for(tmp_path, far, token=TOKEN, **OWN), clock=far.clock) as app:
            served = web.Application()
            served.add_routes(app.routes)
            async with TestServer(served) as server:
                yield Site(far, tmp_path, str(server.make_url("")).rstrip("/"))


def _nobody_serves(site: Site) -> None:
    site.far.company.member("li.na").serves = False


def _not_callable(site: Site) -> None:
    site.far.company.apps[1].customers = False


CONTACT_FAULTS: dict[str, tuple[dict[str, Any], Callable[[Site], None], str]] = {
    "wrong secret": ({"contact_secret": "wrong"}, lambda _: None, "BAIFANG_WECOM__CONTACT_SECRET 不对"),
    "not in the list": ({}, _not_callable, "可调用接口的应用"),
    "nobody may": ({}, _nobody_serves, "使用范围"),
    "wrong token here": ({"contact_token": "another"}, lambda _: None, "在跑的进程用的 Token"),
    "odd token": ({"contact_token": "有空格 的"}, lambda _: None, "BAIFANG_WECOM__CONTACT_TOKEN 应是"),
    "odd key": ({"contact_aes_key": "-" * 43}, lambda _: None, "BAIFANG_WECOM__CONTACT_AES_KEY 应是"),
}


@pytest.mark.parametrize("name", [*CONTACT_FAULTS, "sound"])
async def test_customer_contact_is_tried_as_well(contact_site: Site, name: str) -> None:
    changed, spoil, sentence = CONTACT_FAULTS.get(name, ({}, lambda _: None, ""))
    spoil(contact_site)
    settings = contact_site.settings(**{**OWN, **changed})
    found = [each for each in await faults(settings) if "卡片里的链接" not in each.what]
    assert len(found) == (name != "sound"), found
    assert all(sentence in each.mend for each in found)


async def test_customer_contact_by_the_app_is_no_duty(site: Site) -> None:
    site.far.app.customers = False
    found = [each async for each in examine_wecom(site.settings(), SystemClock(ZONE), connected=False)]
    assert [each.ok for each in found if "没有开" in each.what] == [True]


async def test_customer_contact_alone_talks_to_nobody(site: Site) -> None:
    app = dict.fromkeys(("agent_id", "secret", "token", "aes_key"))
    settings = settings_for(site.folder, site.far, public_url="https://crm.example", **{**OWN, **app})
    [fault] = await faults(settings)
    assert "要和自建应用一起用" in fault.mend


class Run(Server):
    """`baifang run` with nothing but the WeCom settings of the contract."""

    name = "run"

    def __init__(self, told: dict[str, str]) -> None:
        super().__init__()
        self.told = told

    def command(self) -> list[str]:
        program = [str(Path(sys.executable).with_name("baifang")), "run"]
        return ["env", "-i", *(f"{key}={value}" for key, value in self.environment().items()), *program]

    def environment(self) -> dict[str, str]:
        own = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        own |= {"PYTHONPATH": str(ROOT), "BAIFANG_PORT": str(self.port)}
        return own | self.told

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


async def test_baifang_run_starts_with_the_wecom_settings_alone(tmp_path: Path) -> None:
    """It starts, is ready, hears a callback, and answers with a card."""
    async with FarSide(clock=SystemClock(ZONE), token=TOKEN) as far:
        far.member("li.na", "李娜")
        told = {
            "BAIFANG_ENCRYPTION_KEYS": KEY,
            "BAIFANG_VAR_DIR": str(tmp_path),
            "BAIFANG_WECOM__CORP_ID": far.company.corpid,
            "BAIFANG_WECOM__AGENT_ID": "1000002",
            "BAIFANG_WECOM__SECRET": "app-secret",
            "BAIFANG_WECOM__TOKEN": TOKEN,
            "BAIFANG_WECOM__AES_KEY": AES_KEY,
            "BAIFANG_WECOM__API_BASE": far.base,
        }
        server = Run(told)
        await asyncio.to_thread(server.start)
        try:
            await far.saves_callback(f"http://127.0.0.1:{server.port}/wecom/callback")
            li = far.phone("li.na")
            await li.says("今天去了鼎盛机械，见了张伟，要两台贴标机，预算十二万八")
            assert (await li.next_card(START_SECONDS)).title == "鼎盛机械 · 今天上门，你看对不对"
            await li.taps("保存并建档")
            assert (await li.next_card(START_SECONDS)).title == "✓ 鼎盛机械记好了"
        finally:
            await asyncio.to_thread(server.remove)
        assert far.problems == []
