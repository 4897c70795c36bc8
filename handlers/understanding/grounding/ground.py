"""Makes a note of a model's answer: what stands in the note is kept with its words; everything else is dropped."""

from collections.abc import Iterable, Sequence
from typing import Any

from handlers.understanding.grounding import answer, names, values
from handlers.understanding.grounding.asked import correction, handover, query
from handlers.understanding.grounding.names import Keys
from handlers.understanding.grounding.page import Page
from handlers.understanding.moments import Tense
from handlers.understanding.note import (
    Amount,
    CustomerMention,
    Fact,
    Field,
    Intent,
    KnownContact,
    Labelled,
    Mood,
    NextAction,
    Note,
    PersonMention,
    PlanRead,
    ReminderRead,
    Spans,
    T,
    UpdateRead,
    VisitRead,
    When,
)

_ABOUT_CUSTOMERS = (Intent.VISIT, Intent.PLAN, Intent.UPDATE, Intent.NEW_CUSTOMER, Intent.REMIND)


def note_of(page: Page, keys: Keys, told: answer.Answer, builtin: Note) -> Note | None:
    """The note as the model understood it; None where it told of something and nothing of that is in the note."""
    text = page.scan.original
    if told.intent is Intent.CHAT:
        return Note(text, Intent.CHAT)
    if told.intent in _ABOUT_CUSTOMERS:
        return _records(page, keys, told)
    asked = query(page, keys, told.query) if told.query else None
    given = handover(page, keys, told.handover) if told.handover else None
    put_right = correction(page, keys, told.correction, builtin.correction) if told.correction else None
    found = {Intent.QUERY: asked, Intent.HANDOVER: given, Intent.CORRECT: put_right}[told.intent]
    if found is None:
        return None
    return Note(text, told.intent, query=asked, handover=given, correction=put_right)


def _records(page: Page, keys: Keys, told: answer.Answer) -> Note | None:
    visits = _all(_visit(page, keys, each) for each in told.visits)
    plans = _all(_plan(page, keys, each) for each in told.plans)
    reminders = _all(_reminder(page, keys, each) for each in told.reminders)
    updates = _all(_update(page, keys, each) for each in told.updates)
    if not (visits or plans or reminders or updates):
        return None
    intent = Intent.VISIT if visits else told.intent
    return Note(page.scan.original, intent, visits, plans, reminders, updates)


def _all(found: Iterable[T | None]) -> tuple[T, ...]:
    """Each once, without those that could not be grounded."""
    kept: list[T] = []
    for each in found:
        if each is not None and each not in kept:
            kept.append(each)
    return tuple(kept)


# -- records ---------------------------------------------------------------------------------------


def _visit(page: Page, keys: Keys, told: answer.Visit) -> VisitRead | None:
    customer = names.customer(page, told.customer, keys)
    if customer is None:
        return None
    near, contacts = _start(page, told.customer), _contacts(page, customer)
    met = _people(page, told.contacts, contacts, near)
    when = values.when(page, told.when, Tense.PAST, near)
    return VisitRead(
        customer=customer,
        when=when if when and when.day <= page.scan.now else When(page.scan.now),
        contacts=met,
        method=judged(page, told.method, near),
        amounts=_amounts(page, told.amounts, near),
        stage=judged(page, told.stage, near),
        mood=judged(page, told.mood, near) or Labelled(Mood.NEUTRAL),
        competitors=_rivals(page, told.competitors, near),
        tags=_all(judged(page, each, near) for each in told.tags),
        next_actions=_all(_action(page, each, near) for each in told.next_actions),
        facts=_facts(page, told.facts, met, contacts, near),
        clauses=_clauses(page, told, near),
    )


def _update(page: Page, keys: Keys, told: answer.Update) -> UpdateRead | None:
    customer = names.customer(page, told.customer, keys)
    if customer is None:
        return None
    near, contacts = _start(page, told.customer), _contacts(page, customer)
    return UpdateRead(
        customer,
        _facts(page, told.facts, (), contacts, near),
        _amounts(page, told.amounts, near),
        judged(page, told.stage, near),
        _clauses(page, told, near),
    )


