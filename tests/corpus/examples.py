"""Turns notes and their answers into examples for each linear classifier."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from itertools import chain
from typing import Any

from align import place
from lessons import Lesson
from score import dice

from handlers.understanding import judge, nouns, people, rivals, topics
from handlers.understanding import scan as scanning
from handlers.understanding.features import cue_at
from handlers.understanding.moments import Moment, Tense
from handlers.understanding.money import Sum
from handlers.understanding.normalise import normalise
from handlers.understanding.people import Person
from handlers.understanding.scan import Scan
from handlers.understanding.tagger import Phrase
from handlers.understanding.topics import Topic

TAGS = ("price_sensitive", "service_demanding", "urgent", "churn_risk", "complaint", "referral")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about parts of a note, for the classifier `name`, with the answer; `features` are a linear one's."""

    name: str
    parts: tuple[tuple[int, int], ...]
    features: Callable[[], judge.Features]
    answer: str


def rows(found: Iterable[Lesson]) -> dict[str, tuple[list[list[str]], list[str]]]:
    """Features of each example and answers, of every classifier."""
    out: dict[str, tuple[list[list[str]], list[str]]] = {}
    for lesson in found:
        for question in [*asked(lesson.scan, lesson.case), *begun(lesson.scan, lesson.case)]:
            features, answers = out.setdefault(question.name, ([], []))
            features.append([*chain.from_iterable(question.features())])
            answers.append(question.answer)
    return out


def begun(scan: Scan, case: dict[str, Any]) -> Iterator[Asked]:
    if case["gold"]["intent"] == "visit":
        for short in beginnings(scan):
            yield Asked("intent", ((0, len(short.text)),), partial(judge.intent_features, short), "visit")


def asked(scan: Scan, case: dict[str, Any]) -> Iterator[Asked]:
    """Everything that one note teaches the classifiers."""
    gold, whole = case["gold"], ((0, len(scan.text)),)
    yield Asked("intent", whole, lambda: judge.intent_features(scan), gold["intent"])
    if query := gold.get("query"):
        yield Asked("query", whole, lambda: judge.request_features(scan, "query"), query["kind"])
    if correction := gold.get("correction"):
        yield Asked("correction", whole, lambda: judge.request_features(scan, "correction"), correction["field"])
    for item in scan.sums:
        yield Asked("sum", ((item.start, item.end),), partial(judge.sum_features, scan, item), sum_kind(item, gold))
    for moment in scan.moments:
        features = partial(judge.moment_features, scan, moment, gold["intent"])
        yield Asked("moment", ((moment.start, moment.end),), features, moment_role(scan, moment, gold))
    for person in scan.people:
        yield from of_person(scan, person, gold)
    if handover := gold.get("handover"):
        yield from of_receivers(scan, handover["to"])
    yield from of_topics(scan, topics.find(scan, gold_phrases(scan, case)), gold)
    yield from of_owners(scan, gold)
    yield from of_clauses(scan, gold)
    yield from of_nouns(scan, gold)


def of_nouns(scan: Scan, gold: dict[str, Any]) -> Iterator[Asked]:
    wanted = [f["value"] for part in parts(gold) for f in part.get("facts") or () if f["field"] == "product"]
    others = {normalise(n).text for part in parts(gold) for n in part.get("competitors") or ()}
    for (start, end), framed in rivals.candidates(scan).items():
        features = partial(judge.rival_features, scan, start, end, framed)
        yield Asked("rival", ((start, end),), features, "yes" if scan.text[start:end] in others else "no")
    for start, end in nouns.candidates(scan):
        hit = any(dice(scan.text[start:end], value) >= 0.5 for value in wanted)
        yield Asked("goods", ((start, end),), partial(judge.goods_features, scan, start, end), "yes" if hit else "no")


_DONE = re.compile("[了过咗]|刚|昨|上周|前天")


def beginnings(scan: Scan) -> Iterator[Scan]:
    """The first clauses of a visit note, where they alone report contact already: short notes are visits too."""
    for count in (1, 2):
        if count >= len(scan.clauses) or (len(scan.text) + count) % 4:  # a few suffice, or everything short is a visit
            continue
        text = scan.text[: scan.clauses[count - 1][1]].strip(" ,。;\n")
        named = any(m in "CP" for m in scan.masks[: len(text)])
        if named and 5 <= len(text) <= 24 and _DONE.search(text) and cue_at(text, ("went", "phoned", "wechatted", "ate", "video")):
            yield scanning.scan(text, datetime.combine(scan.now, time.min), scan.known)


def parts(gold: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(gold.get("visits") or ()), *(gold.get("updates") or ())]


def gold_phrases(scan: Scan, case: dict[str, Any]) -> list[Phrase]:
    """New customers and rivals where the answer has them, as the tagger would mark them."""
    ids = {c["id"] for c in case["book"]}
    out: list[Phrase] = []
    names = {
        (p.get("customer"), "CUST")
        for k in ("visits", "updates", "plans", "reminders")
        for p in case["gold"].get(k) or ()
    }
    names |= {(name, "COMP") for v in parts(case["gold"]) for name in v.get("competitors") or ()}
    for name, kind in sorted((n, k) for n, k in names if n and n not in ids):
        if span := place(name, scan.text, set()):
            out.append(Phrase(*span, kind))
    return out


