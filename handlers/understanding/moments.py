"""Finds days and hours in a note; which day is meant depends on whether a report or a plan speaks of it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum

from handlers.understanding import almanac
from handlers.understanding.numerals import value
from handlers.understanding.words import table


class Tense(Enum):
    PAST = "past"
    FUTURE = "future"


Resolve = Callable[[date, Tense, bool], date | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """One expression. `before` is set by 前, 之前 or 内 behind it; `kind` names the grammar rule.

    A `clock` names only an hour or part of the day; a `vague` one (年前, 下个月) has no day.
    """

    start: int
    end: int
    kind: str
    resolve: Resolve
    hour: time | None = None
    part: str | None = None
    before: bool = False

    def day(self, now: date, tense: Tense) -> date | None:
        try:
            return self.resolve(now, tense, self.before)
        except (OverflowError, ValueError):
            return None


_N = r"(?:\d+|[零〇一二两三四五六七八九十半]+)"
_WEEK = r"(?:周|星期|礼拜)"
_PARTS: dict[str, str] = table("moments")["parts"]
_DAYS: dict[str, int] = table("moments")["days"]
_TOLD: dict[str, str] = table("moments")["parts_told"]


def _longest(items: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, items), key=len, reverse=True))


def _int(text: str | None) -> int:
    number = value(text) if text else None
    return int(number) if number is not None else 0


# -- rules: a pattern and what it means ------------------------------------------------------------


def _relative(match: re.Match[str]) -> Resolve:
    offset = _DAYS[match[0]]
    return lambda now, tense, before: now + timedelta(days=offset)


def _weekday(match: re.Match[str]) -> Resolve:
    sign, digit = match["rel"], match["wd"]
    target = 6 if digit in "日天末7" and digit != "末" else "一二三四五六".find(digit)
    target = int(digit) - 1 if digit.isdecimal() else target
    week = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}.get(sign) if sign else None

    def resolve(now: date, tense: Tense, before: bool) -> date:
        if week is not None:
            return almanac.monday(now) + timedelta(days=7 * week + target)
        if tense is Tense.PAST:
            return now - timedelta(days=(now.weekday() - target) % 7)
        return now + timedelta(days=(target - now.weekday() - 1) % 7 + 1)

    return resolve


def _weekend(match: re.Match[str]) -> Resolve:
    week = {"上": -1, "下": 1, "下下": 2, "上上": -2}.get(match["rel"] or "", 0)

    def resolve(now: date, tense: Tense, before: bool) -> date:
        day = almanac.monday(now) + timedelta(days=5 + 7 * week)
        return day - timedelta(days=7) if tense is Tense.PAST and not match["rel"] and day > now else day

    return resolve


def _week(match: re.Match[str]) -> Resolve:
    week = {"上": -1, "下": 1, "下下": 2, "上上": -2}.get(match["rel"], 0)

    def resolve(now: date, tense: Tense, before: bool) -> date:
        first = almanac.monday(now) + timedelta(days=7 * week)
        if before:
            return first + timedelta(days=6)
        return now if week == 0 else first

    return resolve


def _full_date(match: re.Match[str]) -> Resolve:
    year = {"今年": 0, "明年": 1, "去年": -1}.get(match["y"])
    number = _int(match["y"].rstrip("年")) if year is None else 0
    month, day = _int(match["m"]), _int(match["d"])

    def resolve(now: date, tense: Tense, before: bool) -> date | None:
        exact = now.year + year if year is not None else number + 2000 * (number < 100)
        return almanac.safe_date(exact, month, day)

    return resolve


def _month_day(match: re.Match[str]) -> Resolve:
    month, day = _int(match["m"]), _int(match["d"])

    def resolve(now: date, tense: Tense, before: bool) -> date | None:
        years = range(now.year - 1, now.year + 3)
        days = [d for y in years if (d := almanac.safe_date(y, month, day))]
        if tense is Tense.PAST:
            return max((d for d in days if d <= now), default=None)
        return min((d for d in days if d >= now), default=None)

    return resolve


def _day_of_month(match: re.Match[str]) -> Resolve:
    rel, day = match["rel"], _int(match["d"])
    offset = {"上": -1, "下": 1, "下下": 2}.get(rel.rstrip("个月")) if rel else None
    offset = 0 if rel and rel.rstrip("个月") in ("这", "本", "当") else offset

    def resolve(now: date, tense: Tense, before: bool) -> date | None:
        first = now.replace(day=1)
        if offset is not None:
            base = almanac.add_months(first, offset)
            return almanac.safe_date(base.year, base.month, day)
        months = [almanac.add_months(first, n) for n in (-2, -1, 0, 1, 2)]
        days = [d for m in months if (d := almanac.safe_date(m.year, m.month, day))]
        if tense is Tense.PAST:
            return max((d for d in days if d <= now), default=None)
        return min((d for d in days if d > now), default=None)

    return resolve


def _month_edge(match: re.Match[str]) -> Resolve:
    which, edge = match["which"] or "", match["edge"][-1]
    offset = {"上": -1, "下": 1, "下下": 2}.get(re.sub("[个月]", "", which), 0)
    named = _int(which.rstrip("月份")) if re.match(_N, which) else 0

    def resolve(now: date, tense: Tense, before: bool) -> date:
        first = almanac.add_months(now.replace(day=1), offset)
        if named:
            first = date(now.year + (tense is Tense.FUTURE and named < now.month), min(named, 12), 1)
        day = {
            "底": almanac.month_end(first.year, first.month),
            "末": almanac.month_end(first.year, first.month),
            "初": first,
            "中": first.replace(day=15),
        }[edge]
        if not which and tense is Tense.FUTURE and day < now:
            day = almanac.add_months(first, 1) if edge == "初" else almanac.add_months(day, 1)
        return day

    return resolve


def _quarter_end(match: re.Match[str]) -> Resolve:
    return lambda now, tense, before: almanac.month_end(now.year, (now.month - 1) // 3 * 3 + 3)


def _year_end(match: re.Match[str]) -> Resolve:
    return lambda now, tense, before: date(
        now.year + (match[0].startswith("明")) - (match[0].startswith("去")), 12, 31
    )


def _ahead(match: re.Match[str]) -> Resolve:
    """N days, weeks, months, hours or working days from the day on which the note was sent."""
    return _counted(match["n"], match["u"], -1 if match.groupdict().get("ago") else 1)


def _counted(number: str, unit: str, sign: int) -> Resolve:
    half = "半" in number
    count = _int(number.replace("半", "")) if number != "半" else 0

    def resolve(now: date, tense: Tense, before: bool) -> date:
        if "工作日" in unit:
            return almanac.add_workdays(now, count)
        if "月" in unit:
            return almanac.add_months(now, sign * count) + timedelta(days=15 * half * sign)
        if "年" in unit:
            return almanac.add_months(now, sign * (12 * count + 6 * half))
        if "时" in unit or "钟" in unit:
            return now + timedelta(days=-(-count // 24))
        days = 7 if unit[-1] in "周期拜" else 1
        return now + timedelta(days=sign * count * days)

    return resolve


def _festival(match: re.Match[str]) -> Resolve:
    def resolve(now: date, tense: Tense, before: bool) -> date | None:
        day = almanac.festival(match["name"], now + timedelta(days=1))
        return day - timedelta(days=1) if day and before else day

    return resolve


def _lunar(match: re.Match[str]) -> Resolve:
    month = 12 if match["lm"] in ("腊月", "年廿", "年二十") else 1
    day = _int(match["ld"].replace("初", "").replace("廿", "二十"))
    day = day + 20 if match["lm"] in ("年廿", "年二十") else day
    return lambda now, tense, before: almanac.lunar(month, day, now)


def _nothing(match: re.Match[str]) -> Resolve:
    return lambda now, tense, before: None


def _same_day(match: re.Match[str]) -> Resolve:
    return lambda now, tense, before: now


_MONTH_REL = r"(?:(?:这|本|当)个?月|上个?月|下下?个?月)"
_RULES: tuple[tuple[str, str, Callable[[re.Match[str]], Resolve]], ...] = (
    (
        "date",
        r"(?P<y>20\d\d|今年|明年|去年|\d\d(?=年))[年\-/.]?(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})[月\-/.](?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})[日号]?",
        _full_date,
    ),
    (
        "month_day",
        r"(?P<m>\d{1,2}|[一二三四五六七八九]|十[一二]?)月(?:份)?(?:的)?(?P<d>\d{1,2}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九]|二十[一二三四五六七八九]?)(?:[日号]|(?![\d万千百个多来台份年十]))",
        _month_day,
    ),
    (
        "month_day",
        r"(?<![\d.A-Za-z/\-])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/.%台月人])",
        _month_day,
    ),
    (
        "month_day",
        r"(?<![\d.A-Za-z/\-])(?P<m>1[0-2]|0?[1-9])\.(?P<d>3[01]|[12]\d|0?[1-9])(?=之?前|号|日|生日|去|见|到|上午|下午|晚上| ?以前|$)(?![\d.])",
        _month_day,
    ),
    (
        "day",
        rf"(?P<rel>{_MONTH_REL})的?(?P<d>\d{{1,2}}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[号日](?!楼|线|机|门|店|院|仓|车|梯|厂|炉|窑)",
        _day_of_month,
    ),
    (
        "month_edge",
        rf"(?P<which>{_MONTH_REL}|(?<![万千百亿])(?:1[0-2]|[1-9]|十[一二]?|[二三四五六七八九])月份?|)(?<!周)(?P<edge>(?<=月)[底末初中](?!旬)|月[底末初中](?!旬))",
        _month_edge,
    ),
    ("quarter_end", r"(?:这个?|本)?季度?(?:末|底)", _quarter_end),
    ("year_end", r"(?:今|明|去|本)?年(?:底|末)", _year_end),
    (
        "weekday",
        rf"(?P<rel>上上|下下|上|下|这|本)?个?{_WEEK}(?P<wd>[一二三四五六日天]|[1-7](?![\d天个次台年]))(?!次|两次|到两|个月|家|至两)",
        _weekday,
    ),
    ("weekend", rf"(?P<rel>上上|下下|上|下|这|本)?个?(?:{_WEEK}末)", _weekend),
    ("week", rf"(?P<rel>上上|下下|上|下|这|本)个?{_WEEK}(?![一二三四五六日天末1-7])", _week),
    (
        "within",
        rf"(?P<n>{_N})(?P<u>个?工作日|天|日|个?(?:星期|礼拜)|周|个月|个?(?:小时|钟头)|年)(?:之|以)?内",
        _ahead,
    ),
    (
        "after",
        rf"(?:过个?)?(?P<n>{_N})(?P<u>个?工作日|天|个?(?:星期|礼拜)|周|个月|年)(?:之|以)?后(?!天)",
        _ahead,
    ),
    ("after", r"[过隔](?P<n>两|三|几|1|2|3)(?P<u>天|日)(?!一)", _ahead),
    ("after", rf"[过隔](?P<n>{_N})(?P<u>个?(?:星期|礼拜)|周|个月)", _ahead),
    (
        "ago",
        rf"(?P<n>{_N})(?P<u>天|个?(?:星期|礼拜)|周|个月)(?P<ago>(?:之|以)?前)(?!把|给|出|交|要|回|必须|答|发|送)",
        _ahead,
    ),
    ("within", rf"(?P<n>{_N})(?P<u>天|个?(?:星期|礼拜)|周|个月)(?=(?:之|以)?前)", _ahead),
    ("ago", r"(?P<ago>前)(?P<n>两|三|几)(?P<u>天)", _ahead),
    (
        "vague",
        rf"{_MONTH_REL}(?:份)?(?:[上中下]旬)?|[上中下]旬|年[前后]|节[前后]|开春|春节后|年后|(?:春|夏|秋|冬)天|(?:1[0-2]|[1-9]|十[一二]?|[二三四五六七八九])月份?[上中下]旬|改天|回头|这两天|这几天|过阵子",
        _nothing,
    ),
    (
        "festival",
        rf"(?<![百千万一二三四五六七八九\d])(?P<name>{_longest([*table('moments')['fixed'], *table('moments')['moving']])})(?:节)?(?!后|月|工业|路|街|号|区|点|[0-9]|[万千百个台条块支只])",
        _festival,
    ),
    (
        "lunar",
        r"(?P<lm>腊月|正月|大年|年)(?P<ld>初?(?:二?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[一二三四五六七八九]))(?![月年个万号])(?<!年[一二三四五六七八九])",
        _lunar,
    ),
    (
        "day",
        r"(?<![\d.A-Za-z\-第#])(?P<rel>)(?P<d>3[01]|[12]\d|[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])[号](?!楼|线|机|门|店|院|仓|车|梯|厂|炉|窑|来人|员|库|桌|房|码|电|地|井|塔|泵|\d)",
        _day_of_month,
    ),
)
_RELATIVE = re.compile(_longest(_DAYS))
_COMPILED = tuple((kind, re.compile(pattern), rule) for kind, pattern, rule in _RULES)
_PART = re.compile(
    rf" ?的?(?P<part>{_longest(p for p in _PARTS if len(p) > 1)}|[早晚](?=[一二三四五六七八九十\d]))"
)
_HOUR = re.compile(
    r" ?(?P<h>2[0-4]|1\d|0?\d|十[一二]?|二十[一二三]?|[一二两三四五六七八九])"
    r"(?:[:](?P<mm>[0-5]\d)(?!\d)|点(?!数|儿|位|了?多|心|子|\d?[万亿%])钟?(?:(?P<half>半)|(?P<q>[一三])刻|(?P<m2>[1-5]?\d|[一二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九])(?!个|台|千|万|百|块|公|[%％]|\d)分?)?)(?!(?:[一二三四五六七八九\d]+)?[万亿%公])"
)
_BEFORE = re.compile(
    r"(?: ?[下上]班)?(?:之前|以前|前(?!台|面|年|天|后|期|两|几|三)|之内|以内|内(?!部|容|勤|胆)|before)"
)


def find(text: str, taken: Iterable[tuple[int, int]] = ()) -> list[Moment]:
    """All moments of a normalised text outside the `taken` ranges, in order and without overlaps."""
    blocked = list(taken)
    found: list[Moment] = []
    for kind, start, end, resolve, part in _days(text):
        if _free(start, end, blocked):
            moment = _extend(text, kind, start, end, resolve, part)
            found.append(moment)
            blocked.append((moment.start, moment.end))
    for match in _HOUR.finditer(text):
        if _free(match.start(), match.end(), blocked) and _is_clock(text, match):
            found.append(_extend(text, "clock", match.start(), match.start(), _same_day(match), None))
            blocked.append((match.start(), match.end()))
    for match in _PART.finditer(text):
        if _free(match.start("part"), match.end(), blocked) and len(match["part"]) > 1:
            found.append(
                _extend(text, "clock", match.start("part"), match.start("part"), _same_day(match), None)
            )
    return sorted((m for m in found if m.end > m.start), key=lambda m: m.start)


def _free(start: int, end: int, blocked: list[tuple[int, int]]) -> bool:
    return all(end <= b or start >= e for b, e in blocked)


def _is_clock(text: str, match: re.Match[str]) -> bool:
    """An hour without a day must look like one: not 一点兴趣, not part of a number or a model."""
    before = text[max(0, match.start() - 1) : match.start()]
    if before and (
        before.isdecimal()
        or (before.isascii() and before.isalpha())
        or before in ".-/第有快早晚差百千零一二三四五六七八九十"
    ):
        return before in "早晚"
    return not (
        match["h"] in ("一", "两", "三")
        and not (match["half"] or match["q"] or match["m2"])
        and _not_hour(text, match)
    )


def _not_hour(text: str, match: re.Match[str]) -> bool:
    return not re.match(r"钟|去|到|在|开|见|来|半|$|[ ,]", text[match.end() :]) and not _PART.search(
        text[: match.start()][-4:]
    )


def _days(text: str) -> Iterable[tuple[str, int, int, Resolve, str | None]]:
    for match in _RELATIVE.finditer(text):
        yield "relative", match.start(), match.end(), _relative(match), _TOLD.get(match[0])
    for kind, pattern, rule in _COMPILED:
        for match in pattern.finditer(text):
            yield kind, match.start(), match.end(), rule(match), None


def _extend(text: str, kind: str, start: int, end: int, resolve: Resolve, part: str | None) -> Moment:
    """Takes in the part of the day, the hour and the 之前 that stand right behind a day."""
    tail = re.compile(r"[(（][^()（）]{1,8}[)）]").match(text, end)  # 周四(9月10日)
    if tail and kind == "weekday":
        end = tail.end()
    if match := _PART.match(text, end):
        part, end = _PARTS[match["part"]], match.end()
    start_part = (
        re.search(rf"(?:{_longest(p for p in _PARTS if len(p) > 1)}) ?$", text[max(0, start - 4) : start])
        if kind == "clock"
        else None
    )
    if start_part:
        part = _PARTS[start_part[0].strip()]
        start -= len(start_part[0])
    hour = None
    if kind != "vague" and (match := _HOUR.match(text, end)):
        hour, end = _time(match, part), match.end()
    before = kind == "within"
    if match := _BEFORE.match(text, end):
        before, end = True, match.end()
    return Moment(start, end, kind, resolve, hour, part, before)


def _time(match: re.Match[str], part: str | None) -> time | None:
    """下午三点半 is 15:30; without a part of the day, 1 to 6 o'clock is in the afternoon."""
    hour = _int(match["h"])
    minute = int(match["mm"]) if match["mm"] else _int(match["m2"])
    minute = 30 if match["half"] else 15 * _int(match["q"]) if match["q"] else minute
    afternoon = (
        part in ("下午", "晚上") or (part == "中午" and hour < 10) or (part is None and 1 <= hour <= 6)
    )
    if afternoon and hour < 12 and not match["h"].startswith("0"):
        hour += 12
    return time(hour % 24, minute) if minute < 60 else None
