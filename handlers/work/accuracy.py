"""How well notes are read, counted from what reps changed on cards: no opinion, and nobody's name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from handlers.understanding.note import CorrectionField, Field
from handlers.work.content import Content, of_row
from handlers.work.context import Desk
from handlers.work.correcting import waiting_of

FIELDS = (
    *(CorrectionField.CUSTOMER, CorrectionField.WHEN, CorrectionField.AMOUNT),
    *(CorrectionField.CONTACT, CorrectionField.PHONE, CorrectionField.DUE),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """`read` and `changed`: in how many records a field stood on the card, and was changed."""

    saved: int
    untouched: int
    read: Counter[str]
    changed: Counter[str]


async def tally(desk: Desk, since: datetime, until: datetime) -> Tally:
    """Counts the records of notes that were saved in the half-open time."""
    saved = await desk.unit.drafts.saved_between(since, until)
    later = await _corrected_later(desk, since)
    read: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    untouched = 0
    for draft in saved:
        content = of_row(draft.content)
        touched = {*content.corrected, *later.get(draft.id, ())}.intersection(FIELDS)
        changed.update(touched)
        read.update({*touched, *_read(content, draft.kind)})
        untouched += not touched
    return Tally(len(saved), untouched, read, changed)


async def _corrected_later(desk: Desk, since: datetime) -> dict[int, set[str]]:
    """Fields that were put right after saving, by the draft that was saved."""
    found: dict[int, set[str]] = {}
    for row in await desk.unit.drafts.corrections_since(since):
        done = waiting_of(row).done
        visit = await desk.unit.visits.get(done.target.id) if done and done.target.kind == "visit" else None
        if done is not None and visit is not None:
            found.setdefault(visit.draft_id, set()).add(done.edit.field)
    return found


def _read(content: Content, kind: str) -> Iterable[str]:
    """The fields that stood on the card."""
    visit = content.visit
    there = {
        CorrectionField.CUSTOMER: True,
        CorrectionField.WHEN: kind == "visit",
        CorrectionField.AMOUNT: bool(visit.amounts),
        CorrectionField.CONTACT: bool(content.contacts),
        CorrectionField.PHONE: any(each.field is Field.PHONE for each in visit.facts),
        CorrectionField.DUE: bool(content.plans) or any(each.due is not None for each in visit.next_actions),
    }
    return [field for field, is_there in there.items() if is_there]
