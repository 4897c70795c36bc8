"""Reads what is asked of the archive and requests to hand customers over."""

import re
from datetime import date, timedelta

from handlers.understanding import almanac, judge, people
from handlers.understanding.context import Context
from handlers.understanding.note import CustomerMention, Handover, Query, QueryKind
from handlers.understanding.numerals import value
from handlers.understanding.words import table

_N = r"[\d一二两三四五六七八九十半]+"
_SINCE = re.compile(
    rf"(?:超过|近|最近|过去|满|有|这|已经)?(?P<n>{_N})(?:多)?(?P<u>个?月|天|个?(?:星期|礼拜)|周|年)(?:以上|以来|多|都|了|内|没|一次|冇|未)*"
)
_QUARTER = re.compile(r"(?:第)?(?P<q>[一二三四1-4])季度|[Qq](?P<q2>[1-4])|(?P<rel>上个?|这个?|本|下个?)季度?")
_MONTHS = re.compile(
    r"(?P<a>\d{1,2}|[一二三四五六七八九十]+)(?:月)?(?:到|至|-|~)(?P<b>\d{1,2}|[一二三四五六七八九十]+)月|(?P<one>\d{1,2}|[一二三四五六七八九十]{1,2})月份?"
)
_ASKED = re.compile(
    r"(?:帮我|请|麻烦|查|看|调|一下|下|调出|打开|给我|档案| )*(?P<n>[\u4e00-\u9fffA-Za-z]{2,10}?)(?:的|这家|那边|最近|近况|现在|怎么样|咋样|上次|上一次|最近一次|最后一次|上回|档案|资料|电话)"
)
_TO = re.compile("|".join(table("requests")["handover"]["to"]))
_REASONS = re.compile("|".join(table("requests")["handover"]["reason"]))


def query(context: Context) -> Query | None:
    """None where neither a question nor a customer, a person or a day can be told (在吗)."""
    text = context.scan.text
    kind = QueryKind(judge.query_kind(context.scan))
    topic = context.topics[0] if context.topics and context.topics[0].ids else None
    customer = context.customer(topic) if topic else None
    told = customer or context.scan.people or context.scan.moments or judge.asks_archive(context.scan)
    if not told:
        return None
    if customer is None and kind in (QueryKind.LAST_VISIT, QueryKind.PROFILE, QueryKind.CONTACT_PHONE):
        customer = _unknown(context)
    if kind in (QueryKind.RANKING, QueryKind.DORMANT, QueryKind.PIPELINE) and customer and not customer.known:
        customer = None
    person = context.person(context.scan.people[0], topic).name if context.scan.people else None
    since, until = period(text, context.scan.now, kind)
    return Query(kind, customer, since, until, person if kind is QueryKind.CONTACT_PHONE else None)


def _unknown(context: Context) -> CustomerMention | None:
    """A customer that the book lacks, as asked for (宏远上次是什么时候去的)."""
    match = _ASKED.match(context.scan.text)
    if not match or context.scan.people:
        return None
    return CustomerMention(match["n"], spans=(context.span(match.start("n"), match.end("n")),))


def period(text: str, now: date, kind: QueryKind) -> tuple[date | None, date | None]:
    """Whole calendar periods; for customers long not seen, the day by which they were last seen."""
    if kind is QueryKind.DORMANT:
        match = _SINCE.search(text)
        return None, _back(now, match["n"], match["u"]) if match else None
    if kind in (QueryKind.PROFILE, QueryKind.LAST_VISIT, QueryKind.CONTACT_PHONE):
        return None, None
    for word, shift in (
        ("今天", 0),
        ("今日", 0),
        ("明天", 1),
        ("昨天", -1),
        ("听日", 1),
        ("后天", 2),
        ("前天", -2),
    ):
        if word in text:
            return now + timedelta(days=shift), now + timedelta(days=shift)
    if match := re.search(r"(上上|上|这|本|下)个?(?:周|星期|礼拜)", text):
        first = almanac.monday(now) + timedelta(days=7 * {"上上": -2, "上": -1, "下": 1}.get(match[1], 0))
        return first, first + timedelta(days=6)
    if match := re.search(r"(上上|上|这|本|下|当)个?月", text):
        return _month(
            almanac.add_months(now.replace(day=1), {"上上": -2, "上": -1, "下": 1}.get(match[1], 0))
        )
    return _long(text, now)


