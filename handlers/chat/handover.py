"""交接: who asks, who accepts, who signs, and what became of each contact (cards H1 to H6)."""

from collections.abc import Sequence
from datetime import date, timedelta

from cards import handover as cards
from cards.actions import (
    AcceptHandover,
    ChooseSuccessor,
    DeclineHandover,
    DropHandover,
    NoteDecline,
    PickCustomers,
    PickSuccessor,
    PlayNotes,
    ReturnHandover,
    ShowHandover,
    SignHandover,
    StartHandover,
    TakeCustomers,
    TellMore,
)
from cards.parts import Key
from cards.texts import successor
from handlers.chat import handing, present
from handlers.chat.handing import handover_thread, signing_thread
from handlers.kernel.reply import Order, Post, Replace, Reply, Shown, Urgency
from handlers.kernel.update import Clicked, Said
from handlers.understanding import moments
from handlers.understanding.note import Handover as Wish
from handlers.understanding.note import Known, Note
from handlers.work import drafting, handover
from handlers.work.approvals import above
from handlers.work.context import Desk
from storage.models.customers import Customer
from storage.models.handovers import Handover
from storage.models.people import Person

AHEAD = timedelta(days=60)
"""A last day lies no further off."""


# -- how it starts ------------------------------------------------------------------------------------


async def said(said: Said, note: Note, known: Known, desk: Desk) -> Reply:
    """天虹交给陈浩, 我的客户都交给陈浩, 李娜月底走，客户都给陈浩: looked at, nothing moved."""
    kept = await drafting.keep_note(desk, said)
    wish = note.handover
    if wish is None:
        return [await _nothing(desk, "none")]
    taker = await _colleague(desk, wish.to)
    giver = await _giver(desk, said.text, wish)
    if not handover.may_ask(desk, giver):
        return [await _nothing(desk, "foreign")]
    customers, why = await _meant(desk, wish, giver)
    if not customers:
        return [await _nothing(desk, why)]
    made = await handover.do_ask(
        desk,
        await desk.unit.people.one(customers[0].owner_id),
        taker,
        customers,
        source="rep" if giver.id == desk.my_id else "manager",
        note_id=kept.id,
        reason=wish.reason or "",
        last_day=_last_day(said, wish),
    )
    if taker is None:
        card = cards.unknown_person(wish.to, Key(0, 0, desk.my_id))
        return [Post(desk.my_id, card, f"unknown:{desk.update_id}"), await _posted(desk, made)]
    return [await _posted(desk, made)]


async def departed(desk: Desk, leaver: Person) -> Reply:
    """Somebody left the company: his supervisor is asked who takes over."""
    boss = await above(desk, leaver)
    if boss is None:
        return ()
    customers = await desk.unit.handovers.owned_by(leaver.id)
    thread = f"left:{leaver.id}"
    if not customers:
        card = cards.left(leaver.name, 0, Key(leaver.id, 0, boss.id))
        return [Post(boss.id, card, thread, f"{thread}:{desk.update_id}", Urgency.APPROVAL)]
    made = await handover.do_ask(
        desk, leaver, None, customers, source="departure", last_day=desk.today, asker_id=boss.id
    )
    card = cards.request(await handing.request(desk, made, boss.id), desk.today)
    return [
        Post(
            boss.id,
            card,
            handover_thread(made.id),
            handover_thread(made.id),
            Urgency.APPROVAL,
        )
    ]


async def offer_one(desk: Desk, customer: Customer) -> Sequence[Shown]:
    """One customer, from a card about it; who takes it is still to be chosen."""
    giver = await desk.unit.people.one(customer.owner_id)
    made = await handover.do_ask(desk, giver, None, [customer], source="dormant")
    return [await _posted(desk, made)]


async def _giver(desk: Desk, text: str, wish: Wish) -> Person:
    """Whose customers are meant: a colleague who is named beside the successor, else the speaker."""
    named = [
        each
        for each in await desk.unit.people.everybody()
        if each.id != desk.my_id and each.name in text and each.name not in wish.to
    ]
    return named[0] if named else desk.me


async def _colleague(desk: Desk, name: str) -> Person | None:
    """By full name, or by the given name where one colleague alone has it."""
    there = [each for each in await desk.unit.people.everybody() if each.active and each.id != 0]
    exact = [each for each in there if each.name == name]
    alike = [each for each in there if len(name) > 1 and (each.name.endswith(name) or each.name in name)]
    return exact[0] if exact else alike[0] if len(alike) == 1 else None


