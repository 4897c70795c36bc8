"""One row of a list, field by field: normalised where that is safe, refused with a reason where it is not."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from config.policy import Named, Policy
from handlers.understanding import phones
from handlers.understanding.words import table
from storage.models.people import Person

LONGEST = {"name": 60, "legal_name": 60, "contact": 20, "title": 30}
"""More characters than this are no name."""

_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_CARD_NUMBER = re.compile(r"(?<!\d)(?:62|4|5)\d{14,18}(?!\d)")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")
_BORN = re.compile(r"(?:\d{4}[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?")
_ABROAD = re.compile(r"\+(?!86)\d[\d -]{5,16}\d")
_PARTS = re.compile(r"[,，、;；/|]+")
_SCIENCE = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_FIRM = ("公司", "厂", "集团", "事务所", "中心", "学校", "医院", "店", "局", "院")


@dataclass(frozen=True, slots=True)
class Rules:
    """What values are measured by: the company's policy, its people, today."""

    policy: Policy
    people: Mapping[str, Sequence[Person]]
    """Colleagues still there, by name and by account."""
    today: date


@dataclass(slots=True)
class Checked:
    """What a row holds. `faults` keep it out; `hints` only say what was left behind."""

    values: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return str(value) if value is not None else ""


class Fault(ValueError):
    """The value can't be kept; the text says why and how to mend it."""


def check(cells: Mapping[str, str], rules: Rules) -> Checked:
    """`cells` holds a row's text by field; what is empty stays unsaid."""
    row = Checked()
    for name, raw in cells.items():
        text = _without_secrets(unicodedata.normalize("NFKC", raw).strip(), row)
        if not text:
            continue
        try:
            value = CHECKS.get(name, _as_it_is)(name, text, rules, row)
        except Fault as fault:
            row.faults.append(str(fault))
        else:
            if value not in (None, "", ()):
                row.values[name] = value
    if not row.text("name") and not row.faults:
        row.faults.append("没有客户名称")
    return row


def is_firm(name: str) -> bool:
    """Whether a name is a company's full one."""
    return name.endswith(_FIRM)


def _without_secrets(text: str, row: Checked) -> str:
    """Identity and bank numbers are not kept (R177), wherever they stand."""
    clean = text
    for pattern, what in ((_ID_NUMBER, "身份证号"), (_CARD_NUMBER, "银行卡号")):
        if pattern.search(clean):
            clean = pattern.sub("", clean).strip()
            row.hints.append(f"{what}没有带上")
    return clean


def _as_it_is(_name: str, text: str, _rules: Rules, _row: Checked) -> str:
    return text


def _short(name: str, text: str, _rules: Rules, _row: Checked) -> str:
    if len(text) > LONGEST[name]:
        raise Fault(f"{WORDS[name]}太长，{len(text)} 个字，最多 {LONGEST[name]} 个")
    if not re.search(r"[^\W\d_]", text):
        raise Fault(f"{WORDS[name]}“{text}”不是名字")
    return text


def _phone(_name: str, text: str, _rules: Rules, row: Checked) -> str:
    if _SCIENCE.fullmatch(text):
        raise Fault(f"电话“{text}”被表格软件改成了科学计数，尾数丢了：把那一列设成文本再填")
    numbers = [normal_phone(each) for each in _PARTS.split(text) if each.strip()]
    good = [each for each in numbers if each]
    if not good:
        digits = len(re.sub(r"\D", "", text))
        wrong = f"{digits} 位" if digits else "没有数字"
        raise Fault(f"电话“{text}”不对（{wrong}）：手机 11 位，座机带区号，国外带 + 号")
    if len(numbers) > 1:
        row.hints.append("电话只带了第一个")
    return good[0]


def normal_phone(text: str) -> str:
    """13800138000, 0512-66668888, 4008001234, +44 20…; "" where it is none of them."""
    bare = text.strip()
    if _ABROAD.fullmatch(bare):
        return "+" + re.sub(r"\D", "", bare)
    found = phones.find(re.sub(r"[\s　]+", "", bare))
    alone = len(found) == 1 and found[0].kind == "phone"
    around = re.sub(r"[\d+()\-]", "", bare.replace(" ", ""))
    return found[0].value if alone and not around else ""


def _mail(_name: str, text: str, _rules: Rules, _row: Checked) -> str:
    if not _MAIL.fullmatch(text):
        raise Fault(f"邮箱“{text}”不对：要有 @ 和后面的域名")
    return text


def _grade(_name: str, text: str, rules: Rules, _row: Checked) -> str:
    return _named(text.removesuffix("级"), rules.policy.grades, "等级")


def _stage(_name: str, text: str, rules: Rules, row: Checked) -> str | None:
    try:
        return _named(text, rules.policy.stages, "阶段")
    except Fault as fault:  # a column called 状态 holds anything
        row.hints.append(f"{fault}，没带上")
        return None


def _named(text: str, choices: Sequence[Named], what: str) -> str:
    for each in choices:
        if text.casefold() in {word.casefold() for word in (each.id, each.name, *each.also)}:
            return each.id
    raise Fault(f"{what}“{text}”不认得，可以是 {'、'.join(each.name for each in choices)}")


def _owner(_name: str, text: str, rules: Rules, _row: Checked) -> Person:
    found = rules.people.get(text, ())
    if len(found) > 1:
        raise Fault(f"负责人“{text}”有 {len(found)} 位同名的：写账号")
    if not found:
        raise Fault(f"负责人“{text}”不在同事里：先 baifang user add，或改成在的人")
    return found[0]


def _tags(_name: str, text: str, rules: Rules, row: Checked) -> tuple[str, ...]:
    known: list[str] = []
    for word in filter(None, (each.strip() for each in _PARTS.split(text))):
        try:
            known.append(_named(word, rules.policy.tags, "标签"))
        except Fault:
            row.hints.append(f"标签“{word}”不在标签表里，没带上")
    return tuple(dict.fromkeys(known))


def _day(name: str, text: str, rules: Rules, _row: Checked) -> date:
    found = _DAY.fullmatch(text)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        raise Fault(f"{WORDS[name]}“{text}”不是日期：写成 2026-04-21")
    if day > rules.today:
        raise Fault(f"{WORDS[name]} {day.isoformat()} 还没到")
    return day


def _birthday(name: str, text: str, _rules: Rules, row: Checked) -> str | None:
    """Month and day alone: an age is nobody's business."""
    found = _BORN.fullmatch(text.partition(" ")[0])
    if found is None:
        row.hints.append(f"{WORDS[name]}“{text}”看不懂，没带上")
        return None
    return f"{int(found[1]):02}-{int(found[2]):02}"


def _kind(_name: str, text: str, _rules: Rules, _row: Checked) -> str | None:
    kinds = table("import")["kinds"]
    return next((kind for kind, words in kinds.items() if text.casefold() in words), None)


def _headcount(_name: str, text: str, _rules: Rules, _row: Checked) -> str:
    return text.removesuffix("人")


WORDS = {
    "name": "客户名称",
    "legal_name": "全称",
    "contact": "联系人",
    "title": "职务",
    "last_contact": "最近联系",
    "birthday": "生日",
}

CHECKS: dict[str, Callable[[str, str, Rules, Checked], Any]] = {
    "name": _short,
    "legal_name": _short,
    "contact": _short,
    "title": _short,
    "phone": _phone,
    "email": _mail,
    "grade": _grade,
    "stage": _stage,
    "owner": _owner,
    "tags": _tags,
    "last_contact": _day,
    "birthday": _birthday,
    "kind": _kind,
    "headcount": _headcount,
}
