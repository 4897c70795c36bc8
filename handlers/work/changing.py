"""Changing the archive so that it can be shown, undone and approved: one change, one row.

Every write to the archive goes through here; `batch` groups what is undone together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
from sqlmodel import SQLModel

from handlers.work.codes import issue_codes
from handlers.work.context import Desk
from storage.models.changes import Change
from storage.models.customers import Alias, Contact, Customer, Money, Trait
from storage.models.tasks import Task
from storage.models.visits import Meeting, Visit

SUBJECTS: dict[str, type[SQLModel]] = {
    "customer": Customer,
    "alias": Alias,
    "contact": Contact,
    "money": Money,
    "trait": Trait,
    "task": Task,
    "meeting": Meeting,
    "visit": Visit,
}
_NAMES = {model: name for name, model in SUBJECTS.items()}

MADE = "+"
"""The field of a change that made the row itself."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is undone together, and the message that brought it about."""

    name: str
    note_id: int | None = None
    customer_id: int | None = None


async def make(desk: Desk, row: SQLModel, batch: Batch, words: str = "") -> int:
    """Adds a row to the archive and keeps that it was made; returns its id."""
    await desk.unit.add(row)
    await _keep(desk, row, MADE, None, None, batch, words)
    return row_id(row)


async def make_all(desk: Desk, rows: Sequence[SQLModel], batch: Batch) -> None:
    """Likewise for many rows at once; each has its own customer."""
    await desk.unit.add_all(rows)
    kept = [_kept(desk, row, MADE, None, None, batch, "", "done") for row in rows]
    for row, each in zip(rows, kept, strict=True):
        each.customer_id = row_id(row) if isinstance(row, Customer) else getattr(row, "customer_id", None)
    await desk.unit.add_all(kept)


async def change(desk: Desk, row: SQLModel, field: str, after: Any, batch: Batch, words: str = "") -> Change:
    """Sets one field of a row and keeps what it was."""
    kept = await _keep(desk, row, field, getattr(row, field), after, batch, words)
    _set(row, field, after)
    await _number(desk, row, field)
    await desk.unit.add(row)
    return kept


async def ask(desk: Desk, row: SQLModel, field: str, after: Any, batch: Batch, words: str = "") -> Change:
    """Keeps a change that waits for somebody's yes; the row stays as it is."""
    return await _keep(desk, row, field, getattr(row, field), after, batch, words, state="waiting")


async def apply(desk: Desk, kept: Change) -> None:
    """Carries out a change that waited."""
    row = await subject(desk, kept)
    kept.before = to_jsonable_python(getattr(row, kept.field))
    _set(row, kept.field, _typed(row, kept.field, kept.after))
    await _number(desk, row, kept.field)
    kept.state = "done"
    await desk.unit.add(row)
    await desk.unit.add(kept)


async def undo(desk: Desk, batch: str) -> Sequence[Change]:
    """Takes back a batch, last change first; returns what was taken back.

    A field that somebody changed since is left as it is: the later word wins.
    """
    undone = []
    for kept in reversed(await desk.unit.changes.of_batch(batch)):
        if kept.state == "done" and await revert(desk, kept):
            undone.append(kept)
        elif kept.state == "waiting":
            kept.state = "withdrawn"
            await desk.unit.add(kept)
            await _let_wait(desk, kept, "dropped")
    return undone


async def redo(desk: Desk, batch: str) -> None:
    """Puts back what `undo` took, unless it was changed since; what waited for a yes waits again."""
    for kept in await desk.unit.changes.of_batch(batch):
        row = await subject(desk, kept)
        if kept.state == "withdrawn":
            if await desk.unit.changes.waiting(kept.subject, kept.subject_id, kept.field) is not None:
                continue  # somebody asked for the same field since: the later word wins
            kept.state = "waiting"
            await _let_wait(desk, kept, "waiting")
        elif kept.state == "undone" and kept.field == MADE:
            _set(row, "removed_at", None)
            kept.state = "done"
        elif kept.state == "undone" and _holds(row, kept.field, kept.before):
            _set(row, kept.field, _typed(row, kept.field, kept.after))
            kept.state = "done"
        await desk.unit.add(row)
        await desk.unit.add(kept)


async def _let_wait(desk: Desk, kept: Change, state: str) -> None:
    """The approval goes with its change: nobody says yes to what was taken back."""
    approval = await desk.unit.changes.approval_of(kept.id)
    if approval is not None:
        approval.state = state
        approval.revision += 1
        await desk.unit.add(approval)


async def subject(desk: Desk, kept: Change) -> Any:
    """The row that a change is about."""
    return await desk.unit.session.get_one(SUBJECTS[kept.subject], kept.subject_id)


def name_of(row: SQLModel) -> str:
    """What a change calls the row's kind."""
    return _NAMES[type(row)]


def row_id(row: SQLModel) -> int:
    """The id of a row that was added."""
    found: int = getattr(row, "id")  # noqa: B009 (every table here has one)
    return found


def undone_of(changes: Iterable[Change], model: type[SQLModel]) -> list[Change]:
    return [each for each in changes if each.subject == _NAMES[model]]


async def revert(desk: Desk, kept: Change) -> bool:
    """Takes one change back; False, and nothing done, where somebody changed the field since."""
    row = await subject(desk, kept)
    if kept.field == MADE:
        _set(row, "removed_at", desk.now)
    elif not _holds(row, kept.field, kept.after):
        return False
    else:
        _set(row, kept.field, _typed(row, kept.field, kept.before))
    kept.state = "undone"
    await desk.unit.add(row)
    await desk.unit.add(kept)
    return True


async def _number(desk: Desk, row: SQLModel, field: str) -> None:
    """A customer that becomes an official one gets its number, which it keeps whatever comes after (R32)."""
    if isinstance(row, Customer) and field == "status" and row.status == "official":
        await issue_codes(desk, [row])


async def _keep(
    desk: Desk,
    row: SQLModel,
    field: str,
    before: Any,
    after: Any,
    batch: Batch,
    words: str,
    state: str = "done",
) -> Change:
    return await desk.unit.add(_kept(desk, row, field, before, after, batch, words, state))


def _kept(
    desk: Desk, row: SQLModel, field: str, before: Any, after: Any, batch: Batch, words: str, state: str
) -> Change:
    return Change(
        batch=batch.name,
        subject=_NAMES[type(row)],
        subject_id=row_id(row),
        field=field,
        before=to_jsonable_python(before),
        after=to_jsonable_python(after),
        words=words,
        person_id=desk.my_id,
        note_id=batch.note_id,
        customer_id=batch.customer_id,
        at=desk.now,
        state=state,
    )


def _set(row: SQLModel, field: str, value: Any) -> None:
    setattr(row, field, value)
    row.revision += 1  # type: ignore[attr-defined]  # every subject has one


def _holds(row: SQLModel, field: str, value: Any) -> bool:
    """Whether the field is still what a change made of it; an instant is one whatever its time zone."""
    held: Any = getattr(row, field)
    return bool(held == _typed(row, field, value))


def _typed(row: SQLModel, field: str, value: Any) -> Any:
    """A JSON value as the field's own type (a date, a time), as pydantic reads it."""
    kind: Any = type(row).model_fields[field].annotation
    return TypeAdapter(kind).validate_python(value)
