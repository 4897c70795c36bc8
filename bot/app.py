"""The one composition root: which concrete parts make one running bot. Tests differ by arguments."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from aiohttp import ClientSession, web
from prometheus_client import CollectorRegistry

from bot.ai import Figures
from bot.clock import Clock, SystemClock
from bot.intake import Intake
from bot.jobs import jobs
from bot.platforms import Channel, Line, Platform
from bot.platforms.dingtalk.channel import dingtalk_channels
from bot.platforms.local.client import LocalPlatform
from bot.platforms.local.hub import Hub
from bot.platforms.wecom.channel import wecom_channels
from bot.reading import Reading, model_of
from bot.reception import Reception
from bot.scheduler import Scheduler
from bot.sender import Sender
from bot.senses.ears import Transcriber
from bot.senses.eyes import Onlooker
from bot.wake import FIRST_INBOX, FIRST_OUTBOX, LocalWake, RedisWake, Wake
from bot.web.forms import Forms
from bot.web.health import health_routes
from bot.web.login import Doors, Sessions, SignIn
from bot.web.pages import Pages
from bot.web.privacy import Privacy
from bot.worker import Worker
from config.policy import Policy, load_policy
from config.settings import Settings
from handlers.chat.hearing import PROVIDED, Provided
from handlers.kernel.router import Router
from handlers.kernel.turn import PATIENCE_SECONDS, Turn
from handlers.routes import ROUTES
from handlers.understanding.note import Read
from handlers.understanding.reader import read as built_in_reader
from storage.cache import Cache, MemoryCache, RedisCache
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
    """The parts of one process. `wake`, `hub`, `cache` and `clock` are shared by all of them."""

    settings: Settings
    policy: Policy
    database: Database
    clock: Clock
    wake: Wake
    hub: Hub
    cache: Cache
    intake: Intake
    scheduler: Scheduler
    worker: Worker
    sender: Sender
    first: tuple[Worker | Sender, ...]
    """Loops of their own for what is too late in seconds, so that no queue and no slow call holds it up."""
    forms: Forms
    routes: list[web.RouteDef] = field(default_factory=list)
    lines: tuple[Line, ...] = ()


@asynccontextmanager
async def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    read: Read | None = None,
    database: Database | None = None,
    platforms: dict[str, Platform] | None = None,
    policy: Policy | None = None,
    sign_in: Callable[[Forms], SignIn] | None = None,
    patience: float = PATIENCE_SECONDS,
) -> AsyncIterator[App]:
    """Puts the parts together and takes them apart again, in reverse. Migrates the database first.

    `policy`: the rules in the place of the settings' file. `sign_in`: how the phone pages learn who reads
    them; the demo has a picker. `patience`: seconds of reading or listening before 收到，在听.
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
        http = await stack.enter_async_context(ClientSession())
        cache = await stack.enter_async_context(_cache(settings, clock))
        figures = CollectorRegistry()
        model = await stack.enter_async_context(
            model_of(settings.llm, lambda: clock.now().date(), Figures(figures))
        )
        reading = Reading(read or built_in_reader, model)
        rules = policy or load_policy(settings.policy_file)
        shared = Shared(settings, rules, database, clock, wake, cache, figures)
        yield _assemble(shared, http, reading, platforms or {}, sign_in, patience)


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


@asynccontextmanager
async def _cache(settings: Settings, clock: Clock) -> AsyncIterator[Cache]:
    if settings.redis_url is None:
        yield MemoryCache(lambda: clock.now().timestamp())
        return
    cache = RedisCache(settings.redis_url, Keyring(settings.keys))
    try:
        yield cache
    finally:
        await cache.close()


@dataclass(frozen=True, slots=True)
class Shared:
    """What all parts of a process are built on."""

    settings: Settings
    policy: Policy
    database: Database
    clock: Clock
    wake: Wake
    cache: Cache
    figures: CollectorRegistry


