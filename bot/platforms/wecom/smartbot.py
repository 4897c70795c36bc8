"""The smart bot's way in and out: what is pushed becomes updates, cards and words go by the connection."""

import asyncio
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.clock import Clock
from bot.faults import report
from bot.intake import Intake
from bot.platforms import GiveUp, TryLater
from bot.platforms.keeping import Keeping
from bot.platforms.pieces import pieces
from bot.platforms.wecom import BOT
from bot.platforms.wecom.api import limited
from bot.platforms.wecom.errors import Kind, WeComError, as_failure
from bot.platforms.wecom.frames import Frame, Pushed, pushed, updates
from bot.platforms.wecom.line import BotLine
from bot.platforms.wecom.media import stored
from bot.platforms.wecom.render import Pen, Template, parts, plain, task_id, template
from cards import working
from cards.model import Card, load
from handlers.kernel.turn import LISTENING
from handlers.kernel.update import Profile
from storage.database import Database
from storage.models.engine import Held, Outgoing
from storage.models.tickets import KeptTicket

LONGEST_SECONDS = 300.0
"""The bubble has to be closed within six minutes, whether the answer is there or not."""
WELCOME_LIFE = timedelta(seconds=4.5)
MARKDOWN_BYTES = 20_000
CHUNK_BYTES = 512 * 1024
FETCH_SECONDS = 30.0
END_SECONDS = 5.0
"""How long a process that stops waits for what it heard to be durable."""
TASK_TAKEN = 42014

log = structlog.get_logger(__name__)


@dataclass
class Bubble:
    """ "Working on it": what somebody sees until his answer is there."""

    req_id: str
    stream: str
    timer: asyncio.Task[None] | None = None
    is_open: bool = False


@dataclass
class Greeting:
    req_id: str
    until: datetime


