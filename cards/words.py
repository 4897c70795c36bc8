"""How days, money, names, phones and durations are written in Chinese (card book 1.2)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

VALUE = 26
"""Longest value of a line, evidence included."""

MONEY_KINDS = {"budget": "预算", "quote": "报价", "order": "下单", "payment": "回款", "other": "提到的钱"}
METHODS = {
    "onsite": "上门",
    "phone": "通电话",
    "wechat": "聊微信",
    "video": "开视频会",
    "meal": "吃饭",
    "event": "在展会上见",
    "email": "写邮件",
}
STAGES = {
    "contact": "初步接触",
    "needs": "需求确认",
    "proposal": "方案报价",
    "negotiation": "商务谈判",
    "won": "签了",
    "lost": "先不跟了",
}
MOODS = {"positive": "谈得好", "neutral": "平常", "negative": "不太高兴"}
TAGS = {
    "price_sensitive": "嫌贵",
    "service_demanding": "看重服务",
    "urgent": "要得急",
    "churn_risk": "在看别家",
    "complaint": "有句不满意",
    "referral": "肯帮忙介绍",
}
FIELDS = {
    "phone": "电话",
    "email": "邮箱",
    "wechat": "微信",
    "title": "职务",
    "address": "地址",
    "industry": "行业",
    "headcount": "规模",
    "birthday": "生日",
    "decision_maker": "拍板人",
    "left": "联系人",
    "joined": "联系人",
    "need": "要什么",
    "preference": "喜好",
    "product": "产品",
    "legal_name": "全称",
    "grade": "等级",
    "owner": "归属",
    "deletion": "删除",
    "status": "状态",
    "resting": "跟进",
    "amount": "钱数",
    "when": "日期",
    "due": "期限",
    "customer": "客户",
    "contact": "见了谁",
    "stage": "阶段",
    "other": "内容",
}
"""Fields by the note's names, the approvals' and the corrections'."""

_WEEKDAYS = "一二三四五六日"
_NEAR = {-1: "昨天", 0: "今天", 1: "明天"}


# -- days and hours ----------------------------------------------------------------------------------


def weekday(day: date) -> str:
    return f"周{_WEEKDAYS[day.weekday()]}"


def day_confirmed(day: date) -> str:
    """`2026-04-29 周三`: year and weekday catch a wrong week."""
    return f"{day.isoformat()} {weekday(day)}"


def day_short(day: date, today: date) -> str:
    """`4月29日`, with the year where it is another one."""
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日"


def day_near(day: date, today: date) -> str:
    """`今天`, `明天`, `昨天`, else `4月29日`."""
    return _NEAR.get((day - today).days) or day_short(day, today)


def day_read(day: date, today: date) -> str:
    """`4月29日 周三`, 今天, 明天 or 昨天 in front where it fits."""
    near = _NEAR.get((day - today).days)
    return f"{near + ' ' if near else ''}{day_short(day, today)} {weekday(day)}"


def clock(at: time | datetime) -> str:
    return f"{at.hour:02d}:{at.minute:02d}"


def moment(at: datetime, today: date) -> str:
    """`今天 18:24`, `4月21日 18:24`."""
    return f"{day_near(at.date(), today)} {clock(at)}"


def days(number: int) -> str:
    return f"{number}天"


def duration(number: int) -> str:
    """Up to 60 days in days, beyond that `约6个月，181天`."""
    return days(number) if number <= 60 else f"约{round(number / 30.4375)}个月，{number}天"


def count(number: int, unit: str) -> str:
    """`一件`, `两件`, ` 3 件`: as it stands after a word."""
    return {1: f"一{unit}", 2: f"两{unit}"}.get(number, f" {number} {unit}")


# -- money -------------------------------------------------------------------------------------------

_WAN = Decimal(10_000)
_YI = Decimal(100_000_000)


