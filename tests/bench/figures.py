"""Figures of one thing, measured in slices, so that a slow moment of the machine shows."""

import statistics
from dataclasses import dataclass, field
from itertools import chain


@dataclass
class Measured:
    """Milliseconds, slice by slice."""

    title: str
    slices: list[list[float]] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        return sorted(chain.from_iterable(self.slices))

    @property
    def medians(self) -> list[float]:
        return [statistics.median(each) for each in self.slices]

    def told(self) -> str:
        low, high = min(self.medians), max(self.medians)
        parts = [f"median {statistics.median(self.all):7.1f}"]
        parts += [f"p{share} {percentile(self.all, share):7.1f}" for share in (90, 99)]
        return (
            f"{self.title:<22}{'  '.join(parts)}  medians of slices {low:.1f}–{high:.1f}   n {len(self.all)}"
        )


def percentile(ordered: list[float], share: int) -> float:
    """The smallest value that at least so many of a hundred do not pass."""
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]
