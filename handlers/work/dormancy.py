"""Customers that were not spoken to for long: who is asked when, and what the answers change."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from handlers.policies import dormancy
from handlers.policies.dormancy import Ladder, Rung
from handlers.policies.hours import working_days_before
from handlers.work import approvals
from handlers.work.changing import MADE, Batch, change, make, undo
from handlers.work.context import Desk
from handlers.work.drafting import keep_tap
from handlers.work.filing import NOON
from handlers.work.tasks import hours_of, plan_row
from storage.models.changes import Approval
from storage.models.customers import Customer
from storage.models.dormancy import Silence
from storage.models.people import Person
from storage.models.tasks import Task

PAGE = 500
YEAR = timedelta(days=365)
NEEDS_YES = "A"
"""The grade whose customers nobody lets go alone (card D1)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer whose silence reached a rung, and whom that concerns."""

    customer: Customer
    rung: Rung
    days: int
    person_id: int


def ladder_of(desk: Desk) -> Ladder:
    rules = desk.policy.dormancy
    rungs = [
        Rung(each.id, each.name, each.days, each.grades, each.decision, each.card) for each in rules.steps
    ]
    return Ladder(rungs, rules.stretch.grades, rules.stretch.industries)


def silent_days(desk: Desk, since: datetime) -> int:
    """Whole days, by the company's calendar, since the instant."""
    return (desk.today - desk.local(since).date()).days


async def find(desk: Desk) -> Mapping[int, Sequence[Candidate]]:
    """Who is to be asked about whom, the most valuable first."""
    people = {each.id: each for each in await desk.unit.people.everybody()}
    found: dict[int, list[Candidate]] = defaultdict(list)
    async for customer, rung, asked in _reaching(desk):
        candidate = await _candidate(desk, customer, rung, asked, people)
        if candidate is not None:
            found[candidate.person_id].append(candidate)
    return {person_id: await _by_value(desk, each) for person_id, each in found.items()}


async def _reaching(desk: Desk) -> AsyncIterator[tuple[Customer, Rung, Sequence[Silence]]]:
    """Customers whose silence reached a rung that it was not spoken of on, page by page.

    With each what this silence was spoken of before, on other rungs.
    """
    ladder = ladder_of(desk)
    since = desk.now - timedelta(days=desk.policy.dormancy.complaint_days)
    for window in dormancy.windows(ladder, desk.today, desk.now.tzinfo):
        beyond = 0
        while page := await desk.unit.silences.page(
            window.rung.id, window.before, window.after, desk.today, beyond, PAGE
        ):
            beyond = page[-1].id
            there = [each for each in page if _rung_of(desk, each, ladder) == window.rung]
            sore = await desk.unit.silences.complaining([each.id for each in there], since)
            asked = await desk.unit.silences.of([each.id for each in there])
            for each in there:
                if each.id not in sore:
                    before = [one for one in asked.get(each.id, ()) if one.since == each.last_interaction_at]
                    yield each, window.rung, before


def _rung_of(desk: Desk, customer: Customer, ladder: Ladder) -> Rung | None:
    if customer.last_interaction_at is None:
        return None
    silent = silent_days(desk, customer.last_interaction_at)
    return dormancy.reached(silent, ladder, customer.grade, customer.industry, customer.ask_days)


async def _candidate(
    desk: Desk, customer: Customer, rung: Rung, asked: Sequence[Silence], people: Mapping[int, Person]
) -> Candidate | None:
    """The rep hears first and alone; a decision goes to his superior when the rep had his days."""
    assert customer.last_interaction_at is not None  # the query asks for one
    owner, silent = people[customer.owner_id], silent_days(desk, customer.last_interaction_at)
    if any(each.asked_at and each.asked_at > answers_before(desk) for each in asked):
        return None  # the last question still has its days
    if not rung.decision:
        return Candidate(customer, rung, silent, owner.id) if owner.active else None
    if owner.active and not asked:
        gentler = Ladder([each for each in ladder_of(desk).rungs if not each.decision], {}, {})
        below = dormancy.reached(silent, gentler, customer.grade, customer.industry)
        return Candidate(customer, below, silent, owner.id) if below is not None else None
    above = await approvals.above(desk, owner)
    return Candidate(customer, rung, silent, above.id) if above is not None else None


def answers_before(desk: Desk) -> datetime:
    """What was asked before this instant had its working days for an answer."""
    day = working_days_before(desk.today, desk.policy.dormancy.answer_days, hours_of(desk))
    return datetime.combine(day, desk.now.time(), desk.now.tzinfo)


