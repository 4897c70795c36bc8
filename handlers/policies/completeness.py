"""How good a customer's file is: complete, current (R35 to R37); pure counting, the numbers are passed in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Known:
    """What is wanted and what of it is there."""

    filled: int
    wanted: int

    @property
    def pair(self) -> tuple[int, int]:
        return self.filled, self.wanted


def known(wanted: Sequence[str], there: Collection[str]) -> Known:
    return Known(sum(each in there for each in wanted), len(wanted))


def percent(*parts: Known) -> int:
    """Of all that is wanted together, rounded down: 100 only where nothing lacks."""
    wanted = sum(each.wanted for each in parts)
    return 100 * sum(each.filled for each in parts) // wanted if wanted else 100


def is_fresh(last: date | None, today: date, days: int) -> bool | None:
    """Whether anything was heard within the days; None where nothing ever was."""
    return None if last is None else (today - last).days <= days
