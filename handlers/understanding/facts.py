"""Builds facts for the archive: phones, titles, addresses, wants, who left, who came, who decides."""

import re

from handlers.understanding import judge, nouns, people, titles
from handlers.understanding.context import Context
from handlers.understanding.features import cue_at
from handlers.understanding.moments import Tense
from handlers.understanding.note import Fact, Field
from handlers.understanding.numerals import NUMBER, value
from handlers.understanding.people import Person
from handlers.understanding.phones import Address
from handlers.understanding.tagger import Phrase
from handlers.understanding.topics import Topic
from handlers.understanding.words import table, words

_SWITCHBOARD = re.compile(r"(?:总机|座机|固话|公司电话|店里电话|前台电话|厂里电话|单位电话)[^,。;]{0,4}$")
_OLD = re.compile(r"(?:老|旧|原来的?|以前的?|之前的?)(?:号码?|电话|手机号?)[^,。;]{0,4}$")
_CHANGED = re.compile(r"换|新|改|变")
_SAME = re.compile(r"微信(?:也是|就是|同|跟|号同)[^,。;]{0,4}(?:这个|手机|号|步|一样|个)?")
_MANY = "|".join(words("facts", "heads"))
_HEADS = re.compile(
    rf"(?P<n>{NUMBER})(?P<more>[多来几]?)(?:个|名|位|号|口)?(?:{_MANY})|(?:{'|'.join(words('facts', 'staff'))})[^,。;\d一二三四五六七八九十百两酒礼餐]{{0,8}}(?P<n2>{NUMBER})(?![\d瓶套份箱件张元块斤台桌万%])"
)
_CUSTOMER_FIELDS = {"PROD": Field.PRODUCT, "NEED": Field.NEED, "ADDR": Field.ADDRESS, "IND": Field.INDUSTRY}
_UNSURE = re.compile("|".join(words("facts", "unsure")))
_SAID = {
    role: tuple(
        re.compile("|".join(pattern)) if pattern else None
        for pattern in (table("facts")[f"{role}_before"], table("facts")[f"{role}_after"])
    )
    for role in ("left", "joined", "decides")
}
_PLACE = re.compile(
    rf"(?:{'|'.join(words('facts', 'place'))})(?P<p>[^,。;:!?\s()]{{3,30}}?)(?=[,。;!?\s()]|了?$|了[,。])"
)
GOODS_CUT = 0.44  # chance from which a noun phrase counts as goods
_NOT_GOODS = ("PROD", "ADDR", "IND", "COMP", "CUST", "TITLE", "PREF")
_BIRTHDAY = re.compile("|".join(words("facts", "birthday")))


def build(context: Context, topic: Topic) -> list[Fact]:
    """Facts of one customer, each once; what the book holds already is left out."""
    found = (
        _phrases(context, topic)
        + _places(context, topic)
        + _goods(context, topic)
        + _addresses(context, topic)
        + _roles(context, topic)
    )
    found += (
        _pronoun_decides(context, topic)
        + _titles(context, topic)
        + _headcount(context, topic)
        + _birthdays(context, topic)
    )
    out: list[Fact] = []
    for fact in found:
        known = any(
            (fact.of, fact.field) == (o.of, o.field) and (fact.value in o.value or o.value in fact.value)
            for o in out
        )
        if not known:
            out.append(fact)
    return out


def _mine(context: Context, topic: Topic, position: int) -> bool:
    return context.topic_at(position) == topic


def name_of(context: Context, topic: Topic, item: Person) -> str:
    """Whom a fact is of; a private customer is the customer itself."""
    if _is_private(context, topic):
        return "customer"
    return context.person(item, topic).name


def _phrases(context: Context, topic: Topic) -> list[Fact]:
    out: list[Fact] = []
    for phrase in context.phrases:
        if not _mine(context, topic, phrase.start):
            continue
        for start, end in _wishes(context, phrase):
            text, spans = context.scan.text[start:end].strip(), (context.span(start, end),)
            if phrase.kind == "PROD" and not nouns.may_be_goods(text):
                continue
            if phrase.kind in _CUSTOMER_FIELDS and re.search(
                r"[\u4e00-\u9fffA-Za-z].|.[\u4e00-\u9fffA-Za-z]", text
            ):
                out.append(Fact("customer", _CUSTOMER_FIELDS[phrase.kind], text, spans))
            elif phrase.kind == "PREF":
                who = _nearest(context, topic, phrase.start) or _only(context, topic)
                out.append(Fact(who or "customer", Field.PREFERENCE, text, spans))
    return out