def _long(text: str, now: date) -> tuple[date | None, date | None]:
    if match := _QUARTER.search(text):
        number = int(value(match["q"] or match["q2"] or "") or 0) or (now.month - 1) // 3 + 1
        first = date(_year(text, now), 3 * number - 2, 1)
        shift = {"上": -3, "下": 3}.get((match["rel"] or "")[:1], 0)
        first = almanac.add_months(first, shift)
        return first, _month(almanac.add_months(first, 2))[1]
    if "上半年" in text or "下半年" in text:
        first = date(_year(text, now), 1 if "上半年" in text else 7, 1)
        return first, _month(almanac.add_months(first, 5))[1]
    if match := _MONTHS.search(text):
        a, b = (
            (int(value(match[g]) or 0) for g in ("a", "b"))
            if match["a"]
            else (int(value(match["one"]) or 0),) * 2
        )
        if 1 <= a <= b <= 12:
            year = (
                _year(text, now)
                if re.search(r"[今去明]年|20\d\d年", text) or a <= now.month
                else now.year - 1
            )
            return date(year, a, 1), almanac.month_end(year, b)
    if re.search(r"[今去明前]年|20\d\d年|全年|[本上]年度", text):
        year = _year(text, now)
        return date(year, 1, 1), date(year, 12, 31)
    if match := re.search(rf"(?:最近|近|过去)(?P<n>{_N})(?P<u>个?月|天|个?(?:星期|礼拜)|周|年)", text):
        return _back(now, match["n"], match["u"]), now
    return None, None


def _year(text: str, now: date) -> int:
    if match := re.search(r"(20\d\d)年", text):
        return int(match[1])
    return now.year + ("明年" in text) - ("去年" in text) - 2 * ("前年" in text)


def _month(first: date) -> tuple[date, date]:
    return first, almanac.month_end(first.year, first.month)


def _back(now: date, number: str, unit: str) -> date | None:
    count = value(number) or 0.0
    if "年" in unit:
        return almanac.add_months(now, -int(count * 12))
    if "月" in unit:
        return almanac.add_months(now, -int(count)) if count >= 1 else now - timedelta(days=15)
    return now - timedelta(days=int(count) * (1 if unit.endswith("天") else 7))


_TO_ME = re.compile(r"(?:交|转|移交|交接)(?:给|俾)我(?!们)(?=$|[,。!吧来跟带了])")
RECEIVES = 0.5  # chance from which a person is whom customers go to


# -- handover --------------------------------------------------------------------------------------


def handover(context: Context) -> Handover | None:
    """To whom, which customers (None: all), and why; None where no name can be told."""
    text = context.scan.text
    to = _receiver(context)
    if to is None:
        return None
    named = tuple(context.customer(topic) for topic in context.topics if topic.ids)
    everything = re.search("|".join(table("requests")["handover"]["all"]), text)
    customers = named if named and not (everything and not named) else None
    return Handover(customers, to, _reason(context))


def _receiver(context: Context) -> str | None:
    text = context.scan.text
    if _TO_ME.search(text):
        return "我"
    best = max(context.scan.people, key=lambda p: judge.receives(context.scan, p), default=None)
    best = best if best and judge.receives(context.scan, best) >= RECEIVES else None
    for item in context.scan.people if best is None else ():
        before, after = text[max(0, item.start - 8) : item.start], text[item.end : item.end + 4]
        if _TO.search(before) or re.match(r"(?:来|去)?(?:跟|带|接|管|负责|跑|打理)", after):
            best = best or item
    if best is None:
        match = re.search(
            r"(?:转给|交给|移交给|交接给|交俾|转俾|俾|归|给)(?:同事|小组的?|我们组的?|新来的)? ?(?P<n>[\u4e00-\u9fffA-Za-z]{2,4}?)(?:来|去|跟|带|接|管|负责|跑|吧|了|,|。|$| )",
            text,
        )
        return match["n"] if match else None
    full = [
        p
        for p in context.scan.people
        if p.full and len(p.text) > 1 and p.start > best.start and p.start - best.end < 6
    ]
    return people.bare(full[0]) if full and not best.full else people.bare(best)


def _reason(context: Context) -> str | None:
    marked = next((p for p in context.phrases if p.kind == "WHY"), None)
    if marked:
        return context.scan.text[marked.start : marked.end]
    match = _REASONS.search(context.scan.text)
    return match[0] if match else None
