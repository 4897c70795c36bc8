"""The words that tell time, and what each of them picks out of the period that the words before it named.

At the end of this module every word stands with its spellings; `timetalk` joins words into chains.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from handlers.understanding import almanac, lunar
from handlers.understanding import periods as p
from handlers.understanding.numerals import value
from handlers.understanding.periods import Grain, Period, Pick, Tense
from handlers.understanding.words import table

_WORDS = table("moments")


def _longest(items: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, items), key=len, reverse=True))


_N = r"(?:\d+|[零〇一二两三四五六七八九十半]+)"
_DAY = r"(?:3[01]|[12]\d|0?[1-9]|三十一?|卅一?|二?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[一二三四五六七八九])"
_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_LUNAR_MONTH = r"(?:十[一二]?|[一二三四五六七八九])月"
_YEAR = r"(?:\d{4}|[一二][零〇一二三四五六七八九]{3})"
_WEEK = r"(?:周|星期|礼拜)"
_REL = r"(?P<rel>上上|下下|[上下这本])个?"
_SHIFT = {"上上": -2, "上": -1, "下": 1, "下下": 2}
_WEEKDAY = r"(?P<wd>[一二三四五六日天]|[1-7](?![\d天个次台年]))(?!次|两次|到两|个月|家|至两)"
_EXACT = r"秒钟?|分钟|个?(?:小时|钟头)"
_PLACES = "楼|线|机|门|店|院|仓|车|梯|厂|炉|窑|来人|员|库|桌|房|码|电|地|井|塔|泵"
"""What a number before 号 may also be of: 3号楼."""
_UNIT = {
    "天": "day",
    "日": "day",
    "周": "week",
    "期": "week",
    "拜": "week",
    "月": "month",
    "年": "year",
    "时": "hour",
    "头": "hour",
    "分": "minute",
    "秒": "second",
}
_GRAIN = {"day": Grain.DAY, "week": Grain.WEEK, "month": Grain.MONTH, "year": Grain.YEAR}


_ENDLESS = 1e9
"""A count that no calendar holds; larger ones would be no integers."""


def number(text: str | None) -> int:
    """0 where there is none."""
    found = value(text.replace("卅", "三十")) if text else None
    return int(min(found, _ENDLESS)) if found is not None else 0


def count(text: str) -> float:
    """一 is 1, 半 a half, 一个半 one and a half."""
    return number(text.replace("半", "")) + 0.5 * ("半" in text)


def unit(text: str) -> str:
    return next(_UNIT[char] for char in reversed(text) if char in _UNIT)


# -- what is left unsaid: which of the periods that fit ----------------------------------------------

Choose = Callable[[Sequence[Period], datetime, Tense], Period | None]


def nearest(fitting: Sequence[Period], now: datetime, tense: Tense) -> Period | None:
    """The last that has begun, in a report; the first that isn't over, in a plan. Today counts in both."""
    if tense is Tense.PAST:
        return next((each for each in reversed(fitting) if each.start.date() <= now.date()), None)
    return next((each for each in fitting if each.last >= now.date()), None)


def another(fitting: Sequence[Period], now: datetime, tense: Tense) -> Period | None:
    """As `nearest`, but a plan never means today: 周三 said on a Wednesday is the next."""
    if tense is Tense.PAST:
        return nearest(fitting, now, tense)
    return next((each for each in fitting if each.start.date() > now.date()), None)


def unless_over(fitting: Sequence[Period], now: datetime, tense: Tense) -> Period | None:
    """This month's (月底), or the next in a plan that comes too late for it."""
    this = p.holding(now, Grain.MONTH)
    if tense is Tense.PAST:
        return next((each for each in fitting if this.start <= each.start < this.end), None)
    return next((each for each in fitting if each.start >= this.start and each.last >= now.date()), None)


def coming(fitting: Sequence[Period], now: datetime, tense: Tense) -> Period | None:
    """Festivals are looked forward to: 五一前 is before the next, in a report too."""
    return another(fitting, now, Tense.FUTURE)