def _wishes(context: Context, phrase: Phrase) -> list[tuple[int, int]]:
    """免赔额降到0，需含直付 are two wishes."""
    if phrase.kind not in ("NEED", "PREF"):
        return [(phrase.start, phrase.end)]
    parts = re.compile("[^,;、]{2,}").finditer(context.scan.text, phrase.start, phrase.end)
    return [part.span() for part in parts]


def _places(context: Context, topic: Topic) -> list[Fact]:
    """Where the customer is or has moved to, plainly said (搬到…, 地址…), where the tagger marked nothing."""
    if any(p.kind == "ADDR" and _mine(context, topic, p.start) for p in context.phrases):
        return []
    for match in _PLACE.finditer(context.scan.text):
        start, end = match.start("p"), match.end("p")
        if _mine(context, topic, start) and not set(context.scan.masks[start:end]) & set("CPMT"):
            return [Fact("customer", Field.ADDRESS, match["p"], (context.span(start, end),))]
    return []


def _goods(context: Context, topic: Topic) -> list[Fact]:
    """Noun phrases judged to be wanted goods, where the tagger marked nothing."""
    taken = [(p.start, p.end) for p in context.phrases if p.kind in _NOT_GOODS]
    out: list[Fact] = []
    for start, end in nouns.candidates(context.scan):
        free = all(end <= s or start >= e for s, e in taken)
        if free and _mine(context, topic, start) and judge.goods(context.scan, start, end) >= GOODS_CUT:
            out.append(
                Fact("customer", Field.PRODUCT, context.scan.text[start:end], (context.span(start, end),))
            )
    return out


def _nearest(context: Context, topic: Topic, position: int, ahead: int = 0) -> str | None:
    """The last person named before `position` in the topic, or the first within `ahead` characters behind it."""
    mine = [p for p in context.scan.people if _mine(context, topic, p.start) and not context.is_rival(p)]
    before = [p for p in mine if p.end <= position]
    after = [p for p in mine if position <= p.start <= position + ahead]
    if after and (not before or position - before[-1].end > ahead):
        return name_of(context, topic, after[0])
    return name_of(context, topic, before[-1]) if before else None


def _is_private(context: Context, topic: Topic) -> bool:
    """A person of the book, or a new customer who is called like one (骆先生)."""
    customer = context.customers.get(topic.ids[0]) if topic.ids else None
    if customer is not None:
        return people.is_private(customer)
    return any((p.start, p.end) in topic.mentions for p in context.scan.people)


def _only(context: Context, topic: Topic) -> str | None:
    if _is_private(context, topic):
        return "customer"
    contacts = context.contacts_of(topic)
    return contacts[0].name if len(contacts) == 1 else None


def _addresses(context: Context, topic: Topic) -> list[Fact]:
    out: list[Fact] = []
    text = context.scan.text
    held = {c.phone: c.name for c in context.contacts_of(topic)}
    for item in context.scan.addresses:
        if not _mine(context, topic, item.start) or _OLD.search(text[: item.start]):
            continue
        who = _whose(context, topic, item)
        changed = _CHANGED.search(text[max(0, item.start - 16) : item.start])
        if item.kind == "phone" and held.get(item.value) == who and not changed:
            continue
        spans = (context.span(item.start, item.end),)
        out.append(Fact(who, Field(item.kind), item.value, spans))
        if item.kind == "phone" and (same := _SAME.search(text, item.end, item.end + 20)):
            out.append(Fact(who, Field.WECHAT, item.value, (*spans, context.span(same.start(), same.end()))))
    return out


def _whose(context: Context, topic: Topic, item: Address) -> str:
    text = context.scan.text
    if _SWITCHBOARD.search(text[: item.start]):
        between = text[max(0, item.start - 12) : item.start]
        if (
            not any(p.start >= item.start - 12 and p.end <= item.start for p in context.scan.people)
            or "总机" in between
        ):
            return "customer"
    who = _nearest(context, topic, item.start, 6) or _nearest(context, topic, len(text))
    return who or _only(context, topic) or "customer"


def _roles(context: Context, topic: Topic) -> list[Fact]:
    out: list[Fact] = []
    fields = (("left", Field.LEFT), ("joined", Field.JOINED), ("decides", Field.DECISION_MAKER))
    for item, chances in zip(context.scan.people, context.person_roles, strict=True):
        if not _mine(context, topic, item.start):
            continue
        for role, field in fields:
            sure = chances[role] >= 0.5 and _near(context, item, role)
            if not (sure or _told(context, item, role)) or (
                field is Field.JOINED and context.intent == "new_customer"
            ):
                continue
            spans = (context.span(item.start, item.end),)
            name = name_of(context, topic, item)
            if field is Field.JOINED and any(c.name == name for c in context.contacts_of(topic)):
                continue
            out.append(Fact(name, field, "yes", spans))
    return out


