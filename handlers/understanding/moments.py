"""Finds days and hours in a note and says which are meant, as notes are meant: a report or a plan, one day each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta

from handlers.understanding import periods
from handlers.understanding.periods import Grain, Tense
from handlers.understanding.timetalk import Chain, chains
from handlers.understanding.timewords import Step
from handlers.understanding.words import table

__all__ = ["Moment", "Tense", "find"]

_PARTS: dict[str, str] = table("moments")["parts"]
_BEFORE = re.compile(
    r"(?: ?[下上]班)?(?:之前|以前|前(?!台|面|年|天|后|期|两|几|三)|之内|以内|内(?!部|容|勤|胆)|before)"
)
_OF_DAY = ("part", "clock")
_DATED = {
    ("year", "month", "day"): "date",
    ("month", "day"): "month_day",
    ("this_month",): "vague",
    ("this_month", "third"): "vague",
    ("month", "third"): "vague",
    ("third",): "vague",
    (): "clock",
}
_SAME = frozenset(
    [
        "relative",
        "weekday",
        "weekend",
        "week",
        "date",
        "month_day",
        "month_edge",
        "quarter_end",
        "year_end",
        "within",
        "after",
        "ago",
        "festival",
        "lunar",
        "vague",
    ]
)
"""Words by whose own name a moment goes; the learnt models know it by that."""
_NEVER = ("long_ago", "short_date")


@dataclass(frozen=True, slots=True)
class Moment:
    """One expression. `before` is set by 前, 之前 or 内 behind it; `kind` names what kind of word tells the day.

    A `clock` names only an hour or part of the day; a `vague` one (年前, 下个月) has no day.
    """

    start: int
    end: int
    kind: str
    dated: Chain
    hour: time | None = None
    part: str | None = None
    before: bool = False

    def day(self, now: date, tense: Tense) -> date | None:
        """The day of a plan or deadline that names only a week is its Monday or its last day; this week, `now`."""
        if self.kind == "clock":
            return now
        found = self.dated.read(periods.midnight(now), tense) if self.kind != "vague" else None
        if found is None:
            return None
        first, last = found.start.date(), found.last
        if self.kind == "within":
            return found.end.date() if found.grain is not Grain.DAY else first
        if self.kind == "week":
            return last if self.before else now if first <= now <= last else first
        return first - timedelta(days=1) if self.kind == "festival" and self.before else first


def find(text: str, taken: Iterable[tuple[int, int]] = ()) -> list[Moment]:
    """All moments of a normalised text outside the `taken` ranges, in order and without overlaps."""
    return [moment for chain in chains(text, taken) if (moment := _moment(text, chain))]


def _kind(steps: tuple[Step, ...]) -> str | None:
    """None for what names no day that a note would be filed under: a year, a quarter, 12-11-10, 5年前."""
    names = tuple(step.name for step in steps)
    if names in _DATED:
        return _DATED[names]
    if names[-1] in _SAME:
        return names[-1]
    return "day" if steps[-1].grain is Grain.DAY and names[-1] not in _NEVER else None


def _moment(text: str, chain: Chain) -> Moment | None:
    """Takes in the 之前 that stands right behind."""
    dated = tuple(step for step in chain.steps if step.name not in _OF_DAY)
    kind = _kind(dated)
    if kind is None:
        return None
    match = _BEFORE.match(text, chain.end)
    part = next((_PARTS[step.detail] for step in chain.steps if step.name == "part"), None)
    return Moment(
        chain.start,
        match.end() if match else chain.end,
        kind,
        Chain(chain.start, chain.end, dated),
        _hour(text, chain),
        part,
        kind == "within" or match is not None,
    )


def _hour(text: str, chain: Chain) -> time | None:
    """Without a part of the day, 1 to 6 o'clock is in the afternoon: visits are made by day."""
    said = [step for step in chain.steps if step.name in _OF_DAY]
    if not said or said[-1].name != "clock":
        return None
    found = Chain(0, 0, tuple(said)).read(periods.midnight(date.min), Tense.PAST)
    assert found is not None
    hour = found.start.time()
    bare = len(said) == 1 and 1 <= hour.hour <= 6 and text[said[-1].start] != "0"
    return hour.replace(hour=hour.hour + 12) if bare else hour
