"""The archive's repositories and its changes, alike on SQLite and PostgreSQL."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from config.policy import load_policy
from handlers.policies.permissions import Asker
from handlers.work.changing import SUBJECTS, Batch, apply, ask, change, make, redo, undo
from handlers.work.context import Desk
from storage.database import Database
from storage.models.changes import Approval, Change
from storage.models.customers import Alias, Contact, Customer, Money, Trait
from storage.models.people import Account, Person
from storage.models.tasks import Task
from storage.models.visits import Draft, Meeting, SaidNote, Visit
from storage.people import Scope
from storage.unit import Unit
from tests.contract.conftest import NOW

POLICY = load_policy()
TODAY = NOW.date()
EVERYBODY = Scope(None)


class Archive:
    """Makes rows with the least that they need, in one unit each, and remembers nothing."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def add(self, *rows: SQLModel) -> list[int]:
        async with self.database.unit(at=NOW) as unit:
            return [(await unit.add(row)).id for row in rows]  # type: ignore[attr-defined]

    async def person(self, name: str = "李娜", manager: int | None = None, address: str = "") -> int:
        (id_,) = await self.add(Person(name=name, role="rep", manager_id=manager, created_at=NOW))
        if address:
            await self.add(Account(person_id=id_, platform="local", address=address, created_at=NOW))
        return id_

    async def customer(self, owner: int, name: str = "鼎盛机械", **values: Any) -> int:
        row = Customer(name=name, owner_id=owner, created_at=NOW, created_by=owner, **values)
        return (await self.add(row))[0]

    async def contact(self, customer: int, name: str = "张伟", **values: Any) -> int:
        return (await self.add(Contact(customer_id=customer, name=name, created_at=NOW, **values)))[0]

    async def note(self, person: int, update_id: str = "n1") -> int:
        return (await self.add(SaidNote(update_id=update_id, person_id=person, lane="l", text="…", at=NOW)))[
            0
        ]

    async def draft(self, note: int, person: int, **values: Any) -> int:
        values = {"content": {}, "created_at": NOW} | values
        return (await self.add(Draft(note_id=note, person_id=person, **values)))[0]

    async def visit(self, note: int, customer: int, person: int, **values: Any) -> int:
        draft = await self.draft(note, person)
        values = {"day": TODAY, "filed_at": NOW} | values
        row = Visit(draft_id=draft, note_id=note, customer_id=customer, person_id=person, **values)
        return (await self.add(row))[0]

    async def task(self, note: int, person: int, what: str = "发方案", **values: Any) -> int:
        values = {"kind": "promise", "said_at": NOW} | values
        return (await self.add(Task(note_id=note, person_id=person, what=what, **values)))[0]


@pytest.fixture
def archive(database: Database) -> Archive:
    return Archive(database)


def ids(rows: Any) -> list[int]:
    return [each.id for each in rows]


class TestPeople:
    async def test_a_team_is_everybody_below_at_any_depth_and_a_ring_ends(self, archive: Archive) -> None:
        boss = await archive.person("老板")
        lead = await archive.person("主管", boss)
        rep = await archive.person("销售", lead)
        other = await archive.person("别人")
        async with archive.database.unit(at=NOW) as unit:
            assert await unit.people.team_of(boss) == (boss, lead, rep)
            assert await unit.people.team_of(lead) == (lead, rep)
            assert await unit.people.team_of(rep) == (rep,)
            assert await unit.people.team_of(999) == (999,)
            (await unit.people.one(boss)).manager_id = rep
            await unit.session.flush()
            for each in (boss, lead, rep):
                assert await unit.people.team_of(each) == (boss, lead, rep)
            assert await unit.people.team_of(other) == (other,)

    async def test_somebody_is_found_by_account_and_answered_on_the_platform_that_is_named(
        self, archive: Archive
    ) -> None:
        lina = await archive.person(address="lina")
        await archive.add(Account(person_id=lina, platform="wecom", address="LiNa", created_at=NOW))
        async with archive.database.reading() as unit:
            found = await unit.people.at("wecom", "LiNa")
            assert found is not None
            assert found.id == lina
            assert await unit.people.at("dingtalk", "LiNa") is None
            places = [await unit.people.account(lina, each) for each in ("wecom", "dingtalk", None)]
            assert [each.platform for each in places if each] == ["wecom", "local", "local"]
            assert await unit.people.account(999) is None
            assert [each[0].id for each in await unit.people.on("wecom")] == [lina]

    async def test_a_mute_holds_for_its_kind_or_for_all_until_its_moment(self, archive: Archive) -> None:
        lina = await archive.person()
        later = NOW + timedelta(hours=1)
        async with archive.database.unit(at=NOW) as unit:
            await unit.people.mute(lina, "task.due", NOW)
            await unit.people.mute(lina, "task.due", later)
            quiet = [await unit.people.is_muted(lina, *each) for each in (
                ("task.due", NOW), ("task.due", later), ("dormant", NOW))]  # fmt: skip
            assert quiet == [True, False, False]
            await unit.people.mute(lina, "", later)
            assert await unit.people.is_muted(lina, "dormant", NOW)
            assert sorted(await unit.people.mutes(lina, NOW)) == ["", "task.due"]


