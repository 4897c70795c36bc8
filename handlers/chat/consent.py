"""A customer's yes, no and no longer: from his page, or passed on by the rep."""

import re

from cards import migration as cards
from cards.actions import DeclineConsent, GiveConsent, WithdrawConsent
from cards.parts import Key
from handlers.chat.spoken import opt_out_of
from handlers.kernel.reply import Post, Reply, Urgency
from handlers.kernel.update import Answered, Said
from handlers.policies.consent import Scope
from handlers.work import consent, drafting
from handlers.work.context import Desk
from storage.models.customers import Contact, Customer
from storage.people import Scope as Owners

STOPS = {"news": (Scope.NEWS,), "care": (Scope.CARE,), "all": (Scope.CARE, Scope.NEWS)}
_OF = re.compile(r"(?P<firm>.+?)(?:的|那边的)(?P<name>.+)")


async def gave(answered: Answered, action: GiveConsent, desk: Desk) -> Reply:
    """同意. Nobody is told: it shows wherever it matters."""
    return await _keep(answered, action, desk)


async def declined(answered: Answered, action: DeclineConsent, desk: Desk) -> Reply:
    """不同意."""
    return await _keep(answered, action, desk, "declined")


async def withdrew(answered: Answered, action: WithdrawConsent, desk: Desk) -> Reply:
    """撤回同意."""
    return await _keep(answered, action, desk, "withdrawn")


async def _keep(answered: Answered, action: consent.Decision, desk: Desk, told: str = "") -> Reply:
    newcomer = await desk.unit.migration.newcomer(action.what)
    if newcomer is None:
        return ()
    before = (await consent.standing_of_newcomer(desk.unit, newcomer)).answers.get(Scope.SERVICE)
    await consent.do_answer(desk, newcomer, action, answered.link, answered.text)
    if not told or before == told:
        return ()
    contact = await desk.unit.customers.contact(newcomer.contact_id) if newcomer.contact_id else None
    customer = await desk.unit.customers.one(contact.customer_id) if contact is not None else None
    rep = customer.owner_id if customer is not None else newcomer.person_id
    who = contact.name if contact is not None else newcomer.name or "加你的客户"
    card = cards.withdrawn(Key(newcomer.id, 0, rep), who, customer.name if customer else "", told)
    return [Post(rep, card, f"consent:{newcomer.id}", f"consent:{desk.update_id}", Urgency.APPROVAL)]


async def opt_out(said: Said, desk: Desk) -> Reply:
    """张伟不想收新品: it holds at once, by one sentence."""
    wish = opt_out_of(said.text)
    assert wish is not None
    kept = await drafting.keep_note(desk, said, kind="memo")
    found = await _named(desk, wish.who)
    if len(found) != 1:
        return [Post(desk.my_id, cards.who_opts_out(desk.my_id, wish.who), f"said:{desk.update_id}")]
    customer, contact = found[0]
    await consent.do_stop(desk, contact, STOPS[wish.what], said.text, kept.id)
    card = cards.opted_out(desk.my_id, contact.name, customer.name, wish.what)
    return [Post(desk.my_id, card, f"said:{desk.update_id}")]


async def _named(desk: Desk, who: str) -> list[tuple[Customer, Contact]]:
    """The asker's contacts that are called so: 张伟, 鼎盛的张伟."""
    customers = await desk.unit.customers.within(Owners((desk.my_id,)))
    people = await desk.unit.customers.contacts([each.id for each in customers])
    aliases = await desk.unit.customers.aliases([each.id for each in customers])
    apart = _OF.fullmatch(who)
    firm, name = (apart["firm"], apart["name"]) if apart else ("", who)
    return [
        (each, one)
        for each in customers
        if not firm or firm in (each.name, each.legal_name, *aliases.get(each.id, ()))
        for one in people.get(each.id, ())
        if one.name == name
    ]