async def _by_value(desk: Desk, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """By grade, then by what was ordered within a year, then by how long the silence is."""
    worth = await desk.unit.silences.worth([each.customer.id for each in candidates], desk.now - YEAR)
    grades = [each.id for each in desk.policy.grades]

    def weight(each: Candidate) -> tuple[int, float, int, int]:
        grade = grades.index(each.customer.grade) if each.customer.grade in grades else len(grades)
        return grade, -worth.get(each.customer.id, 0.0), -each.days, each.customer.id

    return sorted(candidates, key=weight)


async def week_left(desk: Desk, person_id: int) -> int:
    """How many more customers somebody may be asked about this week."""
    monday = datetime.combine(desk.today - timedelta(days=desk.today.weekday()), time(), desk.now.tzinfo)
    return desk.policy.dormancy.cards_a_week - await desk.unit.silences.asked_since(person_id, monday)


async def keep(desk: Desk, each: Candidate, *, asked: bool) -> Silence:
    """That the rung was reached: asked about now, or a line of the next morning card."""
    assert each.customer.last_interaction_at is not None  # the query asks for one
    row = Silence(
        customer_id=each.customer.id,
        person_id=each.person_id,
        rung=each.rung.id,
        days=each.rung.days,
        since=each.customer.last_interaction_at,
        state="asked" if asked else "due",
        found_at=desk.now,
        asked_at=desk.now if asked else None,
    )
    return await desk.unit.add(row)


async def mark_shown(desk: Desk, silence: Silence, *, decides: bool) -> None:
    """It stood in a morning card; what somebody has to decide still waits for the answer."""
    silence.state = "asked"
    silence.asked_at = desk.now if decides else silence.asked_at
    await desk.unit.add(silence)


async def mark_told(desk: Desk, silence: Silence) -> None:
    silence.told_at = desk.now
    await desk.unit.add(silence)


# -- what the answers change ---------------------------------------------------------------------------


def batch_of(silence: Silence) -> Batch:
    return Batch(f"silence:{silence.id}", None, silence.customer_id)


async def do_contacted(desk: Desk, silence: Silence, customer: Customer, day: date) -> None:
    """联系过了: believed without proof; the clock starts anew from that day."""
    at = min(datetime.combine(day, NOON, desk.now.tzinfo), desk.now)
    silence.contacted_at = at
    if customer.last_interaction_at is None or at > customer.last_interaction_at:
        await change(desk, customer, "last_interaction_at", at, batch_of(silence))
    await _answered(desk, silence, "contacted")


async def do_plan(desk: Desk, silence: Silence, customer: Customer, day: date) -> Task:
    """排一次: a plan in the rep's diary; nobody asks while it is open."""
    kept = await keep_tap(desk)
    task = plan_row(desk, kept.id, "联系一下", day)
    task.customer_id = customer.id
    await make(desk, task, batch_of(silence))
    await _answered(desk, silence, "planned")
    return task


async def do_pause(desk: Desk, silence: Silence, customer: Customer, reason: str) -> Approval | None:
    """先不跟: the ladder rests; a customer of the highest grade needs somebody else's yes (the approval)."""
    silence.reason = reason
    asked = None
    if customer.grade == NEEDS_YES:
        asked = await approvals.do_ask(
            desk, customer, "resting", "paused", customer, batch_of(silence), "", reason
        )
    else:
        await change(desk, customer, "resting", "paused", batch_of(silence))
    await _answered(desk, silence, "paused")
    return asked


async def do_rest(desk: Desk, silence: Silence, customer: Customer, how: str) -> None:
    """放公海 (pool: it goes to the manager who said so) or 归档 (closed)."""
    batch = batch_of(silence)
    await change(desk, customer, "resting", how, batch)
    if how == "pool" and customer.owner_id != desk.my_id:
        await change(desk, customer, "owner_id", desk.my_id, batch)
    await _answered(desk, silence, how)


async def do_revive(desk: Desk, silence: Silence, customer: Customer, rung: str) -> Silence:
    """再试一次: the rep is asked once more, by his manager's wish."""
    await _answered(desk, silence, "revived")
    again = Silence(
        customer_id=customer.id,
        person_id=customer.owner_id,
        rung=rung,
        days=silence.days,
        since=silence.since,
        state="asked",
        found_at=desk.now,
        asked_at=desk.now,
    )
    return await desk.unit.add(again)


async def do_ask_less(desk: Desk, silence: Silence, customer: Customer, days: int) -> None:
    """以后隔 120天再问; 0: as the ladder says."""
    await change(desk, customer, "ask_days", days or None, batch_of(silence))


async def do_undo(desk: Desk, silence: Silence) -> None:
    """The answer is taken back: it is asked again, as it was."""
    await undo(desk, batch_of(silence).name)
    silence.state, silence.answer, silence.answered_at = "asked", None, None
    silence.contacted_at, silence.reason = None, ""
    silence.revision += 1
    await desk.unit.add(silence)


async def planned_day(desk: Desk, silence: Silence) -> date | None:
    """The day of the plan that the answer made, if it stands."""
    made = [each for each in await desk.unit.changes.of_batch(batch_of(silence).name) if each.field == MADE]
    task = await desk.unit.tasks.get(made[-1].subject_id) if made else None
    return task.day if task is not None else None


async def contacted_twice(desk: Desk, silence: Silence) -> bool:
    """Whether 联系过了 was the answer to the question before this one as well."""
    before = await desk.unit.silences.before(silence)
    return silence.answer == "contacted" and bool(before) and before[0].answer == "contacted"


def is_over(desk: Desk, silence: Silence, customer: Customer) -> bool:
    """Whether the customer was spoken to since, so that the question is none any more."""
    return silence.state != "answered" and customer.last_interaction_at != silence.since


async def _answered(desk: Desk, silence: Silence, answer: str) -> None:
    silence.state, silence.answer, silence.answered_at = "answered", answer, desk.now
    silence.revision += 1
    await desk.unit.add(silence)