def _assemble(
    on: Shared,
    http: ClientSession,
    reading: Reading,
    platforms: dict[str, Platform],
    sign_in: Callable[[Forms], SignIn] | None,
    patience: float,
) -> App:
    hub = Hub()
    intake = Intake(on.database, on.wake, on.clock)
    wecom = wecom_channels(on.settings, http, on.database, intake, on.clock, on.cache, on.wake, on.figures)
    dingtalk = dingtalk_channels(on.settings, http, on.database, intake, on.clock, on.cache)
    channels: tuple[Channel, ...] = (Channel("local", LocalPlatform(on.database, hub)), *wecom, *dingtalk)
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    turn = _turn(on, reading, channels, patience)
    send = partial(_sender, on, channels, platforms)
    forms = Forms(on.database.keyring, on.clock.now)
    return App(
        settings=on.settings,
        policy=on.policy,
        database=on.database,
        clock=on.clock,
        wake=on.wake,
        hub=hub,
        cache=on.cache,
        intake=intake,
        scheduler=Scheduler(on.database, on.wake, on.clock, jobs(on.policy, on.settings.zone)),
        worker=Worker(on.database, on.wake, on.clock, turn, owner=owner),
        sender=send(owner),
        first=(
            Worker(
                on.database,
                on.wake,
                on.clock,
                turn,
                owner=f"{owner}:first",
                queue=_first_inbox,
                topic=FIRST_INBOX,
            ),
            send(f"{owner}:first", queue=_first_outbox, topic=FIRST_OUTBOX),
        ),
        forms=forms,
        routes=[*_routes(on, channels), *_pages(on, intake, forms, channels, sign_in)],
        lines=tuple(each.line for each in channels if each.line is not None),
    )


def _first_inbox(unit: Unit) -> Inbox:
    return FirstInbox(unit.session)


def _first_outbox(unit: Unit) -> Outbox:
    return FirstOutbox(unit.session)


def _pages(
    on: Shared,
    intake: Intake,
    forms: Forms,
    channels: Sequence[Channel],
    sign_in: Callable[[Forms], SignIn] | None,
) -> list[web.RouteDef]:
    """The pages for colleagues (/m/) and for customers (/c/)."""
    now, url = on.clock.now, on.settings.public_url
    doors = [each.door for each in channels if each.door is not None]
    pages = Pages(
        on.database,
        intake,
        on.clock,
        on.policy,
        sessions=Sessions(on.database.keyring, now, secure=url.startswith("https:")),
        forms=forms,
        sign_in=sign_in(forms) if sign_in is not None else Doors(on.database, now, url, doors),
    )
    return [*pages.routes(), *Privacy(on.database, intake, on.clock, on.policy, forms).routes()]


def _turn(on: Shared, reading: Reading, channels: Sequence[Channel], patience: float) -> Turn:
    directories = {each.name: each.directory for each in channels if each.directory is not None}
    media = {each.name: each.media for each in channels if each.media is not None}
    taps = {each.name: each.taps for each in channels if each.taps is not None}
    reception = Reception(on.database, on.clock, on.policy, directories, media, taps)
    senses = Transcriber(on.database.files, on.settings.asr), Onlooker(on.database.files)
    provided = Provided(on.policy, reading, *senses, on.settings.phones_address)
    router = Router(ROUTES, PROVIDED)
    return Turn(on.database, router, provided, on.settings.zone, on.clock.now, patience, reception)


def _sender(
    on: Shared, channels: Sequence[Channel], platforms: dict[str, Platform], owner: str, **queue: Any
) -> Sender:
    def away() -> list[str]:
        return [each.name for each in channels if each.line is not None and not each.line.is_open]

    known = {each.name: each.platform for each in channels} | platforms
    paces = {each.name: each.pace for each in channels if each.pace is not None}
    return Sender(
        on.database, known, on.wake, on.clock, owner=owner, cache=on.cache, paces=paces, away=away, **queue
    )


def _routes(on: Shared, channels: Sequence[Channel]) -> list[web.RouteDef]:
    faults = {each.name: each.fault for each in channels if each.fault is not None}
    health = health_routes(on.database, on.clock, on.settings.redis_url, faults, on.figures)
    return [*health, *(route for each in channels for route in each.routes)]


@asynccontextmanager
async def running(app: App, parts: Iterable[str] = PARTS) -> AsyncIterator[None]:
    """Runs the named parts until the block ends; each stops cleanly, leases are given back."""
    parts = set(parts)
    async with AsyncExitStack() as stack:
        if "worker" in parts:
            await _take_over(app)
            for line in app.lines:
                stack.push_async_callback(_hung_up, asyncio.create_task(line.run()))
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
            await unit.leases.free_all()


async def _hung_up(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


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
