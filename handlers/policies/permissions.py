"""What somebody may see or do: the one place that answers, for every card, page, query and export.

The numbers and roles come from the company's policy file; the rules are R131 to R134 and R174.
"""

from dataclasses import dataclass
from enum import StrEnum

from config.policy import Policy, Role


class See(StrEnum):
    """Parts of a customer's archive that a role may or may not see."""

    BASICS = "basics"
    CONTACTS = "contacts"
    PHONES = "phones"
    MONEY = "money"
    VISITS = "visits"
    TASKS = "tasks"
    NOTES = "notes"


class Do(StrEnum):
    """Deeds that touch what others rely on."""

    FILE = "file"
    EDIT = "edit"
    APPROVE = "approve"
    EXPORT = "export"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the role, the id, and the ids of the team (oneself and everybody below)."""

    id: int
    role: str
    team: tuple[int, ...] = ()
    active: bool = True


NOBODY: tuple[int, ...] = ()


def reach(asker: Asker, policy: Policy) -> tuple[int, ...] | None:
    """Whose customers the asker may see: owners' ids, or None for everybody's (R133)."""
    if not asker.active:
        return NOBODY
    match _role(asker, policy).scope:
        case "all":
            return None
        case "team":
            return tuple(sorted({asker.id, *asker.team}))
        case "own":
            return (asker.id,)
        case _:
            return NOBODY


def may_see(asker: Asker, part: See, owner_id: int, policy: Policy) -> bool:
    """Whether a part of a customer's archive may be shown, phones still masked (R131, R132)."""
    owners = reach(asker, policy)
    within = owners is None or owner_id in owners
    return within and part.value in _role(asker, policy).sees


def may_do(asker: Asker, deed: Do, owner_id: int, policy: Policy) -> bool:
    """Whether the asker may do something to a customer that `owner_id` looks after."""
    owners = reach(asker, policy)
    within = owners is None or owner_id in owners
    return within and deed.value in _role(asker, policy).does


def may_show_card(asker: Asker, shown_to: int) -> bool:
    """A card is its holder's: nobody else acts by it, whatever the role (card book 1.6)."""
    return asker.active and asker.id == shown_to


def _role(asker: Asker, policy: Policy) -> Role:
    return policy.role(asker.role)