async def _meant(desk: Desk, wish: Wish, giver: Person) -> tuple[Sequence[Customer], str]:
    """The customers that are named, or all of the giver's; and why there is none."""
    if wish.customers is None:
        found = list(await desk.unit.handovers.owned_by(giver.id))
        why = "none"
    else:
        ids = [int(each.known) for each in wish.customers if each.known is not None]
        rows = [await desk.unit.customers.get(each) for each in ids]
        found = [each for each in rows if each is not None]
        why = "none" if not found else "foreign"
        found = [each for each in found if await _may_give(desk, each)]
        found = [each for each in found if each.owner_id == found[0].owner_id]
    live = await desk.unit.handovers.live([each.id for each in found])
    free = [each for each in found if each.id not in live]
    return free, "live" if found and not free else why


async def _may_give(desk: Desk, customer: Customer) -> bool:
    return handover.may_ask(desk, await desk.unit.people.one(customer.owner_id))


def _last_day(said: Said, wish: Wish) -> date | None:
    """The last day, where the message names one that is still to come."""
    today = said.at.date()
    days = [each.day(today, moments.Tense.FUTURE) for each in moments.find(said.text)]
    return next((each for each in days if each is not None and today <= each <= today + AHEAD), None)


async def _nothing(desk: Desk, why: str) -> Post:
    return Post(desk.my_id, cards.nothing_to_give(Key(0, 0, desk.my_id), why), f"said:{desk.update_id}")


async def _posted(desk: Desk, made: Handover) -> Post:
    card = cards.request(await handing.request(desk, made, desk.my_id), desk.today)
    return Post(desk.my_id, card, handover_thread(made.id))


# -- the asker ----------------------------------------------------------------------------------------


async def start(action: StartHandover, desk: Desk) -> Reply:
    """交给陈浩: offered, nothing moved; the giver may say more, the successor sees the dossier first."""
    row, refusal = await handing.asker(desk, action.what, "asked", "declined", "returned")
    if row is None:
        return refusal
    if row.taker_id is None:
        return [await handing.as_it_is(desk, row)]
    await handover.do_start(desk, row)
    if not await desk.unit.handovers.customers(row.id, "live"):
        await handover.do_end(desk, row, "dropped")
        return [
            Replace(
                desk.my_id,
                cards.nothing_to_give(Key(0, 0, desk.my_id), "live"),
                handover_thread(row.id),
            )
        ]
    return [await handing.as_it_is(desk, row), *await _tell_giver(desk, row), *await _offered(desk, row)]


async def pick(action: PickCustomers, desk: Desk) -> Reply:
    """挑一部分, 接一部分."""
    row, refusal = await handing.picker(desk, action.what)
    return refusal if row is None else [await handing.pick_list(desk, row, action.page)]


async def take(click: Clicked, action: TakeCustomers, desk: Desk) -> Reply:
    """就这些: those ticked on the page go, the others stay."""
    row, refusal = await handing.picker(desk, action.what)
    if row is None:
        return refusal
    rows = await handing.ticked(desk, row, action.page)
    goes = [int(each) for each in click.picked if each.isdigit()]
    await handover.do_pick(desk, row, [each for each, _, _ in rows], goes)
    return [await handing.as_it_is(desk, row)]


async def pick_successor(action: PickSuccessor, desk: Desk) -> Reply:
    """换个人."""
    row, refusal = await handing.asker(desk, action.what, "asked", "declined", "returned")
    if row is None:
        return refusal
    view = await handing.request(desk, row, desk.my_id)
    return [Replace(desk.my_id, cards.pick_successor(view, desk.today), handover_thread(row.id))]


async def choose_successor(click: Clicked, action: ChooseSuccessor, desk: Desk) -> Reply:
    """就他."""
    row, refusal = await handing.asker(desk, action.what, "asked", "declined", "returned")
    if row is None:
        return refusal
    picked = next(iter(click.picked), "")
    able = {str(each.id): each for each in await handover.successors(desk, row)}
    if picked not in able:
        view = await handing.request(desk, row, desk.my_id)
        return [Replace(desk.my_id, cards.pick_successor(view, desk.today), handover_thread(row.id))]
    await handover.do_choose(desk, row, able[picked])
    return [await handing.as_it_is(desk, row)]


async def drop(action: DropHandover, desk: Desk) -> Reply:
    """先不交: before the signature, whoever asked may let it be."""
    row, refusal = await handing.asker(
        desk, action.what, "asked", "offered", "accepted", "declined", "returned"
    )
    if row is None:
        return refusal
    others = await handing.others_cards(desk, row)
    await handover.do_end(desk, row, "dropped")
    return [await handing.as_it_is(desk, row), *others]