def sum_kind(item: Sum, gold: dict[str, Any]) -> str:
    for part in parts(gold):
        for amount in part.get("amounts") or ():
            if abs(amount["value"] - item.low) < 0.011 and (amount.get("max") or 0) == (item.high or 0):
                return str(amount["kind"])
    return "none"


def moment_role(scan: Scan, item: Moment, gold: dict[str, Any]) -> str:
    past, future = item.day(scan.now, Tense.PAST), item.day(scan.now, Tense.FUTURE)
    if past is None and future is None:
        return "none"

    def meets(text: str | None, day: date | None) -> bool:
        if text is None or day is None or text[:10] != day.isoformat():
            return False
        return "T" not in text or item.hour is None or text[11:16] == f"{item.hour:%H:%M}"

    asked = [("remind", r["when"]) for r in gold.get("reminders") or ()]
    asked += [("plan", p["when"]) for p in gold.get("plans") or ()]
    asked += [("due", a["due"]) for v in parts(gold) for a in v.get("next_actions") or ()]
    seen = [("visit", v["when"]) for v in gold.get("visits") or ()]
    ahead = next((role for role, when in asked if meets(when, future)), None)
    done = next((role for role, when in seen if meets(when, past)), None)
    if ahead and done:  # 今天: the first such word tells of the visit
        earlier = [m for m in scan.moments if m.start < item.start and m.day(scan.now, Tense.PAST) == past]
        return ahead if earlier or item.before else done
    birthdays = [
        f["value"][-5:] for v in parts(gold) for f in v.get("facts") or () if f["field"] == "birthday"
    ]
    if not ahead and future and f"{future:%m-%d}" in birthdays:
        return "birthday"
    return ahead or done or "none"


def of_person(scan: Scan, person: Person, gold: dict[str, Any]) -> Iterator[Asked]:
    names = {people.bare(person), person.text} | {
        c.name for _, c in topics.holders(person, scan.known.customers)
    }
    held = bool(topics.holders(person, scan.known.customers))
    facts = [f for part in parts(gold) for f in part.get("facts") or ()]
    met = {
        n for v in [*(gold.get("visits") or ()), *(gold.get("plans") or ())] for n in v.get("contacts") or ()
    }
    features = partial(judge.person_features, scan, person, held)
    told = {"met": met} | {
        label: {f["of"] for f in facts if f["field"] == field}
        for label, field in (("left", "left"), ("joined", "joined"), ("decides", "decision_maker"))
    }
    for label, hits in told.items():
        yield Asked(f"person-{label}", ((person.start, person.end),), features, "yes" if names & hits else "no")


def of_receivers(scan: Scan, to: str) -> Iterator[Asked]:
    for person in scan.people:
        features = partial(judge.person_features, scan, person, False)
        said = people.bare(person)
        answer = "yes" if said in to or to in said else "no"
        yield Asked("person-to", ((person.start, person.end),), features, answer)


def of_topics(scan: Scan, found: list[Topic], gold: dict[str, Any]) -> Iterator[Asked]:
    visits = {v["customer"]: v for v in gold.get("visits") or ()}
    updates = {u["customer"] for u in gold.get("updates") or ()}
    for index, topic in enumerate(found):
        role = "visit" if topic.key in visits else "update" if topic.key in updates else "none"
        features = partial(judge.role_features, scan, topic, gold["intent"], index, len(found))
        yield Asked("role", (topic.mentions[0],), features, role)
        if role != "visit":
            continue
        visit, features = visits[topic.key], partial(judge.topic_features, scan, topic, len(found) == 1)
        yield Asked("stage", topic.parts, features, visit["stage"] or "none")
        yield Asked("mood", topic.parts, features, visit["mood"])
        yield Asked("method", topic.parts, features, visit["method"] or "none")
        for tag in TAGS:
            yield Asked(f"tag-{tag}", topic.parts, features, "yes" if tag in visit["tags"] else "no")


def of_clauses(scan: Scan, gold: dict[str, Any]) -> Iterator[Asked]:
    """Which clauses hold an action."""
    held: set[int] = set()
    for phrase in (a["what"] for v in parts(gold) for a in v.get("next_actions") or ()):
        if span := place(phrase, scan.text, set()):
            held.add(scan.clause_at((span[0] + span[1] - 1) // 2))
    for number, clause in enumerate(scan.clauses):
        answer = "yes" if number in held else "no"
        yield Asked("clause-action", (clause,), partial(judge.clause_features, scan, number), answer)


def of_owners(scan: Scan, gold: dict[str, Any]) -> Iterator[Asked]:
    used: set[tuple[int, int]] = set()
    for visit in gold.get("visits") or ():
        for action in visit.get("next_actions") or ():
            if span := place(action["what"], scan.text, used):
                used.add(span)
                yield Asked("owner", (span,), partial(judge.owner_features, scan, Phrase(*span, "ACT")), action["owner"])
