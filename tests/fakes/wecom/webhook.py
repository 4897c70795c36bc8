"""A smart bot in its other mode: sealed JSON to an address, answered at once; streams are polled."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from tests.fakes.wecom.crypto import CryptoError, Seal, Sealed
from tests.fakes.wecom.errors import Fault

if TYPE_CHECKING:
    from tests.fakes.wecom.gateway import Bot, Pushed

Frame = dict[str, Any]
POLLED = timedelta(minutes=6)
AT_ONCE = 3
"""So many questions of one person may be open at a time."""


@dataclass
class Webhook:
    """The address of a bot, sealed with an empty receiver."""

    url: str
    seal: Seal
    patience: float = 5.0
    open: dict[str, "Pushed"] = field(default_factory=dict)
    """Streams that are not finished, by their id."""

    def busy(self, userid: str) -> bool:
        return sum(each.userid == userid for each in self.open.values()) >= AT_ONCE

    async def push(self, bot: "Bot", pushed: "Pushed") -> bool:
        """Delivers one message or event and takes its answer; whether it was answered with 200."""
        status, body = await self._post(bot, pushed.frame["body"])
        if status == 200 and body:
            self._take(bot, pushed, body)
        return status == 200

    async def poll(self, bot: "Bot", stream_id: str) -> bool:
        """Asks for a stream's text so far; False where nobody asks any more."""
        pushed = self.open.get(stream_id)
        if pushed is None:
            return False
        if bot.gateway.company.now() - pushed.at >= POLLED:
            del self.open[stream_id]
            return False
        head = {name: each for name, each in pushed.frame["body"].items() if name in _HEAD}
        asked = {
            **head,
            "msgid": bot.gateway.company.new("CAIQ"),
            "msgtype": "stream",
            "stream": {"id": stream_id},
        }
        status, body = await self._post(bot, asked)
        if status == 200 and body:
            self._take(bot, pushed, body)
        return status == 200

    async def _post(self, bot: "Bot", body: Frame) -> tuple[int, bytes]:
        sealed = self.seal.close(json.dumps(body, ensure_ascii=False), bot.gateway.company.seconds)
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in sealed.query.items())
        limit = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as http,
                http.post(
                    URL(f"{self.url}?{query}", encoded=True), json={"encrypt": sealed.encrypt}
                ) as answer,
            ):
                return answer.status, await answer.read()
        except (TimeoutError, aiohttp.ClientError):
            return 0, b""

    def _take(self, bot: "Bot", pushed: "Pushed", raw: bytes) -> None:
        problems = bot.gateway.company.problems
        try:
            self._act(bot, pushed, self._opened(raw))
        except Fault as fault:
            problems.append(f"bot's answer: {fault}")
        except (CryptoError, ValueError, KeyError, TypeError) as error:
            problems.append(f"bot's answer: {type(error).__name__} {error}")

    def _opened(self, raw: bytes) -> Frame:
        outer = json.loads(raw)
        sealed = Sealed(outer["encrypt"], outer["msgsignature"], str(outer["timestamp"]), outer["nonce"])
        found: Frame = json.loads(self.seal.open(sealed))
        return found

    def _act(self, bot: "Bot", pushed: "Pushed", reply: Frame) -> None:
        kind = reply.get("msgtype")
        if pushed.kind == "template_card_event":
            bot.update(pushed.req_id, reply)
        elif pushed.kind == "enter_chat":
            bot.welcome(pushed.req_id, reply)
        elif kind == "stream_with_template_card":
            self._act(bot, pushed, {"msgtype": "stream", "stream": reply["stream"]})
            bot.respond(pushed.req_id, {"msgtype": "template_card", "template_card": reply["template_card"]})
        elif kind in ("stream", "template_card"):
            bot.respond(pushed.req_id, reply)
            self._mind(pushed, reply.get("stream"))
        else:
            raise Fault(40008)

    def _mind(self, pushed: "Pushed", stream: Frame | None) -> None:
        if stream is None:
            return
        if stream.get("finish"):
            self.open.pop(stream["id"], None)
        else:
            self.open[stream["id"]] = pushed


_HEAD = {"aibotid", "chatid", "chattype", "from"}
