"""The trail: every row that is made, changed or removed leaves an entry in the same transaction.

Entries are sealed a moment later by the clock, so that writers never wait for one another: each seal is
an HMAC, under a key derived from the company's keys, over the seal before it and the entry as it is
stored. Somebody with the database alone can therefore neither change, drop, add nor re-order sealed
entries unnoticed. The keys that sealed must stay in the keyring for as long as the trail is verified.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy
from sqlalchemy import Text, bindparam, event, insert, inspect, type_coerce, update
from sqlalchemy.orm import InstanceState, ORMExecuteState
from sqlmodel import Session, col, select

from storage.marks import Marks
from storage.models.engine import AuditEntry
from storage.repository import Context, Repository, context_of, table_of

EXEMPT = frozenset(
    {
        "inbox_updates",
        "leases",
        "outgoing",
        "held",
        "tickets",
        "audit_entries",
        "marks",
        "local_messages",
        "local_friends",
        "local_ways",
        "local_strangers",
    }
)
"""The engine's own tables; every other table is a subject, and each write of it leaves an entry."""

UNAUDITED = "unaudited"
"""Execution option that lets a statement pass by the trail; its value says why."""

HEAD = "audit-head"
"""The mark that holds number and seal of the newest sealed entry, encrypted."""

_PAGE = 1000


_SEAL = (
    update(table_of(AuditEntry))
    .where(table_of(AuditEntry).c.id == bindparam("entry"))
    .values(seal_no=bindparam("number"), seal=bindparam("made"))
)


class Unaudited(Exception):
    """A statement would have changed a subject's rows without the trail seeing which."""


class ReadOnly(Exception):
    """A row was changed in a transaction that only reads."""


class AuditedSession(Session):
    """The session that writes the trail; `storage.database` opens no other."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that is not as it was sealed; `why` is for the operator."""

    seal_no: int
    entry_id: int | None
    why: str


class Audit(Repository):
    async def history(self, subject: str, subject_id: int | str) -> Sequence[AuditEntry]:
        """All entries of one row, oldest first; `subject` is its table."""
        found = await self.session.exec(
            select(AuditEntry)
            .where(col(AuditEntry.subject) == subject, col(AuditEntry.subject_id) == str(subject_id))
            .order_by(col(AuditEntry.id))
        )
        return found.all()

    async def latest(self, limit: int) -> Sequence[AuditEntry]:
        """The newest entries, newest first."""
        found = await self.session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(limit))
        return found.all()

    async def everything(self) -> Sequence[AuditEntry]:
        """All entries, oldest first."""
        return (await self.session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))).all()

    async def note(self, subject: str, subject_id: int | str, change: str, details: Any = None) -> None:
        """An entry for something that changed no row: an export, a look at a phone number."""
        context = self.context
        self.session.add(
            AuditEntry(
                **_who(context), change=change, subject=subject, subject_id=str(subject_id), details=details
            )
        )
        await self.session.flush()

    async def seal(self, now: datetime, batch: int = _PAGE) -> int:
        """Seals the oldest unsealed entries, `batch` at most; how many. Two at once take turns."""
        marks = Marks(self.session)
        number, seal = self._read_head(await marks.lock(HEAD, now))
        rows = await self._raw(col(AuditEntry.seal_no).is_(None), col(AuditEntry.id), batch)
        sealed = []
        for row in rows:
            number += 1
            seal = self.keyring.seal(_canonical(row, number, seal))
            sealed.append({"entry": row.id, "number": number, "made": seal})
        if sealed:
            connection = await self.session.connection()
            await connection.execute(_SEAL, sealed)
            head = self.keyring.encrypt(json.dumps([number, seal]), HEAD)
            await marks.set(HEAD, head, now)
        return len(sealed)

    async def head(self) -> tuple[int, str]:
        """Number and seal of the newest sealed entry, to be noted outside the database; 0 and "" for none."""
        return self._read_head(await Marks(self.session).get(HEAD))

    async def verify(self) -> Broken | None:
        """The first sealed entry that is missing, changed or out of order; None where the trail is whole.

        It cannot show a database that was set back as a whole to an earlier day, or emptied with its
        marks: compare `head` with one that was noted elsewhere.
        """
        head, _ = await self.head()
        number, seal = 0, ""
        while rows := await self._raw(col(AuditEntry.seal_no) > number, col(AuditEntry.seal_no), _PAGE):
            for row in rows:
                number += 1
                if broken := self._check(row, number, seal):
                    return broken
                seal = row.seal
        if number < head:
            return Broken(number + 1, None, f"第 {number + 1} 条记录不见了")
        return None

    def _check(self, row: Any, number: int, previous: str) -> Broken | None:
        if row.seal_no != number:
            return Broken(number, None, f"第 {number} 条记录不见了")
        if not self.keyring.is_sealed(_canonical(row, number, previous), row.seal or ""):
            return Broken(
                number, row.id, f"第 {number} 条记录（编号 {row.id}）被改动过，或它前面的记录被换过"
            )
        return None

    def _read_head(self, mark: str | None) -> tuple[int, str]:
        if mark is None:
            return 0, ""
        number, seal = json.loads(self.keyring.decrypt(mark, HEAD))
        return int(number), str(seal)

    async def _raw(self, where: Any, order: Any, limit: int) -> Sequence[Any]:
        """Entries as they are stored: their details stay encrypted."""
        table = table_of(AuditEntry)
        columns = [each for each in table.c if each.name != "details"]
        query = sqlalchemy.select(*columns, type_coerce(table.c.details, Text).label("details"))
        await self.session.flush()
        connection = await self.session.connection()
        found = await connection.execute(query.where(where).order_by(order).limit(limit))
        return found.all()


