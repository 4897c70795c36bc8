"""SQLite's driver with one step a statement to the connection's thread and back.

aiosqlite's own cursor takes four (docs/decisions/0026). Rows are read with the statement, as
SQLAlchemy does anyway.
"""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, Self

import aiosqlite


class _Outcome(NamedTuple):
    """What is left of a statement when its cursor is closed; `description` as DBAPI has it."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: Sequence[Any] = ()


class Cursor:
    """As much of DBAPI's cursor as SQLAlchemy uses, with nothing open between two calls."""

    arraysize = 1

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._outcome = _Outcome()

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._outcome.description

    @property
    def rowcount(self) -> int:
        return self._outcome.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._outcome.lastrowid

    async def execute(self, statement: str, parameters: Any = ()) -> Self:
        self._outcome = await self._connection.run(statement, parameters, many=False)
        return self

    async def executemany(self, statement: str, parameters: Any) -> Self:
        self._outcome = await self._connection.run(statement, parameters, many=True)
        return self

    async def fetchall(self) -> Sequence[Any]:
        return self._outcome.rows

    async def close(self) -> None:
        """Nothing is open; counts and ids may still be asked for."""


class Connection(aiosqlite.Connection):
    """A connection whose cursors are ours."""

    def cursor(self) -> Cursor:  # type: ignore[override]
        return Cursor(self)

    async def run(self, statement: str, parameters: Any, *, many: bool) -> _Outcome:
        """One statement, from its beginning to its last row, in the connection's thread."""
        outcome: _Outcome = await self._execute(  # type: ignore[no-untyped-call]
            _run, self._conn, statement, parameters, many
        )
        return outcome


def _run(connection: sqlite3.Connection, statement: str, parameters: Any, many: bool) -> _Outcome:
    cursor = connection.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(statement, parameters)
        rows = cursor.fetchall() if cursor.description else ()
        return _Outcome(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    finally:
        cursor.close()


def connect(database: str, **options: Any) -> Connection:
    """For SQLAlchemy's `async_creator_fn`; the options are `sqlite3.connect`'s."""
    connection = Connection(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
    # As SQLAlchemy does with the connections that it makes itself.
    connection._thread.daemon = True  # noqa: SLF001
    return connection
