"""Three months of a company of 5 reps and 300 customers, by the test clock: python -m tests.stories.quarter

Everything real but the reader, which takes a fixed sentence, and the reps, who are dice with a fixed seed.
"""

import random
import re
import sys
import tempfile
import time as stopwatch
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlmodel import col, select

from bot import memory
from cards.model import load
from handlers.understanding.note import (
    CustomerMention,
    Intent,
    Known,
    Labelled,
    Method,
    Note,
    Span,
    VisitRead,
    When,
)
from handlers.work.people import add_person
from storage.models.customers import Alias, Contact, Customer
from storage.models.dormancy import Silence
from storage.models.engine import Outgoing
from storage.models.local import LocalMessage
from storage.models.people import Person
from tests.settling import settle
from tests.stories.conftest import started
from tests.stories.phones import Phone, Shown, World, _shown

REPS, CUSTOMERS, DAYS = 5, 300, 91
SEED = 20260421
UNASKED = 2
"""The urgency from which on nobody asked for a card."""
STEPS = ((8, 31), (10, 1), (18, 40))
"""When the reps look at their phones on a working day; once on a day off."""
RECENT = 60
"""Messages that may still change in place, as far as these reps look back."""

_WENT = re.compile(r"今天去了(?P<name>客户\d+)")


def read(text: str, at: datetime, known: Known) -> Note:
    """The one sentence that these reps say."""
    found = _WENT.fullmatch(text)
    if found is None:
        return Note(text, Intent.CHAT)
    name, span = found["name"], Span(*found.span("name"))
    customer = next((each for each in known.customers if name in each.aliases), None)
    mention = CustomerMention(name, known=customer.id if customer else None, spans=(span,))
    visit = VisitRead(mention, When(at.date()), method=Labelled(Method.ONSITE), clauses=(Span(0, len(text)),))
    return Note(text, Intent.VISIT, visits=(visit,))


@dataclass
class Sent:
    """One message that went out: what it was, to whom, when."""

    kind: str
    to: int
    at: datetime
    unasked: bool
    thread: str
    new: bool


@dataclass
class Quarter:
    """What happened in the three months."""

    world: World
    reps: list[int]
    sent: list[Sent] = field(default_factory=list)
    seconds: float = 0.0
    ticks: int = 0
    taps: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    """How much of each phone's history was looked at."""
    _last: int = 0

    async def gather(self) -> None:
        """Takes up what went out since the last time, before the night's sweep forgets it."""
        async with self.world.app.database.reading() as unit:
            query = select(Outgoing).where(col(Outgoing.id) > self._last).order_by(col(Outgoing.id))
            rows = (await unit.session.exec(query)).all()
        for row in rows:
            self._last = row.id
            kind = load(row.content).kind if row.kind != "text" else "text"
            at = row.created_at.astimezone(self.world.now.tzinfo)
            new = row.kind == "post"
            self.sent.append(Sent(kind, row.person_id, at, new and row.urgency >= UNASKED, row.thread, new))

    def unasked(self) -> list[Sent]:
        return [each for each in self.sent if each.unasked]

    def a_day(self) -> Counter[tuple[int, date]]:
        """Unasked cards by person and day."""
        return Counter((each.to, each.at.date()) for each in self.unasked())

    def table(self) -> str:
        """By kind: how many, how many of them unasked, and the most that one person got in one day."""
        kinds = Counter(each.kind for each in self.sent if each.new)
        asked = Counter(each.kind for each in self.unasked())
        most: dict[str, int] = defaultdict(int)
        for (kind, _, _), number in Counter((e.kind, e.to, e.at.date()) for e in self.sent if e.new).items():
            most[kind] = max(most[kind], number)
        rows = [f"{'kind':<22}{'new':>7}{'unasked':>9}{'most a person and day':>23}"]
        rows += [f"{kind:<22}{kinds[kind]:>7}{asked[kind]:>9}{most[kind]:>23}" for kind in sorted(kinds)]
        total = f"{'all':<22}{sum(kinds.values()):>7}{sum(asked.values()):>9}{max(self.a_day().values()):>23}"
        return "\n".join([*rows, total])


class Company(World):
    """The same world, whose phones read one query instead of one each: there are many messages here."""

    floor = 0

    async def settles(self) -> None:
        await settle(self.app)
        async with self.app.database.reading() as unit:
            held = (LocalMessage.id, LocalMessage.revision, LocalMessage.address)
            query = select(*held).where(col(LocalMessage.direction) == "out")
            rows = (await unit.session.exec(query.where(col(LocalMessage.id) > self.floor))).all()
            for phone in self.phones.values():
                phone.news = []
            for id, revision, address in sorted(rows):
                phone = self.phones[address]
                if (id, revision) not in phone.known:
                    phone.known.add((id, revision))
                    phone.news.append(_shown(await unit.session.get_one(LocalMessage, id)))
            for phone in self.phones.values():
                phone.history += phone.news
        self.floor = max(self.floor, max((id for id, _, _ in rows), default=0) - RECENT)


