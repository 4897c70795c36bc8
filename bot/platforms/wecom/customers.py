"""Customer contact (客户联系): codes, welcomes, who somebody is, and handing contacts on.

What can't go for a setting is answered at once where somebody waits for it, and waits itself where nobody
does: a transfer is as good in an hour.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import structlog

from bot.platforms import GiveUp, Spent, TransferAnswer, TransferOrder, TransferState, TryLater
from bot.platforms.wecom.api import Answer, Api
from bot.platforms.wecom.errors import (
    CHATTING,
    NOT_GONE,
    NOT_VERIFIED,
    OPERATOR_SECONDS,
    UNKNOWN_MEMBER,
    Kind,
    WeComError,
    as_failure,
)
from handlers.kernel.contacts import LookOrder, Stranger, Way, WayOrder, WelcomeOrder
from storage.secrets import digits

HERE, GONE = "externalcontact/transfer", "externalcontact/resigned/transfer"
"""Of a colleague who is in service, and of one who left."""
CONSIDERS = timedelta(hours=24)
"""So long a customer may say no; then it happens by itself."""
MOST_WORDS = 200
"""Characters that the customer reads of a transfer."""
ONE, BY_CODE = 1, 2
"""A way to one colleague, by a QR code."""

_REFUSED = {
    40099: TransferState.FULL,
    40100: TransferState.RUNNING,
    40128: TransferState.OFTEN,
    40129: TransferState.RUNNING,
}
"""What a contact that was not taken is in; any other code: it is no contact of the giver's."""
_STANDS = {
    1: TransferState.DONE,
    2: TransferState.WAITING,
    3: TransferState.REFUSED,
    4: TransferState.FULL,
    5: TransferState.ABSENT,
}
_OURS = {
    TransferState.RUNNING: TransferState.WAITING,
    TransferState.ABSENT: TransferState.DONE,
}
"""A refusal that is none, where the platform has this very transfer: it was begun, or is over, already."""

log = structlog.get_logger(__name__)


class WeComCustomers:
    """The `CustomerContact` and the `Transfers` of whoever has the access. `home`: where our pages are."""

    def __init__(self, contacts: Api, home: str) -> None:
        self._contacts = contacts
        self._home = home

    # -- customers who come ------------------------------------------------------------------------

    async def contact_way(self, order: WayOrder, at: datetime) -> Way:
        body = {"type": ONE, "scene": BY_CODE, "state": order.state, "user": [order.owner]}
        answer = await self._now("externalcontact/add_contact_way", body)
        return Way(str(answer.get("qr_code", "")), config=str(answer.get("config_id", "")))

    async def welcome(self, order: WelcomeOrder, at: datetime) -> None:
        link = {"title": order.title, "url": urljoin(self._home, order.link)}
        body = {
            "welcome_code": order.code,
            "text": {"content": order.text},
            "attachments": [{"msgtype": "link", "link": link}],
        }
        await self._now("externalcontact/send_welcome_msg", body)

    async def look(self, order: LookOrder) -> Stranger:
        """His own name, and the phones that the colleague noted; nothing where they are contacts no more."""
        name, cursor = "", ""
        while True:
            try:
                found = await self._page(order.external, cursor)
            except WeComError as error:
                if error.kind is Kind.GONE:
                    return Stranger("")
                raise _at_once(error) from error
            name = str((found.get("external_contact") or {}).get("name", "")) or name
            noted = _noted(found, order.owner)
            cursor = str(found.get("next_cursor") or "")
            if noted is not None or not cursor:
                return Stranger(name, noted or ())

    async def _page(self, external: str, cursor: str) -> Answer:
        more = {"cursor": cursor} if cursor else {}
        return await self._contacts.get("externalcontact/get", external_userid=external, **more)

    async def _now(self, path: str, body: Mapping[str, Any]) -> Answer:
        try:
            return await self._contacts.post(path, body)
        except WeComError as error:
            raise _at_once(error) from error

    # -- customers who are handed on ---------------------------------------------------------------

    async def transfer(self, order: TransferOrder, at: datetime) -> Sequence[TransferAnswer]:
        codes = _codes(await self._begin(order))
        _check_whole(codes)
        known: Mapping[str, TransferAnswer] = {}
        if any(codes.values()):
            log.info("wecom_not_transferred", codes=sorted({each for each in codes.values() if each}))
            known = await self._standings(order, at)
        mine = [each for each in order.externals if each in codes]
        return [_begun(each, codes[each], known.get(each), at) for each in mine]

    async def transfer_result(self, order: TransferOrder, at: datetime) -> Sequence[TransferAnswer]:
        known = await self._standings(order, at)
        return [known[each] for each in order.externals if each in known]

    async def _begin(self, order: TransferOrder) -> Answer:
        """By the way that fits the giver. Ours and WeCom's idea of who left may differ for a while."""
        first, second, unfit = (GONE, HERE, NOT_GONE) if order.left else (HERE, GONE, UNKNOWN_MEMBER)
        try:
            return await self._ordered(first, order)
        except WeComError as error:
            if error.code != unfit:
                raise as_failure(error) from error
        try:
            return await self._ordered(second, order)
        except WeComError as error:
            raise as_failure(error) from error

    async def _ordered(self, path: str, order: TransferOrder) -> Answer:
        body: dict[str, Any] = {
            "handover_userid": order.giver,
            "takeover_userid": order.taker,
            "external_userid": list(order.externals),
        }
        if path == HERE and order.words:
            body["transfer_success_msg"] = order.words[:MOST_WORDS]
        return await self._contacts.post(f"{path}_customer", body)

    async def _standings(self, order: TransferOrder, at: datetime) -> dict[str, TransferAnswer]:
        """How the pair's transfers stand, the newest of each contact; the giver's present kind first."""
        found: dict[str, TransferAnswer] = {}
        for path in (GONE, HERE) if order.left else (HERE, GONE):
            for each in await self._results(f"{path}_result", order):
                answer = _standing(each, at)
                if answer is not None and answer.external not in found:
                    found[answer.external] = answer
            if found.keys() >= set(order.externals):
                break
        return found

    async def _results(self, path: str, order: TransferOrder) -> list[Answer]:
        """All pages, the newest first."""
        body = {"handover_userid": order.giver, "takeover_userid": order.taker}
        rows: list[Answer] = []
        cursor = ""
        while True:
            try:
                answer = await self._contacts.post(path, body | ({"cursor": cursor} if cursor else {}))
            except WeComError as error:
                if error.kind is Kind.GONE or error.code == NOT_GONE:
                    return []
                raise as_failure(error) from error
            rows += [each for each in answer.get("customer") or () if isinstance(each, dict)]
            cursor = str(answer.get("next_cursor") or "")
            if not cursor:
                return rows[::-1]


