"""A message that was read: drafts for what happened, the diary for what is to come."""

from collections.abc import Sequence
from dataclasses import replace

from cards import help as asides
from cards import visit as recording
from cards.parts import Key
from handlers.chat import approvals, diary, keeping, present, replies
from handlers.chat.replies import note_thread
from handlers.chat.spoken import LONGEST
from handlers.kernel.reply import Post, Reply
from handlers.kernel.update import Said
from handlers.policies.permissions import Do, may_do
from handlers.understanding.note import Note
from handlers.work import drafting, tasks
from handlers.work.content import of_row
from handlers.work.context import Desk
from storage.models.visits import Draft, SaidNote

LIST_FROM = 4
"""From so many customers in one note on, a list comes first (card book V2)."""


async def draft(said: Said, note: Note, desk: Desk) -> Reply:
    """Drafts a card for each customer; plans and reminders beside them go to the diary."""
    if (note.visits or note.updates) and not may_do(desk.asker, Do.FILE, desk.my_id, desk.policy):
        card = asides.not_your_job(replies.no_key(desk))
        return [Post(desk.my_id, card, f"said:{desk.update_id}")]
    kept = await drafting.keep_note(desk, said)
    rows, beside = await drafting.do_draft(desk, kept, note)
    past = [each for each in beside.plans if each.when.day < desk.today]
    coming = replace(beside, plans=tuple(each for each in beside.plans if each not in past))
    noted = await tasks.do_diary(desk, kept, coming)
    if not rows and not noted and not past:
        return [not_understood(desk, kept)]
    shown = list(await show_all(desk, kept.id, rows))
    shown += [await diary.card(desk, kept.id, noted)] if noted else []
    return [*shown, *[await diary.ask_day(desk, await drafting.keep_past(desk, kept, each)) for each in past]]


async def chat(said: Said, desk: Desk) -> Reply:
    """None of what we do: a reason that was asked for, a word for small talk, the way on for the rest."""
    if answer := await approvals.reason_said(desk, said.text):
        return answer
    if answer := await keeping.reason_said(desk, said.text):
        return answer
    if len(said.text) <= asides.SMALL_TALK:
        return [Post(desk.my_id, asides.small_talk(replies.person_key(desk)), f"chat:{desk.update_id}")]
    kept = await drafting.keep_note(desk, said, kind="kept")
    return [not_understood(desk, kept)]


async def blank(said: Said, desk: Desk) -> Reply:
    """Nothing in it that could be read: empty, only signs, a voice note without words."""
    key = replies.no_key(desk)
    if said.spoken and said.file:
        kept = await drafting.keep_note(desk, replace(said, text=""), kind="kept")
        unheard = asides.voice_unheard(Key(kept.id, 0, desk.my_id), "unclear")
        return [Post(desk.my_id, unheard, note_thread(kept.id))]
    card = asides.voice_unheard(key, "unclear") if said.spoken else asides.empty_text(key)
    return [Post(desk.my_id, card, f"blank:{desk.update_id}")]


async def long(said: Said, desk: Desk) -> Reply:
    """Kept whole; how to go on is said at once, and nothing is lost."""
    kept = await drafting.keep_note(desk, said, kind="kept")
    key = Key(kept.id, 0, desk.my_id)
    return [Post(desk.my_id, asides.text_too_long(key, LONGEST), note_thread(kept.id))]


async def show_all(desk: Desk, note_id: int, rows: Sequence[Draft]) -> Sequence[Post]:
    """One card each, or a list first where there are many."""
    if len(rows) < LIST_FROM:
        return [await replies.post(desk, each) for each in rows]
    view = await several_view(desk, note_id, rows)
    return [Post(desk.my_id, recording.several(view), note_thread(note_id))]


async def several_view(desk: Desk, note_id: int, rows: Sequence[Draft]) -> recording.Several:
    shown = []
    for row in rows:
        content = of_row(row.content)
        known = await desk.unit.customers.get(content.customer_id) if content.customer_id else None
        facts = await present.facts_heard(desk, content, known)
        clear = not content.candidates and not (content.lookalikes and not content.settled)
        shown.append(recording.SeveralRow(known.name if known else content.name, facts, clear))
    return recording.Several(Key(note_id, 0, desk.my_id), desk.today, tuple(shown))


def not_understood(desk: Desk, kept: SaidNote) -> Post:
    card = asides.not_understood(Key(kept.id, 0, desk.my_id))
    return Post(desk.my_id, card, note_thread(kept.id))
