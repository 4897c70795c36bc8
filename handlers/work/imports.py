"""A list of customers into the archive: each row once, duplicates told, a reason for what stays out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, TypeVar

from handlers.policies.duplicates import core, short_name, sound_of
from handlers.policies.permissions import Do, may_do
from handlers.work import checking
from handlers.work.changing import Batch, change, make_all
from handlers.work.checking import Checked, Rules
from handlers.work.codes import issue_codes
from handlers.work.context import Desk
from storage.models.customers import Alias, Contact, Customer, Trait
from storage.models.imports import ImportedRow, ImportRun
from storage.models.people import Person
from storage.secrets import Keyring

LOCK = "import"
"""Two imports at once take turns by this mark, row bundle by row bundle."""

OF_CUSTOMER = ("industry", "headcount", "address", "grade", "stage", "source")
OF_CONTACT = ("title", "email", "wechat", "birthday")
TRAITS = ("need", "preference", "taboo", "note")

Subject = TypeVar("Subject", Customer, Contact)

Numbered = tuple[int, Mapping[str, str]]
"""A row's number in its file and its text by field."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row. `kind`: made, joined, filled, kept (it was there), same, refused."""

    row_no: int
    kind: str
    reason: str = ""
    before: bool = False
    """An earlier try had it done."""


@dataclass(slots=True)
class Entry:
    """A customer that rows can be about: in the archive already, or of this file (`row_no`)."""

    name: str
    owner_id: int
    id: int | None = None
    row_no: int = 0
    customer: Customer | None = None
    people: set[str] | None = None
    """Names of its contacts; None: not looked up yet."""

    @property
    def where(self) -> str:
        return f"第 {self.row_no} 行“{self.name}”" if self.row_no else f"库里的“{self.name}”"


@dataclass(slots=True)
class Book:
    """All customers by what tells them apart; grows with what the file brings."""

    names: dict[str, Entry] = field(default_factory=dict)
    sounds: dict[str, Entry] = field(default_factory=dict)
    phones: dict[str, Entry] = field(default_factory=dict)
    by_id: dict[int, Entry] = field(default_factory=dict)
    newest: int = 0

    def add(self, entry: Entry, names: Iterable[str]) -> None:
        for name in names:
            self.names.setdefault(core(name), entry)
            self.sounds.setdefault(sound_of(name), entry)
        if entry.id is not None:
            self.by_id[entry.id] = entry


@dataclass(frozen=True, slots=True)
class Plan:
    """How a list is brought in. `owner` has what names nobody; `fill`: blanks of customers that are there."""

    rules: Rules
    owner: Person
    fill: bool = False
    source: str = "import"


