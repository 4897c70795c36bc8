"""What each side sees of a handover, and who may do what to it: the cards of now and their view-models."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from cards import handover as cards
from cards import states
from cards import transfer as going
from cards.model import Card
from cards.parts import Key
from handlers.kernel.reply import Post, Replace, Shown, Urgency
from handlers.work import handover
from handlers.work.context import Desk
from storage.models.customers import Contact, Customer
from storage.models.handovers import Handover, Transfer
from storage.models.tasks import Task

CHOICES = 9
"""Colleagues of one drop-down."""


def handover_thread(handover_id: int) -> str:
    return f"handover:{handover_id}"


def signing_thread(handover_id: int) -> str:
    """The supervisor's card, which may be held beside the asker's."""
    return f"signing:{handover_id}"


# -- who may, and what is shown ------------------------------------------------------------------------

Found = tuple[Handover | None, Sequence[Shown]]


async def asker(desk: Desk, handover_id: int, *states: str) -> Found:
    row = await desk.unit.handovers.get(handover_id)
    if row is None:
        return None, [gone(desk)]
    if row.asker_id != desk.my_id:
        return None, [await _foreign(desk, row, row.asker_id)]
    if row.state not in states:
        return None, [await as_it_is(desk, row)]
    return row, ()


async def picker(desk: Desk, handover_id: int) -> Found:
    """The asker until it is offered, then the successor."""
    row = await desk.unit.handovers.get(handover_id)
    if row is not None and row.state == "offered" and row.taker_id == desk.my_id:
        return row, ()
    return await asker(desk, handover_id, "asked", "declined", "returned")


async def taker(desk: Desk, handover_id: int) -> Found:
    row = await desk.unit.handovers.get(handover_id)
    if row is None:
        return None, [gone(desk)]
    if row.taker_id != desk.my_id:
        return None, [await _foreign(desk, row, row.taker_id or row.asker_id)]
    if row.state != "offered" or row.expires_at <= desk.now:
        return None, [await as_it_is(desk, row)]
    return row, ()


async def signer(desk: Desk, handover_id: int) -> Found:
    row = await desk.unit.handovers.get(handover_id)
    if row is None:
        return None, [gone(desk)]
    if not await handover.check_sign(desk, row):
        return None, [await _foreign(desk, row, row.signer_id or row.asker_id)]
    if row.state != "accepted" or row.expires_at <= desk.now:
        return None, [await as_it_is(desk, row)]
    return row, ()


async def decider(desk: Desk, handover_id: int) -> Found:
    """Whoever signed, or may sign, decides on what can't go."""
    row = await desk.unit.handovers.get(handover_id)
    if row is None:
        return None, [gone(desk)]
    if not await handover.check_sign(desk, row):
        return None, [await _foreign(desk, row, row.signer_id or row.asker_id)]
    return row, ()


async def concerns(desk: Desk, row: Handover) -> bool:
    those = (row.asker_id, row.giver_id, row.taker_id, row.signer_id)
    return desk.my_id in those or await handover.check_sign(desk, row)


async def _foreign(desk: Desk, row: Handover, whose: int) -> Post:
    who = await desk.unit.people.one(whose)
    card = states.not_yours("一次交接", who.name)
    return Post(desk.my_id, card, f"foreign-handover:{row.id}:{desk.my_id}")


def gone(desk: Desk) -> Post:
    return Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")


async def thread_of(desk: Desk, row: Handover) -> str:
    held = await desk.unit.outbox.held(signing_thread(row.id), desk.my_id)
    return handover_thread(row.id) if held is None else signing_thread(row.id)


async def as_it_is(desk: Desk, row: Handover) -> Replace:
    """The card of now for whoever taps: asker, successor, supervisor or giver."""
    card = await _card_for(desk, row, desk.my_id)
    supervises = row.state == "accepted" and desk.my_id not in (row.asker_id, row.taker_id)
    thread = await thread_of(desk, row) if supervises or row.state in ("signed", "done") else None
    return Replace(desk.my_id, card, thread or handover_thread(row.id))


async def _card_for(desk: Desk, row: Handover, to: int) -> Card:
    build = _CARDS.get(row.state, _closed)
    return await build(desk, row, to)


async def _asked_card(desk: Desk, row: Handover, to: int) -> Card:
    view = await request(desk, row, to)
    return cards.request(view, desk.today) if to == row.asker_id else cards.dropped(view)