def _canonical(row: Any, number: int, previous: str) -> bytes:
    """What a seal is made of: everything that the entry says, its place, and the seal before it."""
    said = [
        previous, number, row.id, row.at.astimezone(UTC).isoformat(), row.actor_id, row.update_id,
        row.deed, row.change, row.subject, row.subject_id, row.details,
    ]  # fmt: skip
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


@event.listens_for(AuditedSession, "before_flush")
def _refuse_in_reading(session: Session, _flush: Any, _instances: Any) -> None:
    if not context_of(session.info).writes:
        raise ReadOnly("rows are changed in Database.unit(), not in Database.reading()")


@event.listens_for(AuditedSession, "after_flush")
def _write_trail(session: Session, _flush: Any) -> None:
    """After the flush ids are known, and before its end the session still says what was new and changed."""
    who = _who(context_of(session.info))
    entries = [who | each for each in _entries(session)]
    if entries:
        session.connection().execute(insert(AuditEntry), entries)


@event.listens_for(AuditedSession, "do_orm_execute")
def _refuse_bulk(state: ORMExecuteState) -> None:
    """A bulk statement changes rows that the session never sees, so the trail would have holes."""
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    table = getattr(state.statement, "table", None)
    if table is None or table.name in EXEMPT or state.execution_options.get(UNAUDITED):
        return
    raise Unaudited(f"change rows of {table.name} one by one through the unit, so that the trail sees them")


def _who(context: Context) -> dict[str, Any]:
    return {
        "at": context.at or datetime.now(UTC),
        "actor_id": context.actor_id,
        "update_id": context.update_id,
        "deed": context.deed,
    }


def _entries(session: Session) -> list[dict[str, Any]]:
    found = []
    for change, rows in (("made", session.new), ("changed", session.dirty), ("removed", session.deleted)):
        for row in rows:
            state: InstanceState[Any] = inspect(row)
            details = _DETAILS[change](state)
            if state.mapper.local_table.description not in EXEMPT and details is not None:
                found.append(_entry(change, state, details))
    return found


def _entry(change: str, state: InstanceState[Any], details: dict[str, Any]) -> dict[str, Any]:
    key = state.mapper.primary_key_from_instance(state.obj())
    return {
        "change": change,
        "subject": state.mapper.local_table.description,
        "subject_id": ",".join(str(part) for part in key),
        "details": details,
    }


def _made(state: InstanceState[Any]) -> dict[str, Any]:
    """The columns that hold something."""
    values = {key: state.dict.get(key) for key in _columns(state)}
    return {key: _plain(value) for key, value in values.items() if value is not None}


def _changed(state: InstanceState[Any]) -> dict[str, Any] | None:
    """{column: [before, after]}; None where nothing is different."""
    details = {}
    for key in _columns(state):
        history = state.attrs[key].history
        if history.has_changes():
            before = history.deleted[0] if history.deleted else None
            after = history.added[0] if history.added else None
            details[key] = [_plain(before), _plain(after)]
    return details or None


def _removed(_state: InstanceState[Any]) -> dict[str, Any]:
    """Nothing: a row may be removed because a person asked to be forgotten."""
    return {}


_DETAILS = {"made": _made, "changed": _changed, "removed": _removed}


def _columns(state: InstanceState[Any]) -> list[str]:
    """Every column that says something; a blind index only repeats its phone."""
    return [each.key for each in state.mapper.column_attrs if not each.key.endswith("_index")]


def _plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if isinstance(value, date | time):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | dict | list | None) else str(value)
