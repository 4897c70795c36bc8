"""One update, one transaction, on a real database: kept whole or not at all, and told once."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from handlers.kernel.failures import Refused, TryLater
from handlers.kernel.reply import Reply, Text
from handlers.kernel.router import Route, Router, on_any, on_tick
from handlers.kernel.turn import BACKOFF, Hearing, Turn
from handlers.kernel.update import Said, Sender, Ticked, Update, dump, kind_of
from handlers.understanding.note import Known
from storage.database import Database
from storage.inbox import Arrival, LeaseLost
from storage.models.customers import Customer
from storage.models.engine import AuditEntry, InboxUpdate, Outgoing
from storage.models.people import Account, Person
from storage.schema import upgrade
from storage.secrets import Keyring
from storage.unit import Unit
from tests.servers import in_thread

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 4, 21, 9, 30, tzinfo=ZONE)
SECRET = "鼎盛机械张总电话13800138000"
LINA = Sender("local", "lina")
Handler = Callable[..., Awaitable[Reply]]


class Desk:
    """Stands in for the layers above the turn: knows nothing, hears nothing, hands out the unit."""

    def __init__(self) -> None:
        self.while_hearing: Callable[[], Awaitable[object]] | None = None

    async def know(self, unit: Unit, update: Update, person: Person) -> Known:
        return Known()

    async def hear(self, update: Update, known: Known) -> Hearing:
        if self.while_hearing is not None:
            await self.while_hearing()
        return Hearing(None, {})

    async def values(self, unit: Unit, update: Update, person: Person) -> Mapping[type, Any]:
        return {Unit: unit, Person: person, type(update): update}

    def clockwork(self, at: datetime) -> Person:
        return Person(id=0, name="时钟", role="admin", created_at=at)


class Stage:
    """A database with two colleagues, and one turn at a time on it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.desk = Desk()
        self.lina = self.zhou = 0

    async def found(self) -> None:
        async with self.database.unit() as unit:
            for name, address in (("李娜", "lina"), ("周强", "zhou")):
                person = await unit.add(Person(name=name, role="rep", created_at=NOW))
                await unit.add(
                    Account(person_id=person.id, platform="local", address=address, created_at=NOW)
                )
                setattr(self, address, person.id)

    async def says(self, words: str = "…", *, sender: Sender = LINA, update_id: str = "u1") -> None:
        said = Said(update_id, sender, f"{sender.platform}:{sender.address}", NOW.astimezone(UTC), words)
        await self.put(said)

    async def put(self, update: Update, kind: str = "", payload: str = "") -> None:
        arrival = Arrival(
            update.update_id, update.lane, kind or kind_of(update), payload or dump(update), NOW
        )
        async with self.database.unit() as unit:
            await unit.inbox.put_many([arrival])

    async def claim(self, owner: str = "me", now: datetime = NOW) -> InboxUpdate:
        async with self.database.unit() as unit:
            claimed = await unit.inbox.claim_lane(owner, now, 60)
        assert claimed is not None
        return claimed[1]

    async def handle(self, handler: Handler, *, owner: str = "me", now: datetime = NOW) -> None:
        """Claims the next due row and does one turn on it; the lane is free afterwards."""
        row = await self.claim(owner, now)
        await self.turn(handler)(row, owner)
        async with self.database.unit() as unit:
            await unit.inbox.release(row.lane, owner)

    def turn(self, handler: Handler) -> Turn:
        return self.turn_by(on_any(Said, handler))

    def turn_by(self, route: Route, patience: float = 60.0) -> Turn:
        router = Router([route], frozenset({Unit, Person}))
        return Turn(self.database, router, self.desk, ZONE, lambda: NOW, patience)

    async def inbox(self) -> InboxUpdate:
        async with self.database.reading() as unit:
            return (await unit.session.exec(select(InboxUpdate))).one()

    async def told(self) -> list[tuple[str, str]]:
        """Keys and contents of what is to be sent, in order."""
        async with self.database.reading() as unit:
            rows = (await unit.session.exec(select(Outgoing).order_by(col(Outgoing.id)))).all()
        return [(each.key, each.content) for each in rows]

    async def customers(self) -> int:
        async with self.database.reading() as unit:
            return len((await unit.session.exec(select(Customer))).all())

    async def set_back(self, column: str, value: object, table: str = "inbox_updates") -> None:
        """As an operator with the database alone would."""
        async with self.database.engine.begin() as connection:
            await connection.execute(text(f"UPDATE {table} SET {column} = :value"), {"value": value})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kernel") / "template.db"
    in_thread(lambda: asyncio.run(upgrade(f"sqlite+aiosqlite:///{path}")))
    return path


