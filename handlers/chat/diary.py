"""Plans and reminders that were said: filed at once, with an undo instead of a question."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from cards import diary as diary_cards
from cards import states
from cards.actions import ConfirmDay, UndoPlan
from cards.parts import Key
from handlers.chat import present
from handlers.kernel.reply import Post, Replace, Reply
from handlers.work import drafting, tasks
from handlers.work.changing import MADE, subject
from handlers.work.changing import undo as take_back
from handlers.work.context import Desk
from handlers.work.tasks import diary_batch
from storage.models.tasks import Task
from storage.models.visits import Draft


def diary_thread(note_id: int) -> str:
    return f"diary:{note_id}"


async def card(desk: Desk, note_id: int, noted: Sequence[Task]) -> Post:
    view = await _view(desk, note_id, noted)
    return Post(desk.my_id, diary_cards.noted(view, desk.today), diary_thread(note_id))


async def ask_day(desk: Desk, draft: Draft) -> Post:
    """4月12日已经过了，是 5月12日吗."""
    said = drafting.past_plan(draft).when.day
    card = diary_cards.past_day(
        Key(draft.id, draft.revision, desk.my_id), said, _meant(said, desk.today), desk.today
    )
    return Post(desk.my_id, card, f"plan:{draft.id}")


async def confirm_day(action: ConfirmDay, desk: Desk) -> Reply:
    """The day that was meant: filed with it, once."""
    draft = await desk.unit.drafts.get(action.what)
    if draft is None or draft.person_id != desk.my_id or draft.kind != "plan":
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if draft.state == "open":
        plan = drafting.past_plan(draft)
        meant = replace(plan, when=replace(plan.when, day=date.fromisoformat(action.day)))
        kept = await desk.unit.notes.one(draft.note_id)
        await tasks.do_diary(desk, kept, drafting.Diary((meant,), ()))
        await drafting.close(desk, draft, "saved")
    noted = [each for each in await desk.unit.tasks.of_note(draft.note_id) if each.visit_id is None]
    view = await _view(desk, draft.note_id, noted)
    return [Replace(desk.my_id, diary_cards.noted(view, desk.today), f"plan:{draft.id}")]


def _meant(said: date, today: date) -> date:
    """The same day of the next month that is still to come."""
    year, month = (
        (today.year, today.month) if said.day > today.day else divmod(today.year * 12 + today.month, 12)
    )
    if said.day <= today.day:
        month += 1
    return date(year, month, min(said.day, monthrange(year, month)[1]))


async def undo(action: UndoPlan, desk: Desk) -> Reply:
    """撤销 of what a note put into the diary; a second tap shows the same."""
    note = await desk.unit.notes.get(action.what)
    if note is None:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if note.person_id != desk.my_id:
        owner = await desk.unit.people.one(note.person_id)
        card = states.not_yours("记下的一件事", owner.name)
        return [Post(desk.my_id, card, f"foreign-diary:{action.what}:{desk.my_id}")]
    batch = diary_batch(action.what).name
    made = [each for each in await desk.unit.changes.of_batch(batch) if each.field == MADE]
    if not made:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    # Read by what was made, so that a second tap, when it is gone, shows the same.
    view = await _view(desk, action.what, [await subject(desk, each) for each in made])
    await take_back(desk, batch)
    return [Replace(desk.my_id, diary_cards.noted_undone(view, desk.today), diary_thread(action.what))]


async def _view(desk: Desk, note_id: int, noted: Sequence[Task]) -> diary_cards.Noted:
    entries = [await present.entry(desk, each) for each in noted]
    return diary_cards.Noted(Key(note_id, 0, desk.my_id), tuple(entries))