class TestCustomers:
    async def test_a_scope_holds_its_owners_customers_and_nobody_elses(self, archive: Archive) -> None:
        a, b = await archive.person("甲"), await archive.person("乙")
        mine, other = await archive.customer(a), await archive.customer(b, "明达电子")
        await archive.customer(a, "删掉的", removed_at=NOW)
        async with archive.database.reading() as unit:
            scopes = (Scope(None), Scope((a,)), Scope((a, b)), Scope(()))
            found = [ids(await unit.customers.within(each)) for each in scopes]
        assert found == [[mine, other], [mine], [mine, other], []]

    async def test_a_phone_is_found_by_its_blind_index_on_rows_that_hold(self, archive: Archive) -> None:
        lina = await archive.person()
        kept, gone = await archive.customer(lina), await archive.customer(lina, "删掉的", removed_at=NOW)
        here = await archive.contact(kept, phone="13800138000")
        await archive.contact(kept, "走了", phone="13800138000", removed_at=NOW)
        await archive.contact(gone, phone="13800138000")
        await archive.contact(kept, "没电话")
        async with archive.database.unit(at=NOW) as unit:
            found = await unit.customers.with_phone(unit.keyring.phone_indexes("13800138000"))
            assert [(customer.id, contact.id) for customer, contact in found] == [(kept, here)]
            assert await unit.customers.with_phone(unit.keyring.phone_indexes("13900139000")) == []
            assert await unit.customers.with_phone(()) == []
            contact = await unit.customers.contact(here)
            assert contact is not None
            contact.phone = "13900139000"
            await unit.add(contact)
        async with archive.database.reading() as unit:
            assert await unit.customers.with_phone(unit.keyring.phone_indexes("13800138000")) == []
            assert len(await unit.customers.with_phone(unit.keyring.phone_indexes("13900139000"))) == 1

    async def test_quiet_customers_come_quietest_first(self, archive: Archive) -> None:
        lina, wang = await archive.person(), await archive.person("王伟")
        days = {
            days: await archive.customer(lina, f"{days}", last_interaction_at=NOW - timedelta(days=days))
            for days in (10, 40, 90)
        }
        others = await archive.customer(wang, "别人的", last_interaction_at=NOW - timedelta(days=50))
        await archive.customer(lina, "没往来过")
        await archive.customer(lina, "删", last_interaction_at=NOW - timedelta(days=99), removed_at=NOW)
        async with archive.database.reading() as unit:
            before = NOW - timedelta(days=10)
            assert ids(await unit.customers.quiet_since(before, Scope((lina,)))) == [days[90], days[40]]
            everybody = ids(await unit.customers.quiet_since(before, EVERYBODY))
        assert everybody == [days[90], others, days[40]]

    async def test_what_was_removed_is_not_there(self, archive: Archive) -> None:
        lina = await archive.person()
        kept, gone = await archive.customer(lina), await archive.customer(lina, removed_at=NOW)
        left = await archive.contact(kept, "离职", left_on=TODAY)
        here = await archive.contact(kept, "在职")
        removed = await archive.contact(kept, "删了", removed_at=NOW)
        await archive.add(
            Money(customer_id=kept, kind="budget", value=1, at=NOW - timedelta(days=1)),
            Money(customer_id=kept, kind="budget", value=2, at=NOW),
            Money(customer_id=kept, kind="budget", value=3, at=NOW, removed_at=NOW),
            Trait(customer_id=kept, field="need", value="贴标机", at=NOW),
            Trait(customer_id=kept, field="need", value="删了", at=NOW, removed_at=NOW),
            Alias(customer_id=kept, name="鼎盛"),
        )
        async with archive.database.reading() as unit:
            customers = unit.customers
            assert await customers.get(gone) is None
            assert (await customers.one(gone)).id == gone
            assert ids((await customers.contacts([kept, gone]))[kept]) == [here, left]
            assert await customers.contact(removed) is None
            assert [each.value for each in await customers.money(kept)] == [2, 1]
            assert [each.value for each in await customers.traits(kept)] == ["贴标机"]
            assert await customers.aliases([kept, gone]) == {kept: ["鼎盛"]}


