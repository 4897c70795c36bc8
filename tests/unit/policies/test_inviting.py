"""Whom to ask over today."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from handlers.policies.consent import standing
from handlers.policies.inviting import Candidate, choose, may_invite

TODAY = date(2026, 4, 21)
AGAIN, QUIET = timedelta(days=60), timedelta(days=365)
ZHANG = Candidate(1, "listed", standing(()), last=TODAY - timedelta(days=3))


@pytest.mark.parametrize(
    ("change", "may"),
    [
        ({}, True),
        ({"last": None}, True),
        ({"last": TODAY - timedelta(days=364)}, True),
        ({"last": TODAY - timedelta(days=365)}, False),
        ({"complaint": True}, False),
        ({"state": "asked", "asked": TODAY - timedelta(days=59)}, False),
        ({"state": "asked", "asked": TODAY - timedelta(days=60)}, True),
        ({"state": "refused"}, False),
        ({"state": "bound"}, False),
        ({"standing": standing((("service", "withdrawn"),))}, False),
        ({"standing": standing((), left=True)}, False),
    ],
)
def test_who_may_be_asked(change: dict[str, object], may: bool) -> None:
    assert may_invite(replace(ZHANG, **change), TODAY, AGAIN, QUIET) is may  # type: ignore[arg-type]


def test_the_best_moment_comes_first() -> None:
    people = [
        replace(ZHANG, id=1, last=None),
        replace(ZHANG, id=2, last=TODAY - timedelta(days=40)),
        replace(ZHANG, id=3, last=TODAY),
        replace(ZHANG, id=4, last=TODAY - timedelta(days=200), waits=True),
        replace(ZHANG, id=5, last=TODAY - timedelta(days=90), meeting=TODAY + timedelta(days=3)),
        replace(ZHANG, id=6, last=TODAY - timedelta(days=90), meeting=TODAY + timedelta(days=1)),
        replace(ZHANG, id=7, last=TODAY, meeting=TODAY + timedelta(days=30)),
        replace(ZHANG, id=8, last=TODAY, swapped=TODAY),
    ]
    assert choose(people, TODAY, 20, AGAIN, QUIET) == (6, 5, 4, 3, 7, 2, 1)
    assert choose(people, TODAY, 2, AGAIN, QUIET) == (6, 5)
    assert choose(people, TODAY, 0, AGAIN, QUIET) == ()
