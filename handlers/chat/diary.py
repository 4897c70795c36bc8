"""Plans and reminders that were said: filed at once, with an undo instead of a question."""

from collections.abc import Sequence

from cards import visit as recording
from cards.actions import UndoPlan
from cards.parts import Key
from handlers.chat import present
from handlers.kernel.reply import Post, Replace, Reply
from handlers.work.changing import undo as take_back
from handlers.work.context import Desk
from handlers.work.tasks import diary_batch
from storage.models.tasks import Task


def diary_thread(note_id: int) -> str:
    return f"diary:{note_id}"


async def card(desk: Desk, note_id: int, noted: Sequence[Task]) -> Post:
    view = await _view(desk, note_id, noted)
    return Post(desk.my_id, recording.noted(view, desk.today), diary_thread(note_id))


async def undo(action: UndoPlan, desk: Desk) -> Reply:
    """撤销 of what a note put into the diary; a second tap shows the same."""
    note = await desk.unit.notes.get(action.what)
    if note is None or note.person_id != desk.my_id:
        return []
    before = [each for each in await desk.unit.tasks.of_note(action.what) if each.visit_id is None]
    view = await _view(desk, action.what, before)
    await take_back(desk, diary_batch(action.what).name)
    return [Replace(desk.my_id, recording.noted_undone(view, desk.today), diary_thread(action.what))]


async def _view(desk: Desk, note_id: int, noted: Sequence[Task]) -> recording.Noted:
    entries = [await present.entry(desk, each) for each in noted]
    return recording.Noted(Key(note_id, 0, desk.my_id), tuple(entries))
