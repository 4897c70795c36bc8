"""Short orders about a customer's file, told by their wording alone: 档案 华东, 定级 华东 A."""

import re
from dataclasses import dataclass
from enum import StrEnum

from handlers.understanding.note import Known

_WHO = r"[^\s，,。；;：:“”]{2,20}?"
_SEP = r"[\s，,：:]+"
_WHY = rf"(?:{_SEP}(?:因为|原因是?|理由是?)?{_SEP[:-1]}*(?P<why>.{{2,60}}))?"
_EDGES = " \t\r\n。.!！~～?？"


class Order(StrEnum):
    ARCHIVE = "order.archive"
    TIMELINE = "order.timeline"
    PORTRAIT = "order.portrait"
    ORDERS = "order.orders"
    GRADE = "order.grade"
    STAGE = "order.stage"
    LEGAL_NAME = "order.legal_name"
    TAG = "order.tag"
    UNTAG = "order.untag"
    TABOO = "order.taboo"
    MERGE = "order.merge"
    OFFICIAL = "order.official"
    HANG = "order.hang"


_NOUNS = {
    Order.ARCHIVE: "档案",
    Order.TIMELINE: "时间轴|最近互动|最近的事",
    Order.PORTRAIT: "画像",
    Order.ORDERS: "订单|合同|订单合同",
}
_LOOK = r"(?:看一下|看看|看|查一下|查|调出|打开)?"

PATTERNS: tuple[tuple[Order, re.Pattern[str]], ...] = (
    *((order, re.compile(rf"{_LOOK}(?:{noun}){_SEP}(?P<who>{_WHO})")) for order, noun in _NOUNS.items()),
    (Order.GRADE, re.compile(rf"定级{_SEP}(?P<who>{_WHO}){_SEP}(?P<more>[^\s，,]{{1,4}}?)级?{_WHY}")),
    (
        Order.GRADE,
        re.compile(
            rf"(?:把|给)?(?P<who>{_WHO})(?:定为|定成|定|升到|升为|升|降到|降为|降)(?P<more>[A-Za-z])[级类]{_WHY}"
        ),
    ),
    (Order.STAGE, re.compile(rf"阶段{_SEP}(?P<who>{_WHO}){_SEP}(?P<more>{_WHO})")),
    (
        Order.LEGAL_NAME,
        re.compile(rf"(?P<who>{_WHO})的?全称(?:是|叫|改成|改为)(?P<more>[^\s，,。]{{4,40}}?){_WHY}"),
    ),
    (Order.UNTAG, re.compile(rf"(?:去掉|删掉|删|去)标签{_SEP}(?P<who>{_WHO}){_SEP}(?P<more>.{{1,12}}?)")),
    (Order.TAG, re.compile(rf"(?:打|加)?标签{_SEP}(?P<who>{_WHO}){_SEP}(?P<more>.{{1,12}}?)")),
    (Order.TAG, re.compile(rf"给(?P<who>{_WHO})(?:打|加)(?:个|上)?标签[\s，,：:]*(?P<more>.{{1,12}}?)")),
    (Order.TABOO, re.compile(rf"(?:忌讳|禁忌){_SEP}(?P<who>{_WHO}){_SEP}(?P<more>.{{2,40}}?)")),
    (Order.TABOO, re.compile(rf"(?P<who>{_WHO})的?忌讳(?:是|[：:])[\s]*(?P<more>.{{2,40}}?)")),
    (Order.MERGE, re.compile(rf"合并{_SEP}(?P<who>{_WHO})(?:{_SEP}|和|跟|与)(?P<more>{_WHO})")),
    (Order.MERGE, re.compile(rf"把?(?P<more>{_WHO})(?:并到|合并到|并进|合到)(?P<who>{_WHO})")),
    (Order.OFFICIAL, re.compile(rf"转正式?{_SEP}(?P<who>{_WHO})")),
    (Order.OFFICIAL, re.compile(rf"把?(?P<who>{_WHO})转(?:成|为)?正式(?:客户)?")),
    (Order.HANG, re.compile(rf"(?:挂到|挂在|挂给)(?P<who>{_WHO})(?:上|那边|那里|名下)?")),
    (Order.HANG, re.compile(rf"(?:这?张?图片?|照片|文件|附件)是(?P<who>{_WHO})的")),
)
_OF_KNOWN = {order: re.compile(rf"{_LOOK}(?P<who>{_WHO})的?(?:{noun})") for order, noun in _NOUNS.items()}
"""The name in front (华东的时间轴): only where it is a known customer's, else the reader has a look."""


@dataclass(frozen=True, slots=True)
class Command:
    """`who` is the customer as said, `more` what to set, `why` the reason where one was told."""

    order: Order
    who: str
    more: str = ""
    why: str = ""


def command_of(text: str, known: Known) -> Command | None:
    bare = text.strip(_EDGES)
    for order, pattern in PATTERNS:
        if found := pattern.fullmatch(bare):
            parts = found.groupdict()
            return Command(order, parts["who"], parts.get("more") or "", parts.get("why") or "")
    names = {name for each in known.customers for name in (each.name, *each.aliases)}
    for order, pattern in _OF_KNOWN.items():
        if (found := pattern.fullmatch(bare)) and found["who"] in names:
            return Command(order, found["who"])
    return None