@pytest.fixture
async def stage(template: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    path = shutil.copy(template, tmp_path / "kernel.db")
    database = Database(f"sqlite+aiosqlite:///{path}", Keyring([b"k" * 32]), tmp_path / "files")
    made = Stage(database)
    await made.found()
    yield made
    await database.close()


async def write(unit: Unit, said: Said, me: Person) -> Reply:
    await unit.add(Customer(name="鼎盛机械", owner_id=me.id, created_at=said.at, created_by=me.id))
    return [Text(me.id, "记好了"), Text(me.id, "还有一句")]


def then(fault: BaseException) -> Handler:
    """A handler that writes, and then meets the fault."""

    async def writes_then_fails(unit: Unit, said: Said, me: Person) -> Reply:
        await write(unit, said, me)
        raise fault

    return writes_then_fails


class TestKept:
    async def test_facts_replies_and_the_end_of_the_row_are_kept_together(self, stage: Stage) -> None:
        await stage.says()
        await stage.handle(write)
        assert await stage.customers() == 1
        assert await stage.told() == [("u1#0", "记好了"), ("u1#1", "还有一句")]
        assert (await stage.inbox()).state == "done"

    async def test_the_trail_says_who_did_what_by_which_message(self, stage: Stage) -> None:
        await stage.says()
        await stage.handle(write)
        async with stage.database.reading() as unit:
            made = (
                await unit.session.exec(select(AuditEntry).where(AuditEntry.subject == "customers"))
            ).one()
        assert (made.actor_id, made.deed, made.update_id, made.at) == (
            stage.lina,
            "test_turn.write",
            "u1",
            NOW,
        )

    async def test_handlers_see_the_moment_in_the_companys_zone(self, stage: Stage) -> None:
        seen = []

        async def looks(said: Said) -> Reply:
            seen.append(said.at)
            return ()

        await stage.says()
        await stage.handle(looks)
        assert (seen[0], seen[0].tzinfo) == (NOW, ZONE)

    async def test_others_can_write_while_a_message_is_being_read(self, stage: Stage) -> None:
        async def somebody_writes() -> None:
            async with stage.database.unit() as unit:
                await unit.people.mute(stage.zhou, "", NOW)

        stage.desk.while_hearing = somebody_writes
        await stage.says()
        await stage.handle(write)
        assert (await stage.inbox()).state == "done"

    async def test_the_clock_acts_for_nobody(self, stage: Stage) -> None:
        async def speaks(tick: Ticked, me: Person) -> Reply:
            assert me.id == 0
            return [Text(stage.lina, "早上好")]

        await stage.put(Ticked("t1", "clock", NOW, "morning"))
        await stage.turn_by(on_tick("morning", speaks))(await stage.claim(), "me")
        assert await stage.told() == [("t1#0", "早上好")]


class TestRefused:
    async def test_nothing_is_kept_but_what_is_told(self, stage: Stage) -> None:
        await stage.says()
        await stage.handle(then(Refused(Text(stage.lina, "先选客户"))))
        assert await stage.customers() == 0
        assert await stage.told() == [("u1#0", "先选客户")]
        assert (await stage.inbox()).state == "done"


class TestTryLater:
    async def test_the_row_is_put_off_and_the_same_update_is_handled_again(self, stage: Stage) -> None:
        await stage.says("原话")
        await stage.handle(then(TryLater("model away", 7)))
        row = await stage.inbox()
        assert (row.state, row.attempts, row.next_at) == ("new", 1, NOW + timedelta(seconds=7))
        assert (await stage.customers(), await stage.told()) == (0, [])
        heard = []

        async def again(said: Said) -> Reply:
            heard.append((said.update_id, said.text))
            return ()

        await stage.handle(again, now=NOW + timedelta(seconds=7))
        assert heard == [("u1", "原话")]
        assert (await stage.inbox()).state == "done"

    async def test_it_waits_longer_each_time_and_then_evenly(self, stage: Stage) -> None:
        await stage.says()
        waits, now = [], NOW
        for _ in range(len(BACKOFF) + 2):
            await stage.handle(then(TryLater("away")), now=now)
            row = await stage.inbox()
            assert row.next_at is not None
            waits.append(row.next_at - NOW)
            now = row.next_at
        assert waits == [*BACKOFF, BACKOFF[-1], BACKOFF[-1]]


class TestBugs:
    async def test_the_row_is_parked_with_one_apology_and_nothing_kept(self, stage: Stage) -> None:
        await stage.says(SECRET)
        await stage.handle(then(RuntimeError(SECRET)))
        row = await stage.inbox()
        assert row.state == "parked"
        assert await stage.customers() == 0
        (told,) = await stage.told()
        assert told[0] == f"fault:{row.id}"
        assert "不是你的问题" in told[1]

    async def test_the_error_says_where_and_holds_no_word_of_the_note(self, stage: Stage) -> None:
        await stage.says(SECRET)
        await stage.handle(then(RuntimeError(SECRET)))
        error = (await stage.inbox()).error
        assert error.startswith("RuntimeError tests.unit.kernel.test_turn:")
        assert not set(SECRET) & set(error) - set("0123456789")
        assert "13800138000" not in error

    async def test_a_replay_that_fails_again_does_not_apologise_again(self, stage: Stage) -> None:
        await stage.says()
        for _ in range(2):
            await stage.handle(then(RuntimeError("x")))
            async with stage.database.unit() as unit:
                assert await unit.inbox.replay((await stage.inbox()).id)
        assert len(await stage.told()) == 1
        await stage.handle(write)
        assert (await stage.inbox()).state == "done"
        assert len(await stage.told()) == 3

    async def test_an_update_that_nothing_takes_is_a_bug(self, stage: Stage) -> None:
        await stage.put(Ticked("t1", "clock", NOW, "no-such-job"))
        await stage.handle(write)
        row = await stage.inbox()
        assert (row.state, row.error.split()[0]) == ("parked", "NoRoute")
        assert await stage.told() == []

    @pytest.mark.parametrize(
        ("kind", "payload", "error"),
        [
            ("shouted", "{}", "KeyError"),
            ("said", SECRET, "ValidationError"),
            ("said", '{"text": "' + SECRET + '"}', "ValidationError"),
        ],
    )
    async def test_what_cannot_be_read_is_parked_and_nothing_of_it_is_shown(
        self, stage: Stage, kind: str, payload: str, error: str
    ) -> None:
        await stage.put(Said("u1", LINA, "local:lina", NOW, "…"), kind, payload)
        await stage.handle(write)
        row = await stage.inbox()
        assert (row.state, row.error.split()[0]) == ("parked", error)
        assert "13800138000" not in row.error
        assert await stage.told() == []

    async def test_a_database_that_is_away_parks_nothing(self, stage: Stage) -> None:
        await stage.says()
        row = await stage.claim()
        with pytest.raises(OperationalError):
            await stage.turn(then(OperationalError("SELECT 1", {}, Exception("gone"))))(row, "me")
        assert (await stage.inbox()).state == "new"
        assert (await stage.customers(), await stage.told()) == (0, [])


class TestWho:
    async def test_an_unknown_sender_changes_nothing_and_is_not_tried_again(self, stage: Stage) -> None:
        await stage.says(sender=Sender("local", "stranger"))
        await stage.handle(write)
        assert (await stage.inbox()).state == "done"
        assert (await stage.customers(), await stage.told()) == (0, [])

    async def test_whoever_was_deactivated_is_a_stranger(self, stage: Stage) -> None:
        await self.deactivate(stage, stage.lina)
        await stage.says()
        await stage.handle(write)
        assert (await stage.inbox()).state == "done"
        assert (await stage.customers(), await stage.told()) == (0, [])

    async def test_nothing_is_written_to_whoever_was_deactivated(self, stage: Stage) -> None:
        async def tells_all() -> Reply:
            return [Text(stage.zhou, "给周强"), Text(stage.lina, "给李娜"), Text(999, "没有这个人")]

        await self.deactivate(stage, stage.zhou)
        await stage.says()
        await stage.handle(tells_all)
        assert await stage.told() == [("u1#1", "给李娜")]

    async def test_whoever_wrote_is_answered_where_he_wrote(self, stage: Stage) -> None:
        async with stage.database.unit() as unit:
            await unit.add(Account(person_id=stage.lina, platform="wecom", address="LiNa", created_at=NOW))
        await stage.says(sender=Sender("wecom", "LiNa"))
        await stage.handle(write)
        async with stage.database.reading() as unit:
            lanes = (await unit.session.exec(select(Outgoing.lane))).all()
        assert set(lanes) == {"wecom:LiNa"}

    async def deactivate(self, stage: Stage, person_id: int) -> None:
        async with stage.database.unit() as unit:
            person = await unit.people.one(person_id)
            person.active = False
            await unit.add(person)


class TestLeases:
    async def test_a_lost_lease_writes_nothing_and_the_heir_writes_once(self, stage: Stage) -> None:
        await stage.says()
        row = await stage.claim("slow")
        late = NOW + timedelta(seconds=61)
        heirs = await stage.claim("heir", late)
        with pytest.raises(LeaseLost):
            await stage.turn(write)(row, "slow")
        assert (await stage.customers(), await stage.told()) == (0, [])
        await stage.turn(write)(heirs, "heir")
        with pytest.raises(LeaseLost):
            await stage.turn(write)(row, "slow")
        assert await stage.customers() == 1
        assert [key for key, _ in await stage.told()] == ["u1#0", "u1#1"]

    @pytest.mark.parametrize(
        "fault",
        [Refused(Text(1, "先选客户")), TryLater("away"), RuntimeError("x")],
        ids=["refused", "later", "bug"],
    )
    async def test_neither_refusal_nor_apology_comes_from_whoever_lost_the_lease(
        self, stage: Stage, fault: Exception
    ) -> None:
        await stage.says()
        row = await stage.claim("slow")
        await stage.claim("heir", NOW + timedelta(seconds=61))
        with pytest.raises(LeaseLost):
            await stage.turn(then(fault))(row, "slow")
        assert await stage.told() == []
        assert (await stage.inbox()).state == "new"

    async def test_a_row_that_comes_back_is_answered_once(self, stage: Stage) -> None:
        """As after a restored backup: the same update is done again, its messages are known."""
        await stage.says()
        for _ in range(2):
            await stage.handle(write)
            await stage.set_back("state", "new")
        assert await stage.told() == [("u1#0", "记好了"), ("u1#1", "还有一句")]


class TestPatience:
    async def wait_for_a_receipt(self, stage: Stage) -> None:
        while not await stage.told():  # noqa: ASYNC110 (the database is what tells)
            await asyncio.sleep(0)

    async def test_who_waits_long_is_told_once_that_somebody_listens(self, stage: Stage) -> None:
        stage.desk.while_hearing = lambda: self.wait_for_a_receipt(stage)
        await stage.says()
        turn = stage.turn_by(on_any(Said, write), patience=0.0)
        await turn(await stage.claim(), "me")
        receipt, *answers = await stage.told()
        assert receipt[0] == "u1#listening"
        assert "收到，在听" in receipt[1]
        assert answers == [("u1#0", "记好了"), ("u1#1", "还有一句")]

    async def test_who_is_answered_soon_is_told_nothing_else(self, stage: Stage) -> None:
        await stage.says()
        await stage.handle(write)
        assert await stage.told() == [("u1#0", "记好了"), ("u1#1", "还有一句")]

    async def test_a_fault_while_listening_is_no_second_receipt(self, stage: Stage) -> None:
        async def away() -> None:
            await self.wait_for_a_receipt(stage)
            raise TryLater("away", 0)

        stage.desk.while_hearing = away
        await stage.says()
        turn = stage.turn_by(on_any(Said, write), patience=0.0)
        for _ in range(2):
            row = await stage.claim()
            await turn(row, "me")
            async with stage.database.unit() as unit:
                await unit.inbox.release(row.lane, "me")
        assert [key for key, _ in await stage.told()] == ["u1#listening"]
