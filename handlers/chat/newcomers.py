"""Somebody added a rep: the welcome at once, then one tap that says who it is (cards M3 to M5)."""

from collections.abc import Sequence

from cards import consent as words
from cards import migration as cards
from cards import states
from cards.actions import BindContact, KeepUnbound, NewContact, PlaceContact, ShowCandidates, UndoBind
from cards.model import Card
from cards.parts import Key, Named, Person
from handlers.chat import transferring
from handlers.chat.present import called
from handlers.kernel.contacts import WELCOME_WITHIN, LookOrder, WelcomeOrder
from handlers.kernel.reply import Order, Post, Replace, Reply, Shown, Text, Urgency
from handlers.kernel.transfers import TransferAnswer, TransferState
from handlers.kernel.update import Befriended, Clicked, Looked, Parted, Welcomed
from handlers.policies.consent import Outgo, Scope, may_go
from handlers.policies.permissions import Do, may_do
from handlers.work import consent, links, migration
from handlers.work.context import Desk
from storage.models.customers import Contact, Customer
from storage.models.migration import Newcomer
from storage.people import Scope as Owners

FIRMS = 10


def newcomer_thread(newcomer_id: int) -> str:
    return f"newcomer:{newcomer_id}"


# -- the welcome --------------------------------------------------------------------------------------


async def befriended(update: Befriended, desk: Desk) -> Reply:
    """First the welcome, by a way of its own; who it is is looked up meanwhile.

    A contact that a colleague handed over is no newcomer, and neither is one who is there already: the
    platform may tell of one friendship in two halves, with the leave to welcome in one of them.
    """
    row = await desk.unit.handovers.coming(update.sender.platform, update.external, desk.my_id)
    if row is not None:
        return await transferring.heard(desk, row, (TransferAnswer(update.external, TransferState.DONE),))
    if not update.code and await migration.is_there(desk, update):
        return ()
    return await _met(desk, update)


async def _met(desk: Desk, update: Befriended) -> Sequence[Shown]:
    newcomer = await migration.do_meet(desk, update)
    look = LookOrder(newcomer.id, update.sender.address, update.external)
    asked = Order(newcomer.platform, look, f"look:{desk.update_id}", desk.my_id)
    standing = await consent.standing_of_newcomer(desk.unit, newcomer)
    if not may_go(Outgo.REPLY, standing):
        return [asked]
    if not update.code or not desk.address:
        newcomer.welcome = "missed"
        await desk.unit.add(newcomer)
        return [asked, *await _by_hand(desk, newcomer)]
    return [await _welcome(desk, newcomer, update), asked]


async def _welcome(desk: Desk, newcomer: Newcomer, update: Befriended) -> Order:
    order = WelcomeOrder(
        newcomer=newcomer.id,
        owner=update.sender.address,
        external=update.external,
        code=update.code,
        text=words.welcome(consent.notice(desk, newcomer.platform, desk.me.name)),
        title=words.PAGE_TITLE,
        link=links.consent_path(desk, newcomer),
        until=update.at + WELCOME_WITHIN,
    )
    return Order(newcomer.platform, order, f"welcome:{desk.update_id}", desk.my_id)


async def welcomed(update: Welcomed, desk: Desk) -> Reply:
    """The platform said it, or did not: then the rep gets the words to send himself."""
    newcomer = await desk.unit.migration.newcomer(update.newcomer)
    if newcomer is None:
        return ()
    newcomer.welcome = "missed" if update.fault else "said"
    await desk.unit.add(newcomer)
    return await _by_hand(desk, newcomer) if update.fault else ()


async def _by_hand(desk: Desk, newcomer: Newcomer) -> Sequence[Shown]:
    rep = await desk.unit.people.one(newcomer.person_id)
    text = words.welcome(consent.notice(desk, newcomer.platform, rep.name))
    key, thread = f"by-hand:{desk.update_id}", f"welcome:{newcomer.id}:{newcomer.times}"
    if not desk.address:
        card = cards.welcome_impossible(_bare(newcomer, rep.id))
        return [Post(rep.id, card, thread, key, Urgency.APPROVAL)]
    card = cards.welcome_missed(_bare(newcomer, rep.id))
    link = f"{desk.address}{links.consent_path(desk, newcomer)}"
    return [
        Post(rep.id, card, thread, key, Urgency.APPROVAL),
        Text(rep.id, f"{text}《{words.PAGE_TITLE}》{link}", f"{key}:text", Urgency.APPROVAL),
    ]