def _at_once(error: WeComError) -> Exception:
    """What it means to somebody who waits: a setting is not waited for."""
    if error.code == CHATTING:
        return Spent("欢迎语的凭证用过了，或者两人已经聊过")
    if error.kind is Kind.OPERATOR:
        return GiveUp(f"{error}：{error.mend}")
    return as_failure(error)


def _noted(found: Answer, owner: str) -> tuple[str, ...] | None:
    """The phones that the colleague noted of him; None where this page does not tell of the colleague."""
    for each in found.get("follow_user") or ():
        if str(each.get("userid", "")).lower() == owner.lower():
            return tuple(filter(None, (digits(str(phone)) for phone in each.get("remark_mobiles") or ())))
    return None


def _codes(answer: Answer) -> dict[str, int]:
    rows: Iterable[Any] = answer.get("customer") or ()
    return {str(each.get("external_userid")): int(each.get("errcode", 0)) for each in rows}


def _check_whole(codes: Mapping[str, int]) -> None:
    """What keeps all of them back is no matter of one customer: it waits until it is mended."""
    for code in codes.values():
        error = WeComError(code, "transfer_customer")
        if code == NOT_VERIFIED:
            raise TryLater(f"{error}：{error.mend}", OPERATOR_SECONDS)
        if code and error.kind is Kind.BUSY:
            raise as_failure(error)


def _begun(external: str, code: int, known: TransferAnswer | None, at: datetime) -> TransferAnswer:
    if code == 0:
        return TransferAnswer(external, TransferState.WAITING, at + CONSIDERS)
    state = _REFUSED.get(code, TransferState.ABSENT)
    if known is not None and known.state is _OURS.get(state):
        return known
    return TransferAnswer(external, state)


def _standing(row: Answer, at: datetime) -> TransferAnswer | None:
    state = _STANDS.get(row.get("status", 0))
    if state is None:
        return None
    planned = int(row.get("takeover_time") or 0) if state is TransferState.WAITING else 0
    until = datetime.fromtimestamp(planned, at.tzinfo) if planned else None
    return TransferAnswer(str(row.get("external_userid", "")), state, until)
