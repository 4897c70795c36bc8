"""Turns what WeCom tells of customers (`change_external_contact`) into the updates that handlers know."""

from datetime import datetime

from bot.platforms.fields import text
from bot.platforms.wecom import APP
from bot.platforms.wecom.xml import Fields, event_id
from handlers.kernel.transfers import TransferState
from handlers.kernel.update import Befriended, Parted, Sender, Stayed, Update

EVENT = "change_external_contact"
ADDED = ("add_external_contact", "add_half_external_contact")
ENDED = {"del_follow_user": "customer", "del_external_contact": "rep"}
BY_TRANSFER = "DELETE_BY_TRANSFER"
WHY = {"customer_refused": TransferState.REFUSED, "customer_limit_exceed": TransferState.FULL}
LONGEST_ID = 64


def update(fields: Fields, at: datetime) -> Update | None:
    """What a callback means; None for what we have nothing to do with.

    In the customer's own lane, so that nothing holds his welcome up.
    """
    if text(fields, "Event") != EVENT:
        return None
    member, external = text(fields, "UserID", LONGEST_ID), text(fields, "ExternalUserID", LONGEST_ID)
    if not member or not external:
        return None
    head = event_id(fields), Sender(APP, member), f"{APP}:befriended:{external}", at, external
    change = text(fields, "ChangeType")
    if change in ADDED:
        return Befriended(*head, state=text(fields, "State"), code=text(fields, "WelcomeCode"))
    if change in ENDED and text(fields, "Source") != BY_TRANSFER:
        return Parted(*head, ENDED[change])
    if change == "transfer_fail" and (state := WHY.get(text(fields, "FailReason"))):
        return Stayed(*head, state)
    return None
