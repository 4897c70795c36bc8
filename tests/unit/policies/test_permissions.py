"""Who may see and do what, role by role, as rows that a sales manager could read (R131 to R134)."""

from itertools import product

import pytest

from config.policy import load_policy
from handlers.policies.permissions import Asker, Do, See, may_do, may_see, may_show_card, reach

POLICY = load_policy()
ME, MATE, OTHER = 1, 2, 3
OWNERS = {"own": ME, "team": MATE, "other": OTHER}
"""Whose customer it is: mine, one of somebody below me, anybody else's."""
EVERYTHING = "basics contacts phones money visits tasks notes"
NOTHING = ""

SEES = {
    # role:    (own customer, a subordinate's, another's)
    "rep": (EVERYTHING, NOTHING, NOTHING),
    "manager": (EVERYTHING, EVERYTHING, NOTHING),
    "finance": ("basics money", "basics money", "basics money"),
    "service": ("basics contacts phones visits tasks",) * 3,
    "partner": (NOTHING, NOTHING, NOTHING),
    "admin": ("basics contacts phones money visits tasks",) * 3,
    "janitor": (NOTHING, NOTHING, NOTHING),  # a role that no policy knows
    "": (NOTHING, NOTHING, NOTHING),
}
DOES = {
    "rep": ("file edit", NOTHING, NOTHING),
    "manager": ("file edit approve export", "file edit approve export", NOTHING),
    "finance": (NOTHING, NOTHING, NOTHING),
    "service": ("file", "file", "file"),
    "partner": (NOTHING, NOTHING, NOTHING),
    "admin": ("edit approve export operate",) * 3,
    "janitor": (NOTHING, NOTHING, NOTHING),
    "": (NOTHING, NOTHING, NOTHING),
}


def asker(role: str, *, active: bool = True) -> Asker:
    return Asker(ME, role, team=(ME, MATE), active=active)


@pytest.mark.parametrize(("role", "whose"), list(product(SEES, OWNERS)))
def test_a_role_sees_exactly_these_parts_of_a_customer(role: str, whose: str) -> None:
    seen = [each for each in See if may_see(asker(role), each, OWNERS[whose], POLICY)]
    row = dict(zip(OWNERS, SEES[role], strict=True))
    assert " ".join(seen) == row[whose]


@pytest.mark.parametrize(("role", "whose"), list(product(DOES, OWNERS)))
def test_a_role_does_exactly_these_deeds_to_a_customer(role: str, whose: str) -> None:
    done = [each for each in Do if may_do(asker(role), each, OWNERS[whose], POLICY)]
    row = dict(zip(OWNERS, DOES[role], strict=True))
    assert " ".join(done) == row[whose]


@pytest.mark.parametrize("role", SEES)
def test_whoever_was_deactivated_reaches_sees_and_does_nothing(role: str) -> None:
    gone = asker(role, active=False)
    assert reach(gone, POLICY) == ()
    assert not any(may_see(gone, part, owner, POLICY) for part in See for owner in OWNERS.values())
    assert not any(may_do(gone, deed, owner, POLICY) for deed in Do for owner in OWNERS.values())
    assert not may_show_card(gone, ME)


@pytest.mark.parametrize(
    ("role", "owners"),
    [
        ("rep", (ME,)),
        ("manager", (ME, MATE)),
        ("finance", None),
        ("service", None),
        ("admin", None),
        ("partner", ()),
        ("janitor", ()),
    ],
)
def test_queries_reach_these_owners(role: str, owners: tuple[int, ...] | None) -> None:
    assert reach(asker(role), POLICY) == owners


def test_a_manager_without_anybody_below_still_reaches_the_own_customers() -> None:
    assert reach(Asker(ME, "manager"), POLICY) == (ME,)


@pytest.mark.parametrize("role", SEES)
def test_a_card_is_its_holders_whatever_the_role(role: str) -> None:
    assert may_show_card(asker(role), ME)
    assert not may_show_card(asker(role), MATE)


def test_the_rows_speak_of_every_role_of_the_policy() -> None:
    assert {each.id for each in POLICY.roles} <= set(SEES) & set(DOES)