class SmartBot:
    """The `Platform` of the smart bot; works in the process that has the connection."""

    def __init__(
        self,
        line: BotLine,
        pen: Pen,
        database: Database,
        intake: Intake,
        clock: Clock,
    ) -> None:
        self._line = line
        self._pen = pen
        self._database = database
        self._clock = clock
        self._bubbles: dict[str, Bubble] = {}
        self._greetings: dict[str, Greeting] = {}
        self._keeping = Keeping(intake)
        line.hear = self.hear

    @property
    def is_open(self) -> bool:
        return self._line.is_open

    async def run(self) -> None:
        """The connection's life; at its end what was heard is still kept."""
        try:
            await self._line.run()
        finally:
            timers = [each.timer for each in self._bubbles.values() if each.timer is not None]
            for timer in timers:
                timer.cancel()
            await asyncio.wait_for(self.kept(), END_SECONDS)

    # -- in ----------------------------------------------------------------------------------------

    async def hear(self, frame: Frame) -> None:
        """One pushed frame. Keeping it goes on by itself, so that the next one is not held up."""
        found = pushed(frame, self._clock.now())
        if found is None:
            return
        if found.event == "enter_chat":
            self._greetings[found.address] = Greeting(found.req_id, found.at + WELCOME_LIFE)
        for update in updates(found):
            self._keeping.start(self._keeping.keep(update))
        if found.is_message and found.is_group:
            self._keeping.start(self._say_apart(found))
        elif found.is_message:
            self._wait_for(found)

    async def kept(self) -> None:
        """Returns when all that was heard is durable."""
        await self._keeping.done()

    async def _say_apart(self, found: Pushed) -> None:
        """In a group everybody reads along: only that it was heard is said there."""
        stream = {"id": f"group-{found.req_id}", "finish": True, "content": working.APART}
        try:
            await self._line.ask("aibot_respond_msg", {"msgtype": "stream", "stream": stream}, found.req_id)
        except (WeComError, TryLater) as error:
            log.info("wecom_group_not_told", error=str(error))

    # -- "working on it" ---------------------------------------------------------------------------

    def _wait_for(self, found: Pushed) -> None:
        """Somebody said something: where listening to it takes long, a bubble can say so."""
        before = self._bubbles.get(found.address)
        if before is not None:
            self._keeping.start(self._answering(before))
        self._bubbles[found.address] = Bubble(found.req_id, f"wait-{found.req_id}")

    async def _open(self, address: str, bubble: Bubble) -> bool:
        """Whether the bubble stands there now; it closes by itself before WeCom gives it up."""
        bubble.is_open = await self._stream(bubble, working.HEARD, finish=False)
        if bubble.is_open:
            bubble.timer = asyncio.create_task(self._close_in_time(address, bubble))
        return bubble.is_open

    async def _close_in_time(self, address: str, bubble: Bubble) -> None:
        await asyncio.sleep(LONGEST_SECONDS)
        if self._bubbles.get(address) is bubble:
            del self._bubbles[address]
        await self._close(bubble, working.LONGER)

    async def _answering(self, bubble: Bubble | None) -> None:
        """The answer is on its way: a bubble that stands there says so."""
        if bubble is None or not bubble.is_open:
            return
        if bubble.timer is not None:
            bubble.timer.cancel()
        await self._close(bubble, working.READY)

    async def _close(self, bubble: Bubble, words: str) -> None:
        if bubble.is_open:
            await self._stream(bubble, words, finish=True)

    async def _stream(self, bubble: Bubble, words: str, *, finish: bool) -> bool:
        """Whether the bubble says it now; a bubble that can't be shown is no fault."""
        stream = {"id": bubble.stream, "finish": finish, "content": words}
        try:
            await self._line.ask("aibot_respond_msg", {"msgtype": "stream", "stream": stream}, bubble.req_id)
        except (WeComError, TryLater) as error:
            log.info("wecom_bubble_not_shown", error=str(error))
            return False
        return True

    # -- out ---------------------------------------------------------------------------------------

    async def post(self, message: Outgoing) -> str:
        card, bubble = load(message.content), self._bubbles.get(message.address)
        if message.thread.endswith(LISTENING) and bubble and await self._open(message.address, bubble):
            return ""
        await self._answering(self._bubbles.pop(message.address, None))
        shown, task = parts(card), ""
        for left, card in zip(reversed(range(len(shown))), shown, strict=True):
            name = task_id(card, message.id, message.created_at) + (f"-{left}" if left else "")
            task = await self._post(message, card, name, "" if left else message.thread)
        return task

    async def replace(self, message: Outgoing, held: Held) -> str | None:
        """The tapped card, within five seconds of its tap; anything else is a new message."""
        await self._answering(self._bubbles.pop(message.address, None))
        now = self._clock.now()
        async with self._database.reading() as unit:
            tickets = await unit.tickets.usable(BOT, message.address, message.thread, now)
        cards = parts(load(message.content))
        for each in tickets if len(cards) == 1 else ():
            if await self._replace(message, cards[0], each):
                return each.card
        return None

    async def text(self, message: Outgoing) -> str:
        await self._answering(self._bubbles.pop(message.address, None))
        await self._say(message, message.content)
        return ""

    async def file(self, message: Outgoing) -> str:
        await self._answering(self._bubbles.pop(message.address, None))
        kind, name, content = await stored(message, self._database)
        try:
            media = await self._upload(kind, name, content)
            await self._send(message.address, kind, {"media_id": media})
        except WeComError as error:
            raise as_failure(error) from error
        return ""

    async def _upload(self, kind: str, name: str, content: bytes) -> str:
        """In pieces, over the line; its media id."""
        chunks = [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)]
        about = {"type": kind, "filename": name, "total_size": len(content), "total_chunks": len(chunks)}
        begun = await self._line.ask("aibot_upload_media_init", about)
        upload = begun["body"]["upload_id"]
        for place, piece in enumerate(chunks):
            told = {"upload_id": upload, "chunk_index": place, "base64_data": b64encode(piece).decode()}
            await self._line.ask("aibot_upload_media_chunk", told)
        done = await self._line.ask("aibot_upload_media_finish", {"upload_id": upload})
        return str(done["body"]["media_id"])

    async def _post(self, message: Outgoing, card: Card, task: str, thread: str) -> str:
        drawn = template(card, task, self._pen)
        try:
            await self._send(message.address, "template_card", drawn)
        except WeComError as error:
            if error.code == TASK_TAKEN and message.begun > 1:
                return task
            if error.kind is not Kind.CARD:
                raise as_failure(error) from error
            report("wecom_card_refused", error, code=error.code, kind=card.kind)
            await self._say(message, plain(card, self._pen))
            return ""
        if thread:
            await self._remember(message, thread, task)
        return task

    async def _remember(self, message: Outgoing, thread: str, task: str) -> None:
        """What the card is about, so that a tap finds its thread; it can't be replaced without one."""
        now = self._clock.now()
        async with self._database.unit() as unit:
            await unit.tickets.keep(
                platform=BOT,
                address=message.address,
                thread=thread,
                card=task,
                code=f"sent:{task}",
                until=now,
            )

    async def _replace(self, message: Outgoing, card: Card, ticket: KeptTicket) -> bool:
        drawn = template(card, ticket.card, self._pen)
        body = {"response_type": "update_template_card", "userids": [message.address], "template_card": drawn}
        try:
            await self._line.ask("aibot_respond_update_msg", body, ticket.code)
            done = True
        except WeComError as error:
            if error.kind not in (Kind.SPENT, Kind.CARD):
                raise as_failure(error) from error
            log.info("wecom_not_replaced", code=error.code, kind=card.kind)
            done = False
        async with self._database.unit() as unit:
            await unit.tickets.spend(ticket.id)
        return done

    async def _say(self, message: Outgoing, text: str) -> None:
        for piece in pieces(text, MARKDOWN_BYTES):
            try:
                await self._send(message.address, "markdown", {"content": piece})
            except WeComError as error:
                if error.kind is Kind.CARD:
                    raise GiveUp("这位同事还没和智能机器人说过话，机器人不能先开口") from error
                raise as_failure(error) from error

    async def _send(self, address: str, kind: str, content: Template) -> None:
        """To who just came in by way of the greeting: before the first word there is no other."""
        body = {"msgtype": kind, kind: content}
        greeting = self._greetings.pop(address, None)
        if greeting is not None and kind == "template_card" and self._clock.now() < greeting.until:
            await self._line.ask("aibot_respond_welcome_msg", body, greeting.req_id)
        else:
            await self._line.ask("aibot_send_msg", {"chatid": address, "chat_type": 1, **body})


