"""请老客户加工作微信: the list, today's few, and one invitation at a time (cards M1 and M2)."""

from collections.abc import Callable, Sequence

from cards import migration as cards
from cards import states
from cards.actions import (
    ListArchive,
    MarkInvited,
    MarkRefused,
    Redraft,
    SendInviteText,
    ShowInvite,
    ShowMigration,
    SkipToday,
    SwapInvites,
    UndoInvite,
)
from cards.model import Card
from cards.parts import Key
from cards.texts import calls
from handlers.chat.replies import person_key
from handlers.chat.spoken import roster_of
from handlers.kernel.contacts import WayOrder
from handlers.kernel.reply import Order, Post, Replace, Reply, Shown, Text, Urgency
from handlers.kernel.update import Clicked, Said, Sender, Sent, WayMade
from handlers.policies.permissions import Do, may_do
from handlers.work import drafting, migration, roster
from handlers.work.context import Desk
from handlers.work.tables import Unreadable
from handlers.work.unasked import Unasked
from storage.files import FileMissing
from storage.migration import Row
from storage.models.customers import Contact, Customer
from storage.models.migration import Invite

PAGE = "/m/migration"
FEW = 6
"""People who can be said in one breath; more were pasted."""
NAMED = 3
"""People nobody knows that are named on a card."""

Found = tuple[Invite, Contact, Customer]


def invite_thread(invite_id: int) -> str:
    return f"invite:{invite_id}"


def today_thread(desk: Desk, person_id: int) -> str:
    return f"migration:{person_id}:{desk.today.isoformat()}"


# -- the list -----------------------------------------------------------------------------------------


async def said(said: Said, desk: Desk) -> Reply:
    """微信里有鼎盛的张伟、天虹的吴莉, or a list that was pasted."""
    await drafting.keep_note(desk, said, kind="memo")
    entries = roster.read_words(roster_of(said.text) or "")
    return await _listed(desk, entries, "said" if len(entries) < FEW else "paste")