class TestVisits:
    async def test_contacts_are_counted_from_a_day_on(self, archive: Archive) -> None:
        lina = await archive.person()
        note, customer = await archive.note(lina), await archive.customer(lina)
        for values in (
            {"day": date(2026, 11, 1)},
            {"day": date(2026, 10, 31)},
            {"day": date(2026, 11, 2), "kind": "facts"},
            {"day": date(2026, 11, 3), "voided_at": NOW},
            {"day": date(2026, 11, 4), "removed_at": NOW},
        ):
            await archive.visit(note, customer, lina, **values)
        async with archive.database.reading() as unit:
            counts = [
                await unit.visits.count_since(customer, each)
                for each in (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 2))
            ]
            days = [each.day.day for each in await unit.visits.of_customer(customer)]
        assert counts == [2, 1, 0]
        assert days == [2, 1, 31]

    async def test_visits_in_scope_come_newest_first_between_two_days(self, archive: Archive) -> None:
        lina, wang = await archive.person(), await archive.person("王伟")
        note = await archive.note(lina)
        mine, others = await archive.customer(lina), await archive.customer(wang, "别人的")
        gone = await archive.customer(lina, "删", removed_at=NOW)
        old = await archive.visit(note, mine, lina, day=date(2026, 11, 1))
        new = await archive.visit(note, mine, lina, day=date(2026, 11, 5))
        theirs = await archive.visit(note, others, lina, day=date(2026, 11, 3))
        lost = await archive.visit(note, gone, lina)
        await archive.visit(note, mine, lina, voided_at=NOW)
        async with archive.database.reading() as unit:

            async def found(scope: Scope, **between: Any) -> list[int]:
                return [visit.id for visit, _ in await unit.visits.within(scope, **between)]

            assert await found(EVERYBODY) == [new, theirs, old]
            assert await found(Scope((lina,))) == [new, old]
            assert await found(Scope(())) == []
            assert await found(EVERYBODY, since=date(2026, 11, 3), until=date(2026, 11, 3)) == [theirs]
            assert await found(EVERYBODY, limit=1) == [new]
            assert ids(await unit.visits.filed_by(lina, NOW)) == [lost, theirs, new, old]
            assert await unit.visits.has_filed(lina)
            assert not await unit.visits.has_filed(wang)

    async def test_whoever_was_met_comes_in_the_notes_order_unless_taken_back(self, archive: Archive) -> None:
        lina = await archive.person()
        customer = await archive.customer(lina)
        visit = await archive.visit(await archive.note(lina), customer, lina)
        first, second, third = [await archive.contact(customer, each) for each in "乙甲丙"]
        await archive.add(
            Meeting(visit_id=visit, contact_id=first),
            Meeting(visit_id=visit, contact_id=second),
            Meeting(visit_id=visit, contact_id=third, removed_at=NOW),
        )
        async with archive.database.reading() as unit:
            assert [each.name for _, each in await unit.visits.met(visit)] == ["乙", "甲"]


class TestDrafts:
    async def test_open_and_kept_drafts_wait_and_grow_old(self, archive: Archive) -> None:
        lina, wang = await archive.person(), await archive.person("王伟")
        note, old = await archive.note(lina), NOW - timedelta(days=8)
        waiting = [
            await archive.draft(note, lina, created_at=old),
            await archive.draft(note, lina, state="kept", kind="facts", position=2),
        ]
        await archive.draft(note, lina, state="saved", position=3, created_at=old)
        correction = await archive.draft(note, lina, kind="correction", position=4, created_at=old)
        await archive.draft(note, wang, state="dropped", created_at=old, position=5)
        async with archive.database.reading() as unit:
            assert ids(await unit.drafts.waiting(lina)) == waiting[::-1]
            assert ids(await unit.drafts.left_since(NOW - timedelta(days=7))) == [waiting[0], correction]
            assert [each.position for each in await unit.drafts.of_note(note)] == [1, 2, 3, 4, 5]
            assert await unit.drafts.corrections_of(lina, old) == []