async def _offered_card(desk: Desk, row: Handover, to: int) -> Card:
    if to == row.taker_id:
        return cards.accept(await offer(desk, row), desk.today)
    view = await request(desk, row, to)
    taker = await desk.unit.people.one(row.taker_id or 0)
    return cards.waits(view, "offered", taker.name) if to == row.asker_id else cards.giver_told(view)


async def _accepted_card(desk: Desk, row: Handover, to: int) -> Card:
    signer = await desk.unit.people.get(row.signer_id) if row.signer_id else None
    if to == row.taker_id:
        return cards.accepted(await offer(desk, row), signer.name if signer else "")
    if to == row.asker_id and to != row.signer_id:
        return cards.waits(await request(desk, row, to), "accepted", signer.name if signer else "")
    if to == row.giver_id:
        return cards.giver_told(await request(desk, row, to))
    return cards.sign(await signing(desk, row, to), desk.today)


async def _signed_view(desk: Desk, row: Handover, to: int) -> Card:
    view = await signed(desk, row, to)
    if to == row.signer_id:
        return cards.signed(view, desk.today)
    if to in (row.taker_id, row.giver_id):
        return cards.moved(view, desk.today, "taker" if to == row.taker_id else "giver")
    return cards.signed_elsewhere(view, desk.today)


async def _done_card(desk: Desk, row: Handover, to: int) -> Card:
    view = await progress(desk, row, to)
    if not view.total:
        return await _signed_view(desk, row, to)
    return going.finished(view, desk.today)


async def _declined_card(desk: Desk, row: Handover, to: int) -> Card:
    if to == row.asker_id:
        return cards.declined_for_asker(await request(desk, row, to), row.reason, desk.today)
    return cards.declined(await offer(desk, row))


async def _returned_card(desk: Desk, row: Handover, to: int) -> Card:
    view = await request(desk, row, to)
    return cards.request(view, desk.today) if to == row.asker_id else cards.dropped(view)


async def _closed(desk: Desk, row: Handover, to: int) -> Card:
    view = await request(desk, row, to)
    if row.state == "expired":
        return cards.expired(view, desk.policy.handovers.expire_days)
    return cards.dropped(view)


_CARDS: dict[str, Callable[[Desk, Handover, int], Awaitable[Card]]] = {
    "asked": _asked_card,
    "offered": _offered_card,
    "accepted": _accepted_card,
    "signed": _signed_view,
    "done": _done_card,
    "declined": _declined_card,
    "returned": _returned_card,
}


async def signed_card(desk: Desk, row: Handover, to: int) -> Replace:
    return Replace(to, await _signed_view(desk, row, to), signing_thread(row.id), urgency=Urgency.APPROVAL)


async def asker_follows(desk: Desk, row: Handover) -> Sequence[Shown]:
    """The asker's own card, where he is not the one who taps or signs."""
    if row.asker_id in (desk.my_id, row.taker_id):
        return ()
    if row.asker_id == row.signer_id and row.state != "accepted":
        return ()
    card = await _card_for(desk, row, row.asker_id) if row.asker_id != row.signer_id else None
    if card is None:
        signer = (await desk.unit.people.one(row.signer_id or row.asker_id)).name
        card = cards.waits(await request(desk, row, row.asker_id), "accepted", signer)
    return [Replace(row.asker_id, card, handover_thread(row.id), urgency=Urgency.APPROVAL)]


async def others_cards(desk: Desk, row: Handover) -> Sequence[Shown]:
    """What successor, giver and supervisor hold of it, before it ends without them."""
    view = await request(desk, row, row.asker_id)
    shown: list[Shown] = []
    for to, thread in (
        (row.taker_id, handover_thread(row.id)),
        (row.giver_id, handover_thread(row.id)),
        (row.signer_id, signing_thread(row.id)),
    ):
        if to is None or to == desk.my_id or to == row.asker_id:
            continue
        if await desk.unit.outbox.held(thread, to) is not None:
            shown.append(Replace(to, cards.dropped(view), thread, urgency=Urgency.APPROVAL))
    return shown


# -- view-models --------------------------------------------------------------------------------------


async def _name(desk: Desk, person_id: int | None) -> str:
    person = await desk.unit.people.get(person_id) if person_id is not None else None
    return person.name if person is not None else ""


async def _going(desk: Desk, row: Handover) -> Sequence[Customer]:
    rows = await desk.unit.handovers.customers(row.id, "picked", "live", "moved")
    return [customer for _, customer in rows]