async def show(action: ShowHandover, desk: Desk) -> Reply:
    """算了: the card of now, whoever asks among those concerned."""
    row = await desk.unit.handovers.get(action.what)
    if row is None or not await handing.concerns(desk, row):
        return [handing.gone(desk)]
    return [await handing.as_it_is(desk, row)]


async def tell_more(click: Clicked, action: TellMore, desk: Desk) -> Reply:
    """我来补: a hint, not a mode; what is said goes to the customers' files like any note."""
    row = await desk.unit.handovers.get(action.what)
    if row is None or row.giver_id != desk.my_id:
        return [handing.gone(desk)]
    names = []
    for each, customer in await desk.unit.handovers.customers(row.id):
        if str(customer.id) in click.picked:
            each.told = True
            await desk.unit.add(each)
            names.append(customer.name)
    return [Replace(desk.my_id, cards.telling(tuple(names)), handover_thread(row.id))]


async def _tell_giver(desk: Desk, row: Handover) -> Sequence[Shown]:
    """The giver hears of it from us, and may add to what is open; nothing where he asked himself."""
    giver = await desk.unit.people.one(row.giver_id)
    if giver.id == desk.my_id or not giver.active:
        return ()
    customers = [customer for _, customer in await desk.unit.handovers.customers(row.id, "live")]
    tasks = await desk.unit.handovers.tasks([each.id for each in customers], giver.id)
    open_ones = list(dict.fromkeys(each.customer_id for each in tasks))
    rows = [(each.id, each.name) for each in customers if each.id in open_ones]
    view = await handing.request(desk, row, giver.id)
    card = cards.tell_more(view, tuple(rows)) if rows else cards.giver_told(view)
    thread = handover_thread(row.id)
    return [Post(giver.id, card, thread, f"{thread}:giver:{row.revision}", Urgency.APPROVAL)]


async def _offered(desk: Desk, row: Handover) -> Sequence[Shown]:
    """Dossier, then the question, to the successor."""
    assert row.taker_id is not None  # it is offered to one
    thread = handover_thread(row.id)
    dossier = cards.dossier(await handing.dossier(desk, row), desk.today)
    ask = cards.accept(await handing.offer(desk, row), desk.today)
    mark = f"{row.revision}"
    return [
        Post(row.taker_id, dossier, f"dossier:{row.id}", f"{thread}:dossier:{mark}", Urgency.APPROVAL),
        Post(row.taker_id, ask, thread, f"{thread}:offer:{mark}", Urgency.APPROVAL),
    ]


# -- the successor ------------------------------------------------------------------------------------


async def accept(action: AcceptHandover, desk: Desk) -> Reply:
    """接: waits for the signature."""
    row, refusal = await handing.taker(desk, action.what)
    if row is None:
        return refusal
    signer = await handover.do_accept(desk, row)
    shown: list[Shown] = [await handing.as_it_is(desk, row)]
    shown += await handing.asker_follows(desk, row)
    if signer is None:
        return [*shown, *await _sign(desk, row)]
    card = cards.sign(await handing.signing(desk, row, signer.id), desk.today)
    key = f"{signing_thread(row.id)}:{row.revision}"
    return [*shown, Post(signer.id, card, signing_thread(row.id), key, Urgency.APPROVAL)]


async def decline(action: DeclineHandover, desk: Desk) -> Reply:
    """接不了: why, for the manager alone."""
    row, refusal = await handing.taker(desk, action.what)
    if row is None:
        return refusal
    boss = await desk.unit.people.one(row.asker_id)
    card = cards.ask_decline(await handing.offer(desk, row), boss.name)
    return [Replace(desk.my_id, card, handover_thread(row.id))]


async def note_decline(click: Clicked, action: NoteDecline, desk: Desk) -> Reply:
    row, refusal = await handing.taker(desk, action.what)
    if row is None:
        return refusal
    reason = cards.DECLINES.get(next(iter(click.picked), ""), "")
    if not reason:
        boss = await desk.unit.people.one(row.asker_id)
        card = cards.ask_decline(await handing.offer(desk, row), boss.name)
        return [Replace(desk.my_id, card, handover_thread(row.id))]
    view = await handing.request(desk, row, row.asker_id)
    mine = cards.declined(await handing.offer(desk, row))
    await handover.do_end(desk, row, "declined", reason)
    card = cards.declined_for_asker(view, reason, desk.today)
    return [
        Replace(desk.my_id, mine, handover_thread(row.id)),
        Replace(row.asker_id, card, handover_thread(row.id), urgency=Urgency.APPROVAL),
    ]


