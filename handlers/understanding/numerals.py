"""Reads numbers as they are written or spoken: 12.8万, 十二万八, 1千2, 两三百万, 三十来万."""

import re
from itertools import pairwise

DIGITS = {
    c: v
    for v, chars in enumerate(
        ("零〇", "一壹幺", "二两俩贰", "三叁仨", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for c in chars
}
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "k": 1000, "K": 1000}
BIG = {"万": 10_000, "w": 10_000, "W": 10_000, "亿": 100_000_000}

_NOT_HALVED = {*DIGITS, "十", "半"}
_CHINESE_DIGIT = "零〇一二两三四五六七八九"
ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
CHINESE = rf"[{_CHINESE_DIGIT}十百千万亿半廿]"
# One number: Arabic with Chinese units behind it, or Chinese through and through.
NUMBER = rf"(?:(?:{ARABIC}|{CHINESE}+(?:点{CHINESE}+)?)(?:[来多几余]?个?[十百千万亿wWkK](?![a-zA-Z])(?:{CHINESE}|\d)*)*)"
_TOKEN = re.compile(rf"{ARABIC}|[{_CHINESE_DIGIT}]|[十拾百佰千仟kK万wW亿半廿点]")


def value(text: str) -> float | None:
    """The number that `text` writes, or None where it writes none; fillers (来, 多, 个) are passed over."""
    spoken = _decimal(text)
    if spoken is not None:
        return spoken
    tokens = _TOKEN.findall(text)
    if not tokens or "点" in tokens:
        return None
    if len(tokens) > 1 and all(t in DIGITS for t in tokens):
        return float("".join(str(DIGITS[t]) for t in tokens))
    return _sum(tokens)


def _decimal(text: str) -> float | None:
    """三点八万 is 38000; None where there is no 点 between numerals."""
    match = re.fullmatch(
        rf"([{_CHINESE_DIGIT}十百]+|\d+)点([{_CHINESE_DIGIT}]+|\d+)个?([十百千万亿wWkK]*)", text
    )
    if not match:
        return None
    whole = value(match[1]) or 0.0
    digits = "".join(str(DIGITS.get(c, c)) for c in match[2])
    scale = 1.0
    for unit in match[3]:
        scale *= UNITS.get(unit) or BIG[unit]
    return round((whole + float(f"0.{digits}")) * scale, 4)


def _sum(tokens: list[str]) -> float | None:
    """Adds up units from left to right; a last digit after a unit stands for a tenth of it (十二万八).

    None where the units don't fall (万万, 8万62万), a half stands before a digit, or two numbers stand side by side
    (八138, 138十): these are two numbers, or none.
    """
    if not _falling(tokens) or any(_apart(first, second) for first, second in pairwise(tokens)):
        return None
    total, section, current = 0.0, 0.0, None  # section: below 万
    last_unit, zero = 1, False
    for token in tokens:
        if token in DIGITS:
            zero = zero or DIGITS[token] == 0
            current = float(DIGITS[token]) if current is None or DIGITS[token] else current * 10
        elif token == "半":
            current = (current or 0.0) + 0.5
        elif token == "廿":
            section, current, last_unit = section + 20, None, 10
        elif token in UNITS:
            section += (1.0 if current is None else current) * UNITS[token]
            current, last_unit, zero = None, UNITS[token], False
        elif token in BIG:
            below = section + (current or 0.0)
            total, section = (
                (total + below or 1.0) * BIG[token]
                if BIG[token] > 1e5
                else total + (below or 1.0) * BIG[token],
                0.0,
            )
            current, last_unit, zero = None, BIG[token], False
        else:
            current = float(token.replace(",", ""))
    if current is not None:
        if 1 < last_unit <= current:
            return None
        short = last_unit >= 100 and not zero and current < 10 and current == int(current)
        section += current * last_unit / 10 if short else current
    return round(total + section, 4)


def _apart(first: str, second: str) -> bool:
    """Whether two tokens that follow each other cannot be of one number."""
    if first == "半":
        return second in _NOT_HALVED
    written = first[0].isdecimal()
    if second in UNITS and second not in "kK":
        return written and float(first.replace(",", "")) >= 10
    return (written and second in DIGITS) or (second[0].isdecimal() and (first in DIGITS or written))


def _falling(tokens: list[str]) -> bool:
    """千, 百 and 十 up to the next 万 or 亿, and 万 before 亿 only as its multiple (3万亿)."""
    last, large = 10_000, 0
    for token in tokens:
        if token in BIG:
            multiplied = large < BIG[token] and last == 10_000
            if large and large <= BIG[token] and not multiplied:
                return False
            last, large = 10_000, BIG[token]
        elif token in UNITS:
            if UNITS[token] >= last:
                return False
            last = UNITS[token]
    return True


def spread(text: str) -> tuple[float, float] | None:
    """三五十万 is (300000, 500000): two neighbouring digits before a unit; None where there is none."""
    match = re.search(rf"([{_CHINESE_DIGIT}])([{_CHINESE_DIGIT}])(?=个?[十百千万亿])", text)
    if match:
        head, tail = text[: match.start()], text[match.end() :]
    else:
        match = re.search(rf"(?<=十)([{_CHINESE_DIGIT}])([{_CHINESE_DIGIT}])$", text)
        if not match:
            return None
        head, tail = text[: match.start()], ""
    if not 0 < DIGITS[match[1]] < DIGITS[match[2]]:
        return None
    low, high = value(head + match[1] + tail), value(head + match[2] + tail)
    return (low, high) if low is not None and high is not None and low < high else None