def money(value: float | Decimal, maximum: float | Decimal | None = None, approximate: bool = False) -> str:
    """`8,600元`, `12.8万元`, `5万–6万元`, `约30万元`; 万 and 亿 only where they lose nothing."""
    about = "约" if approximate else ""
    number, unit = _in_units(value)
    if maximum is None or Decimal(str(maximum)) == Decimal(str(value)):
        return f"{about}{number}{unit}元"
    top, top_unit = _in_units(maximum)
    if unit == top_unit:
        return f"{about}{number}{unit}–{top}{unit}元"
    return f"{about}{number}{unit}元–{top}{top_unit}元"


def _in_units(value: float | Decimal) -> tuple[str, str]:
    exact = Decimal(str(value))
    for size, unit, step in ((_YI, "亿", _YI / 100), (_WAN, "万", _WAN / 100)):
        if abs(exact) >= size and exact % step == 0:
            return _digits(exact / size), unit
    return _digits(exact), ""


def _digits(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# -- phones ------------------------------------------------------------------------------------------

_SPOKEN = {
    **dict(zip("零〇○一二三四五六七八九", "000123456789", strict=True)),
    **dict(zip("幺两洞拐勾", "12079", strict=True)),
    **dict(zip("０１２３４５６７８９", "0123456789", strict=True)),
}
_ONE = f"[0-9{''.join(_SPOKEN)}]"
_TIMES = "(?:[两三四五]个)?"
_RUN = re.compile(rf"\+?{_TIMES}{_ONE}(?:[ \-—－()（），\u00a0]{{0,2}}{_TIMES}{_ONE}){{6,}}[xX]?")
_DATE = re.compile(r"(?:19|20)\d\d[-—]\d{1,2}[-—]\d{1,2}")
_PART = re.compile(r"[^ \-—－()（），\u00a0]+")
_MOST = 24
"""Parts of one number at most, however it is split: keeps a long row of digits from costing much."""
_MOBILE = re.compile(r"(?:86)?1[3-9]\d{9}")
_ASCII = re.compile(r"[0-9０-９]")
_CALLING = re.compile(r"(电话|手机|号码|座机|(?<![编单账帐序型])号|打|拨|联系)\D{0,6}$")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without full phones; `at` maps an offset into the original to one into `text`."""

    text: str
    edits: tuple[tuple[int, int, str], ...]

    def at(self, offset: int, *, end: bool = False) -> int:
        shift = 0
        for start, stop, new in self.edits:
            if offset <= start:
                break
            if offset < stop:
                return start + shift + (len(new) if end else 0)
            shift += len(new) - (stop - start)
        return offset + shift


def mask_phone(number: str) -> str:
    """`138****8000`, `0512-****6688`; never a full number, whatever was passed."""
    digits = _as_digits(number.split("转", maxsplit=1)[0])
    if digits.startswith("86") and len(digits) >= 12:
        digits = digits[2:]
    area = re.match(r"(010|02\d|0[3-9]\d\d)(\d{7,8})", digits)
    if area:
        return f"{area[1]}-****{area[2][-4:]}"
    if len(digits) >= 9:
        return f"{digits[:3]}****{digits[-4:]}"
    return f"****{digits[-4:]}" if len(digits) >= 7 else "****"


def masked(text: str) -> Masked:
    """The text with every phone, spoken or written, cut to `138****8000` or `幺三八****…`."""
    edits = tuple(_phones(text))
    parts, last = [], 0
    for start, stop, new in edits:
        parts += [text[last:start], new]
        last = stop
    return Masked("".join((*parts, text[last:])), edits)


def mask_spoken(text: str) -> str:
    return masked(text).text


def _phones(text: str) -> Iterable[tuple[int, int, str]]:
    for found in _RUN.finditer(text):
        parts = [
            (found.start() + each.start(), found.start() + each.end()) for each in _PART.finditer(found[0])
        ]
        yield from _phones_among(text, parts)


def _phones_among(text: str, parts: list[tuple[int, int]]) -> Iterable[tuple[int, int, str]]:
    """What neighbouring parts make: whole mobile numbers first, then the longest others between them."""
    done = at = 0
    while at < len(parts):
        end = _mobile_end(text, parts, at)
        if end:
            yield from _others_among(text, parts[done:at])
            start = parts[at][0]
            run = text[start : parts[end - 1][1]]
            yield start, start + len(run), _mask_run(run)
            done = end
        at = end or at + 1
    yield from _others_among(text, parts[done:])


def _mobile_end(text: str, parts: list[tuple[int, int]], at: int) -> int:
    """Behind the part with which a mobile number that starts at `at` ends; 0 where none does."""
    for end in range(at + 1, min(len(parts), at + _MOST) + 1):
        if _MOBILE.fullmatch(_as_digits(text[parts[at][0] : parts[end - 1][1]])):
            return end
    return 0


def _others_among(text: str, parts: list[tuple[int, int]]) -> Iterable[tuple[int, int, str]]:
    at = 0
    while at < len(parts):
        start = parts[at][0]
        if _DATE.match(text, start):
            at += 3
            continue
        runs = ((end, text[start : parts[end - 1][1]]) for end in range(min(len(parts), at + _MOST), at, -1))
        end, run = next(((end, run) for end, run in runs if _is_phone(run, text[:start])), (at + 1, ""))
        if run:
            yield start, start + len(run), _mask_run(run)
        at = end


def _mask_run(run: str) -> str:
    return mask_phone(run) if _ASCII.search(run) else f"{run[:3]}****…"


def _is_phone(run: str, before: str) -> bool:
    digits = _as_digits(run)
    if len(digits) < 7:
        return False
    if "，" in run or len(digits) < len(run.strip("+")) - 4:
        return bool(re.match(r"(86)?1[3-9]", digits)) and len(digits) >= 11
    if not _ASCII.search(run) or len(digits) >= 11:
        return True
    if re.match(r"0\d{2,3}[ \-－—]?\d{7}|[48]00", run):
        return len(digits) >= 10
    return bool(_CALLING.search(before))


def _as_digits(text: str) -> str:
    """ASCII digits only: spoken ones read, 三个零 written out."""
    read = "".join(_SPOKEN.get(char, char) for char in text)
    read = re.sub(r"([2-5])个(\d)", lambda pair: pair[2] * int(pair[1]), read)
    return "".join(char for char in read if char.isascii() and char.isdigit())


# -- texts -------------------------------------------------------------------------------------------

_MARKS = "，。；、：）】 ·,;)"
_NUMBER = re.compile(r"[0-9*][0-9,.*\-]*[万亿]?[元天台个件人条]?")


def squeeze(text: str) -> str:
    """One line, single spaces, no full phone."""
    return mask_spoken(" ".join(text.split()))


def clip(text: str, limit: int = VALUE, names: Iterable[str] = ()) -> str:
    """The text, cut at a mark with `…` where it is longer; never inside a name or a number.

    A name that is longer than the limit itself cannot be kept whole.
    """
    if len(text) <= limit:
        return text
    whole = [(at, at + len(name)) for name in names if name and (at := text.find(name)) >= 0]
    whole += [found.span() for found in _NUMBER.finditer(text)]
    marks = [at for at in range(max(2, limit // 2), limit) if text[at] in _MARKS and not _inside(at, whole)]
    if marks:
        return _trim(text[: marks[-1]])
    cut = limit - 1
    for start, _ in sorted((span for span in whole if _inside(cut, [span])), reverse=True):
        cut = start or cut
    return _trim(text[:cut])


def _inside(at: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < at < end for start, end in spans)


def _trim(text: str) -> str:
    return text.rstrip(_MARKS + "…“") + "…"


def because(words: str) -> str:
    """` ←“下周三前”`: the note's words behind a value that was worked out."""
    return f" ←“{mask_spoken(words)}”" if words else ""