def _plan(page: Page, keys: Keys, told: answer.Plan) -> PlanRead | None:
    when = values.when(page, told.when, Tense.FUTURE)
    customer = names.customer(page, told.customer, keys) if told.customer else None
    if when is None or (told.customer is not None and customer is None):
        return None
    near, ranges = _start(page, told.when), page.find(told.quote) or page.find(told.when.quote)
    words = "".join(page.text[start:end] for start, end in page.clauses(ranges)).strip(" ,。;!?\n")
    met = _people(page, told.contacts, _contacts(page, customer), near)
    return PlanRead(customer, when, met, judged(page, told.method, near), words, when.spans)


def _reminder(page: Page, keys: Keys, told: answer.Reminder) -> ReminderRead | None:
    when = values.when(page, told.when, Tense.FUTURE)
    ranges = page.find(told.quote)
    what = values.phrase(page, told.what, ranges) if ranges else None
    if when is None or what is None:
        return None
    customer = names.customer(page, told.customer, keys) if told.customer else None
    return ReminderRead(customer, when, what, (*page.spans(ranges), *when.spans))


# -- parts -----------------------------------------------------------------------------------------


def _start(page: Page, told: answer.Customer | answer.Moment) -> int:
    ranges = page.find(told.quote)
    return ranges[0][0] if ranges else 0


def _contacts(page: Page, customer: CustomerMention | None) -> tuple[KnownContact, ...]:
    known = customer.known if customer else None
    return next((c.contacts for c in page.scan.known.customers if c.id == known), ())


def _people(
    page: Page, told: Iterable[answer.Person], contacts: Sequence[KnownContact], near: int
) -> tuple[PersonMention, ...]:
    found = _all(names.person(page, each, contacts, near) for each in told)
    return tuple({each.name: each for each in reversed(found)}.values())[::-1]


def judged(page: Page, told: answer.Judged[T] | None, near: int) -> Labelled[T] | None:
    """A judgement that points at words of the note."""
    ranges = page.find(told.quote, near) if told else ()
    return Labelled(told.value, page.spans(ranges)) if told and ranges else None


def _amounts(page: Page, told: Iterable[answer.Money], near: int) -> tuple[Amount, ...]:
    """One sum is one amount, however often and as whatever it is told."""
    found = _all(values.amount(page, each, near) for each in told)
    return tuple({each.spans: each for each in reversed(found)}.values())[::-1]


def _rivals(page: Page, told: Iterable[answer.Quoted], near: int) -> tuple[Labelled[str], ...]:
    out: dict[str, Labelled[str]] = {}
    for each in told:
        if ranges := page.find(each.quote, near):
            name = page.words(ranges).strip()
            if 0 < len(name) <= names.LONGEST_NAME:
                out.setdefault(name, Labelled(name, page.spans(ranges)))
    return tuple(out.values())


def _action(page: Page, told: answer.Action, near: int) -> NextAction | None:
    ranges = page.find(told.quote, near)
    what = values.phrase(page, told.what, ranges) if ranges else None
    if what is None:
        return None
    due = values.when(page, told.due, Tense.FUTURE, ranges[0][0])
    due_spans: Spans = due.spans if due else ()
    by = any(m.before and page.scan.span(m.start, m.end) in due_spans for m in page.scan.moments)
    return NextAction(what, due.day if due else None, told.owner, by, page.spans(ranges), due_spans)


def _facts(
    page: Page,
    told: Iterable[answer.Fact],
    met: Iterable[PersonMention],
    contacts: Sequence[KnownContact],
    near: int,
) -> tuple[Fact, ...]:
    """Facts that the note tells and the book does not hold yet."""
    found: list[Fact | None] = []
    for each in told:
        of = names.of(page, each.of, met, contacts)
        fact = values.fact(page, each, of, near) if of else None
        found.append(None if fact is None or _held(fact, contacts) else fact)
    return _all(found)


def _held(fact: Fact, contacts: Iterable[KnownContact]) -> bool:
    person = next((c for c in contacts if c.name == fact.of), None)
    held = {Field.PHONE: person.phone, Field.TITLE: person.title} if person else {}
    return held.get(fact.field) == fact.value


def _clauses(page: Page, told: answer.Visit | answer.Update, near: int) -> Spans:
    """The parts of the note that anything of a record was read from."""
    ranges = tuple(each for quote in _quotes(told.model_dump()) for each in page.find(quote, near))
    return page.spans(page.clauses(ranges))


def _quotes(part: Any) -> Iterable[str]:
    if isinstance(part, dict):
        yield from (part["quote"],) if isinstance(part.get("quote"), str) else ()
        part = list(part.values())
    if isinstance(part, list | tuple):
        for each in part:
            yield from _quotes(each)
