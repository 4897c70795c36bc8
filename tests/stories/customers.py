"""Customers with phones of their own: they scan, read what comes, and open our page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.platforms import TransferAnswer, TransferOrder, TryLater
from bot.platforms.local.client import LocalPlatform
from bot.platforms.local.customers import Letter, LocalCustomers
from bot.platforms.local.inbound import PLATFORM
from handlers.kernel.update import Moved, Sender
from storage.models.local import LocalFriend, LocalWay
from storage.unit import Unit
from tests.stories.phones import Phone, World

LIST = "我微信里有鼎盛的张伟、天虹的吴莉，还有个老同学"


@dataclass(frozen=True, slots=True)
class Way:
    """A code as a camera sees it. `state` is what comes back, `owner` whose account it opens."""

    state: str
    owner: str


class FarCustomers(Protocol):
    """Where the customers are: the side of a platform that is not ours."""

    platform: str

    async def ways(self) -> list[Way]:
        """All codes that were made, oldest first."""
        ...

    async def adds(self, way: Way, name: str, phone: str) -> str:
        """Somebody scans and adds; his name there. The same name and phone is the same person."""
        ...

    async def drops(self, external: str, owner: str) -> None:
        """The customer deletes the colleague."""
        ...

    async def letters(self, external: str) -> Sequence[Letter]: ...

    async def befriend(self, unit: Unit, external: str, owner: str, wish: str) -> None:
        """They are contacts already. `wish`: what he says when he is handed over (yes, no, full)."""
        ...

    async def contacts_of(self, owner: str) -> set[str]: ...

    def away(self, times: int) -> Callable[[], int]:
        """So many transfers find nobody there; how often one was asked for."""
        ...

    async def leaves(self, phone: Phone) -> None:
        """A colleague leaves the company, and the platform says so twice."""
        ...


def far_customers(world: World) -> FarCustomers:
    found: FarCustomers = world.customers or PlayedCustomers(world)
    return found


@dataclass
class Customer:
    """`name` is what he calls himself, `phone` what the rep noted of him."""

    world: World
    name: str
    phone: str = ""
    external: str = field(default="", init=False)

    async def scans(self, way: Way, *, settle: bool = True) -> None:
        self.external = await far_customers(self.world).adds(way, self.name, self.phone)
        if settle:
            await self.world.settles()

    async def deletes(self, rep: Phone) -> None:
        await far_customers(self.world).drops(self.external, rep.address)
        await self.world.settles()

    async def letters(self) -> list[Letter]:
        return list(await far_customers(self.world).letters(self.external))

    async def link(self) -> str:
        """The page that the welcome leads to."""
        return (await self.letters())[-1].link


async def code_for(world: World, rep: Phone, name: str) -> Way:
    """The rep lists her people and gets the code for one of them."""
    await rep.says(LIST)
    await rep.taps("今天请谁")
    await rep.taps("下一位")
    while name not in rep.card.title:
        await rep.taps("发了")
        await rep.taps("下一位")
    return await newest_way(world)


async def newest_way(world: World) -> Way:
    return (await far_customers(world).ways())[-1]


class PlayedCustomers:
    """The local platform's, as the demo's page plays them."""

    platform = PLATFORM

    def __init__(self, world: World) -> None:
        self._world = world
        self._played = LocalCustomers(world.app.database, world.app.intake)

    async def ways(self) -> list[Way]:
        return [Way(each.state, each.owner) for each in await self._world.rows(LocalWay)]

    async def adds(self, way: Way, name: str, phone: str) -> str:
        scanned = await self._played.way(way.state)
        assert scanned is not None
        return await self._played.adds(scanned, name, phone, self._world.now)

    async def drops(self, external: str, owner: str) -> None:
        await self._played.drops(external, owner, self._world.now)

    async def letters(self, external: str) -> Sequence[Letter]:
        return await self._played.letters(external)

    async def befriend(self, unit: Unit, external: str, owner: str, wish: str) -> None:
        await unit.add(LocalFriend(external_id=external, owner=owner, wish=wish))

    async def contacts_of(self, owner: str) -> set[str]:
        return {each.external_id for each in await self._world.rows(LocalFriend) if each.owner == owner}

    def away(self, times: int) -> Callable[[], int]:
        app = self._world.app
        away = _Away(app.database, app.hub)
        away.left = times
        platforms: Any = app.sender._platforms
        platforms[PLATFORM] = away
        return lambda: away.tries

    async def leaves(self, phone: Phone) -> None:
        left = Moved("local:left-1", Sender(PLATFORM, phone.address), phone.address, self._world.now)
        await self._world.receives(left)
        await self._world.receives(left)


class _Away(LocalPlatform):
    """The local platform while its far side does not answer."""

    left = tries = 0

    async def transfer(self, order: TransferOrder, at: Any) -> Sequence[TransferAnswer]:
        self.tries += 1
        if self.tries <= self.left:
            raise TryLater("away", 30)
        return await super().transfer(order, at)
