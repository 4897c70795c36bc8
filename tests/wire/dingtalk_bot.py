"""The whole bot on DingTalk: an organisation at the far side, our own process, one clock for both."""

import asyncio
import base64
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from sqlmodel import SQLModel

from bot.app import App, build
from bot.clock import FixedClock
from bot.platforms.dingtalk.http import EVENTS, ROBOT
from bot.platforms.dingtalk.render import Pen
from bot.platforms.dingtalk.template import params
from cards.model import Card
from config.settings import DingTalk, Settings
from storage.schema import upgrade
from tests.fakes.dingtalk import AES_KEY, TUESDAY, Press
from tests.fakes.dingtalk import DingTalk as FarSide
from tests.settling import settle
from tests.wire.wecom_bot import rows

KEY = base64.b64encode(b"dingding" * 4).decode()
OURS = "11111111-aaaa.schema"
VARIABLES = frozenset(params(Card("any", "any"), Pen("https://crm.example/m/")) or ())


@dataclass
class Stage:
    """Both sides of the wire, and what moves them."""

    app: App
    ding: FarSide
    clock: FixedClock
    url: str = ""

    async def settles(self) -> None:
        """Until nothing is due in the inbox and nothing in the outbox."""
        await settle(self.app)

    async def passes(self, **delta: float) -> None:
        self.clock.move(timedelta(**delta))
        await self.ding.settle()
        await self.settles()

    async def rows(self, model: type[SQLModel]) -> list[Any]:
        return await rows(self.app.database, model)


async def migrated(folder: Path) -> None:
    """An empty database of this version: it is made once for all tests of a process."""
    if not _EMPTY:
        _EMPTY.append(Path(tempfile.mkdtemp()) / "baifang.db")
        await upgrade(f"sqlite+aiosqlite:///{_EMPTY[0]}")
    shutil.copy(_EMPTY[0], folder / "baifang.db")


_EMPTY: list[Path] = []


def settings_for(folder: Path, far: FarSide, public_url: str = "", **ding: Any) -> Settings:
    app: dict[str, Any] = {"client_id": "dingkey0001", "client_secret": "ding-secret"}
    app |= {"api_base": far.api_base, "oapi_base": far.oapi_base}
    return Settings(
        var_dir=folder,
        database_url=f"sqlite+aiosqlite:///{folder / 'baifang.db'}",
        encryption_keys=(KEY,),
        public_url=public_url or "https://crm.example",
        dingtalk=DingTalk(**(app | ding)),
    )


def pressed(values: dict[str, str]) -> list[Press]:
    """The buttons of our template as its guide has them: each is there where it has a text."""
    found = []
    if values.get("form"):
        hidden = {each["name"]: each.get("defaultValue") for each in json.loads(values["form"])["fields"]}
        found.append(Press(values["form_text"], "form", {"form": hidden}))
    for name in ("b1", "b2", "b3", "b4", "b5", "m1", "m2", "m3"):
        label, action, link = (values.get(f"{name}_{each}", "") for each in ("text", "action", "url"))
        found += [Press(label, name, {"action": action})] if action else []
        found += [Press(label, link=link)] if link else []
    return found


@asynccontextmanager
async def on_dingtalk(folder: Path, **ding: Any) -> AsyncIterator[Stage]:
    """Li Na with her manager Zhou Qiang; the Stream connection stands. Nothing is handled by itself."""
    clock = FixedClock(TUESDAY)
    await migrated(folder)
    async with peopled(clock) as far, build(settings_for(folder, far, **ding), clock=clock) as app:
        stage = Stage(app, far, clock)
        async with listening(app):
            await far.gateway.connected(wait=60)
            yield stage
        assert far.problems == []


@asynccontextmanager
async def by_http(folder: Path, **ding: Any) -> AsyncIterator[Stage]:
    """The same by callbacks: DingTalk calls our server."""
    clock = FixedClock(TUESDAY)
    await migrated(folder)
    async with peopled(clock) as far:
        url = f"http://127.0.0.1:{unused_port()}"
        more = {"mode": "http", "token": "event-token", "aes_key": AES_KEY}
        async with build(settings_for(folder, far, url, **(more | ding)), clock=clock) as app:
            site = web.Application()
            site.add_routes(app.routes)
            async with TestServer(site, port=int(url.rpartition(":")[2])):
                far.app.robot_url, far.app.event_url = url + ROBOT, url + EVENTS
                yield Stage(app, far, clock, url)
        assert far.problems == []


@asynccontextmanager
async def peopled(clock: FixedClock) -> AsyncIterator[FarSide]:
    async with FarSide(clock=clock) as far:
        far.department(7, "华东销售部")
        far.join("zhou.qiang", "周强", departments=7, leads=7)
        far.join("li.na", "李娜", departments=7, leader="zhou.qiang")
        far.template(OURS, buttons=pressed, variables=VARIABLES)
        yield far


@asynccontextmanager
async def listening(app: App) -> AsyncIterator[None]:
    lines = [asyncio.create_task(line.run()) for line in app.lines]
    try:
        yield
    finally:
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)


@asynccontextmanager
async def working(app: App) -> AsyncIterator[None]:
    """Handles and sends by itself for a while, as a running process does."""

    ended = asyncio.Event()

    async def go() -> None:
        while await app.worker.once() or await app.sender.once() or not ended.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    loop = asyncio.create_task(go())
    try:
        yield
    finally:
        ended.set()
        await loop
