"""Correct by talking, in any later message: only the field that was named changes."""

from collections.abc import Sequence
from dataclasses import replace

from cards import filed as filed_cards
from cards import states
from cards.actions import ChooseAmount, ChooseRecord, UndoChange
from cards.model import Card
from cards.parts import Heard, Key, Money
from handlers.chat import notes, present, replies
from handlers.chat.approvals import asked, follow
from handlers.chat.replies import draft_thread
from handlers.kernel.reply import Post, Replace, Reply, Shown
from handlers.kernel.update import Said
from handlers.understanding.note import AmountKind, Note
from handlers.work import correcting, drafting
from handlers.work.content import of_row
from handlers.work.context import Desk
from handlers.work.correcting import Corrected, Target
from handlers.work.editing import Unclear
from storage.models.visits import Draft

RECORDS = 3
"""So many records at most are asked about (card V6)."""


def correction_thread(row: Draft) -> str:
    return f"correction:{row.id}"


async def correct(said: Said, note: Note, desk: Desk) -> Reply:
    """预算改成50万, 时间是周四: the record just before, or the one named."""
    kept = await drafting.keep_note(desk, said)
    correction = note.correction
    targets = await correcting.find_targets(desk, correction, said.text) if correction is not None else ()
    if correction is None or not targets:
        return [notes.not_understood(desk, kept)]
    row = await correcting.keep(desk, kept, correction, targets)
    if len(targets) > 1:
        return [await _which_record(desk, row, targets)]
    return await _apply(desk, row, targets[0])


async def choose_record(action: ChooseRecord, desk: Desk) -> Reply:
    """Which record was meant; `visit` is its place in the list."""
    row, refusal = await _waiting(desk, action.what)
    if row is None:
        return refusal
    targets = correcting.waiting_of(row).targets
    if not 0 <= action.visit < len(targets):
        return [_gone(desk)]
    return await _apply(desk, row, targets[action.visit])


async def choose_amount(action: ChooseAmount, desk: Desk) -> Reply:
    """哪个数: which of two kinds of money."""
    row, refusal = await _waiting(desk, action.what)
    if row is None:
        return refusal
    target = correcting.waiting_of(row).targets[0]
    return await _apply(desk, row, target, AmountKind(action.kind))


async def let_be(desk: Desk, row_id: int, card: Card) -> Sequence[Shown]:
    """都不改: the question is closed, so that a late answer to it changes nothing."""
    row, refusal = await _waiting(desk, row_id)
    if row is None:
        return refusal
    await drafting.close(desk, row, "expired")
    return [Replace(desk.my_id, card, correction_thread(row))]


async def undo(action: UndoChange, desk: Desk) -> Reply:
    """撤销这次, for ten minutes."""
    row = await desk.unit.drafts.get(action.what)
    if row is None or row.person_id != desk.my_id or row.kind != "correction":
        return [_gone(desk)]
    done = correcting.done_of(row)
    if done is None:
        return [_gone(desk)]
    view = _view(desk, row, done)
    if row.state == "saved" and not correcting.may_undo(desk, row):
        return [
            Replace(
                desk.my_id,
                filed_cards.correction_stays(view, desk.policy.drafts.undo_minutes),
                correction_thread(row),
            )
        ]
    shown: list[Shown] = []
    if row.state == "saved":
        await correcting.do_undo(desk, row)
        shown = [*await _refreshed(desk, done.target)]
        shown += await follow(desk, correcting.batch_of(row).name)
    return [
        *shown,
        Replace(desk.my_id, filed_cards.correction_undone(view, desk.today), correction_thread(row)),
    ]


async def _apply(desk: Desk, row: Draft, target: Target, kind: AmountKind | None = None) -> Sequence[Shown]:
    try:
        corrected = await correcting.do_correct(desk, row, target, kind)
    except Unclear as unclear:
        return [await _which_amount(desk, row, target, unclear)]
    view = await _with_approver(desk, _view(desk, row, corrected), corrected)
    card = filed_cards.corrected(view, desk.today)
    shown: list[Shown] = [
        *await _refreshed(desk, target),
        Replace(desk.my_id, card, correction_thread(row)),
    ]
    if corrected.approval is not None:
        shown += await asked(desk, corrected.approval)
    return shown


async def _refreshed(desk: Desk, target: Target) -> Sequence[Shown]:
    """The corrected draft's own card, in place."""
    draft = await desk.unit.drafts.get(target.id) if target.kind == "draft" else None
    if draft is None or draft.state not in ("open", "kept"):
        return []
    held = await desk.unit.outbox.held(draft_thread(target.id), desk.my_id)
    return [await replies.show(desk, draft)] if held is not None else []


def _view(desk: Desk, row: Draft, corrected: Corrected) -> filed_cards.Corrected:
    target = corrected.target
    waiting = correcting.waiting_of(row)
    said = waiting.said
    return filed_cards.Corrected(
        key=Key(row.id, row.revision, desk.my_id),
        customer=target.name,
        visit=target.id if target.kind == "visit" else 0,
        draft=_draft_key(desk, target, waiting.revision),
        altered=(present.altered(corrected.edit),),
        heard=Heard(said, (), tuple((each.start, each.end) for each in waiting.correction.spans)),
    )


def _draft_key(desk: Desk, target: Target, revision: int) -> Key | None:
    return Key(target.id, revision, desk.my_id) if target.kind == "draft" else None


async def _with_approver(
    desk: Desk, view: filed_cards.Corrected, corrected: Corrected
) -> filed_cards.Corrected:
    if corrected.approval is None:
        return view
    approver = await desk.unit.people.one(corrected.approval.approver_id)
    return replace(view, waits_for=approver.name)


async def _which_record(desk: Desk, row: Draft, targets: Sequence[Target]) -> Post:
    choices = [
        filed_cards.RecordChoice(
            at, each.name, present.called(each.name), desk.local(each.at).date(), each.method
        )
        for at, each in enumerate(targets[:RECORDS])
    ]
    key = Key(row.id, row.revision, desk.my_id)
    return Post(desk.my_id, filed_cards.which_record(key, tuple(choices), desk.today), correction_thread(row))


async def _which_amount(desk: Desk, row: Draft, target: Target, unclear: Unclear) -> Shown:
    if not unclear.kinds:
        return _gone(desk)
    amounts = [each for each in await _amounts(desk, target) if each.kind in unclear.kinds]
    await correcting.narrow(desk, row, target)
    key = Key(row.id, row.revision, desk.my_id)
    card = filed_cards.which_amount(key, target.name, tuple(amounts))
    return Replace(desk.my_id, card, correction_thread(row))


async def _amounts(desk: Desk, target: Target) -> list[Money]:
    if target.kind == "visit":
        rows = await desk.unit.customers.money_of_visit(target.id)
        return [Money(each.kind, each.value, each.maximum, each.approximate) for each in rows]
    draft = await desk.unit.drafts.get(target.id)
    found = of_row(draft.content).visit.amounts if draft is not None else ()
    return [Money(each.kind.value, each.value, each.maximum, each.approximate) for each in found]


async def _waiting(desk: Desk, row_id: int) -> tuple[Draft | None, Sequence[Shown]]:
    row = await desk.unit.drafts.get(row_id)
    if row is None or row.person_id != desk.my_id or row.kind != "correction":
        return None, [_gone(desk)]
    if row.state == "open":
        return row, ()
    done = correcting.done_of(row)
    if done is None:
        return None, [_gone(desk)]
    return None, [
        Replace(desk.my_id, filed_cards.corrected(_view(desk, row, done), desk.today), correction_thread(row))
    ]


def _gone(desk: Desk) -> Post:
    return Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")
