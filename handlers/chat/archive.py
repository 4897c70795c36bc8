"""A customer's file by name: the file, its time-axis, portrait, orders, and the look before going in."""

from collections.abc import Awaitable, Callable, Sequence

from cards import brief as brief_cards
from cards import customer as cards
from cards.actions import AskOwner, HintNote, ShowOrders
from cards.model import Card
from cards.parts import Key, Named
from handlers.chat import present, visits
from handlers.chat.commands import command_of
from handlers.chat.replies import no_key
from handlers.kernel.reply import Post, Reply, Shown, Urgency
from handlers.kernel.update import Said
from handlers.policies.permissions import See, may_see
from handlers.understanding.note import Known
from handlers.work.context import Desk
from handlers.work.finding import find_customer
from storage.models.customers import Customer

Show = Callable[[Desk, Customer], Awaitable[Sequence[Shown]]]


async def file(said: Said, known: Known, desk: Desk) -> Reply:
    """档案 华东."""
    return await by_order(said, known, desk, show_file)


async def timeline(said: Said, known: Known, desk: Desk) -> Reply:
    """时间轴 华东."""
    return await by_order(said, known, desk, show_timeline)


async def portrait(said: Said, known: Known, desk: Desk) -> Reply:
    """画像 华东."""
    return await by_order(said, known, desk, show_portrait)


async def orders(said: Said, known: Known, desk: Desk) -> Reply:
    """订单 华东."""
    return await by_order(said, known, desk, show_orders)


async def by_order(said: Said, known: Known, desk: Desk, show: Show) -> Reply:
    command = command_of(said.text, known)
    return await about(desk, command.who if command else said.text, show)


async def about(desk: Desk, said: str, show: Show) -> Sequence[Shown]:
    """The customer of a name, shown; which one; whose it is; or that nobody knows it."""
    found = await find_customer(desk, said)
    if len(found.mine) == 1:
        return await show(desk, found.mine[0])
    if found.mine:
        named = tuple(Named(each.id, each.name) for each in found.mine)
        return [_post(desk, cards.which_customer(desk.my_id, said, named))]
    if found.other is not None:
        return [await visits.not_yours(desk, found.other)]
    return [_post(desk, cards.unknown_customer(no_key(desk), said))]


async def show_file(desk: Desk, customer: Customer) -> Sequence[Shown]:
    return [await visits.archive(desk, customer)]


async def show_timeline(desk: Desk, customer: Customer) -> Sequence[Shown]:
    return [await visits.timeline(desk, customer)]


async def brief(desk: Desk, customer: Customer) -> Shown:
    """到了华东: what to know before going in."""
    if not may_see(desk.asker, See.VISITS, customer.owner_id, desk.policy):
        return await visits.archive(desk, customer)
    view = await present.brief(desk, customer)
    return Post(desk.my_id, brief_cards.brief(view, desk.today), f"brief:{desk.update_id}")


async def out_again(action: HintNote, desk: Desk) -> Reply:
    """出来了."""
    key = Key(action.what, 0, desk.my_id)
    return [Post(desk.my_id, brief_cards.out_again(key), f"hint:{desk.update_id}")]


async def show_portrait(desk: Desk, customer: Customer) -> Sequence[Shown]:
    view = await present.profile(desk, customer)
    return [_post(desk, cards.profile(view, desk.today))]


async def show_orders(desk: Desk, customer: Customer) -> Sequence[Shown]:
    key = Key(customer.id, customer.revision, desk.my_id)
    if not may_see(desk.asker, See.MONEY, customer.owner_id, desk.policy):
        return [_post(desk, cards.not_for_you(key, customer.name))]
    sums = await present.sums(desk, customer)
    return [_post(desk, cards.orders(key, customer.name, sums, desk.today))]


async def tap_orders(action: ShowOrders, desk: Desk) -> Reply:
    """订单合同."""
    customer = await desk.unit.customers.get(action.what)
    if customer is None:
        return [visits.gone(desk)]
    if not may_see(desk.asker, See.BASICS, customer.owner_id, desk.policy):
        return [await visits.not_yours(desk, customer)]
    return await show_orders(desk, customer)


async def ask_owner(action: AskOwner, desk: Desk) -> Reply:
    """问问陈浩, about no draft: he hears who would like to speak with him."""
    customer = await desk.unit.customers.get(action.customer)
    if customer is None or customer.owner_id == desk.my_id:
        return [visits.gone(desk)]
    owner = await desk.unit.people.one(customer.owner_id)
    key = Key(customer.id, 0, owner.id)
    thread = f"question:{desk.my_id}:{customer.id}"
    once = f"{thread}:{desk.today.isoformat()}"
    return [
        _post(desk, cards.asked_owner(key, owner.name, customer.name)),
        Post(owner.id, cards.owner_asked(key, desk.me.name, customer.name), thread, once, Urgency.OTHER),
    ]


def _post(desk: Desk, card: Card) -> Post:
    return Post(desk.my_id, card, f"answer:{desk.update_id}")