async def request(desk: Desk, row: Handover, to: int) -> cards.Request:
    going = await _going(desk, row)
    check = await handover.precheck(desk, row, [each.id for each in going])
    taker = await _name(desk, row.taker_id)
    left = len(await desk.unit.handovers.customers(row.id, "left"))
    people = (await handover.successors(desk, row))[:CHOICES]
    signer = await _name(desk, row.signer_id) if row.state == "returned" else await _name(desk, row.asker_id)
    return cards.Request(
        key=Key(row.id, row.revision, to),
        giver="" if row.giver_id == to else await _name(desk, row.giver_id),
        taker=taker,
        count=len(going),
        last_day=row.last_day,
        movable=len(check.movable),
        often=len(check.often),
        often_until=check.often_until,
        running=len(check.running),
        alone=len(check.alone),
        owned=await desk.unit.handovers.count_owned(row.taker_id) if row.taker_id else 0,
        only=going[0].name if len(going) == 1 else "",
        left=left,
        choices=tuple((each.id, each.name) for each in people),
        returned=row.reason if row.state == "returned" else "",
        by=signer,
    )


async def offer(desk: Desk, row: Handover) -> cards.Offer:
    assert row.taker_id is not None  # it is offered to one
    going = await _going(desk, row)
    ids = [each.id for each in going]
    week = await handover.week_of(desk, await desk.unit.handovers.tasks(ids, row.giver_id))
    first = week[0] if week else None
    return cards.Offer(
        key=Key(row.id, row.revision, row.taker_id),
        taker=await _name(desk, row.taker_id),
        giver=await _name(desk, row.giver_id),
        count=len(going),
        owned=await desk.unit.handovers.count_owned(row.taker_id),
        week=len(week),
        first=await _what(desk, first) if first is not None else "",
        first_on=first.day if first is not None else None,
        people=(await handover.precheck(desk, row, ids)).people,
    )


async def _what(desk: Desk, task: Task) -> str:
    contact = await desk.unit.customers.contact(task.contact_id) if task.contact_id else None
    return f"见{contact.name}" if contact is not None and task.kind == "plan" else task.what


async def signing(desk: Desk, row: Handover, to: int) -> cards.Signing:
    ids = [each.id for each in await _going(desk, row)]
    check = await handover.precheck(desk, row, ids)
    return cards.Signing(
        key=Key(row.id, row.revision, to),
        giver=await _name(desk, row.giver_id),
        taker=await _name(desk, row.taker_id),
        count=len(ids),
        accepted_on=desk.local(row.accepted_at).date() if row.accepted_at else None,
        tasks=len(await desk.unit.handovers.tasks(ids, row.giver_id)),
        people=len(check.movable),
        staying=len(ids) - len(check.movable),
        page=f"/m/handover/{row.id}",
    )


async def signed(desk: Desk, row: Handover, to: int) -> cards.Signed:
    going = await _going(desk, row)
    return cards.Signed(
        key=Key(row.id, row.revision, to),
        giver=await _name(desk, row.giver_id),
        taker=await _name(desk, row.taker_id),
        count=len(going),
        at=desk.local(row.signed_at or desk.now),
        number=row.number or "",
        by="" if row.signer_id == to else await _name(desk, row.signer_id),
        people=len(await desk.unit.handovers.transfers(row.id)),
    )


async def dossier(desk: Desk, row: Handover) -> cards.Dossier:
    """Promised soon, then fixed dates, then worth, then the silent ones."""
    going = await _going(desk, row)
    told = [(await _story(desk, row, each), each) for each in going]
    told.sort(key=lambda each: each[0][0])
    giver = await _name(desk, row.giver_id)
    return cards.Dossier(
        key=Key(row.id, row.revision, row.taker_id or 0),
        giver=giver,
        count=len(going),
        at=desk.today,
        stories=tuple(cards.Story(customer.name, story[1]) for story, customer in told),
        first_customer=told[0][1].id if told else 0,
        page=f"/m/handover/{row.id}",
    )


Story = tuple[tuple[int, int, date], str]
"""How it is sorted, and what it says."""


async def _story(desk: Desk, row: Handover, customer: Customer) -> Story:
    tasks = await desk.unit.handovers.tasks([customer.id], row.giver_id)
    traits = await desk.unit.customers.traits(customer.id)
    care = next(
        (each.value for each in traits if each.field in ("taboo", "preference") and "别" in each.value), ""
    )
    dated = [each for each in tasks if each.day is not None]
    if dated:
        first = dated[0]
        assert first.day is not None  # it is one of the dated
        owes = next((f"，欠{each.what}" for each in tasks if each is not first and each.owner == "us"), "")
        text = (
            f"{cards.at_hour(first.day, first.hour, desk.today)}{'前' if first.by else ''} {first.what}{owes}"
        )
        return ((0 if first.kind == "promise" else 1, 0, first.day), text)
    at = customer.last_interaction_at
    silent = (desk.today - desk.local(at).date()).days if at is not None else 0
    what = f"{silent}天没聊" if silent else "还没聊过"
    grade = {"A": 0, "B": 1}.get(customer.grade or "", 2)
    return ((2, grade, desk.today), "，".join(filter(None, (tasks[0].what if tasks else "", what, care))))


