"""Customers with phones of their own: they scan, read what comes, and open our page."""

from dataclasses import dataclass, field

from bot.platforms.local.customers import Letter, LocalCustomers
from storage.models.local import LocalWay
from tests.stories.phones import Phone, World

LIST = "我微信里有鼎盛的张伟、天虹的吴莉，还有个老同学"


@dataclass
class Customer:
    """`name` is what he calls himself, `phone` what the rep noted of him."""

    world: World
    name: str
    phone: str = ""
    external: str = field(default="", init=False)

    async def scans(self, way: LocalWay, *, settle: bool = True) -> None:
        self.external = await self._far.adds(way, self.name, self.phone, self.world.now)
        if settle:
            await self.world.settles()

    async def letters(self) -> list[Letter]:
        return list(await self._far.letters(self.external))

    async def link(self) -> str:
        """The page that the welcome leads to."""
        return (await self.letters())[-1].link

    @property
    def _far(self) -> LocalCustomers:
        return LocalCustomers(self.world.app.database, self.world.app.intake)


async def code_for(world: World, rep: Phone, name: str) -> LocalWay:
    """The rep lists her people and gets the code for one of them."""
    await rep.says(LIST)
    await rep.taps("今天请谁")
    await rep.taps("下一位")
    while name not in rep.card.title:
        await rep.taps("发了")
        await rep.taps("下一位")
    return (await world.rows(LocalWay))[-1]
