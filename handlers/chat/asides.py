"""Everything that is no note: help, voice without words, pictures, unknown taps, mutes, memos."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from cards import help as cards
from cards import states
from cards.actions import (
    AskAdmin,
    DetachFile,
    Dismiss,
    HintEdit,
    HintSearch,
    Later,
    MuteKind,
    MuteToday,
    ReportFault,
    Retranscribe,
    Retry,
    SaveMemo,
    ShowExample,
    ShowMutes,
    StartPractice,
    UndoChange,
    UndoPlan,
    UndoVisit,
    WhyThis,
)
from cards.parts import Key
from handlers.chat import (
    archive,
    businesscards,
    corrections,
    diary,
    drafts,
    inviting,
    present,
    replies,
    visits,
)
from handlers.chat.businesscards import Seen
from handlers.chat.commands import command_of
from handlers.chat.replies import no_key, person_key
from handlers.chat.spoken import place_of
from handlers.kernel.reply import Post, Replace, Reply, Shown, Urgency
from handlers.kernel.senses import Unheard
from handlers.kernel.update import Clicked, Joined, Said, Sent, Spoke
from handlers.kernel.update import load as load_update
from handlers.policies.permissions import See, may_see
from handlers.understanding.note import Known
from handlers.work import asides
from handlers.work.context import Desk
from handlers.work.roster import is_roster
from storage.models.customers import Customer
from storage.models.engine import InboxUpdate

MUTED_FOR = timedelta(days=30)
"""这类少提醒 holds for a month, then it is asked anew by speaking once."""


async def welcome(joined: Joined, desk: Desk) -> Reply:
    """The first sight of the bot, once for a person: some platforms say it at every opening."""
    if await desk.unit.outbox.held(f"welcome:{desk.my_id}", desk.my_id) is not None:
        return []
    card = cards.first_contact(person_key(desk), desk.me.name)
    return [Post(desk.my_id, card, f"welcome:{desk.my_id}", f"welcome:{desk.my_id}")]


async def help_(desk: Desk) -> Reply:
    """帮助, with examples of the reader's own customers."""
    mine = await asides.own_examples(desk)
    view = cards.Help(
        key=person_key(desk),
        customers=tuple(present.called(each) for each in mine.customers),
        contact=mine.contact,
        colleague=mine.colleague,
        manager=desk.me.role == "manager",
    )
    return [Post(desk.my_id, cards.help_card(view), f"help:{desk.update_id}")]


async def practice(action: StartPractice, desk: Desk) -> Reply:
    return [Post(desk.my_id, cards.practice(person_key(desk)), f"practice:{desk.update_id}")]


async def example(action: ShowExample, desk: Desk) -> Reply:
    return [
        Post(
            desk.my_id,
            cards.example(person_key(desk), present.example(desk), desk.today),
            f"example:{desk.update_id}",
        )
    ]


async def later(action: Later, desk: Desk) -> Reply:
    return [Replace(desk.my_id, cards.later(person_key(desk)), f"welcome:{desk.my_id}")]


async def voice(spoke: Spoke, unheard: Unheard, desk: Desk) -> Reply:
    """A voice note without words: kept, told so, and how to go on."""
    kept = await asides.keep_voice(desk, spoke)
    key, thread = Key(kept.id, spoke.tries, desk.my_id), replies.note_thread(kept.id)
    card = cards.voice_unheard(key, unheard.why)
    return [(Replace if spoke.note else Post)(desk.my_id, card, thread)]


