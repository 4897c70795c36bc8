"""The one composition root: which concrete parts make one running bot. Tests differ by arguments."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from bot.clock import Clock, SystemClock
from bot.intake import Intake
from bot.jobs import jobs
from bot.platforms import Platform
from bot.platforms.local.client import LocalPlatform
from bot.platforms.local.hub import Hub
from bot.scheduler import Scheduler
from bot.sender import Sender
from bot.wake import FIRST_INBOX, FIRST_OUTBOX, LocalWake, RedisWake, Wake
from bot.web.forms import Forms
from bot.web.health import health_routes
from bot.web.login import FromThePlatform, Sessions, SignIn
from bot.web.pages import Pages
from bot.web.privacy import Privacy
from bot.worker import Worker
from config.policy import Policy, load_policy
from config.settings import Settings
from handlers.chat.hearing import PROVIDED, Provided
from handlers.kernel.router import Router
from handlers.kernel.turn import Turn
from handlers.routes import ROUTES
from handlers.understanding.note import Read
from handlers.understanding.reader import read as built_in_reader
from storage.database import Database
from storage.inbox import FirstInbox, Inbox
from storage.outbox import FirstOutbox, Outbox
from storage.schema import upgrade
from storage.secrets import Keyring
from storage.unit import Unit

PARTS = ("web", "worker", "scheduler")
WAKE_END_SECONDS = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """The parts of one process. `wake`, `hub` and `clock` are shared by all of them."""

    settings: Settings
    policy: Policy
    database: Database
    clock: Clock
    wake: Wake
    hub: Hub
    intake: Intake
    scheduler: Scheduler
    worker: Worker
    sender: Sender
    first: tuple[Worker | Sender, ...]
    """Loops of their own for what is too late in seconds, so that no queue and no slow call holds it up."""
    forms: Forms
    routes: list[web.RouteDef] = field(default_factory=list)


@asynccontextmanager
async def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    read: Read | None = None,
    database: Database | None = None,
    platforms: dict[str, Platform] | None = None,
    sign_in: Callable[[Forms], SignIn] | None = None,
    policy: Policy | None = None,
) -> AsyncIterator[App]:
    """Puts the parts together and takes them apart again, in reverse. Migrates the database first.

    `sign_in`: how the phone pages learn who reads them; the demo has a picker. `policy`: the rules in the
    place of the company's own file.
    """
    async with AsyncExitStack() as stack:
        database = database or Database(
            settings.database_url, Keyring(settings.keys), settings.var_dir / "files"
        )
        stack.push_async_callback(database.close)
        await upgrade(settings.database_url)
        clock = clock or SystemClock(settings.zone)
        wake: Wake = LocalWake()
        if settings.redis_url is not None:
            wake = await stack.enter_async_context(_redis_wake(settings.redis_url))
        rules = policy or load_policy(settings.policy_file)
        app = _assemble(settings, rules, database, clock, wake, read or built_in_reader, platforms)
        app.routes.extend(_pages(app, sign_in))
        yield app


@asynccontextmanager
async def _redis_wake(url: str) -> AsyncIterator[Wake]:
    """Wake-ups by Redis, whose end never holds up the process's."""
    async with AsyncExitStack() as stack:
        wake = await stack.enter_async_context(RedisWake(url))
        ending = stack.pop_all()
        try:
            yield wake
        finally:
            # Before Python 3.12 asyncio.wait_for, in redis-py, can swallow a cancellation: ask once more.
            with suppress(TimeoutError):
                async with asyncio.timeout(WAKE_END_SECONDS):
                    await ending.aclose()


def _assemble(
    settings: Settings,
    policy: Policy,
    database: Database,
    clock: Clock,
    wake: Wake,
    read: Read,
    platforms: dict[str, Platform] | None,
) -> App:
    hub = Hub()
    known = platforms or {"local": LocalPlatform(database, hub)}
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    turn = Turn(database, Router(ROUTES, PROVIDED), Provided(policy, read), settings.zone, clock.now)
    return App(
        settings=settings,
        policy=policy,
        database=database,
        clock=clock,
        wake=wake,
        hub=hub,
        intake=Intake(database, wake, clock),
        scheduler=Scheduler(database, wake, clock, jobs(policy, settings.zone)),
        worker=Worker(database, wake, clock, turn, owner=owner),
        sender=Sender(database, known, wake, clock, owner=owner),
        first=(
            Worker(
                database, wake, clock, turn, owner=f"{owner}:first", queue=_first_inbox, topic=FIRST_INBOX
            ),
            Sender(
                database, known, wake, clock, owner=f"{owner}:first", queue=_first_outbox, topic=FIRST_OUTBOX
            ),
        ),
        forms=Forms(database.keyring, clock.now),
        routes=health_routes(database, clock, settings.redis_url),
    )


def _pages(app: App, sign_in: Callable[[Forms], SignIn] | None) -> list[web.RouteDef]:
    """The pages for colleagues (/m/) and for customers (/c/)."""
    keyring, now = app.database.keyring, app.clock.now
    sessions = Sessions(keyring, now, secure=app.settings.public_url.startswith("https:"))
    pages = Pages(
        app.database,
        app.intake,
        app.clock,
        app.policy,
        sessions=sessions,
        forms=app.forms,
        sign_in=sign_in(app.forms) if sign_in is not None else FromThePlatform(),
    )
    return [
        *pages.routes(),
        *Privacy(app.database, app.intake, app.clock, app.policy, app.forms).routes(),
    ]


def _first_inbox(unit: Unit) -> Inbox:
    return FirstInbox(unit.session)


def _first_outbox(unit: Unit) -> Outbox:
    return FirstOutbox(unit.session)


@asynccontextmanager
async def running(app: App, parts: Iterable[str] = PARTS) -> AsyncIterator[None]:
    """Runs the named parts until the block ends; each stops cleanly, leases are given back."""
    parts = set(parts)
    async with AsyncExitStack() as stack:
        if "worker" in parts:
            await _take_over(app)
            for loop in (*app.first, app.sender, app.worker):
                task = asyncio.create_task(loop.run())
                stack.push_async_callback(_stopped, loop, task)
        if "scheduler" in parts:
            app.scheduler.start()
            stack.push_async_callback(app.scheduler.stop)
        if "web" in parts:
            await stack.enter_async_context(_serving(app))
        yield


async def _take_over(app: App) -> None:
    """Without Redis this is the only process: what a killed one held is free at once."""
    if app.settings.redis_url is None:
        async with app.database.unit(deed="start") as unit:
            await unit.inbox.free_all()
            await unit.outbox.free_all()


async def _stopped(loop: Worker | Sender, task: asyncio.Task[None]) -> None:
    await loop.stop()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _serving(app: App) -> AsyncIterator[None]:
    server = web.Application()
    server.add_routes(app.routes)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, app.settings.host, app.settings.port).start()
        log.info("listening", host=app.settings.host, port=app.settings.port)
        yield
    finally:
        app.hub.close()
        await runner.cleanup()
