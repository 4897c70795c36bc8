"""Sets two readings of one note side by side: where they differ in a key field, the rep is asked."""

from collections.abc import Iterable
from dataclasses import replace

from handlers.understanding.note import Amount, CustomerMention, Doubt, Note, Spans, VisitRead


def beside(note: Note, other: Note) -> Note:
    """The note with a doubt wherever the other reading names another customer, day or sum for the same visit."""
    return replace(note, visits=tuple(_visit(each, _same(each, note, other)) for each in note.visits))


def _same(visit: VisitRead, note: Note, other: Note) -> VisitRead | None:
    """The other reading's visit: of the same customer, else from the same words, else the only one of both."""
    known = [v for v in other.visits if v.customer.known and v.customer.known == visit.customer.known]
    worded = [v for v in other.visits if _touch(v.customer.spans, visit.customer.spans)]
    alone = other.visits if len(note.visits) == len(other.visits) == 1 else ()
    # Two visits to one customer: which of them is which cannot be told.
    twice = sum(v.customer.known == visit.customer.known for v in note.visits) > 1 and visit.customer.known
    return None if twice or len(known) > 1 else next(iter((*known, *worded, *alone)), None)


def _touch(one: Spans, other: Spans) -> bool:
    return any(a.start < b.end and b.start < a.end for a in one for b in other)


def _visit(visit: VisitRead, other: VisitRead | None) -> VisitRead:
    if other is None:
        return visit
    doubts = (*_days(visit, other), *_sums(visit, other))
    return replace(visit, customer=_customer(visit.customer, other.customer), doubts=doubts)


def _customer(mine: CustomerMention, other: CustomerMention) -> CustomerMention:
    """Two known customers are a question; a new one is looked for in the archive anyway."""
    possible = dict.fromkeys(filter(None, (mine.known, *mine.candidates, other.known, *other.candidates)))
    if mine.known is None or len(possible) < 2:
        return mine
    return replace(mine, candidates=tuple(possible))


def _days(visit: VisitRead, other: VisitRead) -> Iterable[Doubt]:
    mine, theirs = visit.when, other.when
    hours = mine.hour and theirs.hour and mine.hour != theirs.hour
    if theirs.spans and (mine.day != theirs.day or hours):
        yield Doubt(mine, theirs)


def _sums(visit: VisitRead, other: VisitRead) -> Iterable[Doubt]:
    """Sums of the same words that differ in kind or value first, then those that one reading alone has."""
    beside = [
        (mine, next((a for a in other.amounts if _touch(a.spans, mine.spans)), None))
        for mine in visit.amounts
    ]
    taken = [theirs for _, theirs in beside]
    yield from (Doubt(mine, theirs) for mine, theirs in beside if theirs and _facts(mine) != _facts(theirs))
    yield from (Doubt(None, theirs) for theirs in other.amounts if theirs not in taken)
    yield from (Doubt(mine, None) for mine, theirs in beside if theirs is None)


def _facts(amount: Amount) -> tuple[object, ...]:
    return amount.kind, amount.value, amount.maximum