# -- words -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a chain: out of a period of size `of`, it picks one of size `grain`.

    `choose` settles which `of` is meant where the chain begins here; without it, that which holds now. An
    `inner` word cannot begin a chain. `detail` is the part of the day, for a word that tells one.
    """

    start: int
    end: int
    name: str
    grain: Grain
    of: Grain
    pick: Pick
    choose: Choose | None = None
    inner: bool = False
    detail: str = ""


Make = Callable[[re.Match[str]], Pick | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of word: how it is spelt and what it picks; the rest is as in `Step`."""

    name: str
    grain: Grain
    of: Grain
    make: Make
    spelt: re.Pattern[str]
    choose: Choose | None
    inner: bool

    def steps(self, text: str) -> Iterator[Step]:
        for match in self.spelt.finditer(text):
            if pick := self.make(match):
                part = match.groupdict().get("part") or ""
                start, end = match.span("word")
                yield Step(start, end, self.name, self.grain, self.of, pick, self.choose, self.inner, part)


RULES: list[Rule] = []


def _word(
    name: str, grain: Grain, of: Grain, make: Make, choose: Choose | None = None, *, inner: bool = False
) -> Callable[..., None]:
    """Takes spellings; a word is also found where it begins within another (周一早上 holds 一早)."""

    def spelt(*patterns: str) -> None:
        for pattern in patterns:
            RULES.append(Rule(name, grain, of, make, re.compile(f"(?=(?P<word>{pattern}))"), choose, inner))

    return spelt


def _constant(found: Period | None) -> Pick | None:
    return (lambda within: found) if found else None


def _beside(match: re.Match[str]) -> Pick:
    """上, 这, 下 and 下下 before a unit."""
    return partial(p.beside, count=_SHIFT.get(match["rel"], 0))


def _part_of_months(match: re.Match[str], size: int, grain: Grain, index: int) -> Pick:
    return lambda within: p.months(almanac.add_months(within.start.date(), size * index), size, grain)


# Centuries to months.


def _century(match: re.Match[str]) -> Pick | None:
    first = 100 * (number(match["n"]) - 1)
    return _constant(p.months(date(first, 1, 1), 1200, Grain.CENTURY)) if 0 < first < 9000 else None


