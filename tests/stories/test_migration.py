"""A customer moves over: the rep's list, one code, the welcome in time, one tap, a yes and a no."""

from bot.platforms.local.customers import Letter, LocalCustomers
from storage.models.local import LocalWay
from tests.stories.phones import Phone, World

LIST = "我微信里有鼎盛的张伟、天虹的吴莉，还有个老同学"


class Customer:
    """Somebody with a phone of his own, who scans and reads."""

    def __init__(self, world: World, name: str, phone: str = "") -> None:
        self.world = world
        self.far = LocalCustomers(world.app.database, world.app.intake)
        self.name, self.phone = name, phone
        self.external = ""

    async def scans(self, way: LocalWay, *, settle: bool = True) -> None:
        self.external = await self.far.adds(way, self.name, self.phone, self.world.now)
        if settle:
            await self.world.settles()

    @property
    async def letters(self) -> list[Letter]:
        return list(await self.far.letters(self.external))


async def code_for(world: World, li: Phone, name: str = "张伟") -> LocalWay:
    """李娜 lists her people and gets the code for one of them."""
    await li.says(LIST)
    await li.taps("今天请谁")
    while (
        name not in li.having("要文字和码").title
        if any("要文字和码" in each.buttons for each in li.history)
        else True
    ):
        await li.taps("下一位")
        if name in li.card.title:
            break
        await li.taps("他说不用")
    return (await world.rows(LocalWay))[-1]


async def test_the_whole_way(world: World, li: Phone) -> None:
    await li.says(LIST)
    assert li.card.title == "名单里 3 位，2 位认得出"
    assert li.card.line("没对上") == "1 位：个老同学"
    await li.taps("今天请谁")
    assert li.card.kind == "migration.today"