async def sent(sent: Sent, desk: Desk) -> Reply:
    """A list as a file, from the chat or from the page."""
    try:
        content = await desk.unit.files.load(sent.file)
        entries = roster.read_file(sent.name, content)
    except FileMissing:
        return [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    except Unreadable as wrong:
        return [Text(desk.my_id, str(wrong))]
    return await _listed(desk, entries, "file")


async def pasted(sent: Sent, desk: Desk) -> Reply:
    """A list that was pasted on the page."""
    return await _listed(desk, roster.read_words(sent.text), "paste")


async def list_archive(action: ListArchive, desk: Desk) -> Reply:
    """档案里的都算."""
    return _told(desk, await migration.do_list_archive(desk))


async def _listed(desk: Desk, entries: Sequence[roster.Entry], source: str) -> Reply:
    if not entries:
        return [Post(desk.my_id, cards.empty_list(person_key(desk), PAGE), f"said:{desk.update_id}")]
    return _told(desk, await migration.do_list(desk, entries, source))


def _told(desk: Desk, took: migration.Took) -> Reply:
    view = cards.Listed(
        key=person_key(desk),
        found=took.found,
        before=took.before,
        several=took.several,
        unknown=len(took.unknown),
        names=took.unknown[:NAMED],
        page=PAGE,
    )
    return [Post(desk.my_id, cards.listed(view), f"listed:{desk.update_id}")]


# -- today's few --------------------------------------------------------------------------------------


async def show(action: ShowMigration, desk: Desk) -> Reply:
    """今天请谁."""
    return await today(desk)


async def today(desk: Desk) -> Reply:
    """迁移, said or tapped: today's few; for whoever leads and has no list of his own, the team's figures."""
    mine = await migration.figures(desk, desk.my_id)
    if not mine.begun and may_do(desk.asker, Do.APPROVE, desk.my_id, desk.policy):
        return [
            Post(desk.my_id, cards.team(person_key(desk), await boards(desk), PAGE), f"said:{desk.update_id}")
        ]
    if not mine.begun:
        return [Post(desk.my_id, cards.empty_list(person_key(desk), PAGE), f"said:{desk.update_id}")]
    rows = await migration.do_propose(desk, desk.my_id)
    return [Post(desk.my_id, await _today_card(desk, desk.my_id, rows), today_thread(desk, desk.my_id))]


async def propose(desk: Desk) -> Reply:
    """The clock: a few a working day, to whoever has a list."""
    shown: list[Shown] = []
    allowed = Unasked(desk)
    for person_id in await desk.unit.migration.with_lists():
        person = await desk.unit.people.get(person_id)
        if person is None or not person.active or not await allowed.may(person_id, cards.KIND):
            continue
        if await desk.unit.outbox.held(today_thread(desk, person_id), person_id) is not None:
            continue
        rows = await migration.do_propose(desk, person_id)
        if rows and await allowed.takes(person_id, cards.KIND):
            thread = today_thread(desk, person_id)
            shown.append(
                Post(person_id, await _today_card(desk, person_id, rows), thread, thread, Urgency.OTHER)
            )
    return shown


async def swap(action: SwapInvites, desk: Desk) -> Reply:
    """换几位."""
    rows = await migration.do_propose(desk, desk.my_id, swap=True)
    return [Replace(desk.my_id, await _today_card(desk, desk.my_id, rows), today_thread(desk, desk.my_id))]


async def skip(action: SkipToday, desk: Desk) -> Reply:
    """今天不请."""
    await migration.do_skip(desk)
    view = await _today(desk, desk.my_id, ())
    return [Replace(desk.my_id, cards.skipped(view), today_thread(desk, desk.my_id))]


async def _today_card(desk: Desk, person_id: int, rows: Sequence[Row]) -> Card:
    view = await _today(desk, person_id, rows)
    return cards.today(view, desk.today) if rows else cards.nobody_today(view)


async def _today(desk: Desk, person_id: int, rows: Sequence[Row]) -> cards.Today:
    figures = await migration.figures(desk, person_id)
    return cards.Today(
        key=Key(person_id, 0, person_id),
        rows=tuple([await _row(desk, row) for row in rows]),
        left=figures.left,
        came=figures.came,
        page=PAGE,
    )


async def _row(desk: Desk, row: Row) -> cards.Row:
    invite, contact, customer = row
    meeting = await migration.meeting_with(desk, contact, invite.person_id)
    tasks = [each for each in await desk.unit.tasks.open_for(customer.id) if each.kind == "promise"]
    waits = next((f"等{each.what}" if each.owner == "us" else each.what for each in tasks), "")
    return cards.Row(
        name=contact.name,
        customer=customer.name,
        last=migration.day_of(desk, customer.last_interaction_at),
        meeting=meeting.day if meeting else None,
        hour=meeting.hour if meeting else None,
        waits=waits,
    )


async def boards(desk: Desk) -> tuple[cards.Board, ...]:
    """The figures of everybody in the asker's team who has a list, by name."""
    found = []
    for person in await desk.unit.people.everybody():
        if person.id not in desk.asker.team:
            continue
        figures = await migration.figures(desk, person.id)
        if figures.begun:
            found.append(board(person.name, figures))
    return tuple(sorted(found, key=lambda each: each.person))


def board(name: str, figures: migration.Figures) -> cards.Board:
    return cards.Board(
        name, figures.left, figures.asked, figures.came, figures.refused, figures.unmatched, figures.unbound
    )


# -- one invitation -----------------------------------------------------------------------------------


async def show_invite(click: Clicked, action: ShowInvite, desk: Desk) -> Reply:
    """下一位, or one that was chosen on the page."""
    if action.what:
        return await _with(desk, action.what, click)
    rows = await migration.do_propose(desk, desk.my_id)
    if not rows:
        return [Post(desk.my_id, await _today_card(desk, desk.my_id, ()), f"said:{desk.update_id}")]
    return await _with(desk, rows[0][0].id, click)


async def _with(desk: Desk, invite_id: int, click: Clicked) -> Sequence[Shown]:
    """The invitation's card; its code is ordered first where it has none, or an old one."""
    found, refusal = await _mine(desk, invite_id)
    if found is None:
        return refusal
    return await _coded(desk, found, click.sender)


async def _coded(desk: Desk, found: Found, inviter: Sender) -> Sequence[Shown]:
    """To whoever invites, by his account."""
    invite = found[0]
    to = invite.person_id
    if migration.has_code(desk, invite):
        return [_card(desk, found, cards.invite, to)]
    state = await migration.do_ask_code(desk, invite)
    way = WayOrder(invite.id, inviter.address, state)
    return [
        _card(desk, found, cards.making, to),
        Order(inviter.platform, way, f"way:{invite.id}:{state}", to),
    ]


async def hand_on(desk: Desk, person_id: int, contacts: Sequence[Contact]) -> Sequence[Shown]:
    """A colleague is to ask them over himself, once each: one by his code, more by today's few."""
    fresh = [invite for each in contacts if (invite := await migration.do_list_one(desk, person_id, each))]
    if len(fresh) > 1:
        thread = today_thread(desk, person_id)
        rows = await migration.do_propose(desk, person_id)
        card = await _today_card(desk, person_id, rows)
        return [Post(person_id, card, thread, f"{thread}:{desk.update_id}", Urgency.APPROVAL)]
    account = await desk.unit.people.account(person_id, None)
    found = await _found(desk, fresh[0]) if fresh else None
    if account is None or found is None:
        return ()
    return await _coded(desk, found, Sender(account.platform, account.address))


async def way_made(made: WayMade, desk: Desk) -> Reply:
    """The platform made the code, or did not."""
    invite = await desk.unit.migration.invite(made.invite)
    if invite is None:
        return ()
    invite.picture, invite.link, invite.config = made.picture, made.link, made.config
    invite.revision += 1
    await desk.unit.add(invite)
    found = await _found(desk, invite)
    if found is None or invite.state not in ("listed", "asked"):
        return ()
    return [_card(desk, found, cards.no_code if made.fault else cards.invite, invite.person_id)]


async def send_text(action: SendInviteText, desk: Desk) -> Reply:
    """要文字和码: each as a message of its own, because that is what can be forwarded."""
    found, refusal = await _mine(desk, action.what)
    if found is None:
        return refusal
    view = _view(desk, found)
    if not migration.has_code(desk, found[0]):
        return [_card(desk, found, cards.no_code)]
    thread = f"code:{action.what}:{desk.update_id}"
    return [Text(desk.my_id, cards.invitation(view)), Post(desk.my_id, cards.code(view), thread)]


async def mark(action: MarkInvited, desk: Desk) -> Reply:
    """发了."""
    found, refusal = await _mine(desk, action.what, fresh=("listed", "asked"))
    if found is None:
        return refusal
    again = found[0].state == "asked"
    if not again:
        await migration.do_mark_asked(desk, found[0])
    at = desk.local(found[0].asked_at or desk.now)
    return [_card(desk, found, lambda view: cards.asked(view, at, again=again))]


async def redraft(action: Redraft, desk: Desk) -> Reply:
    """换一段."""
    found, refusal = await _mine(desk, action.what)
    if found is None:
        return refusal
    await migration.do_redraft(desk, found[0])
    return [_card(desk, found, cards.invite)]


async def refuse(action: MarkRefused, desk: Desk) -> Reply:
    """他说不用: final, but for a slip of the thumb."""
    found, refusal = await _mine(desk, action.what)
    if found is None:
        return refusal
    await migration.do_refuse(desk, found[0])
    return [_card(desk, found, lambda view: cards.refused(view, undoable=True))]


async def undo(action: UndoInvite, desk: Desk) -> Reply:
    """撤销, 点错了."""
    invite = await desk.unit.migration.invite(action.what)
    found = await _found(desk, invite) if invite is not None else None
    if invite is None or found is None or invite.person_id != desk.my_id:
        _, refusal = await _mine(desk, action.what)
        return refusal
    if migration.may_undo(desk, invite):
        await migration.do_undo(desk, invite)
    return [_as_it_is(desk, found)]


async def _mine(
    desk: Desk, invite_id: int, fresh: tuple[str, ...] = ("listed", "asked")
) -> tuple[Found | None, Sequence[Shown]]:
    """The invitation where it is the asker's and may still go out, else what became of it."""
    invite = await desk.unit.migration.invite(invite_id)
    found = await _found(desk, invite) if invite is not None else None
    if invite is None or found is None:
        return None, [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if invite.person_id != desk.my_id:
        owner = await desk.unit.people.one(invite.person_id)
        card = states.not_yours("一位客户的邀请", owner.name)
        return None, [Post(desk.my_id, card, f"foreign:{invite_id}:{desk.my_id}")]
    if found[2].owner_id != desk.my_id:
        owner = await desk.unit.people.one(found[2].owner_id)
        return None, [_card(desk, found, lambda view: cards.not_his(view, owner.name))]
    if invite.state not in fresh or not await migration.may_invite(desk, invite, found[1]):
        return None, [_as_it_is(desk, found)]
    return found, ()


async def _found(desk: Desk, invite: Invite) -> Found | None:
    contact = await desk.unit.customers.contact(invite.contact_id) if invite.contact_id else None
    customer = await desk.unit.customers.get(contact.customer_id) if contact is not None else None
    return (invite, contact, customer) if contact is not None and customer is not None else None


def _as_it_is(desk: Desk, found: Found) -> Replace:
    invite = found[0]
    if invite.state == "bound":
        return _card(desk, found, cards.came_already)
    if invite.state == "asked":
        at = desk.local(invite.asked_at or desk.now)
        return _card(desk, found, lambda view: cards.asked(view, at))
    if invite.state == "listed" and migration.has_code(desk, invite):
        return _card(desk, found, cards.invite)
    if invite.state == "listed":
        return _card(desk, found, cards.no_code)
    undoable = migration.may_undo(desk, invite)
    return _card(desk, found, lambda view: cards.refused(view, undoable=undoable))


def _card(desk: Desk, found: Found, build: Callable[[cards.Invite], Card], to: int | None = None) -> Replace:
    return Replace(to or desk.my_id, build(_view(desk, found)), invite_thread(found[0].id))


def _view(desk: Desk, found: Found) -> cards.Invite:
    invite, contact, customer = found
    return cards.Invite(
        key=Key(invite.id, invite.revision, invite.person_id),
        name=contact.name,
        calls=calls(contact.name, contact.title or ""),
        customer=customer.name,
        picture=invite.picture,
        link=invite.link,
        days=desk.policy.migration.code_days,
        draft=invite.draft,
        asked=desk.local(invite.asked_at) if invite.asked_at else None,
    )