async def parted(update: Parted, desk: Desk) -> Reply:
    """It is over on the platform. The rep is told where the customer ended it, for he sees no sign of it."""
    contact = await migration.do_part(desk, update.sender.platform, update.external)
    if contact is None or update.by != "customer":
        return ()
    customer = await desk.unit.customers.one(contact.customer_id)
    if customer.owner_id != desk.my_id:
        return ()
    card = cards.parted(Key(customer.id, customer.revision, desk.my_id), contact.name, customer.name)
    thread = f"parted:{contact.id}"
    return [Post(desk.my_id, card, thread, f"{thread}:{desk.update_id}", Urgency.OTHER)]


# -- who it is ----------------------------------------------------------------------------------------


async def looked(update: Looked, desk: Desk) -> Reply:
    """The platform told who he is: the rep is asked, once."""
    newcomer = await desk.unit.migration.newcomer(update.newcomer)
    if newcomer is None:
        return ()
    await migration.do_know(desk, newcomer, update.name, update.phones)
    if newcomer.state == "bound":
        view = await _view(desk, newcomer, await _bound_to(desk, newcomer))
        thread = newcomer_thread(newcomer.id)
        return [Post(newcomer.person_id, cards.again(view), thread, f"again:{newcomer.id}:{newcomer.times}")]
    card = await _question(desk, newcomer)
    return [Post(newcomer.person_id, card, newcomer_thread(newcomer.id), urgency=Urgency.APPROVAL)]


async def bind(action: BindContact, desk: Desk) -> Reply:
    """是他."""
    newcomer, refusal = await _mine(desk, action.what)
    if newcomer is None:
        return refusal
    if newcomer.state == "bound" and newcomer.contact_id == action.contact:
        at = desk.local(newcomer.bound_at or desk.now)
        return [_put(desk, newcomer, cards.done_already(await _done(desk, newcomer), at))]
    contact = await desk.unit.customers.contact(action.contact)
    customer = await desk.unit.customers.get(contact.customer_id) if contact is not None else None
    if contact is None or customer is None or not may_do(desk.asker, Do.EDIT, customer.owner_id, desk.policy):
        return [_put(desk, newcomer, await _question(desk, newcomer))]
    await migration.do_bind(desk, newcomer, contact)
    return [_put(desk, newcomer, await _done(desk, newcomer))]


async def candidates(action: ShowCandidates, desk: Desk) -> Reply:
    """不是他, 现在认."""
    newcomer, refusal = await _mine(desk, action.what)
    if newcomer is None:
        return refusal
    if newcomer.state == "bound":
        await migration.do_unbind(desk, newcomer)
    return [_put(desk, newcomer, await _question(desk, newcomer, sure=False))]


async def nobody(action: NewContact, desk: Desk) -> Reply:
    """都不是: of which customer is he."""
    newcomer, refusal = await _mine(desk, action.what)
    if newcomer is None:
        return refusal
    if newcomer.state == "bound":
        return [_put(desk, newcomer, await _done(desk, newcomer))]
    firms = await desk.unit.customers.within(Owners((desk.my_id,)))
    freshest = sorted(firms, key=lambda each: (each.last_interaction_at is None, -_seconds(each)))
    named = tuple(Named(each.id, each.name) for each in freshest[:FIRMS])
    return [_put(desk, newcomer, cards.which_firm(await _view(desk, newcomer), named))]


async def place(click: Clicked, action: PlaceContact, desk: Desk) -> Reply:
    """就这家."""
    newcomer, refusal = await _mine(desk, action.what)
    if newcomer is None:
        return refusal
    if newcomer.state == "bound":
        return [_put(desk, newcomer, await _done(desk, newcomer))]
    picked = next(iter(click.picked), "")
    customer = await desk.unit.customers.get(int(picked)) if picked.isdecimal() else None
    if customer is None or customer.owner_id != desk.my_id:
        return await nobody(NewContact(action.what, action.rev, action.to), desk)
    await migration.do_place(desk, newcomer, customer)
    return [_put(desk, newcomer, await _done(desk, newcomer))]


async def keep(action: KeepUnbound, desk: Desk) -> Reply:
    """先放着."""
    newcomer, refusal = await _mine(desk, action.what)
    if newcomer is None:
        return refusal
    if newcomer.state == "bound":
        return [_put(desk, newcomer, await _done(desk, newcomer))]
    await migration.do_keep(desk, newcomer)
    return [_put(desk, newcomer, cards.kept(await _view(desk, newcomer)))]


