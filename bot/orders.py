"""What the outbox holds that is no message: orders to a platform, and the updates by which it answers."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.platforms import (
    CustomerContact,
    GiveUp,
    Platform,
    Spent,
    TransferAnswer,
    TransferOrder,
    Transfers,
    TransferState,
    TryLater,
)
from handlers.kernel import contacts, transfers
from handlers.kernel.contacts import ContactOrder, LookOrder, WayOrder, WelcomeOrder
from handlers.kernel.update import Looked, Transferred, Update, WayMade, Welcomed
from storage.models.engine import Outgoing

WELCOME_RETRY_SECONDS = 1.0
"""A welcome has twenty seconds in all: it is tried again at once, as long as it makes sense."""

LATE = "过了 20 秒"
NO_CONTACT = "{platform} 没有客户联系"


async def carry_out(platform: Platform, row: Outgoing, now: datetime) -> Update:
    """The platform's answer to an order. Raises what `Platform` raises; KeyError for no order."""
    return await _CALLS[row.kind](platform, row, now)


def is_order(row: Outgoing) -> bool:
    return row.kind in _CALLS


def given_up(row: Outgoing, reason: str, now: datetime) -> Update | None:
    """The answer where a platform will never do it, for those who wait; None where nobody does."""
    if row.kind == "transfer":
        return _not_begun(transfers.load(row.content), row, now)
    if row.kind not in contacts.KINDS.values():
        return None
    return _refused(contacts.load(row.kind, row.content), row, reason, now)


async def _transfer(platform: Platform, row: Outgoing, now: datetime) -> Update:
    order = transfers.load(row.content)
    if not isinstance(platform, Transfers):
        raise GiveUp(f"{row.platform} 没有客户联系，转不了")
    ask: Callable[..., Awaitable[object]] = platform.transfer_result if order.ask else platform.transfer
    answers = await ask(order, now)
    return Transferred(
        f"transferred:{row.key}",
        f"handover:{order.handover}",
        now,
        order.handover,
        tuple(answers),  # type: ignore[arg-type]
    )


async def _contact(platform: Platform, row: Outgoing, now: datetime) -> Update:
    if not isinstance(platform, CustomerContact):
        raise GiveUp(NO_CONTACT.format(platform=row.platform))
    match contacts.load(row.kind, row.content):
        case WayOrder() as order:
            way = await platform.contact_way(order, now)
            return WayMade(
                _id(row), f"invite:{order.invite}", now, order.invite, way.picture, way.link, way.config
            )
        case LookOrder() as order:
            who = await platform.look(order)
            return Looked(
                _id(row), f"newcomer:{order.newcomer}", now, order.newcomer, who.name, tuple(who.phones)
            )
        case WelcomeOrder() as order:
            return await _welcome(platform, row, order, now)


async def _welcome(platform: CustomerContact, row: Outgoing, order: WelcomeOrder, now: datetime) -> Update:
    if now > order.until:
        raise GiveUp(LATE)
    try:
        await platform.welcome(order, now)
    except Spent:
        # An attempt whose answer was lost: the platform took it, and says no to the second one.
        if row.begun <= 1 and not row.attempts:
            raise
    except TryLater as away:
        raise TryLater(str(away), WELCOME_RETRY_SECONDS) from away
    return Welcomed(_id(row), f"newcomer:{order.newcomer}", now, order.newcomer)


def _not_begun(order: TransferOrder, row: Outgoing, now: datetime) -> Update | None:
    """None of them goes: somebody has to decide. A question that found no answer changes nothing."""
    if order.ask:
        return None
    answers = tuple(TransferAnswer(each, TransferState.ABSENT) for each in order.externals)
    return Transferred(f"transferred:{row.key}", f"handover:{order.handover}", now, order.handover, answers)


def _refused(order: ContactOrder, row: Outgoing, reason: str, now: datetime) -> Update:
    match order:
        case WayOrder():
            return WayMade(_id(row), f"invite:{order.invite}", now, order.invite, fault=reason)
        case LookOrder():
            return Looked(_id(row), f"newcomer:{order.newcomer}", now, order.newcomer)
        case WelcomeOrder():
            return Welcomed(_id(row), f"newcomer:{order.newcomer}", now, order.newcomer, reason)


def _id(row: Outgoing) -> str:
    return f"answer:{row.key}"


_CALLS: dict[str, Callable[[Platform, Outgoing, datetime], Awaitable[Update]]] = {
    "transfer": _transfer,
    **dict.fromkeys(contacts.KINDS.values(), _contact),
}
