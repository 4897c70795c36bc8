"""One suite over SQLite and PostgreSQL: `database` is a fresh, migrated one of each in turn."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.clock import FixedClock
from bot.wake import LocalWake
from storage.database import Database
from storage.schema import upgrade
from storage.secrets import Keyring
from tests.servers import Postgres, in_thread

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([b"k" * 32])


def migrate(url: str) -> None:
    in_thread(lambda: asyncio.run(upgrade(url)))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy: the migrations themselves are tested in test_schema.py."""
    path = tmp_path_factory.mktemp("template") / "baifang.db"
    migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    """The name of a migrated database to copy."""
    name = postgres_server.create_database()
    migrate(postgres_server.url(name))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "baifang.db")
        yield f"sqlite+aiosqlite:///{path}"
        return
    template: str = request.getfixturevalue("postgres_template")
    server: Postgres = request.getfixturevalue("postgres_server")
    name = server.create_database(template)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
async def database(migrated_url: str, keyring: Keyring, tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(migrated_url, keyring, tmp_path / "files")
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
