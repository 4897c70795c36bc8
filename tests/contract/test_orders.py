"""Orders of customer contact: a welcome in its twenty seconds, once, whatever the platform's line does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from bot.clock import FixedClock
from bot.intake import Intake
from bot.platforms import GiveUp, Spent, TryLater
from bot.sender import Sender
from bot.wake import FIRST_INBOX, FIRST_OUTBOX, LocalWake
from handlers.kernel.contacts import LookOrder, Stranger, Way, WayOrder, WelcomeOrder, dump
from handlers.kernel.update import Befriended, Looked, Said, Update, WayMade, Welcomed, load
from handlers.kernel.update import Sender as From
from storage.database import Database
from storage.inbox import FirstInbox
from storage.models.engine import InboxUpdate
from storage.outbox import FirstOutbox
from tests.contract.test_sender import Phones


class Contacts(Phones):
    """A platform with customer contact: it takes a welcome's code once, and fails as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.welcomed: list[str] = []
        self.trouble: list[Exception] = []
        self.answers_get_lost = False

    async def contact_way(self, order: WayOrder, at: datetime) -> Way:
        self._stumble()
        return Way(f"picture of {order.state}", "link", "config")

    async def welcome(self, order: WelcomeOrder, at: datetime) -> None:
        self._stumble()
        if order.code in self.welcomed:
            raise Spent("used")
        self.welcomed.append(order.code)
        if self.answers_get_lost:
            self.answers_get_lost = False
            raise TryLater("cut off after it was taken")

    async def look(self, order: LookOrder) -> Stranger:
        self._stumble()
        return Stranger("芳", ("13900002211",))

    def _stumble(self) -> None:
        if self.trouble:
            raise self.trouble.pop(0)


@pytest.fixture
def contacts() -> Contacts:
    return Contacts()


@pytest.fixture
def sender(database: Database, wake: LocalWake, clock: FixedClock, contacts: Contacts) -> Sender:
    return Sender(database, {"local": contacts, "plain": Phones()}, wake, clock, owner="one")


async def order(
    database: Database,
    clock: FixedClock,
    what: WayOrder | WelcomeOrder | LookOrder,
    kind: str,
    platform: str = "local",
) -> None:
    async with database.unit() as unit:
        await unit.outbox.put(
            key=f"{kind}:1", person_id=1, platform=platform, address=f"{kind}:x", kind=kind,
            content=dump(what), at=clock.now(), urgency=-1,
        )  # fmt: skip


def welcome(clock: FixedClock) -> WelcomeOrder:
    until = clock.now() + timedelta(seconds=20)
    return WelcomeOrder(7, "li", "wx", "code", "您好", "您的信息怎么用", "/c/x", until)


async def answers(database: Database) -> Sequence[Update]:
    async with database.reading() as unit:
        rows = [await unit.session.get(InboxUpdate, number) for number in range(1, 20)]
    return [load(row.kind, row.payload) for row in rows if row is not None]


async def test_each_order_is_answered_by_an_update(
    database: Database, clock: FixedClock, sender: Sender
) -> None:
    await order(database, clock, WayOrder(3, "li", "state"), "way")
    await order(database, clock, LookOrder(7, "li", "wx"), "look")
    await order(database, clock, welcome(clock), "welcome")
    await sender.once()
    way, look, said = sorted(await answers(database), key=lambda each: type(each).__name__, reverse=True)[::1]
    found = {type(each): each for each in (way, look, said)}
    made, looked, welcomed = found[WayMade], found[Looked], found[Welcomed]
    assert isinstance(made, WayMade)
    assert (made.invite, made.picture, made.fault) == (3, "picture of state", "")
    assert isinstance(looked, Looked)
    assert (looked.newcomer, looked.name, looked.phones) == (7, "芳", ("13900002211",))
    assert isinstance(welcomed, Welcomed)
    assert (welcomed.newcomer, welcomed.fault) == (7, "")


async def test_a_line_that_stumbles_is_tried_again_at_once(
    database: Database, clock: FixedClock, sender: Sender, contacts: Contacts
) -> None:
    contacts.trouble = [TryLater("away"), TryLater("away", 600)]
    await order(database, clock, welcome(clock), "welcome")
    for _ in range(3):
        await sender.once()
        clock.move(timedelta(seconds=1))
    assert contacts.welcomed == ["code"]