class TestTasks:
    async def test_due_tasks_come_in_order_and_once(self, archive: Archive) -> None:
        lina = await archive.person()
        note, hour = await archive.note(lina), timedelta(hours=1)
        second = await archive.task(note, lina, remind_at=NOW)
        first = await archive.task(note, lina, remind_at=NOW - hour)
        again = await archive.task(note, lina, remind_at=NOW, reminded_at=NOW - hour)
        for values in (
            {"remind_at": NOW + hour},
            {"remind_at": None},
            {"remind_at": NOW - hour, "reminded_at": NOW - hour},
            {"remind_at": NOW, "state": "done"},
            {"remind_at": NOW, "removed_at": NOW},
        ):
            await archive.task(note, lina, **values)
        async with archive.database.reading() as unit:
            assert ids(await unit.tasks.due(NOW)) == [first, second, again]
            assert ids(await unit.tasks.due(NOW, limit=1)) == [first]
            assert ids(await unit.tasks.due(NOW.astimezone(UTC) - hour)) == [first]

    async def test_open_tasks_come_by_day_and_hour_and_those_without_last(self, archive: Archive) -> None:
        lina, wang = await archive.person(), await archive.person("王伟")
        note, customer = await archive.note(lina), await archive.customer(lina)
        tomorrow = TODAY + timedelta(days=1)
        undated = await archive.task(note, lina, customer_id=customer)
        later = await archive.task(note, lina, day=tomorrow, customer_id=customer)
        untimed = await archive.task(note, lina, day=TODAY)
        nine = await archive.task(note, lina, day=TODAY, hour=time(9))
        eight = await archive.task(note, lina, day=TODAY, hour=time(8, 30))
        await archive.task(note, wang, day=TODAY)
        removed = await archive.task(note, lina, day=TODAY, removed_at=NOW)
        await archive.task(note, lina, day=TODAY, state="cancelled", customer_id=customer)
        async with archive.database.reading() as unit:
            assert ids(await unit.tasks.open_of(lina)) == [eight, nine, untimed, later, undated]
            assert ids(await unit.tasks.open_of(lina, TODAY)) == [eight, nine, untimed]
            assert ids(await unit.tasks.open_for(customer)) == [later, undated]
            assert await unit.tasks.get(removed) is None
            assert removed not in ids(await unit.tasks.of_note(note))
            assert len(await unit.tasks.within(Scope((wang,)))) == 1
            assert await unit.tasks.within(Scope(())) == []


class TestApprovals:
    async def test_what_waits_is_found_by_approver_change_and_age(self, archive: Archive) -> None:
        lina, zhou = await archive.person(), await archive.person("周强")
        customer = await archive.customer(lina)
        kept = [
            Change(batch="b", subject="customer", subject_id=customer, field=field, person_id=lina, at=NOW,
                   state="waiting")
            for field in ("phone", "grade")
        ]  # fmt: skip
        first, second = await archive.add(*kept)
        made = [
            Approval(change_id=each, person_id=lina, approver_id=zhou, customer_id=customer, created_at=NOW,
                     expires_at=NOW + timedelta(hours=hours), state=state)
            for each, hours, state in ((first, 1, "waiting"), (second, 1, "approved"))
        ]  # fmt: skip
        waits, decided = await archive.add(*made)
        async with archive.database.reading() as unit:
            assert ids(await unit.changes.pending_for(zhou)) == [waits]
            assert await unit.changes.pending_for(lina) == []
            assert await unit.changes.overdue(NOW) == []
            assert ids(await unit.changes.overdue(NOW + timedelta(hours=1))) == [waits]
            waiting = await unit.changes.waiting("customer", customer, "phone")
            assert waiting is not None
            assert waiting.id == first
            assert await unit.changes.waiting("customer", customer, "name") is None
            of_second = await unit.changes.approval_of(second)
            assert of_second is not None
            assert of_second.id == decided


# --- The change mechanism ---

