"""Column types that keep secrets secret and instants exact, so that no caller can forget; knows no table.

The keyring comes with the dialect of the engine that runs the statement (`use_keyring`): nothing is
global, and two databases in one process can have different keys.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper

from storage.secrets import Keyring, SecretsError

_ATTRIBUTE = "baifang_keyring"


def use_keyring(dialect: Dialect, keyring: Keyring) -> None:
    """Gives the columns of every statement that this dialect runs their keys."""
    setattr(dialect, _ATTRIBUTE, keyring)


def keyring_of(dialect: Dialect) -> Keyring:
    """The keyring that `use_keyring` gave; raises SecretsError where none was given."""
    keyring: Keyring | None = getattr(dialect, _ATTRIBUTE, None)
    if keyring is None:
        raise SecretsError("数据库连接没有带加密密钥：请用 storage.database.Database 打开")
    return keyring


class Encrypted(TypeDecorator[str]):
    """Text that is stored as an AES-GCM token bound to `purpose` ("contacts.phone"). NULL stays NULL."""

    impl = Text
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring_of(dialect).encrypt(value, self.purpose)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring_of(dialect).decrypt(value, self.purpose)


class EncryptedJson(TypeDecorator[Any]):
    """A JSON value that is stored as an AES-GCM token; None too, so that not even its absence shows.

    Changing a dict or list in place is not noticed: assign a new one.
    """

    impl = Text
    cache_ok = True
    should_evaluate_none = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return keyring_of(dialect).encrypt(text, self.purpose)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(keyring_of(dialect).decrypt(value, self.purpose))


class Moment(TypeDecorator[datetime]):
    """An instant: aware in, aware UTC out, alike on both databases. Refuses naive ones (ValueError)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value.isoformat()}")
        utc = value.astimezone(UTC)
        # SQLite has no instants: UTC without its zone keeps text order equal to time order.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@event.listens_for(Mapper, "before_insert")
@event.listens_for(Mapper, "before_update")
def _index_phone(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    """Keeps `phone_index` true to `phone` on every row that has both, whoever writes it."""
    if "phone_index" not in mapper.columns or "phone" not in mapper.columns:
        return
    phone: str | None = row.phone
    indexes = keyring_of(connection.dialect).phone_indexes(phone) if phone else ()
    # An index under an older key stays valid; `storage.rotation` renews it with its phone.
    if row.phone_index not in indexes:
        row.phone_index = indexes[0] if indexes else None
