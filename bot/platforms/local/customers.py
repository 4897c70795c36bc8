"""The customers that the demo plays: whoever holds their phone scans a code and reads what comes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Protocol

from bot.platforms.local.inbound import PLATFORM
from handlers.kernel.contacts import WELCOME_WITHIN
from handlers.kernel.update import Befriended, Parted, Sender, Update
from storage.database import Database
from storage.local import LocalPhones
from storage.models.local import LocalFriend, LocalStranger, LocalWay


class Door(Protocol):
    """Where updates go in (`bot.intake.Intake`)."""

    async def put(self, update: Update) -> None: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on a customer's phone; `link` a path of ours, `owner` the phone of who wrote it."""

    text: str
    title: str
    link: str
    owner: str
    at: datetime


class LocalCustomers:
    """The far side of the local platform's customer contact."""

    def __init__(self, database: Database, intake: Door) -> None:
        self._database = database
        self._intake = intake

    async def way(self, state: str) -> LocalWay | None:
        async with self._database.reading() as unit:
            return await LocalPhones(unit.session).way(state)

    async def everybody(self) -> Sequence[LocalStranger]:
        async with self._database.reading() as unit:
            return await LocalPhones(unit.session).strangers()

    async def letters(self, external: str) -> Sequence[Letter]:
        """What a customer got, oldest first."""
        async with self._database.reading() as unit:
            rows = await LocalPhones(unit.session).chat(external)
        return [
            Letter(told["text"], told["title"], told["link"], told["from"], row.at)
            for row in rows
            if (told := json.loads(row.content))
        ]

    async def owners(self, external: str) -> Sequence[str]:
        """The phones whose contact he is."""
        async with self._database.reading() as unit:
            return await LocalPhones(unit.session).owners(external)

    async def adds(self, way: LocalWay, name: str, phone: str, at: datetime) -> str:
        """A customer scans the code and adds its owner; his name on the platform.

        The same person, by name and phone, is the same account however often he comes.
        """
        external = f"wm{sha256(f'{name} {phone}'.encode()).hexdigest()[:20]}"
        code = token_hex(12)
        async with self._database.unit() as unit:
            phones = LocalPhones(unit.session)
            stranger = await phones.stranger(external) or LocalStranger(
                external_id=external, name=name, phone=phone, at=at
            )
            stranger.code, stranger.code_until, stranger.code_used = code, at + WELCOME_WITHIN, False
            await phones.add(stranger)
            if await phones.friend(external, way.owner) is None:
                await phones.add(LocalFriend(external_id=external, owner=way.owner))
        await self._intake.put(_befriended(way, external, code, at))
        return external

    async def drops(self, external: str, owner: str, at: datetime) -> None:
        """A customer deletes a colleague: they are contacts no more."""
        async with self._database.unit() as unit:
            phones = LocalPhones(unit.session)
            friend = await phones.friend(external, owner)
            if friend is not None:
                await unit.session.delete(friend)
        head = Sender(PLATFORM, owner), f"{PLATFORM}:befriended:{external}", at, external
        await self._intake.put(Parted(f"{PLATFORM}:parted:{token_hex(12)}", *head, "customer"))


def _befriended(way: LocalWay, external: str, code: str, at: datetime) -> Befriended:
    return Befriended(
        update_id=f"{PLATFORM}:befriended:{code}",
        sender=Sender(PLATFORM, way.owner),
        lane=f"{PLATFORM}:befriended:{external}",
        at=at,
        external=external,
        state=way.state,
        code=code,
    )
