"""Re-encrypts what older keys wrote, so that they can be taken out of use; knows no meaning of a column.

The trail keeps the keys that wrote it: its details are sealed as they are stored. A key that was used
while entries were written therefore stays in the keyring, as the last ones, for as long as they are kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import Column, ColumnElement, RowMapping, Table, Text, and_, literal, or_, type_coerce

from storage.database import Database
from storage.models import metadata
from storage.models.columns import Encrypted, EncryptedJson
from storage.secrets import Keyring

SEALED = frozenset({"audit_entries"})
"""Tables that stay as they are."""
BATCH = 500
"""Rows of one transaction: writers wait for no more than these on SQLite."""


@dataclass(frozen=True, slots=True)
class _Secret:
    """One encrypted column of a table."""

    column: Column[Any]
    purpose: str

    @property
    def raw(self) -> ColumnElement[str]:
        """The column as it is stored."""
        return type_coerce(self.column, Text)

    def is_old(self, keyring: Keyring) -> ColumnElement[bool]:
        """NULL is not old; a token that begins otherwise than the newest key's is."""
        return ~self.raw.startswith(keyring.prefix, autoescape=True)


async def rotate(database: Database, batch: int = BATCH) -> int:
    """Rewrites every value and file that an older key encrypted under the newest one; how many.

    Can be stopped at any time and run again: every batch is a transaction of its own.
    """
    done = 0
    for table in metadata.sorted_tables:
        secrets = tuple(_secrets(table))
        if table.name in SEALED or not secrets:
            continue
        while rows := await _rotate_batch(database, table, secrets, batch):
            done += rows
    return done + await database.files.rotate()


def _secrets(table: Table) -> Iterator[_Secret]:
    for column in table.c:
        if isinstance(column.type, Encrypted | EncryptedJson):
            yield _Secret(column, column.type.purpose)


async def _rotate_batch(database: Database, table: Table, secrets: Sequence[_Secret], batch: int) -> int:
    query = (
        sqlalchemy.select(*table.primary_key, *(each.raw.label(each.column.name) for each in secrets))
        .where(or_(*(each.is_old(database.keyring) for each in secrets)))
        .limit(batch)
        .with_for_update()
    )
    async with database.unit(deed="rotate") as unit:
        connection = await unit.session.connection()
        rows = (await connection.execute(query)).mappings().all()
        for row in rows:
            key = and_(*(column == row[column.name] for column in table.primary_key))
            values = _rewritten(row, table, secrets, database.keyring)
            # Nothing that the trail speaks of changes, so this goes past it.
            await connection.execute(sqlalchemy.update(table).where(key).values(values))
    return len(rows)


def _rewritten(row: RowMapping, table: Table, secrets: Sequence[_Secret], keyring: Keyring) -> dict[str, Any]:
    """The row's secrets as the newest key writes them, and the index of its phone."""
    values: dict[str, Any] = {}
    for each in secrets:
        token = row[each.column.name]
        if token is None:
            continue
        plain = keyring.decrypt(token, each.purpose)
        # Text, so that the column's type does not encrypt it a second time.
        values[each.column.name] = literal(keyring.encrypt(plain, each.purpose), Text)
        if each.column.name == "phone" and "phone_index" in table.c:
            values["phone_index"] = keyring.phone_index(plain)
    return values
