"""What comes in, by whichever way: messages, taps and news of people, each durable before it is answered."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bot.clock import Clock
from bot.intake import Intake
from bot.platforms import TryLater
from bot.platforms.dingtalk.answers import Answers
from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.client import BY_KEY
from bot.platforms.dingtalk.errors import DingError
from bot.platforms.dingtalk.hooks import Hooks
from bot.platforms.dingtalk.inbound import Message, message, people, tap, updates
from bot.platforms.keeping import Keeping
from cards import working
from handlers.kernel.update import Update

ANSWER_SECONDS = 1.9
"""DingTalk waits two seconds for what a tapped card is to show."""

Keep = Callable[[Update], Awaitable[None]]
Tell = Callable[[dict[str, Any]], Awaitable[bool]]
"""Answers a callback; whether that went out."""

log = structlog.get_logger(__name__)


class Ear:
    def __init__(
        self, api: Api, intake: Intake, clock: Clock, hooks: Hooks, answers: Answers, keeping: Keeping
    ) -> None:
        self._api = api
        self._keeping = keeping
        self._intake = intake
        self._clock = clock
        self._hooks = hooks
        self._answers = answers

    async def message(self, fields: object, keep: Keep | None = None) -> None:
        """Returns when it is durable. `keep` is how it is made so; else it may raise as the intake does."""
        found = message(fields, self._clock.now())
        if found is None:
            # Most likely the robot's version is not published: then nobody's account comes along.
            log.warning("dingtalk_message_of_nobody")
            return
        for update in updates(found):
            await (keep or self._intake.put)(update)
        await self._hooks.remember(found)
        if found.is_group and await self._hooks.is_first(found):
            self._keeping.start(self._say_apart(found))

    async def event(self, kind: str, event_id: str, fields: object) -> None:
        """Raises what the intake raises: it is to be sent again."""
        for update in people(kind, event_id, fields, self._clock.now()):
            await self._intake.put(update)

    async def card(self, fields: object, callback: str, tell: Tell) -> None:
        """Tells what a tapped card shows now; nothing where that is not known in time.

        The tap goes through the inbox as all do; what comes back for its card is caught on its way out.
        Raises as the intake does: then nothing was told.
        """
        began = time.monotonic()
        found = tap(fields, callback, self._clock.now())
        if found is None:
            log.warning("dingtalk_tap_unread")
            await tell({})
            return
        assert found.update.ticket is not None
        name, arrived = found.update.ticket.code, False
        self._answers.expect(name, found.update.sender.address)
        try:
            await self._intake.put(found.update)
            params = await self._answers.wait(name, began + ANSWER_SECONDS - time.monotonic())
            if params is None:
                log.info("dingtalk_tap_answered_later")
            shown = {"cardUpdateOptions": BY_KEY, "cardData": {"cardParamMap": params}}
            arrived = await tell({} if params is None else shown)
        finally:
            self._answers.ended(name, arrived=arrived)

    async def _say_apart(self, found: Message) -> None:
        """In a group everybody reads along: only that it was heard is said there."""
        try:
            if found.hook:
                await self._api.say(found.hook, {"msgtype": "text", "text": {"content": working.APART}})
        except (DingError, TryLater) as error:
            log.info("dingtalk_group_not_told", error=str(error))
