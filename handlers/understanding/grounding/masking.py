"""Takes phones, identity numbers and addresses out of a text before it leaves, and puts them back after."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from handlers.understanding.scan import Scan

_DIGIT = r"[\d零〇一二三四五六七八九幺洞拐勾]"
_COUNT = r"[\d零〇一二三四五六七八九十百]"
_IDENTITY = re.compile(rf"(?<!{_DIGIT}){_DIGIT}{{17}}[\dXx](?!{_DIGIT})|(?<!\d)\d{{15}}(?!\d)")
_ACCOUNT = re.compile(  # bank cards, numbers that were mistyped, the code of a company
    rf"(?<![A-Za-z\d]){_DIGIT}(?:[ \-]?{_DIGIT}){{10,}}(?![A-Za-z\d])"
    r"|(?<![A-Za-z\d])(?=[A-Z\d]*\d{8})[0-9A-HJ-NPQRTUWXY]{18}(?![A-Za-z\d])"
)
_NAMED = re.compile(
    r"(?:微信|wechat|vx|邮箱|电邮|邮件)[^A-Za-z0-9]{0,8}(?P<n>[A-Za-z][A-Za-z0-9_\-.]{4,29})", re.IGNORECASE
)
_SPELT = re.compile(
    r"[A-Za-z0-9._\-]+ ?(?:艾特|at|圈a) ?[A-Za-z0-9\-]+(?: ?(?:点|\.|dot) ?[A-Za-z]+)+", re.IGNORECASE
)
_HAN = r"[^\W\da-zA-Z在是到系址搬为改成住了的去往至给送寄从于他她我你们司]"  # no word that leads up to an address
_PLACE = re.compile(
    rf"(?:{_HAN}{{1,6}}?(?:省|市|自治区|区|县|旗|镇|乡|街道))*{_HAN}{{1,6}}?"
    r"(?:大道|大街|路|街|巷|弄|胡同|村|工业园|产业园|园区|工业区|科技园|大厦|广场|花园|小区|公寓)"
    rf"(?:[东西南北中]段?)? ?(?:{_COUNT}{{1,6}}(?:[\-－]{_COUNT}{{1,4}})? ?(?:号|弄|栋|幢|座|组|层|楼)|\d{{1,4}}(?:-\d{{1,4}})+)"
    rf"(?:[院之附]?(?:[A-Za-z]|{_COUNT}|[东西南北\-]){{1,6}}(?:号楼|号|栋|幢|座|单元|层|楼|室|铺|房|门面)|[之附] ?{_COUNT}+)*"
)
_ROOM = re.compile(
    rf"(?:[A-Za-z]|{_COUNT}{{1,3}})(?:号楼|栋|幢|座|单元)(?:{_COUNT}{{3,5}}|(?:{_COUNT}|[A-Za-z\-]){{1,6}}(?:单元|层|楼|室|铺|房))+"
)
_NAMES = {"phone": "电话", "email": "邮箱", "wechat": "微信号"}


@dataclass(frozen=True, slots=True)
class Masked:
    """`text` may leave; `hidden` is what each of its signs stands for, in the words of the original."""

    text: str
    hidden: dict[str, str]

    def back(self, quote: str) -> str:
        """Words of the masked text as they stand in the original."""
        for sign, words in self.hidden.items():
            quote = quote.replace(sign, words)
        return quote


def mask(scan: Scan) -> Masked:
    """Hides what is personal behind signs like [电话1]; everything else stays as it was written."""
    hidden: dict[str, str] = {}
    out, last, text = "", 0, scan.original
    for start, end, name in _found(scan):
        span = scan.span(start, end)
        sign = _sign(name, text, hidden)
        hidden[sign] = span.of(text)
        out += text[last : span.start] + sign
        last = span.end
    return Masked(out + text[last:], hidden)


def _sign(name: str, text: str, hidden: dict[str, str]) -> str:
    """The next sign of its kind that the text does not hold by itself."""
    number = 1 + sum(each.startswith(f"[{name}") for each in hidden)
    while f"[{name}{number}]" in text or f"[{name}{number}]" in hidden:
        number += 1
    return f"[{name}{number}]"


def _found(scan: Scan) -> list[tuple[int, int, str]]:
    """What is to be hidden, in order and without overlaps; the surer kind wins."""
    kept: list[tuple[int, int, str]] = []
    for start, end, name in (*_numbers(scan), *_places(scan)):
        if all(end <= s or start >= e for s, e, _ in kept):
            kept.append((start, end, name))
    return sorted(kept)


def _numbers(scan: Scan) -> Iterable[tuple[int, int, str]]:
    for match in _IDENTITY.finditer(scan.text):
        yield match.start(), match.end(), "证件号"
    for each in scan.addresses:
        yield each.start, each.end, _NAMES[each.kind]
    for match in _SPELT.finditer(scan.text):
        yield match.start(), match.end(), "邮箱"
    for match in _NAMED.finditer(scan.text):
        yield match.start("n"), match.end("n"), "微信号"
    for match in _ACCOUNT.finditer(scan.text):
        yield match.start(), match.end(), "号码"


def _places(scan: Scan) -> Iterable[tuple[int, int, str]]:
    """Addresses down to the house; a customer's or a person's name before one is left standing."""
    names = [*(each.end for each in scan.firms), *(each.end for each in scan.people)]
    for pattern in (_PLACE, _ROOM):
        for match in pattern.finditer(scan.text):
            yield (
                max([match.start(), *(e for e in names if match.start() < e < match.end())]),
                match.end(),
                "地址",
            )
