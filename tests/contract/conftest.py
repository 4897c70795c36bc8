"""One suite over SQLite and PostgreSQL: `database_url` is a fresh, empty database of each in turn."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.clock import FixedClock
from bot.wake import LocalWake
from storage.database import Database
from storage.schema import upgrade
from storage.secrets import Keyring

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([b"k" * 32])


@pytest.fixture
async def database(database_url: str, keyring: Keyring, tmp_path: Path) -> AsyncIterator[Database]:
    await upgrade(database_url)
    opened = Database(database_url, keyring, tmp_path / "files")
    yield opened
    await opened.close()


@pytest.fixture
async def second(database: Database, keyring: Keyring, tmp_path: Path) -> AsyncIterator[Database]:
    """The same database as another process has it open."""
    opened = Database(database.url, keyring, tmp_path / "files")
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def wake() -> LocalWake:
    return LocalWake()
