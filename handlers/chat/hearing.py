"""What the turn is given: who acts, what was heard, and the desk that handlers work at."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from config.policy import Policy
from handlers.chat.businesscards import Seen
from handlers.chat.spoken import Spoken, unread
from handlers.kernel.senses import Ears, Eyes, Unheard, Why
from handlers.kernel.turn import Hearing
from handlers.kernel.update import BY_NOBODY, Said, Sent, Spoke, Update
from handlers.policies.permissions import Asker
from handlers.understanding.businesscard import parse
from handlers.understanding.note import Heed, Intent, Known, Note
from handlers.work.context import Desk
from handlers.work.people import asker_of, known_to, likely_names
from storage.models.people import Person
from storage.unit import Unit

PROVIDED: frozenset[type] = frozenset({Desk, Note, Known, Unheard, Seen})
"""What any handler may ask for beside its update and its action."""


class Provided:
    """Implements `handlers.kernel.turn.Provider` with a reading and the company's rules."""

    def __init__(self, policy: Policy, heed: Heed, ears: Ears, eyes: Eyes, address: str = "") -> None:
        self._policy = policy
        self._heed = heed
        self._ears = ears
        self._eyes = eyes
        self._address = address

    async def know(self, unit: Unit, update: Update, person: Person) -> Known:
        match update:
            case Said() | Sent(kind="image"):
                return await known_to(unit, person, self._policy)
            case Spoke():
                known = await known_to(unit, person, self._policy)
                return replace(known, likely=await likely_names(unit, person, self._policy))
        return Known()

    async def hear(self, update: Update, known: Known) -> Hearing:
        """Words, from whatever holds them: typed, spoken, or printed on a picture."""
        match update:
            case Said():
                return await self._words(update, known)
            case Spoke():
                return await self._voice(update, known)
            case Sent():
                return Hearing(None, {Seen: await self._picture(update), Known: known})
        return Hearing(None, {})

    async def _words(self, said: Said, known: Known) -> Hearing:
        """The route that a message takes, and its reading where it was read."""
        if twin := unread(said.text, known):
            return Hearing(twin, {Note: Note(said.text, Intent.CHAT), Known: known})
        note = await self._heed(said.text, said.at, known)
        return Hearing(note.intent, {Note: note, Known: known})

    async def _voice(self, spoke: Spoke, known: Known) -> Hearing:
        """A voice note whose words could be had goes the way of everything said."""
        try:
            text = await self._ears.transcribe(spoke.file, known.likely)
        except Unheard as unheard:
            return Hearing(None, {Unheard: unheard})
        head = (spoke.update_id, spoke.sender, spoke.lane, spoke.at)
        said = Said(*head, text, spoken=True, file=spoke.file, note=spoke.note)
        heard = await self._words(said, known)
        if heard.key is Spoken.BLANK:
            return Hearing(None, {Unheard: Unheard(Why.UNCLEAR)})
        return replace(heard, update=said)

    async def _picture(self, sent: Sent) -> Seen:
        prints = await self._eyes.look(sent.file) if sent.kind == "image" and sent.file else ()
        return Seen(parse(prints))

    async def values(self, unit: Unit, update: Update, person: Person) -> Mapping[type, Any]:
        asker = Asker(0, "admin") if isinstance(update, BY_NOBODY) else await asker_of(unit, person)
        desk = Desk(unit, self._policy, update.at, person, asker, update.update_id, self._address)
        values: dict[type, Any] = {Desk: desk, type(update): update}
        action = getattr(update, "action", None)
        if action is not None:
            values[type(action)] = action
        return values

    def clockwork(self, at: datetime) -> Person:
        """The clock acts for nobody: a person that is in no table."""
        return Person(id=0, name="时钟", role="admin", created_at=at)
