"""The robot's way out: cards as ActionCards or from our template, their update in place, text and files."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.clock import Clock
from bot.faults import report
from bot.platforms import GiveUp, Pace, TryLater
from bot.platforms.dingtalk import NAME
from bot.platforms.dingtalk.answers import Answers
from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.codes import Codes
from bot.platforms.dingtalk.errors import UNDELIVERED, DingError, Kind, as_failure
from bot.platforms.dingtalk.hooks import Hooks
from bot.platforms.dingtalk.media import stored
from bot.platforms.dingtalk.meter import Meter
from bot.platforms.dingtalk.render import Pen, action_card, in_words
from bot.platforms.dingtalk.template import Params
from bot.platforms.pieces import pieces
from cards.model import Card, load
from storage.database import Database
from storage.models.engine import Held, Outgoing

PACE = Pace(burst=20, seconds=3.0)
"""Nobody says how often a robot may write to one person; twenty a minute are refused to group robots."""
FLOW_SECONDS = 60.0
BY_KEY = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}

Fill = Callable[[Card, Pen], Params | None]

log = structlog.get_logger(__name__)


class DingTalkPlatform:
    """The `Platform` of the robot. `template` "": cards are ActionCards; else `fill` gives its variables."""

    def __init__(
        self,
        api: Api,
        pen: Pen,
        database: Database,
        clock: Clock,
        hooks: Hooks,
        meter: Meter,
        answers: Answers,
        codes: Codes,
        *,
        template: str = "",
        fill: Fill | None = None,
        calling: Callable[[], Awaitable[dict[str, str]]] | None = None,
    ) -> None:
        """`calling`: how a card's taps come back to us, as fields of its creation."""
        self._api = api
        self._pen = pen
        self._database = database
        self._clock = clock
        self._hooks = hooks
        self._meter = meter
        self._answers = answers
        self._codes = codes
        self._template = template
        self._fill = fill
        self._calling = calling

    async def post(self, message: Outgoing) -> str:
        """From the template where there is one that takes the card; else as an ActionCard, else in words."""
        self._answers.release(message.address)
        await self._meter.check(message)
        card = load(message.content)
        params = self._params(card)
        if params is not None:
            try:
                return await self._create(message, card, params)
            except DingError as error:
                if error.kind in (Kind.BUSY, Kind.TOKEN):
                    raise as_failure(error) from error
                log.warning("dingtalk_card_refused", code=error.code, kind=card.kind)
        await self._action_card(message, card)
        return ""

    async def replace(self, message: Outgoing, held: Held) -> str | None:
        """The tapped card by the answer that its callback waits for, the held one by an update.

        None for an ActionCard, which can't be replaced, and for what the template has no room for.
        """
        params = self._params(load(message.content))
        if params is None:
            return None
        await self._meter.check(message)
        shown = await self._answered(message, held, params)
        if held.ref not in shown and not await self._update(held.ref, params):
            return None
        return held.ref

    async def text(self, message: Outgoing) -> str:
        self._answers.release(message.address)
        await self._meter.check(message)
        for piece in pieces(message.content):
            await self._say(message.address, piece)
        return ""

    async def file(self, message: Outgoing) -> str:
        """A picture that is of another kind than DingTalk shows goes as a file."""
        await self._meter.check(message)
        kind, name, content = await stored(message, self._database)
        try:
            media = await self._api.upload(kind, name, content)
        except DingError as error:
            raise as_failure(error) from error
        if kind == "image":
            await self._send(message.address, "sampleImageMsg", {"photoURL": media})
        else:
            told = {"mediaId": media, "fileName": name, "fileType": name.rpartition(".")[2].lower()}
            await self._send(message.address, "sampleFile", told)
        return ""

    # -- cards from the template -------------------------------------------------------------------

    def _params(self, card: Card) -> Params | None:
        return self._fill(card, self._pen) if self._template and self._fill is not None else None

    async def _create(self, message: Outgoing, card: Card, params: Params) -> str:
        """Sends it; the same message twice has one name, so that DingTalk sees that it has it."""
        name = f"baifang-{message.id}-{int(message.created_at.timestamp())}"
        answer = await self._api.post(
            "/v1.0/card/instances/createAndDeliver",
            {
                "cardTemplateId": self._template,
                "outTrackId": name,
                "userIdType": 1,
                "cardData": {"cardParamMap": params},
                "openSpaceId": f"dtv1.card//IM_ROBOT.{message.address}",
                "imRobotOpenSpaceModel": {
                    "supportForward": False,
                    "lastMessageI18n": {"ZH_CN": card.title},
                    "notification": {"alertContent": card.title, "notificationOff": False},
                },
                "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": self._api.robot},
                **(await self._calling() if self._calling is not None else {}),
            },
        )
        _check_delivery(answer)
        await self._remember(message, name)
        return name

    async def _remember(self, message: Outgoing, name: str) -> None:
        """What the card is about, so that a tap on it finds its thread."""
        async with self._database.unit() as unit:
            await unit.tickets.keep(
                platform=NAME,
                address=message.address,
                thread=message.thread,
                card=name,
                code=f"sent:{name}",
                until=self._clock.now(),
            )

    async def _answered(self, message: Outgoing, held: Held, params: Params) -> list[str]:
        """Cards of the thread that were tapped just now, and whose callbacks waited for this.

        A callback that another process has is over soon; until then nothing else may update its card.
        """
        shown, now = [], self._clock.now()
        async with self._database.reading() as unit:
            tapped = await unit.tickets.usable(NAME, message.address, message.thread, now)
        for each in tapped:
            if await self._answers.give(each.code, params):
                shown.append(each.card)
                async with self._database.unit() as unit:
                    await unit.tickets.spend(each.id)
            elif each.card == held.ref and not self._answers.is_over(each.code):
                raise TryLater("钉钉还在等这张卡片的回答", max(0.1, (each.until - now).total_seconds()))
        return shown

    async def _update(self, name: str, params: Params) -> bool:
        """Whether the card shows it now."""
        told = {"outTrackId": name, "cardData": {"cardParamMap": params}, "cardUpdateOptions": BY_KEY}
        try:
            answer = await self._api.put("/v1.0/card/instances", {**told, "userIdType": 1})
        except DingError as error:
            if error.kind in (Kind.BUSY, Kind.TOKEN, Kind.OPERATOR, Kind.QUOTA):
                raise as_failure(error) from error
            log.info("dingtalk_not_replaced", code=error.code)
            return False
        return answer.get("success") is not False

    # -- everything else ---------------------------------------------------------------------------

    async def _action_card(self, message: Outgoing, card: Card) -> None:
        code = await self._codes.give(message)
        drawn = action_card(card, code, self._pen)
        try:
            await self._send(message.address, drawn.key, drawn.param)
        except GiveUp as refused:
            if isinstance(refused, Unreachable):
                raise
            report("dingtalk_action_card_refused", refused, kind=card.kind)
            for piece in pieces(in_words(card, code, self._pen)):
                await self._say(message.address, piece)

    async def _say(self, address: str, text: str) -> None:
        """Where he wrote, for as long as that is open; else to him."""
        hook = await self._hooks.get(address)
        if hook:
            try:
                await self._api.say(hook, {"msgtype": "text", "text": {"content": text}})
                return
            except DingError as error:
                if error.kind is Kind.BUSY:
                    raise as_failure(error) from error
                log.info("dingtalk_hook_over", code=error.code)
                await self._hooks.drop(address)
        await self._send(address, "sampleText", {"content": text})

    async def _send(self, address: str, key: str, param: dict[str, str]) -> None:
        body = {"robotCode": self._api.robot, "userIds": [address], "msgKey": key}
        body["msgParam"] = json.dumps(param, ensure_ascii=False)
        try:
            answer = await self._api.post("/v1.0/robot/oToMessages/batchSend", body)
        except DingError as error:
            raise as_failure(error) from error
        _check_arrival(answer)


class Unreachable(GiveUp):
    """Nothing that is sent to this person arrives."""


def _check_arrival(answer: dict[str, Any]) -> None:
    """DingTalk says 200 although nobody got it: then its lists name the one whom it was for."""
    if answer.get("flowControlledStaffIdList"):
        raise TryLater("钉钉说给这位同事发得太快", FLOW_SECONDS)
    if answer.get("invalidStaffIdList") or answer.get("filteredStaffIdList"):
        raise Unreachable("钉钉里没有这位同事，或者应用看不到他：检查应用的可见范围，再发布一版")


def _check_delivery(answer: dict[str, Any]) -> None:
    """A failure may hide in a 200. Raises DingError."""
    result = answer.get("result")
    results = result.get("deliverResults") if isinstance(result, dict) else result
    each = results if isinstance(results, list) else []
    if answer.get("success") is False or any(one.get("success") is False for one in each):
        raise DingError(UNDELIVERED, "createAndDeliver")