async def progress(desk: Desk, row: Handover, to: int) -> going.Progress:
    rows = await desk.unit.handovers.transfers(row.id)
    count = {state: sum(t.state == state for t, _, _ in rows) for state in ("done", "refused", "full")}
    waiting = [t for t, _, _ in rows if t.state in ("ordered", "waiting")]
    due = [t.until for t in waiting if t.until is not None]
    full = [t for t, _, _ in rows if t.state == "full" or (t.state == "later" and t.decision == "full")]
    refused = [(t, contact) for t, _, contact in rows if t.state == "refused"]
    return going.Progress(
        key=Key(row.id, row.revision, to),
        giver=await _name(desk, row.giver_id),
        taker=await _name(desk, row.taker_id),
        day=(desk.today - desk.local(row.signed_at or desk.now).date()).days + 1,
        total=len(rows),
        at=desk.now,
        done=count["done"],
        waiting=len(waiting),
        due=desk.local(max(due)) if due else None,
        refused=len(refused),
        who_refused=await _first_refused(desk, refused[0]) if refused else "",
        full=len(full),
        full_stuck=any(t.state == "full" for t in full),
        later=sum(t.state == "later" and t.decision == "later" for t, _, _ in rows),
        blocked=sum(t.state in ("often", "running", "absent") for t, _, _ in rows),
        stuck=len(await handover.stuck(desk, row)),
    )


async def _first_refused(desk: Desk, each: tuple[Transfer, Contact]) -> str:
    transfer, contact = each
    customer = await desk.unit.customers.one(transfer.customer_id)
    return f"{customer.name} {contact.name}"


async def progress_card(desk: Desk, row: Handover) -> Card:
    if row.state == "done":
        return await _done_card(desk, row, desk.my_id)
    return going.progress(await progress(desk, row, desk.my_id), desk.today)


async def refusals(desk: Desk, row: Handover, to: int) -> going.Refusals:
    rows = []
    for transfer, _, contact in await handover.stuck(desk, row):
        customer = await desk.unit.customers.one(transfer.customer_id)
        until = desk.local(transfer.until).date() if transfer.until is not None else None
        rows.append(going.Stuck(transfer.id, customer.name, contact.name, transfer.state, until))
    gone_first = [each for each in rows if row.last_day and each.until and each.until > row.last_day]
    giver = await _name(desk, row.giver_id)
    return going.Refusals(
        key=Key(row.id, row.revision, to),
        taker=await _name(desk, row.taker_id),
        rows=tuple(rows),
        note=f"到那天{giver}已经走了，按离职再试一次，又要等 24小时。" if gone_first else "",
    )


async def stuck_card(desk: Desk, row: Handover, transfer_id: int) -> Replace:
    view = await refusals(desk, row, desk.my_id)
    alone = next((each for each in view.rows if each.transfer == transfer_id), None)
    if alone is not None:
        card = going.one_stuck(view, alone, desk.today)
    elif view.rows:
        card = going.refusals(view, desk.today)
    else:
        card = await progress_card(desk, row)
    return Replace(desk.my_id, card, f"stuck:{row.id}")


async def ticked(desk: Desk, row: Handover, page: int) -> list[tuple[int, str, bool]]:
    """One page of the list; all of it for a negative one, which the phone page asks for."""
    rows = await desk.unit.handovers.customers(row.id)
    if row.state == "offered":
        rows = [each for each in rows if each[0].state in ("live", "left")]
    chosen = rows if page < 0 else rows[page * cards.PAGE : (page + 1) * cards.PAGE]
    return [(customer.id, customer.name, each.state in ("picked", "live")) for each, customer in chosen]


async def pick_list(desk: Desk, row: Handover, page: int) -> Replace:
    total = len(await desk.unit.handovers.customers(row.id))
    pages = max(1, -(-total // cards.PAGE))
    page = page % pages
    view = await request(desk, row, desk.my_id)
    card = cards.pick_customers(view, tuple(await ticked(desk, row, page)), page, pages)
    return Replace(desk.my_id, card, handover_thread(row.id))