LATER = datetime(2026, 11, 25, 8, 30, tzinfo=NOW.tzinfo)
COLUMNS: list[tuple[str, str, Any, Any]] = [
    # subject, field, before, after: every subject, and every type of column
    ("customer", "name", "鼎盛机械", "鼎盛精密"),
    ("customer", "grade", None, "A"),
    ("customer", "grade", "A", None),
    ("alias", "name", "鼎盛", "老鼎"),
    ("customer", "phone", "0512-66668888", "0512-66669999"),  # encrypted
    ("contact", "phone", None, "13800138000"),
    ("contact", "left_on", None, TODAY),  # a date
    ("contact", "decision_maker", False, True),  # a bool
    ("money", "value", 128000.0, 0.1),  # a float
    ("money", "maximum", 1.5, None),
    ("trait", "value", "贴标机", "打包机"),
    ("task", "day", TODAY, date(2026, 12, 1)),
    ("task", "hour", None, time(15, 30)),  # a time
    ("task", "moved", 0, 1),
    ("visit", "day", TODAY, date(2026, 11, 1)),
    ("visit", "hour", time(9, 30), None),
    ("visit", "quote", "聊了预算", ""),
    ("meeting", "contact_id", 1, 2),
]
INSTANTS: list[tuple[str, str, Any, Any]] = [
    ("customer", "last_interaction_at", NOW, LATER),  # an instant
    ("task", "remind_at", NOW, LATER),
    ("task", "done_at", None, LATER),
    ("visit", "voided_at", None, NOW),
]


class Bench:
    """One row of each subject, and a desk for each unit."""

    def __init__(self, archive: Archive) -> None:
        self.database = archive.database
        self.archive = archive
        self.rows: dict[str, int] = {}
        self.lina = 0

    async def set_up(self) -> None:
        archive = self.archive
        lina = self.lina = await archive.person()
        note, customer = await archive.note(lina), await archive.customer(lina)
        contacts = [await archive.contact(customer, each) for each in ("张伟", "李强")]
        visit = await archive.visit(note, customer, lina)
        task = await archive.task(note, lina)
        alias, money, trait, meeting = await archive.add(
            Alias(customer_id=customer, name="鼎盛"),
            Money(customer_id=customer, kind="budget", value=1, at=NOW),
            Trait(customer_id=customer, field="need", value="…", at=NOW),
            Meeting(visit_id=visit, contact_id=contacts[0]),
        )
        self.rows = {
            "customer": customer, "alias": alias, "contact": contacts[0], "money": money, "trait": trait,
            "task": task, "meeting": meeting, "visit": visit,
        }  # fmt: skip

    def desk(self, unit: Unit) -> Desk:
        me = Person(id=self.lina, name="李娜", role="rep", created_at=NOW)
        return Desk(unit, POLICY, NOW, me, Asker(self.lina, "rep", (self.lina,)), "u1")

    async def row(self, unit: Unit, subject: str) -> Any:
        return await unit.session.get_one(SUBJECTS[subject], self.rows[subject])

    async def set(self, subject: str, field: str, value: Any) -> None:
        async with self.database.unit(at=NOW) as unit:
            row = await self.row(unit, subject)
            setattr(row, field, value)
            await unit.add(row)

    async def change(self, subject: str, field: str, after: Any, batch: Batch) -> None:
        async with self.database.unit(at=NOW) as unit:
            await change(self.desk(unit), await self.row(unit, subject), field, after, batch, "原话")

    async def undo(self, batch: Batch) -> list[str]:
        """The fields that were taken back."""
        async with self.database.unit(at=NOW) as unit:
            return [each.field for each in await undo(self.desk(unit), batch.name)]

    async def redo(self, batch: Batch) -> None:
        async with self.database.unit(at=NOW) as unit:
            await redo(self.desk(unit), batch.name)

    async def value(self, subject: str, field: str) -> Any:
        async with self.database.reading() as unit:
            return getattr(await self.row(unit, subject), field)

    async def states(self, batch: Batch) -> list[str]:
        async with self.database.reading() as unit:
            return [each.state for each in await unit.changes.of_batch(batch.name)]


@pytest.fixture
async def bench(archive: Archive) -> Bench:
    made = Bench(archive)
    await made.set_up()
    return made


BATCH = Batch("visit:1")
OTHER = Batch("correction:2")


