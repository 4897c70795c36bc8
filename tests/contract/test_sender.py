"""The sender: in order for each phone, once as far as the far side allows, patient and then honest."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.clock import FixedClock
from bot.lanes import LEASE_SECONDS
from bot.platforms import GiveUp, TryLater
from bot.sender import LONGEST_PAUSE_SECONDS, MAX_BUGS, MAX_WAIT, MIN_TRIES, Sender
from bot.wake import LocalWake
from storage.database import Database
from storage.models.engine import Held, Outgoing


class Phones:
    """A platform that remembers what arrived, and fails as it is told."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, str, str]] = []
        self.faults: dict[str, list[Exception]] = {}
        self.can_replace = True

    async def post(self, message: Outgoing) -> str:
        return self._take("post", message)

    async def replace(self, message: Outgoing, held: Held) -> str | None:
        if not self.can_replace:
            return None
        self._take(f"replace {held.ref}", message)
        return held.ref

    async def text(self, message: Outgoing) -> str:
        return self._take("text", message)

    def _take(self, what: str, message: Outgoing) -> str:
        if faults := self.faults.get(message.key):
            raise faults.pop(0)
        self.arrived.append((what, message.address, message.key))
        return f"ref-{message.key}"

    @property
    def keys(self) -> list[str]:
        return [key for _, _, key in self.arrived]


@pytest.fixture
def phones() -> Phones:
    return Phones()


@pytest.fixture
def sender(database: Database, wake: LocalWake, clock: FixedClock, phones: Phones) -> Sender:
    return Sender(database, {"local": phones}, wake, clock, owner="one")


async def put(
    database: Database, clock: FixedClock, key: str, *, kind: str = "post", to: int = 1, thread: str = ""
) -> bool:
    async with database.unit() as unit:
        return await unit.outbox.put(
            key=key, person_id=to, platform="local", address=f"phone{to}", kind=kind, content="{}",
            thread=thread, at=clock.now(),
        )  # fmt: skip


