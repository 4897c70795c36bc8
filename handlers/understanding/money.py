"""Finds every number that may be a sum of money; what it is for is decided later from its surroundings."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from handlers.understanding.numerals import BIG, NUMBER, UNITS, spread, value
from handlers.understanding.words import words


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum in yuan, `high` only for a range; `unit` is what showed it to be money (元, 万, sign or cue)."""

    start: int
    end: int
    low: float
    high: float | None
    approximate: bool
    unit: str
    per_unit: bool


def _either(items: Iterable[str]) -> str:
    return "|".join(re.escape(item) for item in items)


_UNIT = _either(words("money", "units"))
_SIGN = _either(words("money", "signs"))
_AFTER = _either(words("money", "approximate_after"))
_DIGIT = "[一二两三四五六七八九1-9]"
_PATTERN = re.compile(
    rf"(?P<sign>{_SIGN})? ?(?P<a>{NUMBER})(?:(?P<link> ?(?:到|至|~|-|—|–) ?)(?P<b>{NUMBER}))?"
    rf"(?P<more>{_AFTER})?(?: ?(?P<big>[万亿]))?(?P<unit>{_UNIT})?(?P<tail>(?:{_DIGIT}|半)(?![\d十百千万]))?"
)
_DIMES = re.compile(
    rf"(?<![\d点.十百千万])(?P<dimes>{_DIGIT})毛(?![利巾衣线病坯])(?P<cents>{_DIGIT}(?![十百千万]))?(?:分?钱)?"
)
_YUAN = re.compile(rf"(?P<yuan>{NUMBER})[块元蚊]$")
_YUAN_LONG = 16
"""Characters before the dimes in which their yuan stand: a search from everywhere would never end."""
_FORMAL = re.compile("[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]{2,}")
_COMMON = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
_ONE_WORDS = re.compile("一(?=共|起|定|律|样|直|般|旦|下|路|边)")
"""二百四一共 is 240 in all."""
_NAMED = "\ufffc"
"""Stands for each character of what is something else."""
_MEASURE = re.compile(rf" ?(?:{_either(words('money', 'measures'))})")
_SPOKEN_SHORT = re.compile(rf"[百千万亿]{_DIGIT}$")
_PER = re.compile(
    rf"(?:{_either(words('money', 'per_unit'))}) ?(?:{_either(words('money', 'measures'))}|块|元)"
)
_CUE = re.compile(
    rf"(?:{_either(words('money', 'cues'))})[^。;!?\n\d]{{0,6}}$|(?:一|每)(?:{_either(words('money', 'measures'))}) ?$|(?:报|是|才|要)的?(?:还)?是? ?$"
)
_ROUGH = re.compile(rf"(?:{_either(words('money', 'approximate_before'))})[^,。;!?\n\d]{{0,3}}$")


def find(text: str, taken: Iterable[tuple[int, int]]) -> list[Sum]:
    """Candidate sums of a normalised text outside the `taken` ranges (phones, dates, names)."""
    for start, end in taken:
        text = text[:start] + _NAMED * (end - start) + text[end:]
    text = _ONE_WORDS.sub(_NAMED, text)
    text = _FORMAL.sub(lambda run: run[0].translate(_COMMON), text)
    dimes = [_dimes(text, match) for match in _DIMES.finditer(text)]
    for item in dimes:
        text = text[: item.start] + _NAMED * (item.end - item.start) + text[item.end :]
    return sorted([*dimes, *_sums(text)], key=lambda item: item.start)


def _dimes(text: str, match: re.Match[str]) -> Sum:
    """七毛二 is 0.72, 一块二毛五 is 1.25."""
    before = max(0, match.start() - _YUAN_LONG)
    yuan = _YUAN.search(text[before : match.start()])
    start = before + yuan.start() if yuan is not None else match.start()
    parts = (yuan["yuan"] if yuan is not None else "", match["dimes"], match["cents"])
    whole, dimes, cents = (value(each or "零") or 0.0 for each in parts)
    low = round(whole + dimes / 10 + cents / 100, 2)
    per = _PER.match(text, match.end()) is not None
    return Sum(start, match.end(), low, None, _ROUGH.search(text[:start]) is not None, "块", per)


