"""Looser forms of days, hours and sums that alone could be anything; where a model points at them, they are read.

Still grammars: each yields only what the words can mean. A model's value picks among those or fits none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time

from handlers.understanding import moments, numerals
from handlers.understanding.moments import Moment, Tense
from handlers.understanding.words import table, words

# -- days ------------------------------------------------------------------------------------------

_FESTIVALS = "|".join(name for names in table("moments")["festivals"].values() for name in names)
_REWRITTEN = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (rf"({_FESTIVALS})节(?=前|之前|以前)", r"\1"),
        (r"廿", "二十"),
        (r"(?<![\d.])(1[0-2]|0?[1-9])\.(3[01]|[12]\d|0?[1-9])(?![\d.])", r"\1月\2号"),
        (r"(?<=[\d一二三四五六七八九十])日", "号"),
        (r"月(?:的)?(?:最后一天|尾)", "月底"),
        (r"月(?:的)?头(?:上|里)?", "月初"),
        (r"俩(?=月|星期|礼拜)", "两个"),
        (r"仨(?=月|星期|礼拜)", "三个"),
        (r"(?<=[今明后昨前])儿个?", "天"),
        (r"昨(?![天日晚])", "昨天"),
    )
)
_BARE = {"day": 92, "weekday": 14, "month_day": 400}
"""Days around now within which a bare 27号, 周三 or 9月2号 may lie, where the context tells which is meant."""
_SIGN = re.compile(r"[上下这本当]")


def plainly(text: str) -> str:
    """Ways of writing a day that the grammar doesn't know, in one that it does."""
    for pattern, new in _REWRITTEN:
        text = pattern.sub(new, text)
    return text


def days(text: str) -> list[Moment]:
    return [m for m in moments.find(plainly(text)) if m.kind != "vague"]


def may_mean(moment: Moment, said: str, day: date, now: date) -> bool:
    """Whether words may mean a day: in either tense, or, where they bear no sign of which, one near."""
    if any(moment.day(now, tense) == day for tense in Tense):
        return True
    near = abs((day - now).days) <= _BARE.get(moment.kind, -1)
    return near and _SIGN.search(said) is None and moment.day(day, Tense.PAST) == day


# -- hours -----------------------------------------------------------------------------------------

_HOUR = re.compile(
    r"(?P<h>\d{1,2}|[一二两三四五六七八九十]{1,3})(?:[点时:])"
    r"(?:(?P<half>半)|(?P<q>[一三])刻|(?P<m>\d{1,2}|[一二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九])分?)?"
)


def says_hour(text: str, hour: time) -> bool:
    """Whether the words name that hour; 四点 may be 4:00 or 16:00."""
    return any(
        ((numerals.value(m["h"]) or 0) - hour.hour) % 12 == 0 and _minute(m) == hour.minute
        for m in _HOUR.finditer(text)
    )


def _minute(match: re.Match[str]) -> int:
    if match["half"]:
        return 30
    return (
        15 * int(numerals.value(match["q"]) or 0)
        if match["q"]
        else int(numerals.value(match["m"] or "") or 0)
    )


# -- sums ------------------------------------------------------------------------------------------

_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟圆", "一二三四五六七八九十百千元")
_RUN = re.compile(
    rf"(?:{numerals.ARABIC}|[零〇一二两三四五六七八九十百千万亿半廿块元毛角分wWkK壹贰叁肆伍陆柒捌玖拾佰仟圆来多几]"
    r"|点(?=[\d零一二三四五六七八九])| (?=[十百千万亿元块]))+"
)
_COINS = re.compile(
    r"(?P<a>[^块元毛角]*)(?:(?P<big>[块元])(?P<b>[\d零一二两三四五六七八九]{0,2}))?(?:(?P<c>[\d零一二两三四五六七八九])?[毛角](?P<d>[\d一二两三四五六七八九])?分?)?"
)
_NEXT = re.compile(r"[一两](?![十百千万亿])|[一二两三四五六七八九十\d]+[月号点天年周日]")
_COUNTED = re.compile(rf"(?:{'|'.join(map(re.escape, words('money', 'measures')))})(?!款)")
_SURELY = re.compile(r"[块元毛角圆kKwW]|[百千万亿][一二三四五六七八九]$")
"""Money, or cut short as only money is (一万五)."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that may be a sum, in yuan, and where it stands in its text; `whole`: nothing numeric follows it."""

    start: int
    end: int
    low: float
    high: float | None
    whole: bool
    approximate: bool = False


def sums(text: str) -> Iterator[Number]:
    """Every number as a sum; where another one follows at once (七块五一平, 四百二一令), also without that."""
    for run in _RUN.finditer(text):
        for size in range(len(run[0]), 0, -1):
            number, following = run[0][:size], text[run.start() + size :]
            whole = size == len(run[0])
            counted = whole and _COUNTED.match(following) and not _SURELY.search(number)
            if counted or not (whole or _NEXT.match(following)):
                continue
            for low, high in _worth(number):
                yield Number(run.start(), run.start() + size, low, high, whole)


def _worth(text: str) -> Iterator[tuple[float, float | None]]:
    """What a number is worth in yuan; nothing where it is none."""
    bare = text.translate(_FORMAL).replace(" ", "")
    pair = numerals.spread(bare)
    if pair is not None:
        yield pair
        return
    match = _COINS.fullmatch(bare)
    if match is None:
        return
    if "毛" in bare or "角" in bare:
        dimes = match["c"] or ("" if match["big"] else match["a"])
        yuan = numerals.value(match["a"]) or 0.0 if match["big"] else 0.0
        yield (
            round(
                yuan + (numerals.value(dimes) or 0) / 10 + (numerals.value(match["d"] or "") or 0) / 100, 2
            ),
            None,
        )
        return
    whole = numerals.value(match["a"])
    if whole:
        digits = "".join(str(numerals.DIGITS.get(c, c)) for c in match["b"] or "")
        yield round(whole + float(f"0.{digits or 0}"), 2), None
