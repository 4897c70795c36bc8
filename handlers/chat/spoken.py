"""What a message is heard as before it is read: a spoken twin of a button, or nothing to read.

Every main button can be said as well (card book 1.7), and what no reader could read is told apart
here: empty, only signs, or far too long.
"""

import re
from enum import StrEnum

from handlers.chat.commands import Order, command_of
from handlers.understanding.note import Known

LONGEST = 1500
"""Characters of a note that are read in one go: about five minutes of speech."""


class Spoken(StrEnum):
    SAVE = "save"
    DROP = "drop"
    UNDO = "undo"
    HELP = "help"
    TODAY = "today"
    PENDING = "pending"
    THAT = "that"
    ARRIVED = "arrived"
    FUNNEL = "funnel"
    QUIET = "quiet"
    BLANK = "blank"
    LONG = "long"


TWINS: dict[str, Spoken] = {
    "保存": Spoken.SAVE,
    "存": Spoken.SAVE,
    "存吧": Spoken.SAVE,
    "记下": Spoken.SAVE,
    "保存并建档": Spoken.SAVE,
    "不用记": Spoken.DROP,
    "不要了": Spoken.DROP,
    "撤销": Spoken.UNDO,
    "撤回": Spoken.UNDO,
    "帮助": Spoken.HELP,
    "怎么用": Spoken.HELP,
    "?": Spoken.HELP,
    "？": Spoken.HELP,
    "今天": Spoken.TODAY,
    "清单": Spoken.TODAY,
    "待办": Spoken.TODAY,
    "待批": Spoken.PENDING,
    "漏斗": Spoken.FUNNEL,
    "久没动": Spoken.QUIET,
    "久没动的": Spoken.QUIET,
    "久没动的有哪些": Spoken.QUIET,
    "要我批的": Spoken.PENDING,
}

_EDGES = " \t\r\n。.!！~～"
_ARRIVED = re.compile(r"(我|我们)?(刚|已经)?到了?(?P<where>.{2,20}?)(了|门口|楼下|门口了|楼下了)?")
_THAT = re.compile(r"(?P<whose>.{1,12}?)(那条|那一条|那张)")
_WORD = re.compile(r"[0-9A-Za-z一-鿿㐀-䶿]")


def unread(text: str, known: Known) -> Spoken | Order | None:
    """What a message is without being read; None for a note or a question."""
    bare = text.strip(_EDGES)
    if twin := TWINS.get(bare):
        return twin
    if command := command_of(text, known):
        return command.order
    if _THAT.fullmatch(bare):
        return Spoken.THAT
    if place_of(bare, known):
        return Spoken.ARRIVED
    if not _WORD.search(text):
        return Spoken.BLANK
    return Spoken.LONG if len(text) > LONGEST else None


def place_of(text: str, known: Known) -> str:
    """The id of the known customer that somebody says to have come to (到了华东); "" for anything more."""
    found = _ARRIVED.fullmatch(text.strip(_EDGES))
    if found is None:
        return ""
    names = ((name, each.id) for each in known.customers for name in (each.name, *each.aliases))
    return next((id_ for name, id_ in names if name == found["where"]), "")


def whose(text: str) -> str:
    """嘉晟 of 嘉晟那条."""
    found = _THAT.fullmatch(text.strip(_EDGES))
    return found["whose"] if found else ""
