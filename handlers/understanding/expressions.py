"""Reads every expression of time in a text as a day, a point in time, or a range with both its ends."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from handlers.understanding.normalise import normalise
from handlers.understanding.note import Span
from handlers.understanding.periods import Grain, Period, Tense
from handlers.understanding.timetalk import Chain, chains

_TO = re.compile(" ?[到至~—–-] ?")
_AND = re.compile(" ?[和与跟同] ?")
_BETWEEN = re.compile("(?:之间|期间|间)")
_FROM = "从自由打"
_BY_THE_CLOCK = {Grain.PART, Grain.HOUR, Grain.NOW}


@dataclass(frozen=True, slots=True)
class Expression:
    """`kind` is date, datetime, daterange or datetimerange.

    A date is a whole day and a point in time has no length, so both have `until` equal to `since`; a range
    runs up to, but not including, `until`. A range includes what its end names: 三月到五月 ends with May.
    """

    span: Span
    kind: str
    since: datetime
    until: datetime


def expressions(text: str, now: datetime, tense: Tense = Tense.FUTURE) -> list[Expression]:
    """All expressions of `text` in order; `now` is naive local time, `tense` settles what is left unsaid.

    Hours are taken as they are said (四点 is 4:00), unless a part of the day says otherwise.
    """
    norm = normalise(text)
    found: list[Expression] = []
    for start, end, period, paired in _periods(norm.text, now, tense):
        found.append(_expression(norm.span(start, end), period, paired))
    return found


def _periods(text: str, now: datetime, tense: Tense) -> Iterable[tuple[int, int, Period, bool]]:
    told = chains(text)
    ranges = {
        first.start: found
        for first, last in pairwise(told)
        if (found := _range(text, first, last, now, tense))
    }
    over = 0
    for chain in told:
        if chain.start in ranges and chain.start >= over:
            over = ranges[chain.start][1]
            yield ranges[chain.start]
        elif chain.start >= over and (period := chain.read(now, tense)):
            yield chain.start, chain.end, period, False


def _range(
    text: str, first: Chain, last: Chain, now: datetime, tense: Tense
) -> tuple[int, int, Period, bool] | None:
    """从…到…, …和…之间. Of months and days without a year, the range that holds now is meant before another."""
    bounds = _bounds(text, first, last)
    if bounds is None:
        return None
    tenses = (Tense.PAST, tense) if first.steps[0].of is Grain.YEAR else (tense,)
    known = [found for each in tenses if (found := _joined(first, last, now, each))]
    chosen = next((found for found in known if found.start <= now < found.end), known[-1] if known else None)
    return (*bounds, chosen, True) if chosen else None


def _joined(first: Chain, last: Chain, now: datetime, tense: Tense) -> Period | None:
    """The end takes over what it leaves unsaid (6月1日到30日, 晚上七点到八点), and comes after the beginning."""
    begin = first.read(now, tense)
    if begin is None:
        return None
    completed = _completed(first, last)
    fitting = completed.fitting(begin.start if completed.steps[0].choose else now)
    finish = next((each for each in fitting if each.start >= begin.start), None)
    if finish is None:
        return None
    exact = {begin.grain, finish.grain} & _BY_THE_CLOCK
    return Period(begin.start, finish.end, Grain.HOUR if exact else Grain.DAY)


def _bounds(text: str, first: Chain, last: Chain) -> tuple[int, int] | None:
    """Where a range begins and ends in the text; None where the two times make none."""
    between = text[first.end : last.start]
    closing = _BETWEEN.match(text, last.end)
    if not (_TO.fullmatch(between) or (closing and _AND.fullmatch(between))):
        return None
    start = first.start - (text[max(0, first.start - 1) : first.start] in tuple(_FROM))
    return start, closing.end() if closing else last.end


def _completed(first: Chain, last: Chain) -> Chain:
    opening = last.steps[0]
    if opening.choose is None and opening.name != "clock":
        return last
    larger = tuple(step for step in first.steps if step.grain < opening.grain)
    return Chain(first.start, last.end, (*larger, *last.steps))


def _expression(span: Span, period: Period, paired: bool) -> Expression:
    clock = period.grain in _BY_THE_CLOCK
    single = not paired and (period.grain is Grain.DAY or period.start == period.end)
    kind = ("datetime" if clock else "date") + ("" if single else "range")
    return Expression(span, kind, period.start, period.start if single else period.end)
