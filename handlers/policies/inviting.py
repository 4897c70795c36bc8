"""Whom of a rep's own list to propose today, a few at a time (R151; card M1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.policies.consent import Outgo, Standing, may_go

UNKNOWN = 10_000
"""Days since a talk that nobody filed: after all others."""
SOON = timedelta(days=4)
"""A meeting within so many days is the best moment: the code can be scanned face to face."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the list as the choice sees him; days local. `last`: the last real interaction."""

    id: int
    state: str
    standing: Standing
    asked: date | None = None
    swapped: date | None = None
    last: date | None = None
    meeting: date | None = None
    waits: bool = False
    """Something was promised to him or by him."""
    complaint: bool = False


def may_invite(one: Candidate, today: date, again: timedelta, quiet: timedelta) -> bool:
    """Never: who said no, complains, was asked lately, or was not spoken to for long.

    Where no talk was ever filed nobody knows: the rep who listed him does.
    """
    if one.state not in ("listed", "asked") or one.complaint or not may_go(Outgo.INVITE, one.standing):
        return False
    if one.asked is not None and today - one.asked < again:
        return False
    return one.last is None or today - one.last < quiet


def choose(
    candidates: Iterable[Candidate], today: date, number: int, again: timedelta, quiet: timedelta
) -> tuple[int, ...]:
    """Ids of whom to propose, the best moment first: a meeting soon, something open, the freshest talk."""
    fit = [each for each in candidates if may_invite(each, today, again, quiet) and each.swapped != today]
    return tuple(each.id for each in sorted(fit, key=lambda each: _order(each, today))[:number])


def _order(one: Candidate, today: date) -> tuple[int, int, int, int]:
    soon = one.meeting is not None and timedelta() <= one.meeting - today <= SOON
    first = 0 if soon else 1 if one.waits else 2
    ago = (today - one.last).days if one.last else UNKNOWN
    return (first, (one.meeting - today).days if soon and one.meeting else 0, ago, one.id)
