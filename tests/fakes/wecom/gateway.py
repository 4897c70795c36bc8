"""The smart bot's long connection: who is on it, what it may say when, and how it ends."""

import asyncio
import base64
import json
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from tests.fakes.wecom import cards
from tests.fakes.wecom.crypto import encrypted
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.media import disposition
from tests.fakes.wecom.screen import WAIT, Bubble, Screen, kind_by_task
from tests.fakes.wecom.state import Company
from tests.fakes.wecom.uploads import Uploads
from tests.fakes.wecom.webhook import Webhook

ANSWER_WITHIN = timedelta(hours=24)
SOON = timedelta(seconds=5)
STREAM_LIFE = timedelta(minutes=6)
URL_LIFE = timedelta(minutes=5)
RESPONSE_LIFE = timedelta(hours=1)
A_MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)
PER_MINUTE, PER_HOUR, SUBSCRIBES = 30, 1000, 10
LONGEST = 20480
MEDIA = {"file", "image", "voice", "video"}

Frame = dict[str, Any]


@dataclass
class Link:
    """One open WebSocket."""

    ws: web.WebSocketResponse
    request: web.Request
    bot: "Bot | None" = None
    """Whose it is since it subscribed."""
    kicked: bool = False


@dataclass
class Pushed:
    """A callback that was pushed over a connection: what its req_id stands for."""

    req_id: str
    kind: str
    """message, or an eventtype."""
    owner: str
    """The chat: a userid, or the chatid of a group."""
    userid: str
    at: datetime
    frame: Frame
    task_id: str = ""
    msgid: str = ""
    welcomed: bool = False
    carded: bool = False
    delivered: bool = False


@dataclass
class Stream:
    bubble: Bubble
    at: datetime
    finished: bool = False


@dataclass
class Hidden:
    """An encrypted file behind a URL that lives five minutes."""

    data: bytes
    filename: str
    at: datetime


@dataclass
class Mishap:
    """What shall go wrong with the next frames: an errcode, or no answer at all."""

    cmd: str
    times: int
    errcode: int | None