async def play_notes(action: PlayNotes, desk: Desk) -> Reply:
    """听李娜说: what she said of them last; facts, not her words about people."""
    row = await desk.unit.handovers.get(action.what)
    if row is None or row.taker_id != desk.my_id:
        return [handing.gone(desk)]
    view = await handing.dossier(desk, row)
    stories = []
    for _, customer in await desk.unit.handovers.customers(row.id, "live", "moved"):
        visits = await desk.unit.visits.of_customer(customer.id, 1)
        if visits:
            facts = await present.facts_filed(desk, visits[0], customer, trusted=True)
            stories.append((visits[0].day, cards.Story(customer.name, present.in_short(facts, visits[0]))))
    newest = sorted(stories, key=lambda each: each[0], reverse=True)
    card = cards.notes(view, tuple(each for _, each in newest), desk.today)
    return [Post(desk.my_id, card, f"dossier-notes:{row.id}")]


# -- the supervisor -----------------------------------------------------------------------------------


async def sign(action: SignHandover, desk: Desk) -> Reply:
    """签字: files, tasks and questions move at once, contacts are ordered to follow."""
    row, refusal = await handing.signer(desk, action.what)
    return refusal if row is None else await _sign(desk, row)


async def _sign(desk: Desk, row: Handover) -> Sequence[Shown]:
    giver = await desk.unit.people.one(row.giver_id)
    taker = await desk.unit.people.one(row.taker_id or 0)
    held = [each for each in await handover.signers(desk, row) if each.id != desk.my_id]
    moved = await handover.do_sign(desk, row, successor(giver.name, taker.name))
    shown: list[Shown] = [await handing.signed_card(desk, row, desk.my_id)]
    for other in held:
        if await desk.unit.outbox.held(signing_thread(row.id), other.id) is not None:
            shown.append(await handing.signed_card(desk, row, other.id))
    shown += await handing.asker_follows(desk, row)
    shown += await _tell_moved(desk, row, giver, taker)
    return [*shown, *(Order(platform, order, key, row.giver_id) for platform, order, key in moved.orders)]


async def _tell_moved(desk: Desk, row: Handover, giver: Person, taker: Person) -> Sequence[Shown]:
    """One line each to giver, successor and administrators."""
    everybody = await desk.unit.people.everybody()
    admins = [each.id for each in everybody if each.role == "admin" and each.active]
    roles = [("taker", taker.id), ("giver", giver.id), *(("admin", each) for each in admins)]
    shown: list[Shown] = []
    for role, to in roles:
        if to != desk.my_id and to != row.signer_id:
            card = cards.moved(await handing.signed(desk, row, to), desk.today, role)
            thread = f"moved:{row.id}"
            shown.append(Post(to, card, thread, f"{thread}:{to}", Urgency.APPROVAL))
    return shown


async def ask_return(desk: Desk, handover_id: int) -> Reply:
    """退回: first why."""
    row, refusal = await handing.signer(desk, handover_id)
    if row is None:
        return refusal
    card = cards.ask_return(await handing.signing(desk, row, desk.my_id), desk.today)
    return [Replace(desk.my_id, card, signing_thread(row.id))]


async def send_back(click: Clicked, action: ReturnHandover, desk: Desk) -> Reply:
    """退回去, with the reason that was picked: whoever asked sees it, nothing has moved."""
    row, refusal = await handing.signer(desk, action.what)
    if row is None:
        return refusal
    reason = cards.RETURNS_TO.get(next(iter(click.picked), ""), "")
    view = await handing.signing(desk, row, desk.my_id)
    if not reason:
        return [Replace(desk.my_id, cards.ask_return(view, desk.today), signing_thread(row.id))]
    await handover.do_end(desk, row, "returned", reason)
    shown: list[Shown] = [Replace(desk.my_id, cards.sent_back(view), signing_thread(row.id))]
    back = cards.request(await handing.request(desk, row, row.asker_id), desk.today)
    shown.append(Replace(row.asker_id, back, handover_thread(row.id), urgency=Urgency.APPROVAL))
    if row.taker_id is not None and row.taker_id != row.asker_id:
        shown.append(Replace(row.taker_id, cards.dropped(view_of(view)), handover_thread(row.id)))
    return shown


def view_of(view: cards.Signing) -> cards.Request:
    return cards.Request(view.key, view.giver, view.taker, view.count)


async def signing_cards(desk: Desk) -> Sequence[Shown]:
    """What waits for this person's signature, each on its own card."""
    return [
        Post(
            desk.my_id,
            cards.sign(await handing.signing(desk, each, desk.my_id), desk.today),
            signing_thread(each.id),
        )
        for each in await desk.unit.handovers.waiting_for(desk.my_id)
    ]
