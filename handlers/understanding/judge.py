"""Asks the learnt classifiers about parts of a note; the training script asks for the same features."""

import re
from functools import cache

from handlers.understanding import linear, net
from handlers.understanding.features import cues, grams, masked, of_place, of_text
from handlers.understanding.linear import Piece
from handlers.understanding.moments import Moment
from handlers.understanding.money import Sum
from handlers.understanding.net import Parts
from handlers.understanding.people import Person
from handlers.understanding.scan import Scan
from handlers.understanding.tagger import Phrase
from handlers.understanding.topics import Topic
from handlers.understanding.words import table

_COUNTED = re.compile(
    r"(?:[一二两三四五六七八九十百千几\d]|这|那|每)(?:个|台|套|只|支|件|箱|吨|斤|公斤|桶|瓶|包|袋|张|卷|令|片|盒|条|根|批|款|种|份|辆|部|副|双|对|床|株|亩|组|扇|车|些|点|把)(?:的)?$"
)
_SUBJECT = re.compile(
    "[让叫喊要催请][我咱]|[请让叫催][他她]|[我咱]们?(?:答应|说|讲)|[他她]们?(?:答应|说|讲)|[我咱]|[他她]|Ⓟ"
)
_PAYS = re.compile("[付打结清转汇]|款|钱|账|定金|首付|尾数|Ⓜ")
_ANSWERS = re.compile("答复|回复|回话|反馈|回音|准信|消息|定$|商量|研究|审批|盖章")
_MENDED = re.compile(r"不是|不对|哦不|改成|改为|应该|才对|说错|记错|记岔|讲快|等哈|搞错|看错|诶|更正")


Features = tuple[Piece, ...]


def intent_features(scan: Scan) -> Features:
    text = masked(scan, 0, len(scan.text))
    out = [f"h{n}:{text[:n]}" for n in (1, 2, 3, 4, 5, 6)]
    out += [f"t{n}:{text[-n:]}" for n in (1, 2, 3, 4)]
    out += [
        f"+len{min(len(scan.text) // 20, 6)}",
        f"+c{min(len(scan.firms), 3)}",
        f"+p{min(len(scan.people), 3)}",
    ]
    out += [f"+{m.kind}" for m in scan.moments] + [
        f"+m{min(len(scan.sums), 3)}",
        f"+t{min(len(scan.addresses), 2)}",
    ]
    return of_text(text[:160]), tuple(out)


def request_features(scan: Scan, name: str) -> Features:
    """The message as a whole, and which patterns of `requests.toml` or `corrections.toml` it answers, in their order."""
    text = scan.text
    found = [label for label, pattern in _patterns(name) if pattern.search(text)]
    return *intent_features(scan), (*(f"={label}" for label in found), f"first={(found or [''])[0]}")


