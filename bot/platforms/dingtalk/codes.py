"""What a code behind a button's words stands for: one sent card, for the one person whom it was sent to.

An intention carries its card's revision, so that a code works once; the second time its handler answers
with the state of now, as on every platform.
"""

import secrets
from datetime import datetime

from bot.clock import Clock
from bot.platforms.dingtalk import NAME
from bot.platforms.dingtalk.render import CODE_LENGTH, SYMBOLS, Read, is_answer, is_code, read_tap, split_code
from cards.model import Card, load
from handlers.kernel.update import Clicked, Said, Update
from storage.database import Database
from storage.models.engine import Outgoing
from storage.unit import Unit


class Codes:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def give(self, message: Outgoing) -> str:
        """A code for the card of this message; nobody else's, and no other card's of his."""
        async with self._database.unit() as unit:
            code = _new()
            while await unit.tickets.card_of(NAME, _name(message.address, code)):
                code = _new()
            await unit.tickets.keep(
                platform=NAME,
                address=message.address,
                thread=message.thread,
                card=str(message.id),
                code=_name(message.address, code),
                until=self._clock.now(),
            )
        return code

    async def meant(self, update: Update) -> Update:
        """The tap that the words stand for; whatever they say otherwise stays said."""
        if not isinstance(update, Said) or update.spoken:
            return update
        found = await self._found(update.sender.address, update.text, update.at)
        if found is None:
            return update
        who = (update.update_id, update.sender, update.lane, update.at)
        return Clicked(*who, found.action, picked=found.picked)

    async def _found(self, address: str, text: str, at: datetime) -> Read | None:
        parts = split_code(text)
        if parts is None and not is_answer(text):
            return None
        async with self._database.reading() as unit:
            if parts is None:
                # The card that he saw when he said it; whatever was sent since he did not mean.
                card = await _shown(unit, await unit.tickets.newest(NAME, address, at))
                return read_tap(card, text.strip()) if card is not None and card.choice else None
            words, code = parts
            mine = await unit.tickets.card_of(NAME, _name(address, code))
            # A colleague's: his handler says whose it is, and touches nothing.
            for each in [mine] if mine else await unit.tickets.cards_with(NAME, _name("", code)):
                card = await _shown(unit, each)
                if card is not None and (found := read_tap(card, words)) is not None:
                    return found
        return None


async def _shown(unit: Unit, outgoing: str) -> Card | None:
    content = await unit.outbox.content(int(outgoing)) if outgoing.isdigit() else ""
    return load(content) if content else None


def _new() -> str:
    while True:
        code = "".join(secrets.choice(SYMBOLS) for _ in range(CODE_LENGTH))
        if is_code(code):
            return code


def _name(address: str, code: str) -> str:
    return f"{address} {code}"
