"""Correct by talking: which record is meant, and the one field of it that changes.

A correction is kept as a draft of its own kind, so that a question about it can wait for its answer
and so that it can be undone for a while.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from handlers.understanding.note import Amount, AmountKind, Correction, CorrectionField, When
from handlers.work import approvals, editing
from handlers.work.changing import Batch, change, make, undo
from handlers.work.content import of_row
from handlers.work.context import Desk
from handlers.work.drafting import find_lookalikes, revise, settle_customer
from handlers.work.editing import Edit, Unclear
from handlers.work.filing import contact_at, retouch
from handlers.work.tasks import respeak
from storage.models.changes import Approval
from storage.models.customers import Contact, Money
from storage.models.tasks import Task
from storage.models.visits import Draft, Meeting, SaidNote, Visit

RECENT = timedelta(days=7)
"""How far back "just before" can reach."""


@dataclass(frozen=True, slots=True)
class Target:
    """A record that a correction may mean: an open draft, a filed visit, or a task of the diary."""

    kind: str
    id: int
    note_id: int
    at: datetime
    customer_id: int | None
    name: str
    method: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A correction that was carried out, as it is kept for showing it again."""

    target: Target
    edit: Edit


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a correction's own draft holds."""

    correction: Correction
    said: str
    targets: tuple[Target, ...]
    done: Done | None = None
    before: dict[str, Any] | None = None
    """The corrected draft's content as it was, for the undo."""
    revision: int = 0
    """The corrected draft's revision since."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was changed, and on which record. `approval`: the change waits for somebody's yes."""

    target: Target
    edit: Edit
    approval: Approval | None = None


_WAITING: TypeAdapter[Waiting] = TypeAdapter(Waiting)


def waiting_of(row: Draft) -> Waiting:
    return _WAITING.validate_python(row.content)


async def find_targets(desk: Desk, correction: Correction, said: str) -> tuple[Target, ...]:
    """Records of the newest note that has something to correct; several only where they all fit."""
    recent = [each for each in await _recent(desk) if _is_named(each, correction)]
    fitting = [each for each in recent if await _fits(desk, each, correction, said)]
    return tuple(each for each in fitting if each.note_id == fitting[0].note_id) if fitting else ()


async def keep(desk: Desk, note: SaidNote, correction: Correction, targets: Sequence[Target]) -> Draft:
    """The correction as a draft of its own."""
    waiting = Waiting(correction, note.text, tuple(targets))
    row = Draft(
        note_id=note.id,
        person_id=desk.my_id,
        kind="correction",
        content=_WAITING.dump_python(waiting, mode="json"),
        created_at=desk.now,
    )
    return await desk.unit.add(row)


async def do_correct(desk: Desk, row: Draft, target: Target, kind: AmountKind | None = None) -> Corrected:
    """Changes the one field. Raises `Unclear` where the record has two values that fit."""
    waiting = waiting_of(row)
    correction = replace(waiting.correction, kind=kind) if kind is not None else waiting.correction
    before: dict[str, Any] | None = None
    if target.kind == "draft":
        draft = await desk.unit.drafts.get(target.id)
        assert draft is not None  # targets come from the store
        before = draft.content
        corrected = await _correct_draft(desk, draft, target, correction, waiting.said)
    elif target.kind == "visit":
        corrected = await _correct_visit(desk, row, target, correction, waiting.said)
    else:
        corrected = await _correct_task(desk, row, target, correction)
    draft = await desk.unit.drafts.get(target.id) if target.kind == "draft" else None
    kept = replace(
        waiting,
        done=Done(corrected.target, corrected.edit),
        before=before,
        revision=draft.revision if draft is not None else 0,
    )
    row.content = _WAITING.dump_python(kept, mode="json")
    row.state = "saved"
    row.revision += 1
    await desk.unit.add(row)
    return corrected


def may_undo(desk: Desk, row: Draft) -> bool:
    return row.state == "saved" and desk.now - row.created_at < timedelta(
        minutes=desk.policy.drafts.undo_minutes
    )


async def do_undo(desk: Desk, row: Draft) -> None:
    """Takes the one change back."""
    waiting = waiting_of(row)
    target = waiting.done.target if waiting.done is not None else None
    if target is not None and target.kind == "draft" and waiting.before is not None:
        draft = await desk.unit.drafts.get(target.id)
        if draft is not None and draft.state in ("open", "kept"):
            await revise(desk, draft, of_row(waiting.before))
    else:
        await undo(desk, batch_of(row).name)
    row.state = "undone"
    row.revision += 1
    await desk.unit.add(row)


def done_of(row: Draft) -> Corrected | None:
    """What a correction did, as it was shown; None while it waits for an answer."""
    done = waiting_of(row).done
    return Corrected(done.target, done.edit) if done is not None else None


async def narrow(desk: Desk, row: Draft, target: Target) -> None:
    """The record is told; only which of its values is meant is still open."""
    waiting = replace(waiting_of(row), targets=(target,))
    row.content = _WAITING.dump_python(waiting, mode="json")
    await desk.unit.add(row)