async def found(world: World) -> list[int]:
    """A manager, five reps, and three hundred customers last spoken to 1 to 420 days ago."""
    dice, at = random.Random(SEED), world.now
    async with world.app.database.unit(deed="found") as unit:
        boss = await add_person(unit, name="周强", role="manager", platform="local", address="boss", at=at)
        reps = []
        for number in range(REPS):
            name, address = f"销售{'甲乙丙丁戊'[number]}", f"rep{number}"
            rep = await add_person(
                unit, name=name, role="rep", platform="local", address=address, at=at, manager_id=boss.id
            )
            reps.append(rep)
            world.phone(address, name)
        unit.session.add_all(_customer(world, reps[at % REPS], at, dice) for at in range(CUSTOMERS))
        await unit.session.flush()
        known = (await unit.session.exec(select(Customer).order_by(col(Customer.id)))).all()
        unit.session.add_all(Alias(customer_id=each.id, name=each.name) for each in known)
        unit.session.add_all(
            Contact(customer_id=each.id, name=f"王{each.name[-3:]}", title="采购", created_at=at)
            for each in known
        )
    world.phone("boss", "周强")
    return [each.id for each in reps]


def _customer(world: World, rep: Person, number: int, dice: random.Random) -> Customer:
    days = dice.choice((dice.randint(1, 30), dice.randint(1, 120), dice.randint(1, 420)))
    return Customer(
        name=f"客户{number:03}",
        legal_name=f"某市客户{number:03}有限公司",
        owner_id=rep.id,
        status="official",
        grade=dice.choice(("A", "B", "B", "C", "C", "C", None)),
        industry="机械",
        last_interaction_at=world.now - timedelta(days=days),
        created_at=world.now - timedelta(days=500),
        created_by=rep.id,
    )


async def live(world: World, days: int = DAYS) -> Quarter:
    """So many days, with the looks at the phones on each of them."""
    begun = stopwatch.perf_counter()
    quarter = Quarter(world, await found(world))
    await world.app.scheduler.beat(world.now)
    dice = random.Random(SEED)
    for _ in range(days):
        day = world.today + timedelta(days=1)
        works = world.app.policy.hours.works_on(day)
        for hour, minute in STEPS if works else STEPS[-1:]:
            to = datetime.combine(day, time(hour, minute), world.now.tzinfo)
            quarter.ticks += await world.app.scheduler.move(world.clock, to - world.now)
            await world.settles()
            await _react(quarter, dice, late=hour >= 18)
            await quarter.gather()
    quarter.seconds = stopwatch.perf_counter() - begun
    return quarter


async def _react(quarter: Quarter, dice: random.Random, *, late: bool) -> None:
    world = quarter.world
    for phone in world.phones.values():
        fresh = phone.history[quarter.seen[phone.address] :]
        quarter.seen[phone.address] = len(phone.history)
        for shown in fresh:
            await _answer(quarter, phone, shown, dice)
        quarter.seen[phone.address] = len(phone.history)
    if late and world.app.policy.hours.works_on(world.today):
        for number in range(REPS):
            await _visit(quarter, number, dice)


