"""New keys: everything is rewritten under the newest, and found as before, before, during and after."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from bot.clock import FixedClock
from storage.database import Database
from storage.models.changes import Change
from storage.models.customers import Contact, Customer
from storage.models.people import Person
from storage.rotation import rotate
from storage.secrets import Keyring

OLD, NEW = b"k" * 32, b"n" * 32
PHONE = "13800138000"


@pytest.fixture
async def anew(database: Database, clock: FixedClock, tmp_path: Path) -> AsyncIterator[Database]:
    """The database with a newer key in front, after the old one wrote ten contacts."""
    async with database.unit() as unit:
        person = await unit.add(Person(name="王强", role="rep", created_at=clock.now()))
        assert person.id is not None
        customer = Customer(name="华兴", owner_id=person.id, created_by=person.id, created_at=clock.now())
        await unit.add(customer)
        assert customer.id is not None
        for n in range(10):
            contact = Contact(customer_id=customer.id, name=f"{n}", created_at=clock.now())
            contact.phone = PHONE if n == 0 else None
            contact.email = f"{n}@example.com"
            await unit.add(contact)
        change = Change(
            batch="b", subject="customer", subject_id=customer.id, field="grade", before=None, after=["A"],
            person_id=person.id, at=clock.now(),
        )  # fmt: skip
        await unit.add(change)
    opened = Database(database.url, Keyring([NEW, OLD]), tmp_path / "files")
    yield opened
    await opened.close()


async def emails_by_phone(database: Database) -> list[str | None]:
    async with database.reading() as unit:
        indexes = unit.keyring.phone_indexes(PHONE)
        found = await unit.session.exec(select(Contact).where(col(Contact.phone_index).in_(indexes)))
        return [each.email for each in found]


async def test_an_old_row_is_found_before_and_after(anew: Database) -> None:
    assert await emails_by_phone(anew) == ["0@example.com"]

    await rotate(anew, batch=3)

    assert await emails_by_phone(anew) == ["0@example.com"]


async def test_afterwards_the_old_key_is_needed_for_the_trail_alone(anew: Database, tmp_path: Path) -> None:
    assert await rotate(anew, batch=3) == 11
    assert await rotate(anew) == 0

    without = Database(anew.url, Keyring([NEW]), tmp_path / "files")
    try:
        assert await emails_by_phone(without) == ["0@example.com"]
        async with without.reading() as unit:
            (change,) = (await unit.session.exec(select(Change))).all()
            assert (change.before, change.after) == (None, ["A"])
            assert len((await unit.session.exec(select(Contact))).all()) == 10
    finally:
        await without.close()


async def test_files_are_rewritten_too(database: Database, anew: Database, tmp_path: Path) -> None:
    key = await database.files.save(b"spoken")
    assert await anew.files.load(key) == b"spoken"

    await rotate(anew)

    without = Database(anew.url, Keyring([NEW]), tmp_path / "files")
    assert await without.files.load(key) == b"spoken"
    await without.close()
    assert await anew.files.rotate() == 0


async def test_rotation_leaves_the_trail_as_it_was_sealed(anew: Database, clock: FixedClock) -> None:
    async with anew.unit() as unit:
        before = await unit.audit.seal(clock.now())
    await rotate(anew)

    async with anew.unit() as unit:
        assert await unit.audit.seal(clock.now()) == 0
        assert await unit.audit.verify() is None
        connection = await unit.session.connection()
        assert (await connection.execute(text("SELECT count(*) FROM audit_entries"))).scalar() == before
