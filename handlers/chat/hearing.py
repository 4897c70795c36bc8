"""What the turn is given: who acts, what was heard, and the desk that handlers work at."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from config.policy import Policy
from handlers.chat.spoken import listen
from handlers.kernel.turn import Hearing
from handlers.kernel.update import BY_NOBODY, Said, Update
from handlers.policies.permissions import Asker
from handlers.understanding.note import Known, Note, Read
from handlers.work.context import Desk
from handlers.work.people import asker_of, known_to
from storage.models.people import Person
from storage.unit import Unit

PROVIDED: frozenset[type] = frozenset({Desk, Note, Known})
"""What any handler may ask for beside its update and its action."""


class Provided:
    """Implements `handlers.kernel.turn.Provider` with the reader and the company's rules."""

    def __init__(self, policy: Policy, read: Read) -> None:
        self._policy = policy
        self._read = read

    async def know(self, unit: Unit, update: Update, person: Person) -> Known:
        return await known_to(unit, person, self._policy) if isinstance(update, Said) else Known()

    async def hear(self, update: Update, known: Known) -> Hearing:
        """Reading is computing: it goes to a thread, so that no callback waits for it."""
        if not isinstance(update, Said):
            return Hearing(None, {})
        heard = await asyncio.to_thread(listen, update.text, update.at, known, self._read)
        return Hearing(heard.key, {Note: heard.note, Known: known})

    async def values(self, unit: Unit, update: Update, person: Person) -> Mapping[type, Any]:
        asker = Asker(0, "admin") if isinstance(update, BY_NOBODY) else await asker_of(unit, person)
        desk = Desk(unit, self._policy, update.at, person, asker, update.update_id)
        values: dict[type, Any] = {Desk: desk, type(update): update}
        action = getattr(update, "action", None)
        if action is not None:
            values[type(action)] = action
        return values

    def clockwork(self, at: datetime) -> Person:
        """The clock acts for nobody: a person that is in no table."""
        return Person(id=0, name="时钟", role="admin", created_at=at)
