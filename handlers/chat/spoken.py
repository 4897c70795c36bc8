"""What a message is heard as before it is read: a spoken twin of a button, or nothing to read.

Every main button can be said as well (card book 1.7), and what no reader could read is told apart
here: empty, only signs, or far too long.
"""

import re
from dataclasses import dataclass
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
    ROSTER = "roster"
    MIGRATION = "migration"
    OPT_OUT = "opt_out"


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
    "迁移": Spoken.MIGRATION,
    "微信迁移": Spoken.MIGRATION,
    "今天请谁": Spoken.MIGRATION,
    "加工作微信": Spoken.MIGRATION,
    "请老客户加微信": Spoken.MIGRATION,
}

_EDGES = " \t\r\n。.!！~～"
_ARRIVED = re.compile(r"(我|我们)?(刚|已经)?到了?(?P<where>.{2,20}?)(了|门口|楼下|门口了|楼下了)?")
_THAT = re.compile(r"(?P<whose>.{1,12}?)(那条|那一条|那张)")
_WORD = re.compile(r"[0-9A-Za-z一-鿿㐀-䶿]")


_ROSTER = re.compile(
    r"(?:(?:这是)?我?(?:的|个人)?微信(?:好友)?(?:客户)?名单|(?:我(?:的|个人)?)?微信(?:里|上)(?:还)?有)[的是：:，,\s]*",
)
_OPT_OUT = re.compile(
    r"(?P<who>[^\s，,。不别]{2,16}?)[\s，,：:]*(?:说|讲|跟我说)?[“\"]?(?:他|她)?(?:不想|不要|不愿意|不用|别再?|别)"
    r"(?:再|让我们?)?(?:给(?:我|他|她))?(?:再)?(?:收到?|发|推)(?:我们?的?)?(?P<what>.{2,8}?)了?[”\"]?"
)
_WISHES = {
    "news": ("新品", "推广", "广告", "促销", "活动消息", "推销"),
    "care": ("问候", "祝福", "节日", "生日"),
    "all": ("消息", "这些", "东西"),
}


@dataclass(frozen=True, slots=True)
class OptOut:
    """Who does not want to get what any more: news, care, or all."""

    who: str
    what: str


def unread(text: str, known: Known) -> Spoken | Order | None:
    """What a message is without being read; None for a note or a question."""
    bare = text.strip(_EDGES)
    if twin := TWINS.get(bare):
        return twin
    if command := command_of(text, known):
        return command.order
    if _THAT.fullmatch(bare):
        return Spoken.THAT
    if roster_of(text) is not None:
        return Spoken.ROSTER
    if opt_out_of(text) is not None:
        return Spoken.OPT_OUT
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


def roster_of(text: str) -> str | None:
    """The people in 微信里有鼎盛的张伟、天虹的吴莉, or below 微信名单; None where it is no such list."""
    found = _ROSTER.match(text.strip(_EDGES))
    return text.strip(_EDGES)[found.end() :] if found else None


def opt_out_of(text: str) -> OptOut | None:
    """张伟不想收新品; None for anything else."""
    found = _OPT_OUT.fullmatch(text.strip(_EDGES))
    if found is None:
        return None
    what = next((name for name, signs in _WISHES.items() if any(each in found["what"] for each in signs)), "")
    return OptOut(found["who"], what) if what else None


def whose(text: str) -> str:
    """嘉晟 of 嘉晟那条."""
    found = _THAT.fullmatch(text.strip(_EDGES))
    return found["whose"] if found else ""