async def ask_again(desk: Desk, met: Sequence[Contact]) -> Sequence[Shown]:
    """After the first talk with somebody whom one that was put off may be: who he is, once more."""
    spoken = {each.id for each in met}
    for newcomer in await desk.unit.migration.put_off(desk.my_id) if spoken else ():
        who = await migration.who_is(desk, newcomer)
        if spoken & {each.id for each, _ in who.maybes} or (who.contact and who.contact.id in spoken):
            await migration.do_ask_again(desk, newcomer)
            card, thread = await _question(desk, newcomer), newcomer_thread(newcomer.id)
            return [Post(desk.my_id, card, thread, f"{thread}:again", Urgency.OTHER)]
    return ()


async def undo(action: UndoBind, desk: Desk) -> Reply:
    """撤销 of 是他, within the minutes for it."""
    newcomer, refusal = await _mine(desk, action.what)
    if newcomer is None:
        return refusal
    if newcomer.state != "bound" or newcomer.bound_at is None:
        return [_put(desk, newcomer, await _question(desk, newcomer, sure=False))]
    if desk.now - newcomer.bound_at >= desk.policy.drafts.undo:
        view = await _view(desk, newcomer)
        return [_put(desk, newcomer, cards.too_late(view, desk.policy.drafts.undo_minutes))]
    await migration.do_unbind(desk, newcomer)
    return [_put(desk, newcomer, cards.undone(await _view(desk, newcomer)))]


async def _mine(desk: Desk, newcomer_id: int) -> tuple[Newcomer | None, Sequence[Shown]]:
    newcomer = await desk.unit.migration.newcomer(newcomer_id)
    if newcomer is None:
        return None, [Post(desk.my_id, states.gone(), f"gone:{desk.update_id}")]
    if newcomer.person_id != desk.my_id:
        owner = await desk.unit.people.one(newcomer.person_id)
        card = states.not_yours("一位新加的客户", owner.name)
        return None, [Post(desk.my_id, card, f"foreign-newcomer:{newcomer_id}:{desk.my_id}")]
    return newcomer, ()


async def _question(desk: Desk, newcomer: Newcomer, *, sure: bool = True) -> Card:
    """M3 where the code and something else agree, else M4; `sure` False: it was said that it is not him."""
    who = await migration.who_is(desk, newcomer)
    if who.contact is not None and sure:
        return cards.bound(await _view(desk, newcomer, who.contact, who.signs), desk.today)
    maybes = who.maybes or (((who.contact, ""),) if who.contact is not None else ())
    shown = tuple([await _maybe(desk, contact, why) for contact, why in maybes])
    return cards.doubtful(await _view(desk, newcomer), shown, desk.today)


async def _maybe(desk: Desk, contact: Contact, why: str) -> cards.Maybe:
    customer = await desk.unit.customers.one(contact.customer_id)
    last = migration.day_of(desk, customer.last_interaction_at)
    return cards.Maybe(contact.id, contact.name, customer.name, called(customer.name), last, why)


async def _done(desk: Desk, newcomer: Newcomer) -> Card:
    contact = await _bound_to(desk, newcomer)
    view = await _view(desk, newcomer, contact)
    met = await desk.unit.visits.count_with(contact.id)
    standing = await consent.standing_of(desk.unit, contact)
    answer: str = standing.answers.get(Scope.SERVICE, "")
    told = answer or ("unsent" if newcomer.welcome == "missed" else "")
    return cards.done(view, met, told, archives=desk.policy.privacy.archives_chats)


async def _bound_to(desk: Desk, newcomer: Newcomer) -> Contact:
    return await desk.unit.session.get_one(Contact, newcomer.contact_id)


async def _view(
    desk: Desk, newcomer: Newcomer, contact: Contact | None = None, signs: tuple[str, ...] = ()
) -> cards.Came:
    view = _bare(newcomer, newcomer.person_id)
    customer = await desk.unit.customers.one(contact.customer_id) if contact is not None else None
    return cards.Came(
        key=view.key,
        called=newcomer.name,
        at=desk.local(newcomer.added_at),
        who=Person(contact.name, contact.title or "") if contact else None,
        contact_id=contact.id if contact else 0,
        customer=customer.name if customer else "",
        short=called(customer.name) if customer else "",
        signs=signs,
        phone=newcomer.phone or "",
        times=newcomer.times,
    )


def _bare(newcomer: Newcomer, to: int) -> cards.Came:
    key = Key(newcomer.id, newcomer.revision, to)
    return cards.Came(key=key, called=newcomer.name, at=newcomer.added_at, times=newcomer.times)


def _put(desk: Desk, newcomer: Newcomer, card: Card) -> Replace:
    return Replace(desk.my_id, card, newcomer_thread(newcomer.id))


def _seconds(customer: Customer) -> float:
    at = customer.last_interaction_at
    return at.timestamp() if at is not None else 0.0