class BotDirectory:
    """Where the smart bot is all there is, WeCom says no more of a member than his account."""

    family: tuple[str, ...] = (BOT,)

    async def profile(self, address: str) -> Profile | None:
        return Profile(name=address)


class BotMedia:
    """The `Media` of the smart bot: encrypted, each file with a key of its own, for five minutes."""

    def __init__(self, http: ClientSession) -> None:
        self._http = http

    async def fetch(self, ref: str) -> bytes | None:
        key, _, url = ref.partition(" ")
        try:
            async with self._http.get(url, timeout=ClientTimeout(total=FETCH_SECONDS)) as answer:
                if answer.status >= 500:
                    raise TryLater(f"file: HTTP {answer.status}")
                if answer.status != 200:
                    return None
                sealed = await limited("file", answer)
        except WeComError:
            return None
        except (ClientError, TimeoutError, OSError) as error:
            raise TryLater(f"file: {type(error).__name__}") from None
        return opened(sealed, key)


def opened(sealed: bytes, key: str) -> bytes | None:
    """The file inside; None where the key does not open it."""
    try:
        raw = b64decode(key + "=" * (-len(key) % 4))
        decryptor = Cipher(AES(raw), CBC(raw[:16])).decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
    except ValueError:
        return None
    pad = padded[-1] if padded else 0
    return padded[:-pad] if 1 <= pad <= 32 and padded.endswith(bytes([pad]) * pad) else None
