"""Finds promises that stand in the midst of other words (得问厂家, 改天再来, 剩下的秋后给), and what a bare verb is about."""

import re
from dataclasses import dataclass

from handlers.understanding import judge, nouns
from handlers.understanding.context import Context
from handlers.understanding.facts import GOODS_CUT
from handlers.understanding.moments import Moment
from handlers.understanding.scan import Scan
from handlers.understanding.topics import Topic
from handlers.understanding.words import table, words

_WORDS = table("promises")
_GIVE = "|".join(words("actions", "give"))
_PAY = "|".join(_WORDS["pay"])
_LEAD = "|".join(_WORDS["lead"])
_WHOM = "|".join(words("actions", "to_whom"))
_BARE = re.compile(
    rf"(?:{_LEAD})*?给?(?P<v>{_GIVE}|{_PAY})(?:{'|'.join(_WORDS['after'])})*(?:给)?(?:{_WHOM})?"
)
_DOES = re.compile(rf"(?:{_LEAD})*?(?P<v>{'|'.join(_WORDS['ask'])}|{_GIVE}|{_PAY})(?!了|过|咗)")
_PAYS = re.compile(_PAY)
_OWED = re.compile("|".join(words("promises", "owed")))
_THING = re.compile("|".join((*words("actions", "things"), "报价")))
_ASKS = re.compile(
    rf"(?P<lead>{'|'.join(_WORDS['must'])})(?:再|先|也|去)?(?:[跟向找同和][\u4e00-\u9fff]{{1,6}}?)?"
    rf"(?P<v>{'|'.join(_WORDS['ask'])})(?!了|过|题|[我俺咱你])(?:一?下|一声)?"
)
_AGAIN = re.compile("|".join(_WORDS["again"]))
_LATER = re.compile(rf"(?:{'|'.join(_WORDS['later'])})(?:再|就|才)?(?P<v>{_PAY})(?!了|过|咗|[\u4e00-\u9fff])")
_PART = re.compile(
    rf"先(?P<v>{_PAY})(?P<o>(?:一半|[一二三四五六七八九]成)?(?:定金|订金|首付)?)(?<!先.)(?!了|过)"
)
_US, _THEM = re.compile("[我俺咱]"), re.compile("[他她佢P]")
_OBJECT = frozenset({"n", "nz", "vn", "nw", "an", "ORG", "m", "q", "a"})
_BACK = 45  # characters before a bare verb in which its object is looked for
_GOODS = 0.2  # chance from which a noun is taken for the object of a verb that stands all alone


@dataclass(frozen=True, slots=True)
class Promise:
    """What is to be done, where it stands, and by whom (us or customer)."""

    start: int
    end: int
    what: str
    owner: str


def find(context: Context, topic: Topic) -> list[Promise]:
    """Promises of a topic that their own words show, without a day."""
    found = [*_asked(context), *_again(context), *_paid(context)]
    return [promise for promise in found if context.topic_at(promise.start) == topic]


def _asked(context: Context) -> list[Promise]:
    """我得请示一下, 得问厂家: what we have to ask inside; what the customer has to is left to the tagger."""
    out: list[Promise] = []
    for match in _ASKS.finditer(context.scan.text):
        end = _object_end(context.scan, match.end())
        what = match["v"] + context.scan.text[match.end() : end]
        if len(what) >= 2 and _ours(context.scan, match.start()):
            out.append(Promise(match.start("v"), end, what, "us"))
    return out


def _ours(scan: Scan, position: int) -> bool:
    """Whether 我 was the last to be named before `position`, if anybody was."""
    said = zip(
        scan.text[max(0, position - 20) : position], scan.masks[max(0, position - 20) : position], strict=True
    )
    signs = "".join("P" if mask == "P" else char for char, mask in said)
    who = [sign for sign in signs if _US.match(sign) or _THEM.match(sign)]
    return not who or _US.match(who[-1]) is not None


def _again(context: Context) -> list[Promise]:
    return [Promise(*m.span(), m[0], "us") for m in _AGAIN.finditer(context.scan.text)]


def _paid(context: Context) -> list[Promise]:
    """剩下的秋后给, 先付三成: what the customer pays at a time that names no day."""
    scan, out = context.scan, list[Promise]()
    for match in _LATER.finditer(scan.text):
        if owed := _owed(scan, match.start("v")):
            out.append(Promise(match.start(), match.end(), match["v"] + owed, "customer"))
    for match in _PART.finditer(scan.text):
        if match["o"]:
            named = _OWED.search(match["o"])
            what = match["v"] + (named[0] if named else match["o"])
            out.append(Promise(match.start("v"), match.end(), what, "customer"))
    return out


def _object_end(scan: Scan, start: int, most: int = 8) -> int:
    """Where the nouns end that begin at `start`."""
    end = start
    for word in scan.lexed:
        if word.start < start:
            end = max(end, word.end)
            continue
        marked = set(scan.masks[word.start : word.end]) & set("CPDT")
        if marked or word.tag not in _OBJECT or word.end - start > most:
            break
        end = word.start + len(word.text.rstrip())
    return end


def behind(scan: Scan, day: Moment) -> tuple[int, int] | None:
    """The verb right behind a day and its object, where nothing parts them from the rest: 礼拜一打一万五剩下的…"""
    match = _DOES.match(scan.text, day.end)
    return (match.start("v"), _object_end(scan, match.end())) if match else None


def bare(text: str) -> str | None:
    """The verb of a phrase that holds nothing but it (给补齐)."""
    match = _BARE.fullmatch(text)
    return match["v"] if match else None


def about(context: Context, position: int, said: str, verb: str) -> str:
    """A bare verb with what it is about: money owed, things promised or goods named last before it; else as said."""
    scan = context.scan
    pays = _PAYS.fullmatch(verb) is not None
    if owed := _owed(scan, position) if pays else None:
        return verb + owed
    things = [m[0] for m in _THING.finditer(scan.text, max(0, position - _BACK), position)]
    if pays and verb not in ("给", "转"):
        return said if len(said) > 1 else f"{verb}款"
    if verb == "给" and things:
        return verb + things[-1]
    goods = _goods(context, position, GOODS_CUT if len(said) > 1 else _GOODS)
    return verb + (goods or things[-1]) if goods or things else said


def _owed(scan: Scan, position: int) -> str | None:
    found = [m[0] for m in _OWED.finditer(scan.text, max(0, position - 30), position)]
    return {"欠": "欠款"}.get(found[-1], found[-1]) if found else None


def _goods(context: Context, position: int, cut: float) -> str | None:
    """Goods named last before `position`, or the likeliest noun for goods."""
    scan, first = context.scan, max(0, position - _BACK)
    marked = [p for p in context.phrases if p.kind == "PROD" and first <= p.start and p.end <= position]
    if marked:
        return scan.text[marked[-1].start : marked[-1].end]
    near = [
        (judge.goods(scan, s, e), s, e) for s, e in nouns.candidates(scan) if first <= s and e <= position
    ]
    chance, start, end = max(near, default=(0.0, 0, 0))
    return scan.text[start:end] if chance >= cut else None