async def _recent(desk: Desk) -> list[Target]:
    since = desk.now - RECENT
    targets = [await _of_draft(desk, each) for each in await desk.unit.drafts.waiting(desk.my_id)]
    targets += [await _of_visit(desk, each) for each in await desk.unit.visits.filed_by(desk.my_id, since)]
    diary = await desk.unit.tasks.noted_by(desk.my_id, since)
    targets += [await _of_task(desk, each) for each in diary if each.visit_id is None]
    return sorted(targets, key=lambda each: (each.at, each.note_id), reverse=True)


async def _of_draft(desk: Desk, draft: Draft) -> Target:
    content = of_row(draft.content)
    known = await desk.unit.customers.get(content.customer_id) if content.customer_id else None
    name = known.name if known is not None else content.name
    method = content.visit.method.value.value if content.visit.method else ""
    return Target("draft", draft.id, draft.note_id, draft.created_at, content.customer_id, name, method)


async def _of_visit(desk: Desk, visit: Visit) -> Target:
    name = (await desk.unit.customers.one(visit.customer_id)).name
    return Target(
        "visit", visit.id, visit.note_id, visit.filed_at, visit.customer_id, name, visit.method or ""
    )


async def _of_task(desk: Desk, task: Task) -> Target:
    name = (await desk.unit.customers.one(task.customer_id)).name if task.customer_id else task.what
    return Target("task", task.id, task.note_id, task.said_at, task.customer_id, name)


def _is_named(target: Target, correction: Correction) -> bool:
    """Whether the record is the customer's that the message names; any, where it names none."""
    named = correction.customer
    if named is None or correction.field is CorrectionField.CUSTOMER:
        return True
    if named.known is not None and target.customer_id is not None:
        return int(named.known) == target.customer_id
    return named.name in target.name or target.name in named.name


async def _fits(desk: Desk, target: Target, correction: Correction, said: str) -> bool:
    if correction.field is CorrectionField.CUSTOMER:
        return target.kind == "draft"
    if target.kind == "draft":
        draft = await desk.unit.drafts.get(target.id)
        return draft is not None and editing.fits(of_row(draft.content), correction, said)
    if target.kind == "task":
        return correction.field in (CorrectionField.DUE, CorrectionField.WHEN)
    return await _fits_visit(desk, target.id, correction)


async def _fits_visit(desk: Desk, visit_id: int, correction: Correction) -> bool:
    match correction.field:
        case CorrectionField.AMOUNT:
            return correction.kind is not None or bool(await desk.unit.customers.money_of_visit(visit_id))
        case CorrectionField.DUE:
            return bool(await desk.unit.tasks.of_visit(visit_id))
        case CorrectionField.PHONE:
            return bool(await desk.unit.visits.met(visit_id))
        case CorrectionField.WHEN | CorrectionField.CONTACT:
            return True
    return False


async def _correct_draft(
    desk: Desk, draft: Draft, target: Target, correction: Correction, said: str
) -> Corrected:
    if correction.field is CorrectionField.CUSTOMER:
        return await _other_customer(desk, draft, target, correction)
    content, edited = editing.edit(of_row(draft.content), correction, said)
    await revise(desk, draft, content)
    return Corrected(target, edited)


async def _other_customer(desk: Desk, draft: Draft, target: Target, correction: Correction) -> Corrected:
    content = of_row(draft.content)
    value = str(correction.value)
    known = int(value) if value.isdigit() else None
    name = value
    if known is not None:
        name = (await desk.unit.customers.one(known)).name
    renamed = content.with_visit(customer=replace(content.visit.customer, name=name))
    renamed = renamed.marked(CorrectionField.CUSTOMER)
    await revise(desk, draft, renamed)
    if known is not None:
        await settle_customer(desk, draft, known)
    else:
        fresh = replace(
            renamed, customer_id=None, candidates=(), lookalikes=await find_lookalikes(desk, renamed.visit)
        )
        await revise(desk, draft, fresh)
    return Corrected(target, Edit(CorrectionField.CUSTOMER, "", content.name, name))


async def _correct_visit(
    desk: Desk, row: Draft, target: Target, correction: Correction, said: str
) -> Corrected:
    visit = await desk.unit.visits.get(target.id)
    assert visit is not None  # targets come from the store
    match correction.field:
        case CorrectionField.AMOUNT:
            return await _visit_amount(desk, row, visit, target, correction)
        case CorrectionField.WHEN if _is_past(visit, correction):
            return await _visit_when(desk, row, visit, target, correction)
        case CorrectionField.DUE | CorrectionField.WHEN:
            return await _visit_due(desk, row, visit, target, correction, said)
        case CorrectionField.CONTACT:
            return await _visit_contact(desk, row, visit, target, correction)
        case CorrectionField.PHONE:
            return await _visit_phone(desk, row, visit, target, correction)
    raise Unclear