@cache
def _patterns(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    lists = table("requests")["query"] if name == "query" else table("corrections")["field"]
    return tuple((label, re.compile("|".join(items))) for label, items in lists.items())


def sum_features(scan: Scan, item: Sum) -> Features:
    size = len(str(int(item.low)))
    later = [s for s in scan.sums if s.start >= item.end and s.start - item.end < 24]
    earlier = [s for s in scan.sums if s.end <= item.start and item.start - s.end < 24]
    extra = [
        f"unit{item.unit}",
        f"size{size}",
        f"per{item.per_unit}",
        f"range{item.high is not None}",
        f"n{min(len(scan.sums), 4)}",
    ]
    if later and _MENDED.search(scan.text[item.end : later[0].start]):
        extra.append("mended-later")
    if earlier and _MENDED.search(scan.text[earlier[-1].end : item.start]):
        extra.append("mends")
    return of_place(scan, item.start, item.end, extra)


def moment_features(scan: Scan, item: Moment, intent: str) -> Features:
    index = scan.moments.index(item)
    before = scan.clause_at(item.start) == 0
    extra = [
        f"kind-{item.kind}",
        f"before-{item.before}",
        f"hour-{item.hour is not None}",
        f"i{min(index, 3)}",
        f"first-{before}",
        f"intent-{intent}",
        f"word-{scan.text[item.start : item.end]}",
        f"k{item.kind}{item.before}{intent}",
        f"n{min(len(scan.moments), 4)}",
    ]
    return of_place(scan, item.start, item.end, extra)


def person_features(scan: Scan, item: Person, known: bool) -> Features:
    index = scan.people.index(item)
    extra = [
        f"i{min(index, 3)}",
        f"n{min(len(scan.people), 4)}",
        f"known-{known}",
        f"title-{item.title}",
        f"full-{item.full}",
    ]
    start, end = scan.clauses[scan.clause_at(item.start)]
    return of_place(
        scan,
        item.start,
        item.end,
        [*extra, f"head-{masked(scan, start, item.start)[:3]}", f"tail-{masked(scan, item.end, end)[:4]}"],
    )


def topic_text(scan: Scan, topic: Topic) -> str:
    return "|".join(masked(scan, start, end) for start, end in topic.parts)


def topic_features(scan: Scan, topic: Topic, alone: bool) -> Features:
    """Everything said of one customer, and where it is not the only one, how the note begins (今天打了三个电话)."""
    told = of_text(topic_text(scan, topic))
    return (told,) if alone else (told, tuple(f"g:{g}" for g in of_text(masked(scan, 0, 20))))


def role_features(scan: Scan, topic: Topic, intent: str, index: int, count: int) -> Features:
    start, end = topic.mentions[0]
    extra = [
        f"i{min(index, 4)}",
        f"n{min(count, 4)}",
        f"intent-{intent}",
        f"{intent}{min(index, 2)}",
        f"known-{bool(topic.ids)}",
        f"mentions{min(len(topic.mentions), 3)}",
    ]
    return *of_place(scan, start, end, extra), tuple(f"s:{g}" for g in of_text(topic_text(scan, topic)))


def owner_features(scan: Scan, item: Phrase) -> Features:
    inside = masked(scan, item.start, item.end)
    subjects = [m[0] for m in _SUBJECT.finditer(masked(scan, item.start - 24, item.start))]
    extra = [
        f"in{inside[:1]}",
        f"in{inside[:2]}",
        f"end{inside[-2:]}",
        f"all{inside}",
        f"subject-{subjects[-1] if subjects else ''}",
    ]
    extra += [f"subjects-{'-'.join(subjects[-2:])}", *cues(inside, "act")]
    extra += [f"pays-{bool(_PAYS.search(inside))}", f"answers-{bool(_ANSWERS.search(inside))}"]
    return of_place(scan, item.start, item.end, extra)


def goods_features(scan: Scan, start: int, end: int) -> Features:
    """A noun phrase that may be wanted goods: what stands around it, how it ends, whether it is counted."""
    text = scan.text[start:end]
    before = scan.text[max(0, start - 6) : start]
    first, last = scan.clauses[scan.clause_at(start)]
    extra = [
        f"all-{text}",
        f"end1-{text[-1]}",
        f"end2-{text[-2:]}",
        f"start-{text[:2]}",
        f"len{min(len(text), 8)}",
    ]
    extra += [
        f"counted-{bool(_COUNTED.search(before))}",
        f"code-{any(c.isascii() for c in text)}",
        f"last-{end >= last - 1}",
    ]
    extra += [f"in-{g}" for g in grams(text, 2, 2)]
    following = scan.clauses[min(scan.clause_at(start) + 1, len(scan.clauses) - 1)]
    earlier = scan.clauses[max(scan.clause_at(start) - 1, 0)]
    extra += (
        cues(masked(scan, *following), "next")
        + cues(masked(scan, *earlier), "prev")
        + cues(masked(scan, first, start), "sofar")
    )
    return of_place(scan, start, end, extra)


def rival_features(scan: Scan, start: int, end: int, framed: bool) -> Features:
    """A name that may be another supplier's: what stands around it, and what it looks like."""
    run = [w for w in scan.lexed if w.start < end and start < w.end]
    text = scan.text[start:end]
    begin, last = scan.clauses[scan.clause_at(start)]
    extra = [
        f"tags-{'-'.join(w.tag for w in run)}",
        f"len{len(text)}",
        f"end2-{text[-2:]}",
        f"framed-{framed}",
    ]
    extra += [
        f"masks-{''.join(sorted(set(scan.masks[start:end])))}",
        f"said{min(scan.text.count(text), 3)}",
        f"opens-{start == begin}",
    ]
    extra += [
        f"prevtag-{_tag_before(scan, start)}",
        f"nexttag-{_tag_behind(scan, end)}",
        f"firms{min(len(scan.firms), 2)}",
    ]
    extra += cues(masked(scan, begin, start), "sofar") + cues(masked(scan, end, last), "then")
    return of_place(scan, start, end, extra)


def _tag_before(scan: Scan, position: int) -> str:
    return next((w.tag for w in reversed(scan.lexed) if w.end <= position), "")


def _tag_behind(scan: Scan, position: int) -> str:
    return next((w.tag for w in scan.lexed if w.start >= position), "")


def clause_features(scan: Scan, number: int) -> Features:
    """What a clause says, and what the ones beside it are about."""
    start, end = scan.clauses[number]
    out = list[str]()
    if number:
        before = masked(scan, *scan.clauses[number - 1])
        out += [*cues(before, "prev"), *(f"p:{g}" for g in grams(before[-6:], 1, 2))]
    if number + 1 < len(scan.clauses):
        out += cues(masked(scan, *scan.clauses[number + 1]), "next")
    out += [
        f"+len{min((end - start) // 4, 6)}",
        f"+at{min(number, 3)}",
        f"+last{number + 1 == len(scan.clauses)}",
    ]
    return of_text(masked(scan, start, end).strip(" ,。;!?\n")), tuple(out)


# -- answers ---------------------------------------------------------------------------------------


DEEP = frozenset({"intent", "stage", "sum", "moment", "owner", "role"})
"""Questions that words and net answer better together than words alone, measured on files left out."""


def _chances(scan: Scan, name: str, parts: Parts, features: Features) -> dict[str, float]:
    """What the words and the net say together: the geometric mean of their chances."""
    told = linear.chances(name, features)
    deep = net.chances(scan, name, parts) if name in DEEP else None
    if deep is None:
        return told
    both = {answer: (chance * deep.get(answer, 0.0)) ** 0.5 for answer, chance in told.items()}
    whole = sum(both.values()) or 1.0
    return {answer: chance / whole for answer, chance in both.items()}


def _best(chances: dict[str, float]) -> str:
    return max(chances, key=lambda answer: chances[answer])


def intent(scan: Scan) -> dict[str, float]:
    return _chances(scan, "intent", ((0, len(scan.text)),), intent_features(scan))


def asks_archive(scan: Scan) -> bool:
    """Whether any pattern of a question to the archive is there at all."""
    return any(pattern.search(scan.text) for _, pattern in _patterns("query"))


def query_kind(scan: Scan) -> str:
    """What is asked of the archive: a word of `QueryKind`. Where only one list of patterns fits, that counts half."""
    chances = _chances(scan, "query", ((0, len(scan.text)),), request_features(scan, "query"))
    told = [label for label, pattern in _patterns("query") if pattern.search(scan.text)]
    if len(told) == 1:
        chances[told[0]] = chances.get(told[0], 0.0) + 0.5
    return _best(chances)


def corrected(scan: Scan) -> dict[str, float]:
    """Chances of the fields that a message may put right: words of `CorrectionField`."""
    return _chances(scan, "correction", ((0, len(scan.text)),), request_features(scan, "correction"))


def receives(scan: Scan, item: Person) -> float:
    """Chance that a person is whom customers are handed over to."""
    parts = ((item.start, item.end),)
    return _chances(scan, "person-to", parts, person_features(scan, item, known=False))["yes"]


def sum_kind(scan: Scan, item: Sum) -> str:
    """budget, quote, order, payment, other or none."""
    return _best(_chances(scan, "sum", ((item.start, item.end),), sum_features(scan, item)))


def moment_role(scan: Scan, item: Moment, of: str) -> dict[str, float]:
    """Chances of visit, due, plan, remind, birthday and none."""
    return _chances(scan, "moment", ((item.start, item.end),), moment_features(scan, item, of))


def person_roles(scan: Scan, item: Person, known: bool) -> dict[str, float]:
    """Chance of each of met, left, joined and decides; more than one may hold."""
    features, parts = person_features(scan, item, known), ((item.start, item.end),)
    return {
        name: _chances(scan, f"person-{name}", parts, features)["yes"]
        for name in ("met", "left", "joined", "decides")
    }


def topic_role(scan: Scan, topic: Topic, of: str, index: int, count: int) -> str:
    """visit, update or none."""
    return _best(_chances(scan, "role", topic.mentions[:1], role_features(scan, topic, of, index, count)))


def about(scan: Scan, topic: Topic, name: str, features: Features) -> dict[str, float]:
    """Chances of a visit's stage, mood, method, or of one tag, from `topic_features`."""
    return _chances(scan, name, topic.parts, features)


def clause_acts(scan: Scan, number: int) -> float:
    """Chance that a clause holds a next action: by its words, which count double, and by the net's labels."""
    told = linear.chances("clause-action", clause_features(scan, number))["yes"]
    share = net.share(scan, "deeds", "ACT", *scan.clauses[number])
    return told if share is None else (2 * told + share) / 3


def goods(scan: Scan, start: int, end: int) -> float:
    """Chance that a noun phrase is what the customer buys, wants or asks about."""
    return linear.chances("goods", goods_features(scan, start, end))["yes"]


_SAID_WHO = re.compile("[\u4e00-\u9fff]{2}(?:(?P<us>[我咱])|[他她])们?Ⓓ?(?:之?前)?[发送寄给交报补传带做拿]")


_TO_US = re.compile(r".*[发给寄传交转](?:给)?(?:我|俺|咱)们?(?=$|[,。;!?]|了吧)")
_OTHERS = re.compile(r"[他她]们?(?:说|讲|答应)?(?:之?前)?$")


def owner(scan: Scan, item: Phrase) -> str:
    """Who acts: us or customer."""
    last = scan.clauses[scan.clause_at(item.start)][1]
    if _TO_US.match(scan.text, item.start, min(item.end + 3, last)):
        return "customer"
    if who := _SAID_WHO.match(masked(scan, item.start, item.end)):
        return "us" if who["us"] else "customer"
    return _best(_chances(scan, "owner", ((item.start, item.end),), owner_features(scan, item)))


def rival(scan: Scan, start: int, end: int, framed: bool) -> float:
    """Chance that a name is another supplier's."""
    return linear.chances("rival", rival_features(scan, start, end, framed))["yes"]
