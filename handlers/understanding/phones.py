"""Finds every telephone number, e-mail address and WeChat name in a note."""

import re
from dataclasses import dataclass

_SPOKEN = {"幺": "1", "洞": "0", "拐": "7", "勾": "9", "两": "2", "〇": "0"}
_SPOKEN.update({c: str(i) for i, c in enumerate("零一二三四五六七八九")})
_D = r"[\d零〇一二三四五六七八九幺洞拐勾两]"
_S = r"[ \-,.、·]?"
_EDGE_BEFORE = rf"(?<!{_D})(?<![A-Za-z])"
_EDGE_AFTER = rf"(?!{_D})"
_MOBILE = re.compile(
    rf"{_EDGE_BEFORE}(?:\+?86{_S})?([1一幺]{_S}[3-9三四五六七八九拐勾](?:{_S}{_D}){{9}}){_EDGE_AFTER}"
)
_LANDLINE = re.compile(
    rf"{_EDGE_BEFORE}\(?([0零〇洞](?:{_S}{_D}){{2,3}})\)?[ \-,]{{0,2}}({_D}(?:{_S}{_D}){{6,7}}){_EDGE_AFTER}"
)
_SERVICE = re.compile(rf"{_EDGE_BEFORE}([48四八]00(?:[ \-]?\d){{7}}){_EDGE_AFTER}")
_LOCAL = re.compile(rf"(?:电话|座机|号码|总机|固话)[是为:： ]{{0,2}}({_D}{{7,8}}){_EDGE_AFTER}")
_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+\-]*@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}")
_WECHAT = re.compile(
    r"(?:微信|wechat|WeChat|vx|VX|V信)(?:号码|号|名|ID|id)?(?:就?是|叫|系|为|换成|改成|:)? ?([A-Za-z][A-Za-z0-9_\-]{4,19})"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Digits of a phone (`0512-66668888` for a landline), an e-mail address or a WeChat name, and where it stands."""

    start: int
    end: int
    value: str
    kind: str  # phone, email or wechat


def digits(text: str) -> str:
    """Spoken and written digits as ASCII digits; everything else is dropped."""
    return "".join(_SPOKEN.get(c, c) for c in text if c in _SPOKEN or c.isdecimal())


def find(text: str) -> list[Address]:
    """All addresses of a normalised text, in order and without overlaps."""
    found: list[Address] = []
    for match in _EMAIL.finditer(text):
        found.append(Address(match.start(), match.end(), match[0], "email"))
    for match in _WECHAT.finditer(text):
        found.append(Address(match.start(1), match.end(1), match[1], "wechat"))
    for match in _MOBILE.finditer(text):
        found.append(Address(match.start(), match.end(), digits(match[1]), "phone"))
    for match in _LANDLINE.finditer(text):
        found.append(
            Address(match.start(), match.end(), _landline(digits(match[1]), digits(match[2])), "phone")
        )
    for pattern in (_SERVICE, _LOCAL):
        for match in pattern.finditer(text):
            found.append(Address(match.start(1), match.end(1), digits(match[1]), "phone"))
    return _apart(found)


def _landline(area: str, number: str) -> str:
    """Three-digit area codes are 010 and 02x; a fourth digit then belongs to the number."""
    joined = area + number
    cut = 3 if joined.startswith(("01", "02")) else 4
    return f"{joined[:cut]}-{joined[cut:]}"


def _apart(found: list[Address]) -> list[Address]:
    """Earlier kinds win where two overlap."""
    kept: list[Address] = []
    for item in found:
        if all(item.end <= other.start or item.start >= other.end for other in kept):
            kept.append(item)
    return sorted(kept, key=lambda item: item.start)
