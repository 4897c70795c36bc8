"""The trail: nothing changes without an entry, and no sealed entry changes unnoticed."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import pytest
from sqlalchemy import Column, Float, Integer, Table, text
from sqlmodel import SQLModel, col, select

from bot.clock import FixedClock
from storage.audit import EXEMPT
from storage.database import Database
from storage.models import metadata
from storage.models.engine import AuditEntry
from storage.models.people import Person
from storage.secrets import Keyring

MODELS: dict[str, type[SQLModel]] = {
    each.local_table.description: each.class_ for each in SQLModel._sa_registry.mappers
}
SUBJECTS = [each for each in metadata.sorted_tables if each.name not in EXEMPT]


def value_for(column: Column[Any], now: datetime) -> Any:
    """Anything that fits the column; every reference is to the first row."""
    kind = MODELS[column.table.name].model_fields[column.name].annotation
    by_type = {
        bool: True,
        int: 1,
        float: 1.5,
        str: column.name,
        date: now.date(),
        time: time(9, 30),
        datetime: now,
    }
    if isinstance(column.type, Integer | Float) or kind in by_type:
        return by_type.get(kind, 1)  # type: ignore[arg-type]
    return {"any": "thing"}


def row_of(table: Table, now: datetime) -> SQLModel:
    needed = [each for each in table.c if not each.nullable and each.name != "id"]
    values = {each.name: value_for(each, now) for each in needed}
    return MODELS[table.name](**values)


def texts(table: Table) -> Iterator[str]:
    keys = {each.name for each in table.primary_key}
    for column in table.c:
        if MODELS[table.name].model_fields[column.name].annotation is str and column.name not in keys:
            yield column.name


async def entries(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as unit:
        found = await unit.session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))
        return [(each.change, each.subject) for each in found]


async def test_every_write_of_every_subject_leaves_an_entry(database: Database, clock: FixedClock) -> None:
    rows: dict[str, SQLModel] = {}
    async with database.unit() as unit:
        for table in SUBJECTS:
            rows[table.name] = await unit.add(row_of(table, clock.now()))
    assert sorted(await entries(database)) == sorted(("made", each.name) for each in SUBJECTS)

    changed = {table.name: name for table in SUBJECTS for name in texts(table)}
    async with database.unit() as unit:
        for table_name, column in changed.items():
            setattr(rows[table_name], column, "another")
            await unit.add(rows[table_name])
    after_change = await entries(database)
    assert sorted(after_change[len(SUBJECTS) :]) == sorted(("changed", each) for each in changed)

    async with database.unit() as unit:
        for table in reversed(SUBJECTS):
            await unit.session.delete(rows[table.name])
            await unit.session.flush()
    removed = (await entries(database))[len(after_change) :]
    assert removed == [("removed", each.name) for each in reversed(SUBJECTS)]


async def test_an_entry_says_who_did_what_when_by_which_message(
    database: Database, clock: FixedClock
) -> None:
    async with database.unit(update_id="local:1", at=clock.now()) as unit:
        unit.acting(7, "people.add")
        person = await unit.add(Person(name="王强", role="rep", created_at=clock.now()))
    async with database.unit(actor_id=8, deed="people.rename", at=clock.now()) as unit:
        person.name = "王刚"
        await unit.add(person)
        await unit.add(person)
    assert person.id is not None

    async with database.reading() as unit:
        made, renamed = await unit.audit.history("people", person.id)
    assert (made.actor_id, made.deed, made.update_id, made.at) == (7, "people.add", "local:1", clock.now())
    assert (made.details["name"], made.details["role"]) == ("王强", "rep")
    assert (renamed.actor_id, renamed.deed, renamed.update_id) == (8, "people.rename", "")
    assert renamed.details == {"name": ["王强", "王刚"]}


async def test_details_are_encrypted(database: Database, clock: FixedClock) -> None:
    await write(database, clock, 1)

    async with database.reading() as unit:
        connection = await unit.session.connection()
        (stored,) = (await connection.execute(text("SELECT details FROM audit_entries"))).scalars()
    assert "rep" not in stored
    assert stored.startswith(database.keyring.prefix)


async def test_a_look_or_an_export_can_be_noted(database: Database, clock: FixedClock) -> None:
    async with database.unit(actor_id=1, deed="export", at=clock.now()) as unit:
        await unit.audit.note("customers", "*", "exported", {"rows": 12})

    async with database.reading() as unit:
        (entry,) = await unit.audit.history("customers", "*")
    assert (entry.change, entry.details, entry.actor_id) == ("exported", {"rows": 12}, 1)


async def write(database: Database, clock: FixedClock, number: int) -> None:
    for n in range(number):
        async with database.unit(at=clock.now()) as unit:
            await unit.add(Person(name=f"{n}", role="rep", created_at=clock.now()))


async def sealed(database: Database, clock: FixedClock, number: int) -> None:
    await write(database, clock, number)
    async with database.unit() as unit:
        await unit.audit.seal(clock.now())


async def broken_at(database: Database) -> int | None:
    async with database.reading() as unit:
        broken = await unit.audit.verify()
    return None if broken is None else broken.seal_no


async def test_an_untouched_trail_is_whole_however_it_was_sealed(
    database: Database, clock: FixedClock
) -> None:
    assert await broken_at(database) is None
    await write(database, clock, 7)
    counts = []
    for _ in range(3):
        async with database.unit() as unit:
            counts.append(await unit.audit.seal(clock.now(), batch=5))
    await write(database, clock, 1)

    assert counts == [5, 2, 0]
    assert await broken_at(database) is None


async def test_two_processes_that_seal_together_make_one_chain(
    database: Database, second: Database, clock: FixedClock
) -> None:
    await write(database, clock, 12)

    async def seal(where: Database) -> int:
        async with where.unit() as unit:
            return await unit.audit.seal(clock.now(), batch=4)

    counts = await asyncio.gather(*(seal(each) for each in (database, second, database, second)))

    assert sum(counts) == 12
    assert await broken_at(database) is None


TAMPERING = {
    "an actor is changed": ("UPDATE audit_entries SET actor_id = 99 WHERE seal_no = 3", 3),
    "details are swapped": (
        (
            "UPDATE audit_entries SET details = (SELECT a.details FROM audit_entries a WHERE a.seal_no = 5) "
            "WHERE seal_no = 3"
        ),
        3,
    ),
    "an instant is changed": ("UPDATE audit_entries SET at = '2020-01-01 00:00:00' WHERE seal_no = 3", 3),
    "an entry is removed in the middle": ("DELETE FROM audit_entries WHERE seal_no = 3", 3),
    "the first is removed": ("DELETE FROM audit_entries WHERE seal_no = 1", 1),
    "the last is removed": ("DELETE FROM audit_entries WHERE seal_no = 6", 6),
    "all are removed": ("DELETE FROM audit_entries", 1),
    "a seal is copied": (
        (
            "UPDATE audit_entries SET seal = (SELECT a.seal FROM audit_entries a WHERE a.seal_no = 4) "
            "WHERE seal_no = 3"
        ),
        3,
    ),
    "a seal is nonsense": ("UPDATE audit_entries SET seal = 'nonsense' WHERE seal_no = 3", 3),
    "an entry is unsealed to be sealed anew": (
        "UPDATE audit_entries SET seal = NULL, seal_no = NULL, actor_id = 99 WHERE seal_no = 6",
        6,
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
async def test_tampering_is_found(database: Database, clock: FixedClock, what: str) -> None:
    statement, first_bad = TAMPERING[what]
    await sealed(database, clock, 6)
    assert await broken_at(database) is None

    async with database.unit() as unit:
        connection = await unit.session.connection()
        await connection.execute(text(statement))
    assert await broken_at(database) == first_bad
    async with database.unit() as unit:
        await unit.audit.seal(clock.now())

    assert await broken_at(database) == first_bad


async def test_two_entries_that_change_places_are_found(database: Database, clock: FixedClock) -> None:
    await sealed(database, clock, 4)
    async with database.unit() as unit:
        connection = await unit.session.connection()
        for old, new in ((2, 99), (3, 2), (99, 3)):
            await connection.execute(text(f"UPDATE audit_entries SET seal_no = {new} WHERE seal_no = {old}"))

    assert await broken_at(database) == 2


async def test_the_trail_outlives_a_new_key(database: Database, clock: FixedClock) -> None:
    await sealed(database, clock, 2)
    anew = Database(database.url, Keyring([b"n" * 32, b"k" * 32]))
    try:
        await sealed(anew, clock, 2)
        assert await broken_at(anew) is None
    finally:
        await anew.close()
