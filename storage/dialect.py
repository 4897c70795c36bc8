"""The differences between SQLite and PostgreSQL, in one place; knows no table."""

import sqlite3
import time
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.sqlite import connect

BUSY_SECONDS = 15
"""How long a write waits for another process's write on SQLite."""
_LOG_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between tries to turn a new file's log on, while another process does the same."""
POOL = 10
"""Connections that are kept open; as many again may be opened for a moment."""

_PASSING = frozenset({"08", "40", "53", "57"})
"""PostgreSQL's classes of errors that pass: connection, deadlock, resources, an operator's shutdown."""

WRITES = "baifang_writes"
"""Execution option of a connection whose transactions write from their first statement."""


def make_engine(url: str, *, migrates: bool = False) -> AsyncEngine:
    """An engine with the right transactions for its database. Raises ValueError for another kind of URL.

    `migrates`: SQLite does not enforce foreign keys meanwhile, since it changes a table by making it anew.
    """
    parsed = make_url(url)
    if parsed.drivername == "postgresql+asyncpg":
        return create_async_engine(
            parsed, pool_size=POOL, max_overflow=POOL, pool_pre_ping=True, hide_parameters=True
        )
    if parsed.drivername != "sqlite+aiosqlite":
        raise ValueError(
            f"BAIFANG_DATABASE_URL 用了 {parsed.drivername}：请用 sqlite+aiosqlite:///… 或 postgresql+asyncpg://…"
        )
    return _make_sqlite(parsed, foreign_keys=not migrates)


def is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def is_away(error: BaseException) -> bool:
    """Whether the database could not be reached, or two writers met: the same again later may go well."""
    if isinstance(error, DBAPIError):
        known = isinstance(error, OperationalError | InterfaceError)
        return known or error.connection_invalidated or _state(error.orig)[:2] in _PASSING
    if isinstance(error, StaleDataError):
        return True
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return False  # a file of ours: no waiting mends it
    # While it is connecting, asyncpg raises errors of its own and the system's.
    return isinstance(error, OSError | PoolTimeout | asyncpg.PostgresError | asyncpg.InterfaceError)


def _state(error: BaseException | None) -> str:
    """PostgreSQL's code of an error; "" for none."""
    return str(getattr(error, "sqlstate", None) or "")


def insert(session: AsyncSession, model: type[SQLModel]) -> Any:
    """INSERT with the dialect's ON CONFLICT, which both spell alike (`postgresql.Insert`)."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(model)
    return sqlite.insert(model)


def _make_sqlite(url: URL, foreign_keys: bool) -> AsyncEngine:
    if url.database in (None, "", ":memory:"):
        raise ValueError(
            "SQLite 要存在文件里：请把 BAIFANG_DATABASE_URL 写成 sqlite+aiosqlite:///路径/文件.db"
        )
    # isolation_level None: the driver begins nothing by itself, `_begin` below does.
    engine = create_async_engine(
        url,
        pool_size=POOL,
        max_overflow=POOL,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS, "async_creator_fn": connect},
    )
    event.listen(engine.sync_engine, "connect", partial(_set_up, foreign_keys))
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_up(foreign_keys: bool, connection: Any, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    try:
        _keep_a_log(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    finally:
        cursor.close()


def _keep_a_log(cursor: Any) -> None:
    """Turns the write-ahead log on. SQLite waits for nobody here: whoever turns it on first wins."""
    for pause in (*_LOG_PAUSES, None):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if pause is None:
                raise
            time.sleep(pause)
        else:
            return


def _begin(connection: Connection) -> None:
    """A writer locks at once: a read that turns into a write could only fail, and not be waited for."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
