"""Brings a database to the tables of `storage.models`, by Alembic's migrations; knows no row.

A new migration after the models changed: `python -m storage.schema new "what changed"`.
"""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from storage.dialect import WRITES, is_sqlite, make_engine
from storage.models import metadata

_FOLDER = Path(__file__).parent
_LOCK = 0x62616966
"""Any number of ours: two processes that migrate PostgreSQL together take turns on it."""


async def upgrade(url: str) -> None:
    """Migrates to the newest schema, all of it or nothing; harmless where nothing is to do.

    Makes the folder of a SQLite file.
    """
    if is_sqlite(url) and (path := make_url(url).database):
        _make_folder(Path(path))
    engine = make_engine(url, migrates=True)
    try:
        async with engine.execution_options(**{WRITES: True}).begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def is_current(url: str) -> bool:
    """Whether the database has every migration of this version of the program, and none of a newer one."""
    engine = make_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_revision) == head()
    finally:
        await engine.dispose()


async def differences(url: str) -> list[object]:
    """What a migrated database lacks, or has too much, against `storage.models`; for the tests."""
    engine = make_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_differences)
    finally:
        await engine.dispose()


def head() -> str | None:
    """The newest migration's name."""
    return ScriptDirectory.from_config(config()).get_current_head()


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without a file, so that it does not matter where the program is started."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def _make_folder(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    command.upgrade(config(connection), "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))