class TestChanging:
    async def test_every_type_of_column_is_changed_undone_and_redone(self, bench: Bench) -> None:
        for row in COLUMNS:
            await self.there_and_back(bench, *row)

    async def test_an_instant_is_changed_undone_and_redone_whatever_its_zone(self, bench: Bench) -> None:
        for row in INSTANTS:
            await self.there_and_back(bench, *row)

    async def there_and_back(self, bench: Bench, subject: str, field: str, before: Any, after: Any) -> None:
        batch = Batch(f"{subject}.{field}:{before}")
        await bench.set(subject, field, before)
        seen = []
        await bench.change(subject, field, after, batch)
        seen.append(await bench.value(subject, field))
        assert await bench.undo(batch) == [field], f"{subject}.{field} was not taken back"
        seen.append(await bench.value(subject, field))
        await bench.redo(batch)
        seen.append(await bench.value(subject, field))
        assert seen == [after, before, after], f"{subject}.{field}"

    async def test_the_rows_speak_of_every_subject(self) -> None:
        assert {subject for subject, *_ in COLUMNS + INSTANTS} == set(SUBJECTS)

    @pytest.mark.parametrize("subject", SUBJECTS)
    async def test_a_row_that_was_made_is_gone_and_back(self, bench: Bench, subject: str) -> None:
        async with bench.database.unit(at=NOW) as unit:
            model = SUBJECTS[subject]
            values = (await bench.row(unit, subject)).model_dump(exclude={"id"})
            if subject == "alias":
                values["name"] = "又一个名字"  # a customer has each of its names once
            if subject == "visit":
                values["draft_id"] = await bench_draft(unit, bench.lina, values["note_id"])
            made = await make(bench.desk(unit), model(**values), BATCH, "原话")
        bench.rows[subject] = made
        assert await bench.undo(BATCH) == ["+"]
        assert await bench.value(subject, "removed_at") == NOW
        await bench.redo(BATCH)
        assert await bench.value(subject, "removed_at") is None

    async def test_a_field_that_was_changed_since_is_left_as_it_is(self, bench: Bench) -> None:
        await bench.change("customer", "grade", "A", BATCH)
        await bench.change("customer", "industry", "机械", BATCH)
        await bench.change("customer", "grade", "B", OTHER)
        assert await bench.undo(BATCH) == ["industry"]
        assert (await bench.value("customer", "grade"), await bench.value("customer", "industry")) == (
            "B",
            None,
        )
        assert await bench.states(BATCH) == ["done", "undone"]
        assert await bench.undo(OTHER) == ["grade"]
        assert await bench.value("customer", "grade") == "A"

    async def test_a_field_that_one_batch_changed_twice_goes_all_the_way_back(self, bench: Bench) -> None:
        for grade in ("A", "B"):
            await bench.change("customer", "grade", grade, BATCH)
        assert await bench.undo(BATCH) == ["grade", "grade"]
        assert await bench.value("customer", "grade") is None
        assert await bench.undo(BATCH) == [], "a second tap finds nothing to do"
        await bench.redo(BATCH)
        assert await bench.value("customer", "grade") == "B"

    async def test_a_change_that_waits_touches_nothing_until_it_is_applied(self, bench: Bench) -> None:
        async with bench.database.unit(at=NOW) as unit:
            kept = await ask(bench.desk(unit), await bench.row(unit, "task"), "day", LATER.date(), BATCH)
        assert await bench.value("task", "day") is None
        assert await bench.undo(BATCH) == []
        assert await bench.states(BATCH) == ["withdrawn"]
        await bench.redo(BATCH)
        assert await bench.states(BATCH) == ["waiting"]
        await bench.set("task", "day", TODAY)
        async with bench.database.unit(at=NOW) as unit:
            found = await unit.changes.get(kept.id)
            assert found is not None
            await apply(bench.desk(unit), found)
        assert await bench.value("task", "day") == LATER.date()
        assert await bench.undo(BATCH) == ["day"]
        assert await bench.value("task", "day") == TODAY, "what it was when it was applied"

    async def test_a_phone_that_is_taken_back_is_found_under_its_old_number(self, bench: Bench) -> None:
        await bench.set("contact", "phone", "13800138000")
        await bench.change("contact", "phone", "13900139000", BATCH)
        await bench.undo(BATCH)
        async with bench.database.reading() as unit:
            found = [
                len(await unit.customers.with_phone(unit.keyring.phone_indexes(each)))
                for each in ("13800138000", "13900139000")
            ]
        assert found == [1, 0]


async def bench_draft(unit: Unit, person: int, note: int) -> int:
    return (await unit.add(Draft(note_id=note, person_id=person, content={}, created_at=NOW))).id
