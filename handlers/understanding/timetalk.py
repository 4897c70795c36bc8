"""How Chinese tells time: a chain of words, each of which narrows the period that the words before it named.

去年 | 十月 | 最后一个星期一 | 下午 | 三点半: a year, a month within it, a Monday within that, a part of the day, an
hour. Some words start from now instead (今天, 下周, 三天后). What a chain leaves unsaid before its first word is
filled by the nearest that fits: 20号 is the last 20th in a report, the next in a plan.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.understanding import periods
from handlers.understanding.periods import Grain, Period, Tense
from handlers.understanding.timewords import RULES, Step, part_of_day
from handlers.understanding.words import table

_TOLD: dict[str, str] = table("moments")["parts_told"]
_FAR = 8
"""So many years may lie between two days of that name: 2月29日."""
_GLUE = re.compile(" ?的? ?")
_TITLE = re.compile("《[^《》]{1,40}》")
_BESIDE = re.compile(
    r"[(]?(?:周|星期|礼拜)[一二三四五六日天][)]?|,(?:周|星期|礼拜)[一二三四五六日天](?=[,。]|$)"
)
_DATED = ("day", "date", "month_day")
_IN_BRACKETS = re.compile(r"[(（][^()（）]{1,8}[)）]")


@dataclass(frozen=True, slots=True)
class Chain:
    """Words that tell one time together."""

    start: int
    end: int
    steps: tuple[Step, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(step.name for step in self.steps)

    def read(self, now: datetime, tense: Tense) -> Period | None:
        """None where there is no such time (2月30日), or none is told (改天)."""
        choose = self.steps[0].choose
        if choose is None:
            return next(iter(self.fitting(now)), None)
        return choose(self.fitting(now), now, tense) or choose(self.fitting(now, _FAR), now, tense)

    def fitting(self, now: datetime, reach: int = 2) -> list[Period]:
        """Every period about `now` that may be meant, in order; one at most where the first word settles it.

        `reach` is how many years, months or weeks to look back and ahead.
        """
        base = periods.holding(now, self.steps[0].of)
        turns = range(-reach, reach + 1) if self.steps[0].choose else range(1)
        try:
            return [found for turn in turns if (found := self._narrowed(periods.beside(base, turn)))]
        except (OverflowError, ValueError):
            return []

    def _narrowed(self, period: Period | None) -> Period | None:
        for step in self.steps:
            if period is not None:
                period = step.pick(period)
        return period


def chains(text: str, taken: Iterable[tuple[int, int]] = ()) -> list[Chain]:
    """The times that a normalised text tells, in order and without overlaps; what is `taken` or a 《title》 tells none."""
    blocked = [*taken, *(match.span() for match in _TITLE.finditer(text))]
    words = _by_start(text, blocked)
    found: list[Chain] = []
    for start in sorted(words):
        if not found or start >= found[-1].end:
            longest = max(_from(text, words, start, None), key=lambda steps: steps[-1].end, default=())
            if longest:
                found.append(Chain(start, _end(text, longest[-1]), longest))
    return found


def _by_start(text: str, blocked: Sequence[tuple[int, int]]) -> dict[int, list[Step]]:
    words: dict[int, list[Step]] = {}
    for rule in RULES:
        for step in rule.steps(text):
            if all(step.end <= begin or step.start >= end for begin, end in blocked):
                words.setdefault(step.start, []).append(step)
    return words


def _from(text: str, words: dict[int, list[Step]], at: int, last: Step | None) -> Iterable[tuple[Step, ...]]:
    """Every chain of words from `at` on."""
    for step in words.get(at, ()):
        if _follows(last, step) if last else _opens(text, step):
            told = _told(text, step)
            yield told
            for behind in _behind(text, step):
                for rest in _from(text, words, behind, told[-1]):
                    yield (*told, *rest)


def _behind(text: str, step: Step) -> set[int]:
    """Where the next word may begin: at once, after 的, or after what only says the same day again."""
    ends = {step.end, _end(text, step)}
    return ends | {glue.end() for end in ends if (glue := _GLUE.match(text, end))}


def _told(text: str, step: Step) -> tuple[Step, ...]:
    """今晚 is two words in one: a day, and a part of it."""
    part = _TOLD.get(text[step.start : step.end]) if step.name == "relative" else None
    if part is None:
        return (step,)
    return step, Step(step.end, step.end, "part", Grain.PART, Grain.DAY, part_of_day(part), detail=part)


def _follows(last: Step, step: Step) -> bool:
    """Each word is finer than the one before, and counted within it; the clock goes with whatever names a day."""
    if step.grain <= last.grain:
        return False
    return step.inner or step.of is last.grain or (step.of is Grain.DAY and last.grain >= Grain.WEEK)


def _opens(text: str, step: Step) -> bool:
    if step.name == "part":
        return len(step.detail) > 1
    return not step.inner and (step.name != "clock" or _is_clock(text, step))


def _is_clock(text: str, step: Step) -> bool:
    """An hour without a day must look like one: not 一点兴趣, not part of a number or a model."""
    before = text[max(0, step.start - 1) : step.start]
    if before == "-" and ":" in text[step.start : step.end]:
        return True
    if before and (
        before.isdecimal()
        or (before.isascii() and before.isalpha())
        or before in ".-/第有快早晚差百千零一二三四五六七八九十"
    ):
        return before in "早晚"
    said = text[step.start : step.end].rstrip("钟")
    return said not in ("一点", "两点", "三点") or bool(
        re.compile("钟|去|到|在|开|见|来|半|$|[ ,]").match(text, step.end)
    )


def _end(text: str, step: Step) -> int:
    """With the weekday beside a date (3月5号周四), or the date in brackets beside a weekday, taken in."""
    if step.grain is not Grain.DAY:
        return step.end
    pattern = _IN_BRACKETS if step.name == "weekday" else _BESIDE if step.name in _DATED else None
    match = pattern.match(text, step.end) if pattern else None
    return match.end() if match else step.end