_CUE = {"left": "gone", "joined": "came", "decides": "decides"}


def _near(context: Context, item: Person, role: str) -> bool:
    """Whether the person's clause or the one behind it says anything of that kind at all."""
    number = context.scan.clause_at(item.start)
    start, end = (
        context.scan.clauses[number][0],
        context.scan.clauses[min(number + 1, len(context.scan.clauses) - 1)][1],
    )
    return cue_at(context.scan.text[start:end], (_CUE[role],)) is not None


def _told(context: Context, item: Person, role: str) -> bool:
    """Whether the words right before or behind a person say plainly that they left, came or decide."""
    start, end = context.scan.clauses[context.scan.clause_at(item.start)]
    if _UNSURE.search(context.scan.text[start:end]):
        return False
    before, after = (
        context.scan.text[max(start, item.start - 14) : item.start],
        context.scan.text[item.end : item.end + 16],
    )
    said = _SAID[role]
    return bool((said[0] and said[0].search(before)) or (said[1] and said[1].match(after)))


def _pronoun_decides(context: Context, topic: Topic) -> list[Fact]:
    """她一个人就能拍板: the person named last before it."""
    for start, end in context.scan.clauses:
        clause = context.scan.text[start:end]
        at = cue_at(clause, ("decides",))
        if (
            at is None
            or not _mine(context, topic, start)
            or _UNSURE.search(clause)
            or not re.search("[他她佢]", clause[: at[0]])
        ):
            continue
        if not any(start <= p.start < end for p in context.scan.people) and (
            who := _nearest(context, topic, start)
        ):
            return [Fact(who, Field.DECISION_MAKER, "yes", (context.span(start + at[0], start + at[1]),))]
    return []


def _titles(context: Context, topic: Topic) -> list[Fact]:
    """Titles that stand beside a name, then those that the tagger marked elsewhere; none that the book holds."""
    if _is_private(context, topic):
        return []
    held = {c.name: c.title or "" for c in context.contacts_of(topic)}
    found = [
        (name_of(context, topic, person), start, end)
        for person, start, end in titles.beside(context.scan)
        if _mine(context, topic, person.start) and not context.is_rival(person)
    ]
    for phrase in context.phrases:
        if phrase.kind == "TITLE" and _mine(context, topic, phrase.start) and phrase.end - phrase.start >= 2:
            who = _title_owner(context, topic, phrase)
            found += [(who, phrase.start, phrase.end)] if who else []
    out: list[Fact] = []
    for who, start, end in found:
        title = context.scan.text[start:end]
        if title not in held.get(who, ""):
            out.append(Fact(who, Field.TITLE, title, (context.span(start, end),)))
    return out


def _title_owner(context: Context, topic: Topic, phrase: Phrase) -> str | None:
    """The person standing closest to a title, on either side."""
    mine = [p for p in context.scan.people if _mine(context, topic, p.start)]
    if not mine:
        return None
    nearest = min(mine, key=lambda p: max(p.start - phrase.end, phrase.start - p.end, 0))
    return name_of(context, topic, nearest)


def _headcount(context: Context, topic: Topic) -> list[Fact]:
    out: list[Fact] = []
    for match in _HEADS.finditer(context.scan.text):
        number = value(match["n"] or match["n2"])
        masks = context.scan.masks[match.start() : match.end()]
        if (
            number is None
            or not 5 <= number < 1_000_000
            or set(masks) & set("DMTP")
            or not _mine(context, topic, match.start())
        ):
            continue
        out.append(
            Fact("customer", Field.HEADCOUNT, str(int(number)), (context.span(match.start(), match.end()),))
        )
    return out[:1]


def _birthdays(context: Context, topic: Topic) -> list[Fact]:
    out: list[Fact] = []
    for moment in context.scan.moments:
        near = context.scan.text[max(0, moment.start - 12) : moment.end + 12]
        if not _mine(context, topic, moment.start) or not _BIRTHDAY.search(near):
            continue
        day = moment.day(context.scan.now, Tense.FUTURE)
        if day is None or moment.kind not in ("month_day", "day", "date"):
            continue
        who = _nearest(context, topic, moment.start, 8) or _only(context, topic)
        written = day.isoformat() if moment.kind == "date" else f"{day:%m-%d}"
        if who:
            out.append(Fact(who, Field.BIRTHDAY, written, (context.span(moment.start, moment.end),)))
    return out[-1:]
