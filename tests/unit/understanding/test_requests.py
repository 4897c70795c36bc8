"""Questions to the archive and handing customers over."""

from datetime import date

import pytest

from handlers.understanding.note import Intent, QueryKind
from tests.unit.understanding.book import said

QUERIES = [
    ("宏远上次是什么时候去的", QueryKind.LAST_VISIT, "宏远", None, None),
    ("张伟电话多少", QueryKind.CONTACT_PHONE, "dingsheng", None, None),
    ("我今天有什么事", QueryKind.TODO, None, date(2026, 4, 21), date(2026, 4, 21)),
    ("档案 华东机电", QueryKind.PROFILE, "huadong", None, None),
    ("上个月我都跑了哪些客户", QueryKind.VISITS, None, date(2026, 3, 1), date(2026, 3, 31)),
    ("我这个月跑了几家", QueryKind.VISITS, None, date(2026, 4, 1), date(2026, 4, 30)),
    ("我上周去了几家客户", QueryKind.VISITS, None, date(2026, 4, 13), date(2026, 4, 19)),
    ("超过两个月没联系的客户有哪些", QueryKind.DORMANT, None, None, date(2026, 2, 21)),
    ("上个季度客户成交排名", QueryKind.RANKING, None, date(2026, 1, 1), date(2026, 3, 31)),
    ("在谈的商机都到什么阶段了", QueryKind.PIPELINE, None, None, None),
]


@pytest.mark.parametrize(("text", "kind", "customer", "since", "until"), QUERIES)
def test_query(
    text: str, kind: QueryKind, customer: str | None, since: date | None, until: date | None
) -> None:
    note = said(text)
    assert note.intent is Intent.QUERY
    assert note.query is not None
    mention = note.query.customer
    assert (note.query.kind, (mention.known or mention.name) if mention else None) == (kind, customer)
    assert (note.query.since, note.query.until) == (since, until)


def test_all_customers_to_a_colleague() -> None:
    note = said("我的客户都交给陈浩")
    assert note.intent is Intent.HANDOVER
    assert note.handover is not None
    assert (note.handover.customers, note.handover.to) == (None, "陈浩")


def test_some_customers_and_why() -> None:
    handover = said("鼎盛和华东交给陈浩跟，我下个月休产假").handover
    assert handover is not None
    assert handover.customers is not None
    assert [c.known for c in handover.customers] == ["dingsheng", "huadong"]
    assert (handover.to, handover.reason) == ("陈浩", "休产假")
