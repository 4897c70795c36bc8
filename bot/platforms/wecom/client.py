"""The self-built app's way out: cards, their replacement by tickets, and plain text."""

from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.faults import report
from bot.platforms import GiveUp, Pace
from bot.platforms.pieces import pieces
from bot.platforms.wecom import APP
from bot.platforms.wecom.api import Answer, Api
from bot.platforms.wecom.customers import WeComCustomers
from bot.platforms.wecom.errors import Kind, WeComError, as_failure
from bot.platforms.wecom.media import PICTURES, stored
from bot.platforms.wecom.render import Pen, Template, is_picture, parts, plain, task_id, template
from cards.model import Card, load
from storage.database import Database
from storage.models.engine import Held, Outgoing
from storage.models.tickets import KeptTicket

PACE = Pace(burst=10, seconds=4.0)
"""Ten at once and fifteen a minute: never over 30 a minute or 1,000 an hour, which WeCom drops silently."""
TICKET_LIFE = timedelta(hours=72) - timedelta(minutes=5)
ONCE_SECONDS = 4 * 3600
"""For so long WeCom drops a message that it has already, so that a re-send after a crash is no second one."""

TASK_TAKEN = 42014
"""The code for a task_id that WeCom has already; ours are never malformed."""

log = structlog.get_logger(__name__)


class WeComPlatform(WeComCustomers):
    """The `Platform` of the self-built app. `contacts`: the access by which customers are reached."""

    def __init__(
        self, api: Api, contacts: Api, agent_id: int, pen: Pen, database: Database, clock: Clock
    ) -> None:
        super().__init__(contacts, pen.home)
        self._api = api
        self._agent_id = agent_id
        self._pen = pen
        self._database = database
        self._clock = clock

    async def post(self, message: Outgoing) -> str:
        """The last card's name: what is ahead of it is not replaced."""
        whole = load(message.content)
        if is_picture(whole) and await self._pictured(message, whole):
            return ""
        shown, task = parts(whole), ""
        for left, card in zip(reversed(range(len(shown))), shown, strict=True):
            name = task_id(card, message.id, message.created_at) + (f"-{left}" if left else "")
            task = await self._post(message, card, name, "" if left else message.thread)
        return task

    async def replace(self, message: Outgoing, held: Held) -> str | None:
        """Renews every card of the thread for which there is a ticket; None where there is none.

        So an old card that was tapped shows the state of now as well, where it stands.
        """
        cards = parts(load(message.content))
        now = self._clock.now()
        async with self._database.reading() as unit:
            tickets = await unit.tickets.usable(APP, message.address, message.thread, now)
        renewed: list[str] = []
        if len(cards) == 1:
            for each in tickets:
                if each.card not in renewed and await self._replace(message, cards[0], each):
                    renewed.append(each.card)
        return held.ref if held.ref in renewed else renewed[0] if renewed else None

    async def text(self, message: Outgoing) -> str:
        await self._say(message, message.content)
        return ""

    async def file(self, message: Outgoing) -> str:
        """A picture that is too large to be one, or of another kind, goes as a file."""
        kind, name, content = await stored(message, self._database)
        media = await self._uploaded(kind, name, content)
        await self._send(message.address, kind, {"media_id": media}, once=False)
        return ""

    async def _pictured(self, message: Outgoing, card: Card) -> bool:
        """Sends the picture as one that can be saved and forwarded; False where it is none."""
        assert card.picture is not None
        content = await self._api.picture(self._pen.link(card.picture.url))
        if not content.startswith(PICTURES):
            return False
        media = await self._uploaded("image", "code.png", content)
        await self._send(message.address, "image", {"media_id": media}, once=False)
        return True

    async def _uploaded(self, kind: str, name: str, content: bytes) -> str:
        try:
            return await self._api.upload(kind, name, content)
        except WeComError as error:
            raise as_failure(error) from error

    async def _post(self, message: Outgoing, card: Card, task: str, thread: str) -> str:
        """Sends one card; in plain text where WeCom does not take it, and then it can't be replaced."""
        drawn = template(card, task, self._pen)
        try:
            answer = await self._send(message.address, "template_card", drawn, once=True)
        except CardRefused as refused:
            if refused.code == TASK_TAKEN and message.begun > 1:
                return task  # it went through before we could note it
            report("wecom_card_refused", refused, code=refused.code, kind=card.kind)
            await self._say(message, plain(card, self._pen))
            return ""
        if thread and (code := answer.get("response_code")):
            await self._keep_ticket(message, thread, task, str(code))
        return task

    async def _keep_ticket(self, message: Outgoing, thread: str, task: str, code: str) -> None:
        async with self._database.unit() as unit:
            await unit.tickets.keep(
                platform=APP,
                address=message.address,
                thread=thread,
                card=task,
                code=code,
                until=self._clock.now() + TICKET_LIFE,
            )

    async def _replace(self, message: Outgoing, card: Card, ticket: KeptTicket) -> bool:
        """Whether the card took the place of the ticket's; the ticket is spent in any case."""
        drawn = template(card, ticket.card, self._pen)
        body = {
            "userids": [message.address],
            "agentid": self._agent_id,
            "response_code": ticket.code,
            "template_card": drawn,
        }
        try:
            answer = await self._api.post("message/update_template_card", body)
            done = not answer.get("invaliduser")
        except WeComError as error:
            if error.kind not in (Kind.SPENT, Kind.CARD):
                raise as_failure(error) from error
            log.info("wecom_not_replaced", code=error.code, kind=card.kind)
            done = False
        async with self._database.unit() as unit:
            await unit.tickets.spend(ticket.id)
        return done

    async def _say(self, message: Outgoing, text: str) -> None:
        """Plain text. The same words twice are two messages, unless it is this message that is sent again."""
        for piece in pieces(text):
            await self._send(message.address, "text", {"content": piece}, once=message.begun > 1)

    async def _send(self, address: str, kind: str, content: Template, *, once: bool) -> Answer:
        body = {"touser": address, "msgtype": kind, "agentid": self._agent_id, kind: content}
        if once:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": ONCE_SECONDS}
        try:
            answer = await self._api.post("message/send", body)
        except WeComError as error:
            if error.kind is Kind.CARD:
                raise CardRefused(error.code) from error
            raise as_failure(error) from error
        _check_arrival(answer)
        return answer


class CardRefused(Exception):
    """WeCom takes the message, but not this card."""

    def __init__(self, code: int) -> None:
        super().__init__(f"errcode {code}")
        self.code = code


def _check_arrival(answer: Answer) -> None:
    """WeCom says 0 although nobody got it: then its lists name the one whom it was for."""
    if answer.get("unlicenseduser"):
        raise GiveUp("这位同事没有企业微信的接口许可：在管理后台给他分配")
    if answer.get("invaliduser"):
        raise GiveUp("企业微信里没有这位同事，或者应用看不到他：检查应用的可见范围")
