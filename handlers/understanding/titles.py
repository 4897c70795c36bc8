"""Finds titles beside names: 采购主任沐云芳, 卢骏,生产经理. One joined to a surname (李经理) is only a form of address."""

import re

from handlers.understanding.people import Person
from handlers.understanding.scan import Scan
from handlers.understanding.words import words

_TITLE = (
    rf"(?:(?:{'|'.join(words('titles', 'of'))})(?:{'|'.join(words('titles', 'part'))})?){{0,2}}"
    rf"副?(?:{'|'.join(words('titles', 'head'))})"
)
_BEFORE = re.compile(rf"(?P<t>{_TITLE})(?:{'|'.join(words('titles', 'before'))})$")
_BEHIND = re.compile(
    rf"(?:{'|'.join(words('titles', 'behind'))})(?P<t>{_TITLE})(?=[,。;!?)\n 0-9]|了|手机|电话|微信|$)"
)
_REACH = 20  # characters before a name in which its title begins


def beside(scan: Scan) -> list[tuple[Person, int, int]]:
    """People and where their titles stand."""
    out: list[tuple[Person, int, int]] = []
    for person in scan.people:
        first = max(0, person.start - _REACH)
        found = _BEFORE.search(scan.text, first, person.start)
        if found is None and person.full and not person.title:
            found = _BEHIND.match(scan.text, person.end)
        if found and "P" not in scan.masks[slice(*found.span("t"))]:
            out.append((person, *found.span("t")))
    return out