async def listen_again(click: Clicked, action: Retranscribe, desk: Desk) -> Reply:
    """再听一次: the recording comes in once more; what was heard meanwhile is shown instead."""
    note = await desk.unit.notes.get(action.what)
    if note is None or note.person_id != desk.my_id or not note.file:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if note.text:
        rows = await desk.unit.drafts.of_note(note.id)
        again = [await replies.again(desk, each) for each in rows if each.kind in ("visit", "facts")]
        return again or [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    await asides.do_listen_again(desk, note, action.rev, click.sender)
    return [Replace(desk.my_id, states.in_progress(cards.LISTENING_AGAIN), replies.note_thread(note.id))]


async def sent(sent: Sent, seen: Seen, known: Known, desk: Desk) -> Reply:
    """A business card is a proposal; any other picture or file hangs on the visit just filed.

    A place is a greeting; the rest has its way on.
    """
    if seen.card is not None:
        return await businesscards.propose(sent, seen.card, known, desk)
    if sent.kind == "location":
        return await _arrival(sent, desk)
    if sent.kind == "file" and is_roster(sent.name):
        return await inviting.sent(sent, desk)
    if sent.kind not in ("image", "file"):
        return [Post(desk.my_id, cards.unknown_kind(no_key(desk)), f"sent:{desk.update_id}")]
    stored, hung = await asides.keep_file(desk, sent)
    key = Key(stored.id, 0, desk.my_id)
    if hung is None:
        return [Post(desk.my_id, cards.file_waits(no_key(desk), sent.kind), f"sent:{desk.update_id}")]
    customer = await desk.unit.customers.one(hung.customer_id)
    card = cards.file_received(key, sent.kind, customer.name, hung.day, desk.today)
    return [Post(desk.my_id, card, file_thread(stored.id))]


async def hang(said: Said, known: Known, desk: Desk) -> Reply:
    """挂到鼎盛, 图是鼎盛的: the newest picture or file that hangs on nothing yet."""
    command = command_of(said.text, known)

    async def do(desk: Desk, customer: Customer) -> Sequence[Shown]:
        if not may_see(desk.asker, See.VISITS, customer.owner_id, desk.policy):
            return [await visits.not_yours(desk, customer)]
        stored = await asides.hang_newest(desk, customer)
        if stored is None:
            return [Post(desk.my_id, cards.no_file_waits(no_key(desk)), f"sent:{desk.update_id}")]
        key = Key(stored.id, 0, desk.my_id)
        card = cards.file_hung(key, stored.kind, customer.name)
        return [Post(desk.my_id, card, file_thread(stored.id))]

    return await archive.about(desk, command.who if command else said.text, do)


def file_thread(file_id: int) -> str:
    return f"file:{file_id}"


async def detach(action: DetachFile, desk: Desk) -> Reply:
    """不是这次: the picture stays, but hangs on nothing."""
    stored = await desk.unit.notes.file(action.what)
    if stored is None or stored.person_id != desk.my_id:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    stored.visit_id = stored.customer_id = None
    await desk.unit.add(stored)
    card = cards.file_detached(Key(action.what, 0, desk.my_id))
    return [Replace(desk.my_id, card, file_thread(action.what))]


async def _arrival(sent: Sent, desk: Desk) -> Reply:
    """A place that names a known customer shows its file; another one opens the ear."""
    customer = await asides.customer_at(desk, f"{sent.name}{sent.text}")
    if customer is None:
        return [Post(desk.my_id, cards.listening(person_key(desk)), f"sent:{desk.update_id}")]
    return [await archive.brief(desk, customer)]


async def undo_said(desk: Desk) -> Reply:
    """撤销, said: the newest thing that was filed or changed within the time for it."""
    newest = await asides.newest_deed(desk)
    match newest:
        case ("correction", what):
            return await corrections.undo(UndoChange(what, 0, desk.my_id), desk)
        case ("visit", what):
            return await visits.undo(UndoVisit(what, 0, desk.my_id), desk)
        case ("diary", what):
            return await diary.undo(UndoPlan(what, 0, desk.my_id), desk)
    return [Post(desk.my_id, cards.nothing_to_undo(person_key(desk)), f"said:{desk.update_id}")]


async def arrived(said: Said, known: Known, desk: Desk) -> Reply:
    """到了华东, said: the customer's file, before going in."""
    customer = await desk.unit.customers.get(int(place_of(said.text, known)))
    if customer is None:
        return [Post(desk.my_id, cards.listening(person_key(desk)), f"sent:{desk.update_id}")]
    return [await archive.brief(desk, customer)]


async def unknown_tap(click: Clicked, desk: Desk) -> Reply:
    """A button that this version can't read: an old card, or not ours."""
    return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]


async def hint(action: HintEdit, desk: Desk) -> Reply:
    """改一改, 改时间, 补一句: how to say it, wherever the button stands."""
    if action.of in ("draft", "facts"):
        return await drafts.hint(action, desk)
    return [Post(desk.my_id, cards.hint(person_key(desk), action.of), f"hint:{desk.update_id}")]


