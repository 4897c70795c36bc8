"""The whole bot on WeCom: a company at the far side, our own server, one clock for both."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlmodel import SQLModel, col, select

from bot.app import App, build
from bot.clock import FixedClock
from config.settings import Settings, WeCom
from storage.database import Database
from tests.fakes.wecom import AES_KEY, TUESDAY
from tests.fakes.wecom import WeCom as FarSide
from tests.settling import settle

KEY = base64.b64encode(b"wirework" * 4).decode()


@dataclass
class Stage:
    """Both sides of the wire, and what moves them."""

    app: App
    wecom: FarSide
    clock: FixedClock
    url: str
    """Our own callback address."""
    way: dict[str, int] = field(default_factory=dict)
    """`lost`: so many of our next answers never reach WeCom."""

    async def settles(self) -> None:
        """Until nothing is due in the inbox and nothing in the outbox."""
        await settle(self.app)

    async def passes(self, **delta: float) -> None:
        self.clock.move(timedelta(**delta))
        await self.wecom.settle()
        await self.settles()

    async def rows(self, model: type[SQLModel]) -> list[Any]:
        return await rows(self.app.database, model)


async def rows(database: Database, model: type[SQLModel]) -> list[Any]:
    """All rows of a table, oldest first."""
    async with database.reading() as unit:
        return list((await unit.session.exec(select(model).order_by(col(model.id)))).all())  # type: ignore[attr-defined]


def settings_for(
    folder: Path, far: FarSide, policy_file: Path | None = None, public_url: str = "", **wecom: Any
) -> Settings:
    app = {"corp_id": far.company.corpid, "agent_id": 1000002, "secret": "app-secret"}
    app |= {"token": "callback-token", "aes_key": AES_KEY, "api_base": far.base}
    return Settings(
        var_dir=folder,
        database_url=f"sqlite+aiosqlite:///{folder / 'baifang.db'}",
        encryption_keys=(KEY,),
        policy_file=policy_file,
        public_url=public_url or "https://crm.example",
        wecom=WeCom(**(app | wecom)),
    )


@web.middleware
async def unreliable(request: web.Request, handler: Any) -> web.StreamResponse:
    """The way between WeCom and us: the first `lost` answers of ours never arrive there."""
    answer: web.StreamResponse = await handler(request)
    way = request.app[WAY]
    if request.method == "POST" and way["lost"] > 0:
        way["lost"] -= 1
        return web.Response(status=502)
    return answer


WAY: web.AppKey[dict[str, int]] = web.AppKey("way", dict)


@asynccontextmanager
async def on_wecom(folder: Path, **wecom: Any) -> AsyncIterator[Stage]:
    """Li Na with her manager Zhou Qiang, who writes for nobody yet; the console saved the callback."""
    clock = FixedClock(TUESDAY)
    async with FarSide(clock=clock) as far:
        far.department(7, "华东销售部")
        far.member("zhou.qiang", "周强", department=7, leads=7)
        far.member("li.na", "李娜", department=7, leader="zhou.qiang")
        async with build(settings_for(folder, far, **wecom), clock=clock) as app:
            site = web.Application(middlewares=[unreliable])
            site[WAY] = {"lost": 0}
            site.add_routes(app.routes)
            async with TestServer(site) as server:
                url = str(server.make_url("/wecom/callback"))
                stage = Stage(app, far, clock, url, site[WAY])
                far.settles = stage.settles
                await far.saves_callback(url)
                yield stage
        assert far.problems == []
