"""Numbers are issued once and a file's row is kept once, whoever asks at the same time, on both databases."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from config.policy import load_policy
from handlers.policies.permissions import Asker
from handlers.work.codes import issue_codes
from handlers.work.context import Desk
from storage.database import Database
from storage.models.customers import Customer
from storage.models.imports import ImportedRow, ImportRun
from storage.models.people import Person
from tests.contract.conftest import NOW

POLICY = load_policy()


async def someone(database: Database) -> Person:
    async with database.unit(at=NOW) as unit:
        return await unit.add(Person(name="郑洁", role="admin", created_at=NOW))


async def opened(database: Database, person: Person, kind: str = "company") -> str:
    async with database.unit(at=NOW) as unit:
        desk = Desk(unit, POLICY, NOW, person, Asker(person.id, "admin"), "")
        row = Customer(name="甲", kind=kind, owner_id=person.id, created_at=NOW, created_by=person.id)
        await issue_codes(desk, [row])
        await unit.add(row)
        assert row.code is not None
        return row.code


async def unfinished(database: Database, person: Person) -> None:
    async with database.unit(at=NOW) as unit:
        desk = Desk(unit, POLICY, NOW, person, Asker(person.id, "admin"), "")
        row = Customer(name="乙", owner_id=404, created_at=NOW, created_by=person.id)
        await issue_codes(desk, [row])
        await unit.add(row)


async def test_no_number_is_issued_twice(database: Database, second: Database) -> None:
    person = await someone(database)
    codes = await asyncio.gather(*(opened(each, person) for each in (database, second) * 10))
    assert sorted(codes) == [f"B-2026-{number:06}" for number in range(1, 21)]
    assert await opened(database, person, "person") == "C-2026-000001"


async def test_a_number_that_was_taken_back_with_its_transaction_is_free(database: Database) -> None:
    person = await someone(database)
    with pytest.raises(IntegrityError):
        await unfinished(database, person)
    assert await opened(database, person) == "B-2026-000001"


async def test_a_row_of_a_file_is_kept_once(database: Database) -> None:
    person = await someone(database)
    await opened(database, person)
    async with database.unit(at=NOW) as unit:
        run = ImportRun(file_hash="h", person_id=person.id, rows=2, started_at=NOW)
        await unit.add(run)
        await unit.add_all([ImportedRow(run_id=run.id, row_no=2, outcome="made", customer_id=1)])
    with pytest.raises(IntegrityError):
        async with database.unit(at=NOW) as unit:
            await unit.add(ImportedRow(run_id=run.id, row_no=2, outcome="made", customer_id=1))
    async with database.reading() as unit:
        assert (await unit.imports.run("h")) is not None
        assert list(await unit.imports.done(run.id)) == [2]