def _sums(text: str) -> list[Sum]:
    found: list[Sum] = []
    position = 0
    while match := _PATTERN.search(text, position):
        position = max(match.end(), match.start() + 1)
        item = _sum(text, match)
        if item is not None:
            found.append(item)
            # the 一 of 一块 in 一百八一块 is no sum of its own
            position = max(
                item.end + (item.per_unit and text[item.end : item.end + 1] == "一"), match.start() + 1
            )
    return found


def _sum(text: str, match: re.Match[str]) -> Sum | None:
    start, end = match.start(), match.end()
    number, unit, tail = match["a"], match["unit"] or "", match["tail"] or ""
    if (
        text[max(0, match.start("a") - 1) : match.start("a")].isascii()
        and text[match.start("a") - 1 : match.start("a")].isalnum()
    ):
        return None
    if tail and (not unit.startswith(("块", "蚊")) or _PER.match(text, match.start("tail"))):
        end, tail = match.start("tail"), ""
    per = _PER.match(text, end) is not None
    second, last = match["b"], "b" if match["b"] else "a"
    if re.search(r"[二两三四五六七八九]一$", match[last]) and (_MEASURE.match(text, match.end(last)) or unit):
        end, per = match.end(last) - 1, True  # 四百二一令: 420 for one
        number, second = (number[:-1], None) if second is None else (number, second[:-1])
    big = match["big"] or ""
    low, high = _bounds(number + big, second + big if second else None)
    if (
        low is None
        or low >= 1e13
        or (not unit and re.fullmatch(r"\d{8,}|[零〇一二两三四五六七八九]{5,}", number))
    ):
        return None
    if tail:
        low += float(value(tail) or 0.0) / 10
    kind = _evidence(text, match, end, per)
    if kind is None:
        return None
    rough = (
        bool(match["more"])
        or bool(re.match(rf"(?:{_AFTER})", text[end:]))
        or bool(_ROUGH.search(text[:start]))
    )
    rough = rough or bool(re.search(r"[来多几余]", number))
    return Sum(match.start("a") if not match["sign"] else start, end, low, high, rough, kind, per)


def _bounds(first: str, second: str | None) -> tuple[float | None, float | None]:
    """Low and high; a low end without a unit takes that of the high end (50-60万)."""
    if second is None:
        pair = spread(first)
        return (pair[0], pair[1]) if pair else (value(first), None)
    low, high = value(first), value(second)
    if low is None or high is None:
        return low, None
    unit = re.search(r"[十百千万亿wWkK]+$", second)
    if low < high and unit and not re.search(r"[万亿wWkK]", first):
        scale = (re.findall(r"[万亿wWkK]", second) or [""])[-1]
        scaled = low * (BIG.get(scale) or UNITS.get(scale) or 1)
        low = scaled if scaled < high else low
    return (low, high) if low < high else (high or low, None)


def _evidence(text: str, match: re.Match[str], end: int, per: bool) -> str | None:
    """What shows the number to be money, or None."""
    whole = match[0]
    if match["sign"] or match["unit"]:
        return "sign" if match["sign"] else match["unit"]
    following = text[end : end + 1]
    if following.isascii() and following.isalpha():
        return None
    if following in ("%", "％", "°") or text[max(0, match.start() - 3) : match.start()].endswith("百分之"):
        return None
    paused = following == " " and _SPOKEN_SHORT.search(whole)  # 一万五 天衡…
    if not per and not paused and _MEASURE.match(text, end) and not re.match(r"[一每]", following):
        return None
    if re.search(r"[万亿wW]", whole):
        return "big"
    if re.search(r"\d[kK]|[千百]", whole) and (value(match["a"]) or 0) >= 100:
        return "small"
    return "bare" if per or (_CUE.search(text[: match.start()]) and (value(match["a"]) or 0) >= 2) else None