@dataclass
class Bot:
    """One smart bot: its secret, its one connection, its chats."""

    id: str
    secret: str
    gateway: "Gateway" = field(repr=False)
    name: str = "拜访"
    link: Link | None = None
    webhook: Webhook | None = None
    """Set: the bot is in its other mode, and nothing goes over a connection."""
    screens: dict[str, Screen] = field(default_factory=dict, repr=False)
    groups: dict[str, list[str]] = field(default_factory=dict)
    missed: list[Frame] = field(default_factory=list)
    """What was said while nobody was connected: it is lost."""
    frames: list[Frame] = field(default_factory=list, repr=False)
    """Every frame that the bot sent, in order."""
    counts: Counter[str] = field(default_factory=Counter)
    mishaps: list[Mishap] = field(default_factory=list)
    pushed: dict[str, Pushed] = field(default_factory=dict, repr=False)
    kicked: list[Link] = field(default_factory=list, repr=False)
    """Old connections that were told to go; the server closes them when it likes (see close_kicked)."""
    stream_from_start: bool = False
    """A stream ends six minutes after its first frame, and not after its last one."""
    tasks: set[str] = field(default_factory=set)
    _streams: dict[str, Stream] = field(default_factory=dict, repr=False)
    _times: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list), repr=False)
    _entered: set[tuple[str, str]] = field(default_factory=set, repr=False)
    _wrote: set[str] = field(default_factory=set, repr=False)
    _subscribes: list[datetime] = field(default_factory=list, repr=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    # -- what tests look at and do -----------------------------------------------------------------

    @property
    def connected(self) -> bool:
        return self.link is not None and not self.link.ws.closed

    async def subscribed(self, wait: float = WAIT) -> None:
        """Waits until somebody is on the line."""
        await self._until(lambda: self.connected, wait)

    async def unsubscribed(self, wait: float = WAIT) -> None:
        await self._until(lambda: not self.connected, wait)

    async def pinged(self, times: int, wait: float = WAIT) -> None:
        await self._until(lambda: self.counts["ping"] >= times, wait)

    async def _until(self, true: Callable[[], bool], wait: float) -> None:
        async with asyncio.timeout(wait):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    def touched(self) -> None:
        self._changed.set()

    def screen(self, owner: str) -> Screen:
        return self.screens.setdefault(owner, Screen(owner, self.gateway.kind_of))

    def goes_wrong(self, cmd: str = "*", *, errcode: int | None = None, times: int = 1) -> None:
        """The next frames of the command are answered with the errcode, or (None) not at all."""
        self.mishaps.append(Mishap(cmd, times, errcode))

    async def close(self, code: int = WSCloseCode.OK, reason: str = "") -> None:
        """The server closes: 1000 and 1001 are the clean ways that some clients never notice."""
        if self.link is not None:
            link, self.link = self.link, None
            await link.ws.close(code=code, message=reason.encode())
            self.touched()

    def abort(self) -> None:
        """The connection breaks without a word (1006 at the other end)."""
        if self.link is not None and self.link.request.transport is not None:
            transport, self.link = self.link.request.transport, None
            transport.abort()
            self.touched()

    async def close_kicked(self) -> None:
        for each in self.kicked:
            await each.ws.close(code=WSCloseCode.OK)
        self.kicked.clear()

    # -- what members do ---------------------------------------------------------------------------

    async def text(self, userid: str, text: str, group: str = "") -> Pushed:
        content = f"@{self.name} {text}" if group else text
        return await self.message(userid, {"msgtype": "text", "text": {"content": content}}, group)

    async def voice(self, userid: str, text: str) -> Pushed:
        """A voice note comes as the words that were heard, without its sound."""
        return await self.message(userid, {"msgtype": "voice", "voice": {"content": text}})

    async def file(self, userid: str, kind: str, data: bytes, filename: str, group: str = "") -> Pushed:
        """An image, file or video: encrypted, behind a URL with a key of its own."""
        return await self.message(userid, {"msgtype": kind, kind: self.gateway.hide(data, filename)}, group)

    async def mixed(self, userid: str, text: str, pictures: list[bytes], group: str = "") -> Pushed:
        items: list[Frame] = [{"msgtype": "text", "text": {"content": text}}]
        items += [{"msgtype": "image", "image": self.gateway.hide(each, "image.png")} for each in pictures]
        return await self.message(userid, {"msgtype": "mixed", "mixed": {"msg_item": items}}, group)

    async def message(self, userid: str, content: Frame, group: str = "") -> Pushed:
        self._wrote.add(group or userid)
        url = self.gateway.response_url(self, group or userid)
        body = {**self._head(userid, group), "response_url": url, **content}
        return await self._push("aibot_msg_callback", "message", body, userid, group)

    async def place(self, userid: str, label: str) -> Pushed:
        """A bot takes no locations: its chats have no such message."""
        raise AssertionError(f"nobody can send {label} to a bot")

    async def join(self, userid: str) -> Pushed | None:
        return await self.enters(userid)

    async def enters(self, userid: str) -> Pushed | None:
        """enter_chat: at most once a day."""
        today = self.gateway.company.now().date().isoformat()
        if (userid, today) in self._entered:
            return None
        self._entered.add((userid, today))
        return await self._event(userid, "enter_chat", {})

    async def feedback(self, userid: str, feedback: Frame) -> Pushed:
        return await self._event(userid, "feedback_event", feedback)

    async def press(
        self, bubble: Bubble, card: cards.Card, userid: str, tap: cards.Tap, picks: cards.Picks
    ) -> Pushed:
        """A menu's tap is the same event, without answers."""
        asked = [] if tap.part == "menu" else cards.answers(card, picks)
        task = card.get("task_id", "")
        fields: Frame = {"card_type": card["card_type"], "event_key": tap.key, "task_id": task}
        if asked:
            items = [{"question_key": question, "option_ids": {"option_id": ids}} for question, ids in asked]
            fields["selected_items"] = {"selected_item": items}
        group = bubble.owner if bubble.owner in self.groups else ""
        return await self._event(userid, "template_card_event", fields, group, bubble.msgid)

    async def _event(self, userid: str, kind: str, fields: Frame, group: str = "", msgid: str = "") -> Pushed:
        url = self.gateway.response_url(self, group or userid)
        created = {"create_time": self.gateway.company.seconds, "response_url": url, "msgtype": "event"}
        body = {**self._head(userid, group), **created, "event": {"eventtype": kind, kind: fields}}
        return await self._push("aibot_event_callback", kind, body, userid, group, msgid)

    def _head(self, userid: str, group: str) -> Frame:
        chat = {"chatid": group, "chattype": "group"} if group else {"chattype": "single"}
        return {
            "msgid": self.gateway.company.new("CAIQ"),
            "aibotid": self.id,
            **chat,
            "from": {"userid": userid},
        }

    async def _push(
        self, cmd: str, kind: str, body: Frame, userid: str, group: str, msgid: str = ""
    ) -> Pushed:
        req_id = self.gateway.company.new("srv-")
        frame = {"cmd": cmd, "headers": {"req_id": req_id}, "body": body}
        now = self.gateway.company.now()
        pushed = Pushed(req_id, kind, group or userid, userid, now, frame)
        fields = body.get("event", {}).get(kind, {}) if kind != "message" else {}
        pushed.task_id, pushed.msgid = fields.get("task_id", ""), msgid
        self.pushed[req_id] = pushed
        await self.again(pushed)
        return pushed

    async def again(self, pushed: Pushed) -> None:
        """Delivers the frame; once more where it was delivered before (a message may come twice)."""
        if self.webhook is not None:
            await self._call_back(self.webhook, pushed)
            return
        if not self.connected or self.link is None:
            self.missed.append(pushed.frame)
            return
        pushed.delivered = True
        await self.link.ws.send_json(pushed.frame)

    async def _call_back(self, webhook: Webhook, pushed: Pushed) -> None:
        if pushed.kind == "message" and webhook.busy(pushed.userid):
            self.missed.append(pushed.frame)
            return
        pushed.delivered = await webhook.push(self, pushed)
        if not pushed.delivered:
            self.missed.append(pushed.frame)

    async def poll(self, stream_id: str) -> bool:
        """The platform asks for a stream's text so far (webhook mode); False where it has stopped asking."""
        return self.webhook is not None and await self.webhook.poll(self, stream_id)

    # -- what the bot sends ------------------------------------------------------------------------

    def subscribe(self, secret: object) -> None:
        now = self.gateway.company.now()
        self._subscribes = [each for each in self._subscribes if now - each < A_MINUTE]
        if len(self._subscribes) >= SUBSCRIBES:
            raise Fault(45009, "不要反复请求")
        self._subscribes.append(now)
        if secret != self.secret:
            raise Fault(853000)

    def respond(self, req_id: str, body: Frame) -> None:
        pushed = self._answerable(req_id, {"message"}, ANSWER_WITHIN)
        kind = body.get("msgtype")
        if kind == "stream":
            self._stream(pushed, body)
        elif kind == "template_card":
            self._card_once(pushed, body)
        elif kind in MEDIA or kind == "markdown":
            self._show(pushed.owner, kind, self._content(kind, body))
        else:
            raise Fault(40008)

    def welcome(self, req_id: str, body: Frame) -> None:
        pushed = self._answerable(req_id, {"enter_chat"}, SOON)
        if pushed.welcomed:
            raise Fault(846605)
        kind = body.get("msgtype")
        if kind not in ("text", "template_card"):
            raise Fault(40008)
        self._show(pushed.owner, kind, self._content(kind, body))
        pushed.welcomed = True

    def update(self, req_id: str, body: Frame) -> None:
        pushed = self._answerable(req_id, {"template_card_event"}, SOON)
        card = body.get("template_card")
        if body.get("response_type") != "update_template_card":
            raise Fault(40008)
        cards.check(card, update=True, bot=True)
        assert isinstance(card, dict)
        if card.get("task_id") != pushed.task_id:
            raise Fault(42016)
        for bubble in self._copies(pushed, [str(each) for each in body.get("userids") or []]):
            self.screen(bubble.owner).change(bubble, content=card)

    def _copies(self, pushed: Pushed, userids: list[str]) -> list[Bubble]:
        """The chat's own card. A group has one that all see."""
        if userids and pushed.userid not in userids:
            return []
        return [each for each in self.screen(pushed.owner).bubbles if each.msgid == pushed.msgid]

    def push_message(self, body: Frame) -> None:
        """aibot_send_msg: only where somebody wrote before (the code is unconfirmed)."""
        chat, kind = str(body.get("chatid") or ""), body.get("msgtype")
        if kind not in {*MEDIA, "markdown", "template_card"}:
            raise Fault(40008)
        if chat not in self._wrote:
            raise Fault(40058, "no conversation with this chatid")
        if kind == "template_card" and chat in self.groups:
            raise Fault(40058, "template_card goes to single chats")
        self._show(chat, str(kind), self._content(str(kind), body))

    def answer_url(self, owner: str, body: Frame) -> None:
        """One message by response_url."""
        kind = body.get("msgtype")
        if kind != "markdown" and (kind != "template_card" or owner in self.groups):
            raise Fault(40008)
        self._show(owner, str(kind), self._content(str(kind), body))

    def _answerable(self, req_id: str, kinds: set[str], within: timedelta) -> Pushed:
        pushed = self.pushed.get(req_id)
        if pushed is None or pushed.kind not in kinds:
            raise Fault(846605)
        if self.gateway.company.now() - pushed.at >= within:
            raise Fault(846605, "req_id is too old")
        return pushed

    def _stream(self, pushed: Pushed, body: Frame) -> None:
        stream = body.get("stream")
        if not isinstance(stream, dict) or not stream.get("id"):
            raise Fault(40058, "invalid stream")
        text = str(stream.get("content") or "")
        if len(text.encode()) > LONGEST:
            raise Fault(45002)
        now, known = self.gateway.company.now(), self._streams.get(stream["id"])
        if known is not None:
            self._continue(known, text, now, finish=bool(stream.get("finish")))
            return
        bubble = self._show(pushed.owner, "stream", {"content": text})
        bubble.finished = bool(stream.get("finish"))
        self._streams[stream["id"]] = Stream(bubble, now, bubble.finished)

    def _continue(self, stream: Stream, text: str, now: datetime, *, finish: bool) -> None:
        """The whole text anew, never a piece of it."""
        if stream.finished or now - stream.at >= STREAM_LIFE:
            raise Fault(846608)
        if not self.stream_from_start:
            stream.at = now
        stream.finished = finish
        screen = self.screen(stream.bubble.owner)
        screen.change(stream.bubble, content={"content": text}, finished=finish)

    def _card_once(self, pushed: Pushed, body: Frame) -> None:
        if pushed.carded:
            raise Fault(40058, "one card a message")
        self._show(pushed.owner, "template_card", self._content("template_card", body))
        pushed.carded = True

    def _content(self, kind: str, body: Frame) -> Frame:
        content = body.get(kind)
        if not isinstance(content, dict):
            raise Fault(40058, f"missing {kind}")
        if kind == "template_card":
            self._check_card(content)
        elif kind in MEDIA:
            self.gateway.uploads.item(content.get("media_id"), kind)
        elif not content.get("content"):
            raise Fault(44004)
        elif len(str(content["content"]).encode()) > LONGEST:
            raise Fault(45002)
        return content

    def _check_card(self, card: Frame) -> None:
        cards.check(card, bot=True)
        task = card.get("task_id")
        if task and task in self.tasks:
            raise Fault(42014, "task_id was used before")
        if task:
            self.tasks.add(task)
        self.gateway.company.warnings += cards.warnings(card, bot=True)

    def _show(self, owner: str, kind: str, content: Frame) -> Bubble:
        now, times = self.gateway.company.now(), self._times[owner]
        times[:] = [each for each in times if now - each < AN_HOUR]
        if len(times) >= PER_HOUR or sum(now - each < A_MINUTE for each in times) >= PER_MINUTE:
            raise Fault(846607)
        times.append(now)
        number = self.gateway.company.number()
        return self.screen(owner).add(number, kind, content, f"bot{number}")


class Gateway:
    """wss://openws.work.weixin.qq.com, and the files and one-time addresses that go with it."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.base = ""
        self.kind_of: Callable[[cards.Card], str] = kind_by_task
        self.uploads = Uploads(company)
        self.bots: dict[str, Bot] = {}
        self.links: list[Link] = []
        self.refused: list[tuple[Frame, int]] = []
        """Frames that were answered with an errcode."""
        self._hidden: dict[str, Hidden] = {}
        self._urls: dict[str, tuple[Bot, str, datetime]] = {}

    def bot(self, id: str = "aibX", secret: str = "bot-secret", name: str = "拜访") -> Bot:
        self.bots[id] = Bot(id, secret, self, name)
        return self.bots[id]

    # -- files and one-time addresses --------------------------------------------------------------

    def hide(self, data: bytes, filename: str) -> dict[str, str]:
        """The url and aeskey of a file; the key comes without its last equals sign."""
        key, token = secrets.token_bytes(32), secrets.token_hex(8)
        self._hidden[token] = Hidden(encrypted(data, key), filename, self.company.now())
        return {
            "url": f"{self.base}/aibot/file/{token}",
            "aeskey": base64.b64encode(key).decode().rstrip("="),
        }

    async def fetch(self, request: web.Request) -> web.Response:
        hidden = self._hidden.get(request.match_info["token"])
        if hidden is None or self.company.now() - hidden.at >= URL_LIFE:
            raise web.HTTPForbidden(text="expired")
        return web.Response(body=hidden.data, headers={"Content-Disposition": disposition(hidden.filename)})

    def response_url(self, bot: Bot, owner: str) -> str:
        code = self.company.new("RESPONSE")
        self._urls[code] = (bot, owner, self.company.now())
        return f"{self.base}/cgi-bin/aibot/response?response_code={code}"

    async def respond(self, request: web.Request) -> web.Response:
        """POST response_url: one call, for an hour, without any token."""
        code = request.query.get("response_code", "")
        found = self._urls.get(code)
        try:
            bot, owner = self._of_url(found)
            bot.answer_url(owner, await request.json())
            del self._urls[code]
        except Fault as fault:
            return web.json_response({"errcode": fault.code, "errmsg": fault.message})
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    def _of_url(self, found: tuple[Bot, str, datetime] | None) -> tuple[Bot, str]:
        if found is None or self.company.now() - found[2] >= RESPONSE_LIFE:
            raise Fault(60140)
        return found[0], found[1]

    # -- the connection ----------------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(max_msg_size=4 * 1024 * 1024, autoping=True)
        await ws.prepare(request)
        link = Link(ws, request)
        self.links.append(link)
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await self._frame(link, message.data)
        finally:
            self._gone(link)
        return ws

    def _gone(self, link: Link) -> None:
        self.links.remove(link)
        if link.bot is not None and link.bot.link is link:
            link.bot.link = None
        if link.bot is not None:
            link.bot.touched()

    async def _frame(self, link: Link, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        req_id = frame.get("headers", {}).get("req_id", "")
        if link.bot is not None:
            link.bot.frames.append(frame)
            link.bot.counts[str(frame.get("cmd"))] += 1
            link.bot.touched()
        if await self._mishap(link, frame, req_id):
            return
        try:
            answer = await self._act(link, str(frame.get("cmd")), req_id, frame.get("body") or {})
        except Fault as fault:
            self.refused.append((frame, fault.code))
            answer = {"errcode": fault.code, "errmsg": fault.message}
        await self._ack(link, req_id, answer)

    async def _mishap(self, link: Link, frame: Frame, req_id: str) -> bool:
        """Whether a test wanted this frame to go wrong, and so it did."""
        bots = [link.bot] if link.bot else [self.bots.get(str((frame.get("body") or {}).get("bot_id")))]
        for bot in filter(None, bots):
            for each in bot.mishaps:
                if each.cmd in ("*", frame.get("cmd")):
                    each.times -= 1
                    if each.times <= 0:
                        bot.mishaps.remove(each)
                    if each.errcode is not None:
                        await self._ack(link, req_id, {"errcode": each.errcode, "errmsg": "error"})
                    return True
        return False

    @staticmethod
    async def _ack(link: Link, req_id: str, answer: Frame) -> None:
        """Answers carry no cmd, and the req_id unchanged."""
        if not link.ws.closed:
            await link.ws.send_json({"headers": {"req_id": req_id}, "errcode": 0, "errmsg": "ok", **answer})

    async def _act(self, link: Link, cmd: str, req_id: str, body: Frame) -> Frame:
        if cmd == "ping":
            return {}
        if cmd == "aibot_subscribe":
            await self._subscribe(link, body)
            return {}
        bot = link.bot
        if bot is None or link.kicked:
            raise Fault(846609)
        if cmd.startswith("aibot_upload_media_"):
            return {"body": self.uploads.act(cmd.removeprefix("aibot_upload_media_"), bot.id, body)}
        if cmd == "aibot_send_msg":
            bot.push_message(body)
            return {}
        replies = {
            "aibot_respond_msg": bot.respond,
            "aibot_respond_welcome_msg": bot.welcome,
            "aibot_respond_update_msg": bot.update,
        }
        if cmd not in replies:
            raise Fault(40008, f"unknown cmd {cmd}")
        replies[cmd](req_id, body)
        return {}

    async def _subscribe(self, link: Link, body: Frame) -> None:
        """One connection a bot: who comes later tells the earlier one to go, at once."""
        bot = self.bots.get(str(body.get("bot_id")))
        if bot is None:
            raise Fault(853000)
        if bot.webhook is not None:
            raise Fault(853000, "the bot is in webhook mode")
        bot.subscribe(body.get("secret"))
        old, bot.link, link.bot = bot.link, link, bot
        if old is not None and old is not link and not old.ws.closed:
            old.kicked = True
            bot.kicked.append(old)
            await old.ws.send_json(self._disconnected(bot))
        bot.touched()

    def _disconnected(self, bot: Bot) -> Frame:
        event = {"eventtype": "disconnected_event", "disconnected_event": {}}
        body = {
            "msgid": self.company.new("CAIQ"),
            "create_time": self.company.seconds,
            "aibotid": bot.id,
            "msgtype": "event",
            "event": event,
        }
        return {"cmd": "aibot_event_callback", "headers": {"req_id": self.company.new("srv-")}, "body": body}

    async def close(self) -> None:
        for each in list(self.links):
            await each.ws.close(code=WSCloseCode.GOING_AWAY)
