"""What a command beside a running bot opens: the database, a transaction, whoever it acts for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from bot.clock import Clock, MovableClock, SystemClock
from bot.stop import Stop
from config.settings import Settings
from storage.database import Database
from storage.models.people import Person
from storage.schema import upgrade
from storage.secrets import Keyring
from storage.unit import Unit

PLATFORMS = ("local", "wecom", "wecombot", "dingtalk")


async def person_at(unit: Unit, address: str, first: str = "") -> Person:
    """Whoever has this account on any platform; where several have it, on the first named one."""
    for platform in sorted(PLATFORMS, key=lambda each: each != first):
        found = await unit.people.at(platform, address)
        if found is not None:
            return found
    raise Stop(f"没有账号是 {address} 的人：用 baifang user list 看看有谁")


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[tuple[Database, Clock]]:
    """The database of a running bot, or of one that will run, and what it takes for now."""
    await upgrade(settings.database_url)
    database = Database(settings.database_url, Keyring(settings.keys), settings.var_dir / "files")
    clock = MovableClock(database, SystemClock(settings.zone))
    await clock.load()
    try:
        yield database, clock
    finally:
        await database.close()


@asynccontextmanager
async def open_unit(settings: Settings, deed: str) -> AsyncIterator[tuple[Unit, datetime]]:
    async with open_database(settings) as (database, clock):
        now = clock.now()
        async with database.unit(deed=deed, at=now) as unit:
            yield unit, now