async def _visit_amount(
    desk: Desk, row: Draft, visit: Visit, target: Target, correction: Correction
) -> Corrected:
    rows = await desk.unit.customers.money_of_visit(visit.id)
    batch = batch_of(row, visit.customer_id)
    if not any(each.kind == correction.kind for each in rows) and correction.kind is not None:
        return await _add_amount(desk, visit, target, correction, batch)
    kinds = tuple(AmountKind(each.kind) for each in rows)
    money = rows[editing.pick_amount(kinds, tuple(each.value for each in rows), correction)]
    before = _amount_of(money)
    after = editing.new_amount(before, correction)
    for field, value in (("value", after.value), ("maximum", None), ("approximate", False)):
        if getattr(money, field) != value:
            await change(desk, money, field, value, batch)
    return Corrected(target, Edit(correction.field, money.kind, before, after))


async def _add_amount(
    desk: Desk, visit: Visit, target: Target, correction: Correction, batch: Batch
) -> Corrected:
    added = editing.new_amount(None, correction)
    money = Money(
        customer_id=visit.customer_id,
        visit_id=visit.id,
        kind=added.kind.value,
        value=added.value,
        at=desk.now,
    )
    await make(desk, money, batch)
    return Corrected(target, Edit(correction.field, money.kind, None, added))


async def _visit_when(
    desk: Desk, row: Draft, visit: Visit, target: Target, correction: Correction
) -> Corrected:
    day, hour = editing.moment_of(correction.value)
    before = When(visit.day, visit.hour, visit.part)
    hour = hour if hour is not None else visit.hour
    batch, was = batch_of(row, visit.customer_id), contact_at(desk, visit)
    await change(desk, visit, "day", day, batch)
    if hour != visit.hour:
        await change(desk, visit, "hour", hour, batch)
    if visit.kind == "visit":
        await retouch(desk, visit, was, batch)
    return Corrected(target, Edit(CorrectionField.WHEN, "", before, When(day, hour)))


async def _visit_due(
    desk: Desk, row: Draft, visit: Visit, target: Target, correction: Correction, said: str
) -> Corrected:
    tasks = await desk.unit.tasks.of_visit(visit.id)
    at = editing.named_action(
        tuple(each.what for each in tasks), tuple(each.day is not None for each in tasks), said
    )
    if at is None:
        raise Unclear
    return await _move(desk, row, tasks[at], target, correction)


async def _correct_task(desk: Desk, row: Draft, target: Target, correction: Correction) -> Corrected:
    task = await desk.unit.tasks.get(target.id)
    if task is None:
        raise Unclear
    return await _move(desk, row, task, target, correction)


async def _move(desk: Desk, row: Draft, task: Task, target: Target, correction: Correction) -> Corrected:
    day, hour = editing.moment_of(correction.value)
    before = When(task.day, task.hour) if task.day is not None else None
    batch = batch_of(row, task.customer_id)
    await change(desk, task, "day", day, batch)
    if hour is not None:
        await change(desk, task, "hour", hour, batch)
    await respeak(desk, task, batch)
    return Corrected(target, Edit(CorrectionField.DUE, task.what, before, When(day, task.hour)))


async def _visit_contact(
    desk: Desk, row: Draft, visit: Visit, target: Target, correction: Correction
) -> Corrected:
    met = await desk.unit.visits.met(visit.id)
    old = next(((m, c) for m, c in met if c.name == correction.old), met[0] if len(met) == 1 else None)
    if old is None and met:
        raise Unclear
    batch = batch_of(row, visit.customer_id)
    name = str(correction.value)
    contact = await _contact_named(desk, visit, name, batch)
    if old is not None:
        await change(desk, old[0], "removed_at", desk.now, batch)
    await make(desk, Meeting(visit_id=visit.id, contact_id=contact.id), batch)
    return Corrected(target, Edit(correction.field, "", old[1].name if old else None, name))


async def _contact_named(desk: Desk, visit: Visit, name: str, batch: Batch) -> Contact:
    people = (await desk.unit.customers.contacts([visit.customer_id])).get(visit.customer_id, [])
    found = next((each for each in people if each.name == name), None)
    if found is None:
        found = Contact(customer_id=visit.customer_id, name=name, created_at=desk.now)
        await make(desk, found, batch)
    return found


async def _visit_phone(
    desk: Desk, row: Draft, visit: Visit, target: Target, correction: Correction
) -> Corrected:
    met = await desk.unit.visits.met(visit.id)
    if len(met) != 1:
        raise Unclear
    contact, number = met[0][1], str(correction.value)
    edited = Edit(correction.field, contact.name, contact.phone, number)
    batch = batch_of(row, visit.customer_id)
    if contact.phone is None or "phone" not in desk.policy.approvals.key_fields:
        await change(desk, contact, "phone", number, batch)
        return Corrected(target, edited)
    customer = await desk.unit.customers.one(visit.customer_id)
    asked = await approvals.do_ask(desk, contact, "phone", number, customer, batch, number)
    return Corrected(target, edited, asked)


def batch_of(row: Draft, customer_id: int | None = None) -> Batch:
    return Batch(f"correction:{row.id}", row.note_id, customer_id)


def _amount_of(money: Money) -> Amount:
    return Amount(AmountKind(money.kind), money.value, money.maximum, money.approximate)


def _is_past(visit: Visit, correction: Correction) -> bool:
    return editing.moment_of(correction.value)[0] <= visit.filed_at.date()