async def memo(action: SaveMemo, desk: Desk) -> Reply:
    """当备忘记下."""
    note = await desk.unit.notes.get(action.what)
    if note is None or note.person_id != desk.my_id:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    note.kind = "memo"
    await desk.unit.add(note)
    return [
        Replace(
            desk.my_id, cards.memo_saved(Key(action.what, 0, desk.my_id)), replies.note_thread(action.what)
        )
    ]


async def dismiss(action: Dismiss, desk: Desk) -> Reply:
    """知道了, 不用; 都不改 is about a correction, which has revisions where a note has none."""
    card = cards.dismissed(Key(action.what, 0, desk.my_id))
    if action.rev:
        return await corrections.let_be(desk, action.what, card)
    return [Replace(desk.my_id, card, replies.note_thread(action.what))]


async def retry(action: Retry, desk: Desk) -> Reply:
    """再试一次: the parked update goes through the same door once more."""
    key = Key(action.what, 0, desk.my_id)
    if not await _is_mine(desk, action.what):
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    await desk.unit.inbox.replay(action.what)
    return [Replace(desk.my_id, states.in_progress(cards.RETRYING), f"fault:{key.what}")]


async def mutes(action: ShowMutes, desk: Desk) -> Reply:
    """少提醒我."""
    kinds = await desk.unit.people.mutes(desk.my_id, desk.now)
    return [Post(desk.my_id, cards.mutes(no_key(desk), tuple(kinds)), f"mute:{desk.update_id}")]


async def ask_admin(action: AskAdmin, desk: Desk) -> Reply:
    """找管理员."""
    admin = await asides.an_admin(desk)
    told = Post(
        desk.my_id,
        cards.admin_called(person_key(desk), admin.name if admin else ""),
        f"said:{desk.update_id}",
    )
    if admin is None or admin.id == desk.my_id:
        return [told]
    card = cards.call_for_admin(Key(admin.id, 0, admin.id), desk.me.name)
    return [told, Post(admin.id, card, f"call:{desk.update_id}", urgency=Urgency.OTHER)]


async def search_hint(action: HintSearch, desk: Desk) -> Reply:
    """找一句: how to ask."""
    return [Post(desk.my_id, cards.hint(person_key(desk), "search"), f"hint:{desk.update_id}")]


async def report(action: ReportFault, desk: Desk) -> Reply:
    """转管理员."""
    if not await _is_mine(desk, action.what):
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    admin = await asides.an_admin(desk)
    told = Replace(
        desk.my_id,
        cards.fault_reported(Key(action.what, 0, desk.my_id), admin.name if admin else ""),
        f"fault:{action.what}",
    )
    if admin is None:
        return [told]
    card = cards.fault_for_admin(Key(action.what, 0, admin.id), desk.me.name)
    key = f"fault-report:{action.what}"
    return [told, Post(admin.id, card, key, key, Urgency.OTHER)]


async def mute_today(action: MuteToday, desk: Desk) -> Reply:
    end = datetime.combine(desk.today + timedelta(days=1), time(), desk.now.tzinfo)
    await desk.unit.people.mute(desk.my_id, "", end)
    return [Post(desk.my_id, cards.muted_today(person_key(desk)), f"mute:{desk.update_id}")]


async def mute_kind(action: MuteKind, desk: Desk) -> Reply:
    await desk.unit.people.mute(desk.my_id, action.kind, desk.now + MUTED_FOR)
    return [Post(desk.my_id, cards.muted_kind(person_key(desk), action.kind), f"mute:{desk.update_id}")]


async def why(action: WhyThis, desk: Desk) -> Reply:
    return [
        Post(
            desk.my_id,
            cards.why_this(no_key(desk), action.kind, desk.policy.speaking.cards_a_day),
            f"why:{desk.update_id}",
        )
    ]


async def _is_mine(desk: Desk, row_id: int) -> bool:
    """Whether the parked update came from the person who taps."""
    row = await desk.unit.session.get(InboxUpdate, row_id)
    if row is None:
        return False
    sender = getattr(load_update(row.kind, row.payload), "sender", None)
    person = await desk.unit.people.at(sender.platform, sender.address) if sender is not None else None
    return person is not None and person.id == desk.my_id
