"""The card book's cast, known to every test of this folder; now is Tuesday 2026-04-21, 18:20."""

from datetime import datetime, timedelta, timezone

from handlers.understanding.note import Known, KnownContact, KnownCustomer, Note, Span
from handlers.understanding.reader import read

NOW = datetime(2026, 4, 21, 18, 20, tzinfo=timezone(timedelta(hours=8)))

DINGSHENG = KnownCustomer(
    "dingsheng",
    "苏州鼎盛机械有限公司",
    ("鼎盛机械", "鼎盛"),
    (KnownContact("张伟", "采购经理", "13700137000"),),
)
JIASHENG = KnownCustomer(
    "jiasheng", "东莞市嘉晟塑胶有限公司", ("嘉晟塑胶", "嘉晟"), (KnownContact("罗文", "信息主管"),)
)
JIACHENG = KnownCustomer(
    "jiacheng", "佛山市嘉城塑业有限公司", ("嘉城塑业", "嘉城"), (KnownContact("黎强", "老板"),)
)
TIANHONG = KnownCustomer(
    "tianhong", "天虹纺织有限公司", ("天虹纺织", "天虹"), (KnownContact("吴莉", "采购"),)
)
HUADONG = KnownCustomer(
    "huadong",
    "华东机电有限公司",
    ("华东机电", "华东"),
    (KnownContact("何俊", "设备经理"), KnownContact("孙磊", "采购")),
)
BOOK = Known((DINGSHENG, JIASHENG, JIACHENG, TIANHONG, HUADONG))


def said(text: str, known: Known = BOOK) -> Note:
    return read(text, NOW, known)


def words(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [span.of(text) for span in spans]