@dataclass(frozen=True, slots=True)
class _Row:
    no: int
    checked: Checked
    index: str
    """The blind index of its phone, "" without one."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.checked.text("name"), self.checked.text("legal_name"))))

    @property
    def person(self) -> str:
        return self.checked.text("contact")


async def begin(desk: Desk, file_hash: str, rows: int) -> tuple[ImportRun, Mapping[int, ImportedRow]]:
    """The run of a file and what of it is in the archive already."""
    run = await desk.unit.imports.run(file_hash)
    if run is None:
        run = await desk.unit.add(
            ImportRun(file_hash=file_hash, person_id=desk.my_id, rows=rows, started_at=desk.now)
        )
        await desk.unit.audit.note("imports", run.id, "imported", {"rows": rows})
    return run, await desk.unit.imports.done(run.id)


async def end(desk: Desk, run: ImportRun) -> None:
    kept = await desk.unit.session.get_one(ImportRun, run.id)
    kept.finished_at = kept.finished_at or desk.now
    await desk.unit.add(kept)


async def learn(desk: Desk, book: Book) -> None:
    """Brings the book up to what the archive holds now."""
    before = book.newest
    aliases: dict[int, list[str]] = {}
    for id_, name in await desk.unit.customers.aliases_after(before):
        aliases.setdefault(id_, []).append(name)
    for id_, owner_id, name, legal in await desk.unit.customers.named_after(before):
        if id_ not in book.by_id:
            book.add(Entry(name, owner_id, id_), filter(None, (name, legal, *aliases.get(id_, ()))))
        book.newest = max(book.newest, id_)


def remember(book: Book, row: Numbered, done: ImportedRow, plan: Plan, keyring: Keyring) -> Outcome:
    """A row that an earlier try brought in: what comes after it is measured by it as well."""
    made = _Row(row[0], checking.check(row[1], plan.rules), "")
    entry = book.by_id.get(done.customer_id)
    if entry is not None:
        if done.outcome == "made":  # told by the name and the row that the file has it under
            entry.row_no, entry.name = row[0], made.checked.text("name")
        entry.people = (entry.people or set()) | {made.person}
        if phone := made.checked.text("phone"):
            book.phones.setdefault(keyring.phone_index(phone) or "", entry)
    return Outcome(row[0], done.outcome, _told(made.checked), before=True)


def bundle(rows: Iterable[Numbered], plan: Plan, keyring: Keyring) -> list[_Row]:
    """Rows, checked field by field."""
    return [_indexed(no, checking.check(cells, plan.rules), keyring) for no, cells in rows]


def _indexed(no: int, checked: Checked, keyring: Keyring) -> _Row:
    phone = checked.text("phone")
    return _Row(no, checked, keyring.phone_index(phone) or "" if phone else "")


async def do_bundle(
    desk: Desk, run: ImportRun | None, rows: Sequence[_Row], book: Book, plan: Plan
) -> list[Outcome]:
    """Decides on some rows and, unless `run` is None (a dry run), puts them into the archive; all or none."""
    if run is not None:
        await desk.unit.marks.lock(LOCK, desk.now)
    await learn(desk, book)
    await _look_up(desk, rows, book)
    work = _Work(desk, book, plan)
    outcomes = [await work.decide(row) for row in rows]
    if run is not None:
        await work.write(run)
    return outcomes


async def _look_up(desk: Desk, rows: Sequence[_Row], book: Book) -> None:
    """Numbers and contacts of the archive that these rows may meet."""
    keyring = desk.unit.keyring
    wanted = {
        index: row.index
        for row in rows
        if row.index
        for index in keyring.phone_indexes(row.checked.text("phone"))
    }
    for customer, contact in await desk.unit.customers.with_phone(wanted):
        _note_phone(book, wanted, contact.phone_index, customer)
    for customer in await desk.unit.customers.with_own_phone(wanted):
        _note_phone(book, wanted, customer.phone_index, customer)
    met = {
        entry.id: entry for row in rows if (entry := _named(book, row)) and entry.people is None and entry.id
    }
    people = await desk.unit.customers.contacts(met)
    for id_, entry in met.items():
        entry.people = {each.name for each in people.get(id_, ())}


def _note_phone(book: Book, wanted: Mapping[str, str], index: str | None, customer: Customer) -> None:
    if entry := book.by_id.get(customer.id):
        book.phones.setdefault(wanted[index or ""], entry)


def _named(book: Book, row: _Row) -> Entry | None:
    return next((found for name in row.names if (found := book.names.get(core(name)))), None)


class _Work:
    """One bundle: what it decides on, and what it will write."""

    def __init__(self, desk: Desk, book: Book, plan: Plan) -> None:
        self.desk, self.book, self.plan = desk, book, plan
        self.made: list[tuple[Entry, _Row]] = []
        self.joined: list[tuple[Entry, _Row]] = []
        self.filled: list[tuple[Entry, _Row]] = []

    async def decide(self, row: _Row) -> Outcome:
        if row.checked.faults:
            return Outcome(row.no, "refused", "；".join(row.checked.faults))
        if not may_do(self.desk.asker, Do.EDIT, self._owner(row).id, self.desk.policy):
            return Outcome(row.no, "refused", f"归{self._owner(row).name}，你的角色不能替他建")
        entry = _named(self.book, row)
        if entry is not None:
            return self._again(row, entry)
        if (doubt := self._doubt(row)) is not None:
            return doubt
        return self._new(row)

    def _owner(self, row: _Row) -> Person:
        owner: Person = row.checked.values.get("owner") or self.plan.owner
        return owner

    def _again(self, row: _Row, entry: Entry) -> Outcome:
        """The customer is there: another person of it, blanks to fill, or nothing new."""
        people = entry.people if entry.people is not None else set()
        if not may_do(self.desk.asker, Do.EDIT, entry.owner_id, self.desk.policy):
            return Outcome(row.no, "kept", "库里已有，别的同事在跟，没动")
        fresh = bool(row.person) and row.person not in people
        if entry.row_no and fresh:
            people.add(row.person)
            self._take_phone(row, entry)
            self.joined.append((entry, row))
            return Outcome(row.no, "joined", f"联系人加到{entry.where}")
        if entry.row_no:
            return Outcome(row.no, "same", f"和{entry.where}是同一家" + ("、同一个人" if row.person else ""))
        if not self.plan.fill:
            return Outcome(row.no, "kept", f"{entry.where}就是它，没动；要补空着的加 --fill")
        people.add(row.person)
        self._take_phone(row, entry)
        self.filled.append((entry, row))
        return Outcome(row.no, "filled", f"补到{entry.where}，有的没改")

    def _doubt(self, row: _Row) -> Outcome | None:
        """Another name with the same number, or with the same sound: a person has to look."""
        if row.index and (same := self.book.phones.get(row.index)):
            return Outcome(
                row.no, "refused", f"电话和{same.where}的一样，像是同一家：改成一样的名称，或改电话"
            )
        heard = next((found for name in row.names if (found := self.book.sounds.get(sound_of(name)))), None)
        if heard is not None:
            return Outcome(row.no, "refused", f"和{heard.where}同音，像是同一家：是就改成一样的名称")
        return None

    def _new(self, row: _Row) -> Outcome:
        owner = self._owner(row)
        entry = Entry(row.checked.text("name"), owner.id, row_no=row.no, people={row.person})
        self.book.add(entry, row.names)
        self._take_phone(row, entry)
        self.made.append((entry, row))
        return Outcome(row.no, "made", _told(row.checked))

    def _take_phone(self, row: _Row, entry: Entry) -> None:
        if row.index:
            self.book.phones.setdefault(row.index, entry)

    async def write(self, run: ImportRun) -> None:
        batch = Batch(f"import:{run.id}")
        customers = [self._customer(entry, row) for entry, row in self.made]
        await issue_codes(self.desk, [each for each in customers if each.status == "official"])
        await make_all(self.desk, customers, batch)
        for (entry, _), customer in zip(self.made, customers, strict=True):
            entry.id, entry.customer = customer.id, customer
            self.book.by_id[customer.id] = entry
        inside = [*self.made, *self.joined, *self.filled]
        await make_all(self.desk, [each for at in self.made for each in self._aliases(*at)], batch)
        await make_all(
            self.desk, [each for at in [*self.made, *self.joined] for each in self._people(*at)], batch
        )
        await make_all(self.desk, [each for at in inside for each in self._traits(*at)], batch)
        for at in self.filled:
            await self._fill(*at, batch)
        await self.desk.unit.add_all(
            [
                ImportedRow(run_id=run.id, row_no=row.no, outcome=outcome, customer_id=entry.id or 0)
                for outcome, pairs in (
                    ("made", self.made),
                    ("joined", self.joined),
                    ("filled", self.filled),
                )
                for entry, row in pairs
            ]
        )

    def _customer(self, entry: Entry, row: _Row) -> Customer:
        checked, name = row.checked, row.checked.text("name")
        legal = checked.text("legal_name") or (name if checking.is_firm(name) else "")
        kind = checked.text("kind") or "company"
        customer = Customer(
            kind=kind,
            name=short_name(name),
            legal_name=legal or None,
            status="official" if self._is_official(row) else "draft",
            owner_id=entry.owner_id,
            phone=checked.text("phone") or None if not row.person else None,
            last_interaction_at=self._last(row),
            created_at=self.desk.now,
            created_by=self.desk.my_id,
            source=self.plan.source,
        )
        return _put(customer, {each: checked.text(each) for each in OF_CUSTOMER})

    def _is_official(self, row: _Row) -> bool:
        """Whoever may approve needs no approval; but what an official file needs must be there (R43)."""
        text = row.checked.text
        have = {each for each in ("name", "contact", "phone", "industry", "address", "source") if text(each)}
        may = may_do(self.desk.asker, Do.APPROVE, self._owner(row).id, self.desk.policy)
        return may and self.desk.policy.customers.official_needs <= have

    def _last(self, row: _Row) -> datetime | None:
        day = row.checked.values.get("last_contact")
        return datetime.combine(day, time(12), self.desk.now.tzinfo) if day else None

    def _aliases(self, entry: Entry, row: _Row) -> list[Alias]:
        """The name as the list has it, and its old number."""
        name, code = row.checked.text("name"), row.checked.text("code")
        known = {entry.customer.name, entry.customer.legal_name} if entry.customer else set()
        said = [each for each in dict.fromkeys((name, code)) if each and each not in known]
        return [Alias(customer_id=entry.id or 0, name=each) for each in said]

    def _people(self, entry: Entry, row: _Row) -> list[Contact]:
        if not row.person:
            return []
        contact = Contact(customer_id=entry.id or 0, name=row.person, created_at=self.desk.now)
        return [_put(contact, self._told_of_person(row))]

    def _told_of_person(self, row: _Row) -> dict[str, str]:
        return {each: row.checked.text(each) for each in (*OF_CONTACT, "phone")}

    def _traits(self, entry: Entry, row: _Row) -> list[Trait]:
        values: list[tuple[str, Any]] = [(each, row.checked.text(each)) for each in TRAITS]
        values += [("tag", each) for each in row.checked.values.get("tags", ())]
        return [
            Trait(customer_id=entry.id or 0, field=name, value=value, at=self.desk.now)
            for name, value in values
            if value
        ]

    async def _fill(self, entry: Entry, row: _Row, batch: Batch) -> None:
        customer = await self.desk.unit.customers.one(entry.id or 0)
        wanted = {each: row.checked.text(each) or None for each in (*OF_CUSTOMER, "legal_name")}
        wanted["phone"] = row.checked.text("phone") or None if not row.person else None
        await _fill_blanks(self.desk, customer, wanted, batch)
        people = (await self.desk.unit.customers.contacts([customer.id])).get(customer.id, [])
        known = next((each for each in people if each.name == row.person), None)
        if known is not None:
            await _fill_blanks(self.desk, known, self._told_of_person(row), batch)
        else:
            await make_all(self.desk, self._people(entry, row), batch)


def _put(row: Subject, values: Mapping[str, str]) -> Subject:
    """A new row with what was said; what was not stays blank."""
    for name, value in values.items():
        if value:
            setattr(row, name, value)
    return row


async def _fill_blanks(
    desk: Desk, row: Customer | Contact, values: Mapping[str, str | None], batch: Batch
) -> None:
    for name, value in values.items():
        if value and getattr(row, name) is None:
            await change(desk, row, name, value, batch)


def _told(checked: Checked) -> str:
    return "；".join(checked.hints)