async def test_messages_of_a_phone_arrive_in_order(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    for key in "abc":
        await put(database, clock, key)

    await sender.once()

    assert phones.keys == ["a", "b", "c"]
    async with database.reading() as unit:
        assert await unit.outbox.depth() == 0


async def test_a_key_is_sent_once_however_often_it_is_put(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    assert await put(database, clock, "a")
    assert not await put(database, clock, "a")
    await sender.once()
    assert not await put(database, clock, "a")
    await sender.once()

    assert phones.keys == ["a"]


async def test_a_message_that_waits_holds_back_its_phone_and_no_other(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    phones.faults["a"] = [TryLater("429", seconds=30)]
    await put(database, clock, "a", to=1)
    await put(database, clock, "b", to=1)
    await put(database, clock, "c", to=2)

    await sender.once()
    assert phones.keys == ["c"]
    clock.move(timedelta(seconds=29))
    await sender.once()
    assert phones.keys == ["c"]
    clock.move(timedelta(seconds=1))
    await sender.once()

    assert phones.keys == ["c", "a", "b"]


async def test_without_a_number_of_seconds_the_pauses_grow(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    phones.faults["a"] = [TryLater("away") for _ in range(3)]
    await put(database, clock, "a")
    pauses = []
    for _ in range(3):
        await sender.once()
        async with database.unit() as unit:
            assert await unit.outbox.claim_lane("look", clock.now(), LEASE_SECONDS) is None
            (row,) = (await unit.session.exec(select(Outgoing))).all()
            assert row.next_at is not None
            pauses.append((row.next_at - clock.now()).total_seconds())
        clock.at = row.next_at
    await sender.once()

    assert phones.keys == ["a"]
    assert pauses[0] < pauses[1] < pauses[2] < LONGEST_PAUSE_SECONDS


async def test_what_the_platform_refuses_is_parked_with_its_reason_and_can_be_replayed(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    phones.faults["a"] = [GiveUp("成员不在应用可见范围")]
    await put(database, clock, "a")
    await put(database, clock, "b")
    await sender.once()
    assert phones.keys == ["b"]

    async with database.unit() as unit:
        (parked,) = await unit.outbox.parked()
        assert parked.error == "成员不在应用可见范围"
        assert parked.id is not None
        assert await unit.outbox.replay(parked.id)
    await sender.once()

    assert phones.keys == ["b", "a"]


async def test_a_bug_is_tried_some_times_and_then_parked_without_its_words(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    phones.faults["a"] = [ValueError("张总 13800138000") for _ in range(MAX_BUGS)]
    await put(database, clock, "a")
    for _ in range(MAX_BUGS):
        await sender.once()
        clock.move(timedelta(seconds=LONGEST_PAUSE_SECONDS * 2))

    async with database.reading() as unit:
        (parked,) = await unit.outbox.parked()
    assert parked.error.startswith("ValueError @ ")
    assert "138" not in parked.error
    assert phones.keys == []


async def test_yesterdays_news_is_parked_when_the_platform_was_away_all_day(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    phones.faults["a"] = [TryLater("away") for _ in range(MIN_TRIES)]
    await put(database, clock, "a")
    for _ in range(MIN_TRIES):
        async with database.reading() as unit:
            assert await unit.outbox.parked() == []
        await sender.once()
        clock.move(MAX_WAIT + timedelta(minutes=1))

    async with database.reading() as unit:
        assert [each.key for each in await unit.outbox.parked()] == ["a"]


async def test_a_platform_that_is_not_connected_is_named(
    database: Database, wake: LocalWake, clock: FixedClock
) -> None:
    await put(database, clock, "a")
    await Sender(database, {}, wake, clock, owner="one").once()

    async with database.reading() as unit:
        (parked,) = await unit.outbox.parked()
    assert "local" in parked.error


async def test_a_replacement_goes_where_the_person_holds_the_thread(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    await put(database, clock, "a", thread="draft:1", to=1)
    await put(database, clock, "b", thread="draft:1", to=2)
    await put(database, clock, "c", kind="replace", thread="draft:1", to=1)
    await put(database, clock, "d", kind="replace", thread="draft:1", to=1)
    await sender.once()

    mine = [what for what in phones.arrived if what[1] == "phone1"]
    assert mine == [
        ("post", "phone1", "a"),
        ("replace ref-a", "phone1", "c"),
        ("replace ref-a", "phone1", "d"),
    ]
    async with database.reading() as unit:
        held = await unit.outbox.held("draft:1", 1)
        assert held is not None
        assert (held.ref, held.sent_at) == ("ref-a", clock.now())


async def test_a_replacement_is_posted_where_nothing_is_held_or_the_platform_cannot(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    await put(database, clock, "a", kind="replace", thread="draft:1")
    await sender.once()
    phones.can_replace = False
    await put(database, clock, "b", kind="replace", thread="draft:1")
    await sender.once()

    assert [what for what, _, _ in phones.arrived] == ["post", "post"]
    async with database.reading() as unit:
        held = await unit.outbox.held("draft:1", 1)
    assert held is not None
    assert held.ref == "ref-b"


async def test_text_belongs_to_no_thread(
    database: Database, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    await put(database, clock, "a", kind="text")
    await sender.once()

    assert phones.arrived == [("text", "phone1", "a")]
    async with database.reading() as unit:
        assert await unit.outbox.held("", 1) is None


async def test_two_senders_send_everything_once(
    database: Database, second: Database, wake: LocalWake, clock: FixedClock, phones: Phones, sender: Sender
) -> None:
    for n in range(24):
        await put(database, clock, f"{n:02}", to=n % 6)
    other = Sender(second, {"local": phones}, wake, clock, owner="two")

    await asyncio.gather(sender.once(), other.once())

    assert sorted(phones.keys) == [f"{n:02}" for n in range(24)]
    for to in range(6):
        mine = [key for _, address, key in phones.arrived if address == f"phone{to}"]
        assert mine == sorted(mine)


async def test_answers_go_out_before_what_can_wait(
    database: Database, wake: LocalWake, clock: FixedClock, phones: Phones
) -> None:
    async with database.unit() as unit:
        for to, urgency in ((1, 4), (2, 0)):
            await unit.outbox.put(
                key=str(to), person_id=to, platform="local", address=f"{to}", kind="text", content="…",
                urgency=urgency, at=clock.now(),
            )  # fmt: skip

    await Sender(database, {"local": phones}, wake, clock, owner="one", lanes=1).once()

    assert phones.keys == ["2", "1"]
