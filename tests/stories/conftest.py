"""A founded company for each story: one database file is made once and copied, everything else is new."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from bot.app import App, build
from bot.clock import FixedClock, MovableClock
from bot.sample import ADDRESSES, PEOPLE, found_company
from config.settings import Settings
from handlers.understanding.note import Read
from storage.database import Database
from storage.secrets import Keyring
from tests.extent import WHOLE
from tests.fakes.dingtalk import DingTalk
from tests.fakes.wecom import WeCom as FarSide
from tests.servers import in_thread
from tests.settling import settle
from tests.stories import on_dingtalk, on_dingtalk_cards, on_wecom
from tests.stories.every_tap import tap_everything
from tests.stories.phones import Phone, World
from tests.wire.dingtalk_bot import OURS, VARIABLES, pressed

TUESDAY = datetime(2026, 4, 21, 18, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
NEVER = 3600.0
"""No story is told 收到，在听 because the machine is slow."""
HOME = "https://crm.example"
KEY = base64.b64encode(b"stories!" * 4).decode()

Build = Callable[..., AbstractAsyncContextManager[World]]


PLATFORMS = ("local", "wecom", "dingtalk", "dingtalk-cards")
"""DingTalk twice: with buttons that speak, and with our template."""
LOCAL_ONLY = {
    "test_all_that_was_filed_is_whose_and_why": "asserts the page's own update ids",
    "test_finance_sees_money_and_no_people": "adds an account of the page",
    "test_the_page_carries_a_whole_visit": "speaks to the page",
    "test_a_tap_through_the_page_needs_a_card_of_that_phone": "speaks to the page",
    "test_no_transaction_is_open_while_it_listens": "speaks to the page",
    "test_nobody_reads_without_being_known": "is about the demo's picker",
    "test_where_no_platform_tells_nobody_gets_in": "is about no platform at all",
    "test_a_form_that_lay_open_overnight": "is about the demo's picker",
    "test_whoever_left_is_signed_in_no_more": "is about the demo's picker",
    "test_no_cookie_can_be_made_up": "is about the demo's picker",
    "test_nobody_is_led_away": "is about the demo's picker",
    "test_the_played_customer_deletes_the_rep": "is the demo's page",
    "test_every_page_says_what_a_browser_may_do": "opens the demo's page as well",
    "test_every_route_is_driven": "asks the router, and no platform",
    "test_nobody_is_told_what_his_role_may_not_see": "drives intentions that no card shows",
    "test_who_may_see_a_part_is_shown_it_and_a_whole_number_only_where_it_was_asked_for": "likewise",
    "test_the_clock_tells_nobody_either": "reads the phones' memory in the open",
    "test_signed_in_pages_tell_no_more_than_cards": "plants people whom the demo's picker lets in",
    "test_exports_hold_no_more_than_cards": "is about exports, which no platform carries",
}
"""Stories that are about one platform's own way in."""
USUALLY = {
    "wecom": {"test_day", "test_approvals", "test_departure"},
    "dingtalk": {"test_day"},
    "dingtalk-cards": {"test_day"},
}
"""What is told beside the local platform where `WHOLE` is not set: the card book's conversations."""
NOT_ON_DINGTALK = {
    "test_consent": "needs customer contact: DingTalk's external contacts are an address book",
    "test_migration": "likewise",
    "test_departure": "likewise: contacts are transferred",
    "test_pages": "opens pages by WeCom's door; DingTalk's is in tests/wire/test_dingtalk_pages.py",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The same story on every platform, with no word of it changed."""
    if "platform" in metafunc.fixturenames:
        file = metafunc.module.__name__.rpartition(".")[2]
        alone = "page" in metafunc.fixturenames or metafunc.function.__name__ in LOCAL_ONLY
        told = [each for each in PLATFORMS if each == "local" or (not alone and _tells(each, file))]
        metafunc.parametrize("platform", told)


def _tells(platform: str, file: str) -> bool:
    if file in NOT_ON_DINGTALK and platform.startswith("dingtalk"):
        return False
    return WHOLE or file in USUALLY[platform]


def settings_in(folder: Path, **more: Any) -> Settings:
    return Settings(
        var_dir=folder,
        database_url=f"sqlite+aiosqlite:///{folder / 'baifang.db'}",
        encryption_keys=(KEY,),
        **more,
    )


@asynccontextmanager
async def started(
    folder: Path, read: Read | None = None, **more: Any
) -> AsyncIterator[tuple[App, MovableClock]]:
    """The real bot on the folder's database, on a clock that stands at the Tuesday until it is moved."""
    settings = settings_in(folder, **more)
    database = Database(settings.database_url, Keyring(settings.keys), settings.var_dir / "files")
    event.listen(database.engine.sync_engine, "connect", _unsynced)
    clock = MovableClock(database, FixedClock(TUESDAY))
    async with build(settings, clock=clock, read=read, database=database, patience=NEVER) as app:
        yield app, clock


def _unsynced(connection: Any, _record: Any) -> None:
    """No story pulls the plug, so none waits for the disk."""
    connection.execute("PRAGMA synchronous = OFF")


async def _found(folder: Path) -> None:
    async with started(folder) as (app, clock):
        await found_company(app)
        # The first beat starts here: the clock's jobs of today's past are none of a story's business.
        await app.scheduler.beat(clock.now())
        await settle(app)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sample company's database, to be copied."""
    folder = tmp_path_factory.mktemp("founded")
    in_thread(lambda: asyncio.run(_found(folder)))
    return folder


@asynccontextmanager
async def _on_page(folder: Path, read: Read | None, **more: Any) -> AsyncIterator[World]:
    async with started(folder, read, **more) as (app, clock):
        yield _peopled(World(app, clock))


@asynccontextmanager
async def _on_wecom(folder: Path, read: Read | None, **more: Any) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(FarSide())
        app, clock = await stack.enter_async_context(
            started(folder, read, wecom=on_wecom.settings_of(far), public_url=HOME, **more)
        )
        far.company.clock = clock
        await on_wecom.move_in(app.database)
        world = on_wecom.WeComWorld(app, clock)
        world.far, world.brought, world.customers = far, {}, on_wecom.WeComCustomers(world)
        await stack.enter_async_context(on_wecom.connected(_peopled(world), app, far))
        await world.settles()
        yield world


@asynccontextmanager
async def _on_dingtalk(
    kind: type[on_dingtalk.DingWorld], template: str | None, folder: Path, read: Read | None, **more: Any
) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(DingTalk())
        # The stories' clock stands, so that a whole day is one second to whoever counts by it.
        far.meter.per_second = None
        far.template(OURS, buttons=pressed, variables=VARIABLES)
        app, clock = await stack.enter_async_context(
            started(folder, read, dingtalk=on_dingtalk.settings_of(far, card_template_id=template), **more)
        )
        far.clock = far.org.clock = clock
        await on_wecom.move_in(app.database, "dingtalk")
        world = kind(app, clock)
        world.ding, world.heard = far, {}
        await stack.enter_async_context(on_dingtalk.connected(_peopled(world), app, far))
        await world.settles()
        yield world


WAYS: dict[str, Build] = {
    "local": _on_page,
    "wecom": _on_wecom,
    "dingtalk": partial(_on_dingtalk, on_dingtalk.DingWorld, None),
    "dingtalk-cards": partial(_on_dingtalk, on_dingtalk_cards.CardWorld, OURS),
}


def _peopled(world: World) -> World:
    for key, name, *_ in PEOPLE:
        world.phone(ADDRESSES.get(key, key), name)
    return world


@pytest.fixture
def worlds(founded: Path, tmp_path: Path, platform: str) -> Build:
    """Builds a world in a folder of its own; what must hold after every story is asserted at its end."""
    on = WAYS[platform]

    @asynccontextmanager
    async def built(read: Read | None = None, **more: Any) -> AsyncIterator[World]:
        shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
        async with on(tmp_path, read, **more) as world:
            for phone in world.phones.values():
                await phone.looks()
            yield world
            assert await world.broken() == []
            if not world.may_park:
                await tap_everything(world)

    return built


@pytest.fixture
async def world(worlds: Build) -> AsyncIterator[World]:
    async with worlds() as built:
        yield built


@pytest.fixture
def li(world: World) -> Phone:
    return world.phones["li"]


@pytest.fixture
def chen(world: World) -> Phone:
    return world.phones["chen"]


@pytest.fixture
def zhou(world: World) -> Phone:
    return world.phones["zhou"]


@pytest.fixture
def zheng(world: World) -> Phone:
    return world.phones["admin"]


@pytest.fixture
async def page(world: World) -> AsyncIterator[Any]:
    """The playground itself: from here on the phones speak to the bot by its HTTP requests."""
    from aiohttp import web
    from aiohttp.test_utils import TestClient, TestServer

    from bot.demo import _playground
    from bot.web.playground import routes

    site = web.Application()
    site.add_routes([*world.app.routes, *routes(_playground(world.app, world.clock))])

    async with TestClient(TestServer(site)) as client:

        async def over_http(kind: str, body: dict[str, Any]) -> None:
            async with client.post(f"/play/{kind}", json=body) as answer:
                assert answer.status == 200, await answer.text()

        world.send = over_http
        yield client
        world.send = world.straight