def _decade(match: re.Match[str]) -> Pick:
    return _part_of_months(match, 120, Grain.DECADE, number(match["n"]) // 10)


def _year(match: re.Match[str]) -> Pick | None:
    """2008年, 零八年 and 08年 are one year; 98年 is the last century's."""
    said = number(match["y"])
    year = said + (2000 if said < 70 else 1900) if len(match["y"]) == 2 else said
    return _constant(p.months(date(year, 1, 1), 12, Grain.YEAR)) if 0 < year < 9999 else None


def _reign(match: re.Match[str]) -> Pick | None:
    """民国三年: the third year of a reign; 元年 is the first."""
    year = _WORDS["reigns"][match["reign"]] + (number(match["n"]) or 1) - 1
    return _constant(p.months(date(year, 1, 1), 12, Grain.YEAR)) if year < 9999 else None


def _year_beside(match: re.Match[str]) -> Pick:
    return partial(p.beside, count=_WORDS["years"][match["word"]])


def _half(match: re.Match[str]) -> Pick:
    return _part_of_months(match, 6, Grain.HALF, match["half"] in "下后")


def _quarter(match: re.Match[str]) -> Pick:
    return _part_of_months(match, 3, Grain.QUARTER, number(match["n"] or match["q"]) - 1)


def _month(match: re.Match[str]) -> Pick:
    return _part_of_months(match, 1, Grain.MONTH, number(match["m"]) - 1)


def _third(match: re.Match[str]) -> Pick:
    """上旬, 中旬 and 下旬: ten days each, the last what is left."""
    index = "上中下".index(match["third"])
    return lambda within: p.joined(p.units(within, Grain.DAY)[10 * index : 10 * index + 10 + (index == 2)])


def _half_month(match: re.Match[str]) -> Pick:
    return lambda within: p.joined(
        p.units(within, Grain.DAY)[slice(15) if match["half"] in "上前" else slice(15, None)]
    )


# Weeks and what is counted within a larger unit.


def _half_week(match: re.Match[str]) -> Pick:
    return lambda within: p.joined(
        p.units(within, Grain.DAY)[slice(3) if match["half"] in "上前" else slice(3, None)]
    )


def _weekday_number(word: str) -> int:
    """Monday is 0."""
    return "一二三四五六日".index(word.translate(str.maketrans("1234567天末", "一二三四五六日日日")))


def _weekday(match: re.Match[str]) -> Pick:
    index, shift = _weekday_number(match["wd"]), _SHIFT.get(match["rel"] or "", 0)
    return lambda within: p.nth_day(p.beside(within, shift), index + 1)


def _weekend(match: re.Match[str]) -> Pick:
    shift = _SHIFT.get(match["rel"] or "", 0)
    return lambda within: p.joined(p.units(p.beside(within, shift), Grain.DAY)[5:])


def _this_weekend(fitting: Sequence[Period], now: datetime, tense: Tense) -> Period | None:
    this = p.holding(now, Grain.WEEK)
    return (
        nearest(fitting, now, tense)
        if tense is Tense.PAST
        else next(e for e in fitting if e.start >= this.start)
    )


def _nth(match: re.Match[str]) -> Pick:
    """第一周 and 第九个月 of what was named; 最后一天 counts from its end."""
    grain = _GRAIN[unit(match["u"])]
    return lambda within: _at(p.units(within, grain), number(match["n"]))


def _at(items: Sequence[Period], place: int) -> Period | None:
    """Counted from 1; 0 is the last."""
    return items[place - 1] if items and place <= len(items) else None


def _nth_weekday(match: re.Match[str]) -> Pick:
    wanted = _weekday_number(match["wd"])
    return lambda within: _at(
        [day for day in p.units(within, Grain.DAY) if day.start.weekday() == wanted], number(match["n"])
    )


def _first_or_last(match: re.Match[str]) -> Pick:
    """前十天 and 最后三周 of what was named."""
    grain, size = _GRAIN[unit(match["u"])], number(match["n"]) or 1
    return lambda within: p.joined(
        p.units(within, grain)[:size] if match["side"] in "前头" else p.units(within, grain)[-size:]
    )


# Days.


def _date(match: re.Match[str]) -> Pick | None:
    said = match["y"]
    year = number(said) + (2000 if len(said) == 2 else 0)
    try:
        return _constant(p.one_day(date(year, number(match["m"]), number(match["d"]))))
    except ValueError:
        return None


def _day(match: re.Match[str]) -> Pick:
    return lambda within: p.nth_day(within, number(match["d"]))


def _month_and_day(match: re.Match[str]) -> Pick:
    month = _month(match)
    return lambda within: p.nth_day(month(within) or within, number(match["d"]))


def _edge(match: re.Match[str]) -> Pick:
    """月初 is the first day, 月中 the 15th, 月底 and 年底 the last."""
    place = {"初": 1, "中": 15}.get(match["edge"], -1)
    return lambda within: p.nth_day(within, place)


def _day_beside(match: re.Match[str]) -> Pick:
    return partial(p.beside, count=_WORDS["days"][match["day"]])


def _festival(match: re.Match[str]) -> Pick:
    return lambda within: p.one_day(almanac.festival(match["name"], within.start.year))


def _lunar(match: re.Match[str]) -> Pick | None:
    """正月初八, 腊月廿三, 农历八月十五; 大年三十 and 年廿八 belong to the year's end, 大年初一 to its beginning."""
    month, day = match["lm"], number(match["ld"].replace("初", "").replace("廿", "二十"))
    if month in ("大年", "年"):
        if day >= 30:
            return lambda within: p.one_day(lunar.eve(within.start.year))
        return lambda within: p.one_day(lunar.day(within.start.year - (day > 15), 12 if day > 15 else 1, day))
    index, said = (
        {"正": 1, "冬": 11, "腊": 12}.get(month[0]) or number(month[:-1]),
        number(match.groupdict().get("y")),
    )
    return lambda within: p.one_day(lunar.day(said or within.start.year, index, day))


# Counted from now.


def _away(match: re.Match[str], sign: int) -> Pick:
    """三天后 and 5年前 are days, 10分钟之前 is a point in time; working days leave out holidays."""
    said, size = match["u"], count(match["n"])
    if "工作日" in said:
        return lambda within: p.one_day(almanac.add_workdays(within.start.date(), int(size)))
    if unit(said) in ("hour", "minute", "second"):
        return lambda within: _point(p.moved(within.start, sign * size, unit(said)))
    return lambda within: p.one_day(p.moved(within.start, sign * _whole(size, said), unit(said)).date())


def _whole(size: float, said: str) -> float:
    """Half days and weeks are whole days in a diary."""
    return size if unit(said) in ("month", "year") else float(int(size))


def _point(at: datetime) -> Period:
    return Period(at, at, Grain.NOW)


def _ahead(match: re.Match[str]) -> Pick:
    return _away(match, 1)


def _ago(match: re.Match[str]) -> Pick:
    return _away(match, -1)


def _within(match: re.Match[str]) -> Pick:
    """三天内: from now on, up to the end of the day that 三天后 names."""
    until = _away(match, 1)
    return lambda within: _until(within.start, until(within))


def _until(now: datetime, last: Period | None) -> Period | None:
    return Period(now, last.start, Grain.SPAN if last.grain is Grain.DAY else Grain.NOW) if last else None


def _stretch(match: re.Match[str]) -> Pick:
    """前一周, 过去十年, 后一年, 之后5分钟: so many units up to now or from now on; whole days leave out today."""
    size, said, back = count(match["n"]), unit(match["u"]), match["side"] in _WORDS["stretch"]["back"]
    exact = said in ("hour", "minute", "second")

    def pick(within: Period) -> Period:
        at = within.start if exact else p.midnight(within.start.date()) + timedelta(days=not back)
        other = p.moved(at, -size if back else size, said)
        return _between(at, other, Grain.NOW if exact else Grain.SPAN)

    return pick


def _between(one: datetime, other: datetime, grain: Grain) -> Period:
    return Period(min(one, other), max(one, other), grain)


def _last_hour(match: re.Match[str]) -> Pick:
    """上个小时: the sixty minutes before now."""
    shift = _SHIFT[match["rel"]]
    return lambda within: _between(within.start, p.moved(within.start, shift, unit(match["u"])), Grain.NOW)


def _nothing(match: re.Match[str]) -> Pick:
    return lambda within: None


# The clock.


def _part(match: re.Match[str]) -> Pick:
    return part_of_day(match["part"])


def part_of_day(word: str) -> Pick:
    begin, end = _WORDS["hours"].get(word) or _WORDS["hours"][_WORDS["parts"][word]]
    return lambda within: Period(
        within.start + timedelta(hours=begin), within.start + timedelta(hours=end), Grain.PART
    )


def _clock(match: re.Match[str]) -> Pick:
    """三点半; with a part of the day, of 3:30, 15:30 and so on that which is nearest to its middle."""
    minute = int(match["mm"]) if match["mm"] else number(match["m2"])
    minute = 30 if match["half"] else 15 * number(match["q"]) if match["q"] else minute
    said = timedelta(hours=number(match["h"]), minutes=minute)

    def pick(within: Period) -> Period:
        midnight = p.midnight(within.start.date())
        around = [midnight + said + timedelta(hours=12 * turns) for turns in range(3)]
        if within.grain is not Grain.PART or said >= timedelta(hours=13):
            around = around[:1]
        middle = within.start + (within.end - within.start) / 2
        at = min(around, key=lambda each: abs(each - middle))
        return Period(at, at, Grain.HOUR)

    return pick


# -- every word: name, size, within what it is counted, what it picks, what settles the unsaid; spellings

_PART = rf"(?P<part>{_longest(x for x in _WORDS['parts'] if len(x) > 1)}|[早晚](?=[一二三四五六七八九十\d]))"
_CLOCK = (
    r"(?P<h>2[0-4]|1\d|0?\d|十[一二]?|二十[一二三]?|[一二两三四五六七八九])"
    r"(?:[:](?P<mm>[0-5]\d)(?!\d)|点(?!数|儿|位|了?多|心|子|\d?[万亿%])钟?(?:(?P<half>半)|(?P<q>[一三])刻"
    r"|(?P<m2>[1-5]?\d|[一二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九])"
    r"(?!个|台|千|万|百|块|公|[%％]|\d)分?)?)(?!(?:[一二三四五六七八九\d]+)?[万亿%公])"
)
_WRITTEN_CLOCK = (
    r"(?<![\d零〇一二三四五六七八九十百.第个几])(?P<h>2[0-4]|1\d|0?\d|十[一二]?|二十[一二三]?|[一二三四五六七八九])时"
    r"(?:(?P<half>半)|(?P<q>[一三])刻|(?P<m2>[1-5]?\d|[一二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九])分|整|(?=[,，。;； ]|$))(?P<mm>(?!))?"
)
_SIDES = _longest(word for side in _WORDS["stretch"].values() for word in side)
_FESTIVALS = _longest(name for kind in _WORDS["festivals"].values() for name in kind)
_ALONE = r"(?<![\d零〇一二两三四五六七八九十.])"
"""No number before it that it could be the end of."""

_word("century", Grain.CENTURY, Grain.CENTURY, _century)(rf"(?P<n>{_N})世纪")
_word("decade", Grain.DECADE, Grain.CENTURY, _decade, nearest)(
    rf"{_ALONE}(?P<n>[一二三四五六七八九]十|\d0)年代"
)
_word("year", Grain.YEAR, Grain.CENTURY, _year)(
    rf"{_ALONE}(?P<y>{_YEAR}|0\d|[零〇][一二三四五六七八九]) ?年(?!代|级)",
    rf"{_ALONE}(?P<y>\d\d|[一二三四五六七八九][零〇一二三四五六七八九])年(?={_MONTH}月)",
    rf"{_ALONE}(?P<y>\d{{4}})(?= ?[\-~–—到至] ?\d{{4}} ?年)",
)
_word("year", Grain.YEAR, Grain.CENTURY, _reign)(
    rf"(?P<reign>{_longest(_WORDS['reigns'])})(?:元|(?P<n>{_N}))年"
)
_word("year", Grain.YEAR, Grain.YEAR, _year_beside)(_longest(_WORDS["years"]))
_word("half", Grain.HALF, Grain.HALF, _beside)(rf"{_REL}半年")
_word("half", Grain.HALF, Grain.YEAR, _half)(r"(?P<half>[上下前后])半年")
_word("quarter", Grain.QUARTER, Grain.QUARTER, _beside)(rf"{_REL}季度")
_word("quarter", Grain.QUARTER, Grain.YEAR, _quarter)(
    r"第?(?P<n>[一二三四1-4])季度|(?<![A-Za-z])[Qq](?P<q>[1-4])(?!\d)"
)
_word("this_month", Grain.MONTH, Grain.MONTH, _beside)(r"(?P<rel>上|下下?|[这本当])个?月(?:份)?")
_word("month", Grain.MONTH, Grain.YEAR, _month, nearest)(rf"{_ALONE}(?P<m>{_MONTH})月(?:份)?")
_word("third", Grain.THIRD, Grain.MONTH, _third)(r"(?P<third>[上中下])旬")
_word("half_month", Grain.THIRD, Grain.MONTH, _half_month)(r"(?P<half>[上下前后])半个?月")

_word("week", Grain.WEEK, Grain.WEEK, _beside)(rf"{_REL}{_WEEK}(?![一二三四五六日天末1-7])")
_word("half_week", Grain.SPAN, Grain.WEEK, _half_week)(rf"(?P<half>[上下前后])半个?{_WEEK}")
_word("weekend", Grain.SPAN, Grain.WEEK, _weekend)(rf"{_REL}{_WEEK}末")
_word("weekend", Grain.SPAN, Grain.WEEK, _weekend, _this_weekend)(rf"(?P<rel>){_WEEK}末")
_word("weekday", Grain.DAY, Grain.WEEK, _weekday)(rf"{_REL}{_WEEK}{_WEEKDAY}")
_word("weekday", Grain.DAY, Grain.WEEK, _weekday, another)(rf"(?P<rel>){_WEEK}{_WEEKDAY}")

_word("nth", Grain.MONTH, Grain.YEAR, _nth, inner=True)(rf"(?:第(?P<n>{_N})|最后一?)(?P<u>个月)")
_word("nth", Grain.WEEK, Grain.MONTH, _nth, inner=True)(
    rf"(?:第(?P<n>{_N})|最后一?)(?P<u>周|个?星期|个?礼拜)(?![一二三四五六日天末1-7])"
)
_word("nth", Grain.DAY, Grain.WEEK, _nth, inner=True)(rf"(?:第(?P<n>{_N})|最后一?)(?P<u>天)")
_word("nth", Grain.DAY, Grain.WEEK, _nth_weekday, inner=True)(
    rf"(?:第(?P<n>{_N})|最后一?)个?{_WEEK}{_WEEKDAY}"
)
_word("first_or_last", Grain.SPAN, Grain.WEEK, _first_or_last, inner=True)(
    rf"(?P<side>前|头|最后|后) ?(?P<n>{_N}) ?(?P<u>天|日|周|个?星期|个?礼拜|个月)"
)

_word("date", Grain.DAY, Grain.DAY, _date)(
    rf"(?<![\d.])(?P<y>(?:19|20)\d\d)[\-/.年](?P<m>{_MONTH})[\-/.](?P<d>{_DAY})[日号]?(?!\d)",
    rf"(?<![\d.\-/])(?P<d>{_DAY})/(?P<m>{_MONTH})/(?P<y>\d{{4}})(?!\d)",
    rf"(?<=-)(?P<d>{_DAY})/(?P<m>{_MONTH})/(?P<y>\d{{4}})(?!\d)",
)
_word("short_date", Grain.DAY, Grain.DAY, _date)(
    rf"(?<![\dA-Za-z.\-/])(?P<y>\d\d)-(?P<m>{_MONTH})-(?P<d>{_DAY})(?![\dA-Za-z.\-/])"
)
_word("month_day", Grain.DAY, Grain.YEAR, _month_and_day, nearest)(
    r"(?<![\d.A-Za-z/\-])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/.%台月人])",
    r"(?<![\d.A-Za-z/\-])(?P<m>1[0-2]|0?[1-9])\.(?P<d>3[01]|[12]\d|0?[1-9])(?=之?前|号|日|生日|去|见|到|上午|下午|晚上| ?以前|$)(?![\d.])",
)
_word("day", Grain.DAY, Grain.MONTH, _day, inner=True)(
    rf"(?<=[月份的])(?P<d>{_DAY})[日号](?!{_PLACES})",
    rf"(?<=[一二三四五六七八九十\d]月)(?P<d>{_DAY})(?![\d万千百个多来台份年十日号])",
)
_word("day", Grain.DAY, Grain.MONTH, _day, another)(
    rf"(?<![\d.A-Za-z\-第#])(?P<d>{_DAY})号(?!{_PLACES}|\d)",
    r"(?<![\d.A-Za-z第#零〇一二三四五六七八九十])(?P<d>3[01]|[12]\d|0?[1-9]|三十一?|卅一?|廿[一二三四五六七八九]?|二?十[一二三四五六七八九]|二十)日(?![内后均常报本期历语元用程志])",
)
_word("month_edge", Grain.DAY, Grain.MONTH, _edge, unless_over)(r"(?<!周)月(?P<edge>[底末初中])(?!旬)")
_word("month_edge", Grain.DAY, Grain.MONTH, _edge, inner=True)(r"(?<=[月份])(?P<edge>[底末初中])(?!旬)")
_word("quarter_end", Grain.DAY, Grain.QUARTER, _edge)(r"(?:这个?|本)?季度?(?P<edge>[底末])")
_word("quarter_end", Grain.DAY, Grain.QUARTER, _edge, inner=True)(r"(?<=季度)(?P<edge>[底末])")
_word("year_end", Grain.DAY, Grain.YEAR, _edge)(r"年(?P<edge>[底末])")
_word("year_end", Grain.DAY, Grain.YEAR, _edge, inner=True)(r"(?<=年)(?P<edge>[底末])")
_word("relative", Grain.DAY, Grain.DAY, _day_beside)(rf"(?P<day>{_longest(_WORDS['days'])})")
_word("festival", Grain.DAY, Grain.YEAR, _festival, coming)(
    rf"(?<![百千万一二三四五六七八九\d])(?P<name>{_FESTIVALS})(?:节|(?!节))(?!后|月|工业|路|街|号|区|点|[0-9]|[万千百个台条块支只])"
)
_word("lunar", Grain.DAY, Grain.YEAR, _lunar, nearest)(
    r"(?P<lm>腊月|正月|冬月|大年|(?<![一二两三四五六七八九十几半多\d])年)(?P<ld>初?(?:二?十[一二三四五六七八九]?|三十|廿[一二三四五六七八九]?|[一二三四五六七八九]))(?![月年个万号一二三四五六七八九])(?<!年[一二三四五六七八九])",
    rf"{_ALONE}(?P<lm>{_LUNAR_MONTH})(?P<ld>初[一二三四五六七八九十]|廿[一二三四五六七八九])",
    rf"[农阴]历(?:(?P<y>{_YEAR})年)?(?P<lm>{_LUNAR_MONTH}|[正冬腊]月)(?P<ld>初?(?:二?十[一二三四五六七八九]?|三十|廿[一二三四五六七八九]?|[一二三四五六七八九]))",
)
_word("vague", Grain.DAY, Grain.DAY, _nothing)("|".join(_WORDS["vague"]))

_word("within", Grain.SPAN, Grain.NOW, _within)(
    rf"(?P<n>{_N})(?P<u>个?工作日|天|日|个?(?:星期|礼拜)|周|个月|个?(?:小时|钟头)|年)(?:之|以)?内"
)
_word("after", Grain.DAY, Grain.NOW, _ahead)(
    rf"(?:过个?)?(?P<n>{_N})(?P<u>个?工作日|天|个?(?:星期|礼拜)|周|个月|年)(?:之|以)?后(?!天)",
    r"[过隔](?P<n>两|三|几|1|2|3)(?P<u>天|日)(?!一)",
    rf"[过隔](?P<n>{_N})(?P<u>个?(?:星期|礼拜)|周|个月)",
)
_word("ago", Grain.DAY, Grain.NOW, _ago)(
    rf"(?P<n>{_N})(?P<u>天|个?(?:星期|礼拜)|周|个月)(?:之|以)?前(?!把|给|出|交|要|回|必须|答|发|送)"
)
_word("within", Grain.DAY, Grain.NOW, _ahead)(
    rf"(?P<n>{_N})(?P<u>天|个?(?:星期|礼拜)|周|个月)(?=(?:之|以)?前)"
)
_word("ago", Grain.DAY, Grain.NOW, _ago)(r"前(?P<n>两|三|几)(?P<u>天)")
_word("long_ago", Grain.DAY, Grain.NOW, _ago)(rf"(?P<n>{_N})(?P<u>年)(?:之|以)?前")
_word("moment_ago", Grain.NOW, Grain.NOW, _ago)(rf"(?P<n>{_N}(?:个半)?) ?(?P<u>{_EXACT})(?:之|以)?前")
_word("moment_ahead", Grain.NOW, Grain.NOW, _ahead)(
    rf"(?:过)?(?P<n>{_N}(?:个半)?) ?(?P<u>{_EXACT})(?:之|以)?后"
)
_word("stretch", Grain.SPAN, Grain.NOW, _stretch)(
    rf"(?<![以然最])(?P<side>{_SIDES}) ?(?P<n>{_N}) ?(?P<u>天|日|周|个?(?:星期|礼拜)|个月|年|{_EXACT})"
)
_word("stretch", Grain.NOW, Grain.NOW, _last_hour)(rf"{_REL}(?P<u>小时|钟头|钟)")

_word("part", Grain.PART, Grain.DAY, _part)(_PART)
_word("clock", Grain.HOUR, Grain.DAY, _clock)(_CLOCK, _WRITTEN_CLOCK)
