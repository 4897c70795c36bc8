"""Transactions, instants and secrets behave alike on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import col, select

from bot.clock import FixedClock
from storage.audit import ReadOnly, Unaudited
from storage.database import Database
from storage.dialect import is_away
from storage.models.changes import Change
from storage.models.customers import Contact, Customer
from storage.models.people import Person
from storage.secrets import Keyring

PHONE = "13800138000"


async def make_customer(database: Database, now: datetime) -> Customer:
    async with database.unit(deed="test") as unit:
        person = await unit.add(Person(name="王强", role="rep", created_at=now))
        assert person.id is not None
        customer = Customer(name="苏州华兴", owner_id=person.id, created_by=person.id, created_at=now)
        return await unit.add(customer)


async def make_contact(database: Database, now: datetime, phone: str | None = PHONE) -> Contact:
    customer = await make_customer(database, now)
    assert customer.id is not None
    async with database.unit(deed="test") as unit:
        return await unit.add(Contact(customer_id=customer.id, name="李工", phone=phone, created_at=now))


async def test_what_a_unit_wrote_is_gone_when_it_raises(database: Database, clock: FixedClock) -> None:
    async def fail_midway() -> None:
        async with database.unit() as unit:
            await unit.add(Person(name="王强", role="rep", created_at=clock.now()))
            raise LookupError

    with pytest.raises(LookupError):
        await fail_midway()

    async with database.reading() as unit:
        assert await unit.people.everybody() == []
        assert await unit.audit.history("people", 1) == []


async def test_what_a_unit_wrote_is_gone_when_it_is_cancelled(database: Database, clock: FixedClock) -> None:
    written = asyncio.Event()

    async def write() -> None:
        async with database.unit() as unit:
            await unit.add(Person(name="王强", role="rep", created_at=clock.now()))
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await written.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async with database.unit() as unit:
        assert await unit.people.everybody() == []


async def test_objects_stay_usable_after_the_commit(database: Database, clock: FixedClock) -> None:
    customer = await make_customer(database, clock.now())

    assert customer.name == "苏州华兴"
    assert customer.created_at == clock.now()


async def test_an_instant_comes_back_in_utc_whatever_zone_it_went_in_with(database: Database) -> None:
    at = datetime(2026, 3, 1, 7, 0, 0, 123456, tzinfo=ZoneInfo("Asia/Shanghai"))
    customer = await make_customer(database, at)

    async with database.reading() as unit:
        read = await unit.session.get_one(Customer, customer.id)

    assert read.created_at == at
    assert read.created_at.tzinfo is UTC


async def test_instants_compare_in_time_order_across_zones(database: Database) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    await make_customer(database, noon)
    just_after = datetime(2026, 3, 1, 4, 0, 0, 1, tzinfo=UTC)

    async with database.reading() as unit:
        before = select(Customer).where(col(Customer.created_at) < just_after)
        after = select(Customer).where(col(Customer.created_at) >= just_after)
        assert len((await unit.session.exec(before)).all()) == 1
        assert (await unit.session.exec(after)).all() == []


async def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        await make_customer(database, datetime(2026, 3, 1, 12))  # noqa: DTZ001


async def test_foreign_keys_are_kept(database: Database, clock: FixedClock) -> None:
    with pytest.raises(IntegrityError):
        async with database.unit() as unit:
            await unit.add(Contact(customer_id=99, name="李工", created_at=clock.now()))


async def test_a_phone_is_stored_encrypted_and_found_by_its_digits(
    database: Database, clock: FixedClock
) -> None:
    contact = await make_contact(database, clock.now(), "138-0013-8000")

    async with database.reading() as unit:
        indexes = unit.keyring.phone_indexes("+86 138 0013 8000")
        found = await unit.session.exec(select(Contact).where(col(Contact.phone_index).in_(indexes)))
        assert found.one().id == contact.id
        connection = await unit.session.connection()
        stored = await connection.execute(text("SELECT phone, phone_index FROM contacts"))
        phone, index = stored.one()
    assert PHONE not in phone
    assert PHONE not in index


async def test_the_index_follows_its_phone(database: Database, clock: FixedClock) -> None:
    contact = await make_contact(database, clock.now())
    async with database.unit() as unit:
        contact.phone = "13900139000"
        await unit.add(contact)
    assert contact.phone_index == database.keyring.phone_index("13900139000")

    async with database.unit() as unit:
        contact.phone = None
        await unit.add(contact)

    async with database.reading() as unit:
        assert (await unit.session.get_one(Contact, contact.id)).phone_index is None


async def test_an_index_cannot_be_forged_by_a_caller(database: Database, clock: FixedClock) -> None:
    contact = await make_contact(database, clock.now())

    async with database.unit() as unit:
        contact.phone_index = "forged"
        await unit.add(contact)

    assert contact.phone_index == database.keyring.phone_index(PHONE)


async def test_a_secret_without_its_key_is_refused_and_nothing_is_guessed(
    database: Database, clock: FixedClock
) -> None:
    await make_contact(database, clock.now())
    stranger = Database(database.url, Keyring([b"x" * 32]))
    try:
        with pytest.raises(Exception, match="密钥"):
            async with stranger.reading() as unit:
                (await unit.session.exec(select(Contact))).all()
    finally:
        await stranger.close()


async def test_json_null_and_values_survive(database: Database, clock: FixedClock) -> None:
    customer = await make_customer(database, clock.now())
    assert customer.id is not None
    async with database.unit() as unit:
        change = Change(
            batch="b", subject="customer", subject_id=customer.id, field="grade", before=None,
            after={"值": [1, "甲", None]}, person_id=customer.owner_id, at=clock.now(),
        )  # fmt: skip
        await unit.add(change)

    async with database.reading() as unit:
        read = await unit.session.get_one(Change, change.id)
        assert read.before is None
        assert read.after == {"值": [1, "甲", None]}


async def test_many_writers_wait_for_their_turn(database: Database, second: Database) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)

    async def add_one(where: Database, key: str) -> None:
        async with where.unit() as unit:
            counted = await unit.marks.lock("count", now)
            await unit.marks.set("count", (counted or 0) + 1, now)

    await asyncio.gather(*(add_one(each, "count") for each in (database, second) for _ in range(10)))

    async with database.reading() as unit:
        assert await unit.marks.get("count") == 20


async def test_readers_do_not_wait_for_a_writer(database: Database, clock: FixedClock) -> None:
    async with database.unit() as writer:
        await writer.add(Person(name="王强", role="rep", created_at=clock.now()))
        async with database.reading() as unit:
            assert await unit.people.everybody() == []


async def test_reading_refuses_to_change(database: Database, clock: FixedClock) -> None:
    with pytest.raises(ReadOnly):
        async with database.reading() as unit:
            await unit.add(Person(name="王强", role="rep", created_at=clock.now()))


async def test_a_bulk_change_of_a_subject_is_refused_since_the_trail_would_miss_it(
    database: Database,
) -> None:
    with pytest.raises(Unaudited, match="customers"):
        async with database.unit() as unit:
            await unit.session.exec(update(Customer).values(grade="A"))


async def test_the_database_says_when_it_can_be_reached(database: Database) -> None:
    await database.ping()


async def test_no_phone_is_readable_in_the_files_of_the_database(
    database: Database, clock: FixedClock
) -> None:
    if not database.url.startswith("sqlite"):
        return
    contact = await make_contact(database, clock.now())
    async with database.unit() as unit:
        contact.phone = "13900139000"
        await unit.add(contact)
        await unit.outbox.put(
            key="k", person_id=1, platform="local", address="1", kind="text", content=PHONE, at=clock.now()
        )
    folder = database.files.folder.parent
    written = b"".join(path.read_bytes() for path in folder.glob("*.db*"))

    assert b"contacts" in written
    assert PHONE.encode() not in written
    assert b"13900139000" not in written


async def test_of_two_writers_that_wait_for_each_other_one_is_told_to_try_again(
    database: Database, clock: FixedClock
) -> None:
    if database.url.startswith("sqlite"):
        return  # one writer at a time
    met = asyncio.Barrier(2)

    async def lock(first: str, then: str) -> None:
        async with database.unit() as unit:
            await unit.marks.lock(first, clock.now())
            await met.wait()
            await unit.marks.lock(then, clock.now())

    ended = await asyncio.gather(lock("a", "b"), lock("b", "a"), return_exceptions=True)

    (fault,) = [each for each in ended if each is not None]
    assert is_away(fault)


async def test_a_unit_within_a_unit_says_so_instead_of_hanging(database: Database) -> None:
    if not database.url.startswith("sqlite"):
        return
    with pytest.raises(RuntimeError, match="unit inside a unit"):
        async with asyncio.timeout(5), database.unit(), database.unit():
            pass


async def test_moments_before_now_are_found(database: Database, clock: FixedClock) -> None:
    customer = await make_customer(database, clock.now())
    async with database.unit() as unit:
        customer.last_interaction_at = clock.now() - timedelta(days=30)
        await unit.add(customer)
    async with database.reading() as unit:
        since = clock.now() - timedelta(days=29)
        dormant = select(Customer).where(col(Customer.last_interaction_at) < since)
        assert (await unit.session.exec(dormant)).one().id == customer.id
