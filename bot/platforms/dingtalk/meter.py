"""How many calls of the month are used: counted durably, told to the administrator, shed by urgency.

The count is ours; the organisation's is DingTalk's secret. Where DingTalk says that it is used up, it is.
"""

from datetime import datetime

import structlog

from bot.clock import Clock
from bot.platforms import GiveUp
from cards.texts import calls_running_short
from handlers.kernel.reply import Urgency
from storage.database import Database
from storage.models.engine import Outgoing
from storage.unit import Unit

WARN = 0.8
SHED = {Urgency.OTHER: 0.9, Urgency.MORNING: 0.93, Urgency.PROMISE: 0.96, Urgency.APPROVAL: 0.98}
"""From which part of the budget on messages of an urgency are held back; answers are never."""

log = structlog.get_logger(__name__)


class Meter:
    """`budget`: calls a month; 0 for as many as there are."""

    def __init__(self, database: Database, clock: Clock, budget: int) -> None:
        self._database = database
        self._clock = clock
        self._budget = budget

    async def count(self) -> None:
        """One call more. Whoever administers is told once a month when most are used."""
        now = self._clock.now()
        async with self._database.unit() as unit:
            used = int(await unit.marks.lock(mark_of(now), now) or 0) + 1
            await unit.marks.set(mark_of(now), used, now)
            if self._budget and used == round(self._budget * WARN):
                await self._warn(unit, used, now)

    async def used(self) -> int:
        """This month's calls so far."""
        async with self._database.reading() as unit:
            return int(await unit.marks.get(mark_of(self._clock.now())) or 0)

    async def spent(self) -> None:
        """DingTalk says that the month is used up: only answers are tried until it ends."""
        now = self._clock.now()
        if not self._budget or await self.used() >= self._budget:
            return
        log.warning("dingtalk_month_spent")
        async with self._database.unit() as unit:
            await unit.marks.lock(mark_of(now), now)
            await unit.marks.set(mark_of(now), self._budget, now)
            await self._warn(unit, self._budget, now)

    async def check(self, message: Outgoing) -> None:
        """Raises GiveUp for what is not worth a call any more.

        It is parked, to be replayed by hand: waiting it would hold back the answers behind it.
        """
        floor = SHED.get(Urgency(message.urgency), 0.0)
        if self._budget and floor and await self.used() >= self._budget * floor:
            raise GiveUp("钉钉这个月的调用快用完了，先紧着回话")

    async def _warn(self, unit: Unit, used: int, now: datetime) -> None:
        log.warning("dingtalk_calls_running_short", used=used, budget=self._budget)
        for person in await unit.people.everybody():
            account = await unit.people.account(person.id)
            if person.role != "admin" or not person.active or account is None:
                continue
            await unit.outbox.put(
                key=f"{mark_of(now)}:{person.id}:{used >= self._budget}",
                person_id=person.id,
                platform=account.platform,
                address=account.address,
                kind="text",
                content=calls_running_short(used, self._budget),
                at=now,
            )


def mark_of(now: datetime) -> str:
    """Where the month's count is kept."""
    return f"dingtalk-calls:{now:%Y-%m}"