async def _visit(quarter: Quarter, number: int, dice: random.Random) -> None:
    world = quarter.world
    phone = world.phones[f"rep{number}"]
    mine = dice.randrange(CUSTOMERS // REPS) * REPS + number
    await phone.says(f"今天去了客户{mine:03}")
    if dice.random() < 0.95 and "保存" in phone.card.buttons:
        await phone.taps("保存", on=phone.card)


ANSWERS: dict[str, tuple[tuple[float, str], ...]] = {
    "dormant": ((0.3, "联系过了"), (0.55, "排一次"), (0.65, "先不跟")),
    "dormant.decides": ((0.4, "再试一次"), (0.6, "放公海"), (0.8, "归档")),
    "task.due": ((0.5, "办完了"), (0.7, "明天再说"), (0.8, "不用了")),
    "evening": ((0.4, "去了，没新情况"), (0.6, "没去成")),
    "approval.key_field": ((0.7, "同意"),),
}
"""What the dice make of each kind of card; what is above the last number is left alone."""
THEN = {"联系过了": "记上", "排一次": "排上", "先不跟": "先不跟"}


async def _answer(quarter: Quarter, phone: Phone, shown: Shown, dice: random.Random) -> None:
    kind = "dormant.decides" if "归档" in shown.buttons else shown.kind
    chance = dice.random()
    label = next((each for limit, each in ANSWERS.get(kind, ()) if chance < limit), "")
    if label not in shown.buttons:
        return
    quarter.taps[label] += 1
    ticked = next(iter(shown.options), "") if shown.kind == "evening" else ""
    await phone.taps(label, on=shown, picks=ticked)
    if label in THEN and shown.kind == "dormant":
        asking = next(each for each in phone.news if each.kind == "dormant.asking")
        await phone.taps(THEN[label], on=asking, picks=dice.choice(list(asking.options)))


# -- what must hold --------------------------------------------------------------------------------------


async def faults(quarter: Quarter) -> list[str]:
    """Whatever the three months did that the rules forbid; empty where all is well."""
    world, policy = quarter.world, quarter.world.app.policy
    wrong = [f"parked {each}" for each in await world.parked()]
    for each in quarter.unasked():
        speaks = policy.speaking.opens <= each.at.time() < policy.speaking.closes
        if not speaks or not policy.hours.works_on(each.at.date()):
            wrong.append(f"{each.kind} in quiet hours: {each.at}")
    wrong += [
        f"{number} unasked cards for {to} on {day}"
        for (to, day), number in quarter.a_day().items()
        if number > policy.speaking.cards_a_day
    ]
    asked = Counter(each.thread for each in quarter.sent if each.kind == "dormant" and each.unasked)
    wrong += [f"asked twice: {thread}" for thread, number in asked.items() if number > 1]
    return [*wrong, *await _ladder_faults(quarter)]


async def _ladder_faults(quarter: Quarter) -> list[str]:
    world = quarter.world
    customers = {each.id: each for each in await world.rows(Customer)}
    silences = await world.rows(Silence)
    wrong = []
    for each in silences:
        asked = (each.asked_at or each.found_at).astimezone(world.now.tzinfo).date()
        silent = (asked - each.since.astimezone(world.now.tzinfo).date()).days
        if silent < each.days:
            wrong.append(f"asked after {silent} days on the rung of {each.days}")
        if each.rung == "notice" and customers[each.customer_id].grade != "A":
            wrong.append("noticed for a customer that is no A")
    seen = Counter((each.customer_id, each.since, each.rung) for each in silences)
    wrong += [f"a rung twice: {key}" for key, number in seen.items() if number > 1]
    return [*wrong, *_too_soon(silences), *_too_many(quarter, silences)]


def _too_soon(silences: Sequence[Silence]) -> list[str]:
    """After 联系过了 the clock starts anew: nobody asks before the next rung's days are over."""
    wrong = []
    for each in silences:
        for later in silences:
            same = later.customer_id == each.customer_id and later.id > each.id
            if same and each.contacted_at and later.asked_at and later.rung == "silent":
                days = (later.asked_at - each.contacted_at).days
                if days < later.days - 1:
                    wrong.append(f"asked again {days} days after a contact")
    return wrong


def _too_many(quarter: Quarter, silences: Sequence[Silence]) -> list[str]:
    """Three silent ones at most a week and rep."""
    zone, limit = quarter.world.now.tzinfo, quarter.world.app.policy.dormancy.cards_a_week
    weeks = Counter(
        (each.person_id, each.asked_at.astimezone(zone).isocalendar()[:2])
        for each in silences
        if each.asked_at and each.person_id in quarter.reps and not each.rung.startswith("revived")
    )
    return [
        f"{number} asked of {who} in week {week}" for (who, week), number in weeks.items() if number > limit
    ]


def climbed(silences: Sequence[Silence]) -> Counter[str]:
    """How many silences reached each rung."""
    return Counter(each.rung.split(":")[0] for each in silences)


async def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with started(Path(folder), read) as (app, clock):
            world = Company(app, clock)
            memory.settle()  # as `baifang run` does
            cpu = stopwatch.process_time()
            quarter = await live(world)
            cpu = stopwatch.process_time() - cpu
            wrong = await faults(quarter)
            silences = await world.rows(Silence)
            print(quarter.table())
            print(f"rungs reached: {dict(climbed(silences))}")
            print(f"answers: {dict(Counter(each.answer or 'none' for each in silences))}")
            print(f"taps: {dict(quarter.taps)}")
            took = f"{quarter.seconds:.1f} s, {cpu:.1f} s of CPU"
            print(f"{DAYS} days, {quarter.ticks} ticks, {took}, {len(wrong)} faults")
            print("\n".join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == "__main__":
    import logging

    import structlog
    import uvloop

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.exit(uvloop.run(main()))  # as `baifang run` does