async def test_a_welcome_whose_answer_was_lost_counts_as_said(
    database: Database, clock: FixedClock, sender: Sender, contacts: Contacts
) -> None:
    contacts.answers_get_lost = True
    await order(database, clock, welcome(clock), "welcome")
    await sender.once()
    clock.move(timedelta(seconds=1))
    await sender.once()
    (answer,) = await answers(database)
    assert isinstance(answer, Welcomed)
    assert answer.fault == ""
    assert contacts.welcomed == ["code"]


async def test_a_code_that_was_spent_before_us_is_told(
    database: Database, clock: FixedClock, sender: Sender, contacts: Contacts
) -> None:
    contacts.welcomed = ["code"]
    await order(database, clock, welcome(clock), "welcome")
    await sender.once()
    (answer,) = await answers(database)
    assert isinstance(answer, Welcomed)
    assert answer.fault == "used"


async def test_nothing_is_said_after_twenty_seconds(
    database: Database, clock: FixedClock, sender: Sender, contacts: Contacts
) -> None:
    contacts.trouble = [TryLater("away")] * 30
    await order(database, clock, welcome(clock), "welcome")
    for _ in range(23):
        await sender.once()
        clock.move(timedelta(seconds=1))
    assert contacts.welcomed == []
    (answer,) = await answers(database)
    assert isinstance(answer, Welcomed)
    assert answer.fault == "过了 20 秒"


@pytest.mark.parametrize("kind", ["way", "look", "welcome"])
async def test_a_platform_without_customer_contact_says_so(
    database: Database, clock: FixedClock, sender: Sender, kind: str
) -> None:
    what = {"way": WayOrder(3, "li", "s"), "look": LookOrder(7, "li", "wx"), "welcome": welcome(clock)}[kind]
    await order(database, clock, what, kind, "plain")
    await sender.once()
    (answer,) = await answers(database)
    if isinstance(answer, WayMade | Welcomed):
        assert answer.fault == "plain 没有客户联系"
    else:
        assert isinstance(answer, Looked)
        assert answer.name == ""


async def test_a_refusal_is_answered_once(
    database: Database, clock: FixedClock, sender: Sender, contacts: Contacts
) -> None:
    contacts.trouble = [GiveUp("no")]
    await order(database, clock, WayOrder(3, "li", "state"), "way")
    await sender.once()
    await sender.once()
    (answer,) = await answers(database)
    assert isinstance(answer, WayMade)
    assert answer.fault == "no"


async def test_first_loops_take_nothing_else(
    database: Database, clock: FixedClock, wake: LocalWake, contacts: Contacts
) -> None:
    sender = Sender(
        database, {"local": contacts}, wake, clock,
        owner="first", queue=lambda unit: FirstOutbox(unit.session), topic=FIRST_OUTBOX,
    )  # fmt: skip
    async with database.unit() as unit:
        for number in range(20):
            await unit.outbox.put(
                key=f"card{number}", person_id=1, platform="local", address=f"p{number}", kind="post",
                content="{}", at=clock.now(),
            )  # fmt: skip
    await order(database, clock, welcome(clock), "welcome")
    await sender.once()
    assert contacts.welcomed == ["code"]
    assert contacts.arrived == []


async def test_the_news_rings_where_somebody_waits_for_it(
    database: Database, clock: FixedClock, wake: LocalWake
) -> None:
    intake = Intake(database, wake, clock)
    li = From("local", "li")
    await intake.put(Said("a", li, "local:li", clock.now(), "帮助"))
    assert not await wake.wait(FIRST_INBOX, 0)
    await intake.put(Befriended("b", li, "local:befriended:wx", clock.now(), "wx", "s", "code"))
    assert await wake.wait(FIRST_INBOX, 0)
    async with database.unit() as unit:
        claimed = await FirstInbox(unit.session).claim_lane("me", clock.now(), 60)
    assert claimed is not None
    assert claimed[0] == "local:befriended:wx"
    async with database.unit() as unit:
        assert await FirstInbox(unit.session).claim_lane("me too", clock.now(), 60) is None
