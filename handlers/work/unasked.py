"""How often somebody is spoken to unasked: the one place that decides (card book 1.8)."""

from datetime import datetime, time

from handlers.kernel.reply import Urgency
from handlers.policies.hours import may_speak, spare
from handlers.work.context import Desk
from handlers.work.tasks import hours_of

MORNING = "reminder.morning"
EVENING = "reminder.evening"
TASK_DUE = "task.due"
DORMANT = "dormant"
REPORT = "report.24h"
"""The kinds by which unasked cards are muted."""


class Unasked:
    """The day's allowance of everybody, within one update: what it grants is counted at once.

    Clock jobs share a lane, so each sees what the one before it wrote.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sent: dict[int, int] = {}

    async def takes(self, person_id: int, kind: str) -> bool:
        """Takes one of the person's unasked cards of today; False where it has to wait."""
        if not await self.may(person_id, kind):
            return False
        left = spare(
            self._desk.policy.speaking.cards_a_day,
            await self._so_far(person_id),
            await self._evening_waits(person_id, kind),
        )
        if left <= 0:
            return False
        self._sent[person_id] += 1
        return True

    async def may(self, person_id: int, kind: str) -> bool:
        """Whether the person may be spoken to now about this, however often he was today."""
        desk = self._desk
        if not may_speak(desk.now, hours_of(desk)):
            return False
        return not await desk.unit.people.is_muted(person_id, kind, desk.now)

    async def _so_far(self, person_id: int) -> int:
        if person_id not in self._sent:
            desk = self._desk
            midnight = datetime.combine(desk.today, time(), desk.now.tzinfo)
            self._sent[person_id] = await desk.unit.outbox.unasked(person_id, Urgency.PROMISE, midnight)
        return self._sent[person_id]

    async def _evening_waits(self, person_id: int, kind: str) -> bool:
        desk = self._desk
        if kind in (MORNING, EVENING) or desk.now.time() >= desk.policy.speaking.evening:
            return False
        return bool(await desk.unit.tasks.plans_on(person_id, desk.today))
