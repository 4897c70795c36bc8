"""Reads one note: text, the moment it was said and the known customers in; what it says, with evidence, out."""

import re
from datetime import datetime

from handlers.understanding import corrections, judge, reminders, requests, visits
from handlers.understanding.context import Context, over
from handlers.understanding.features import cue_at
from handlers.understanding.note import Intent, Known, Note, PlanRead, ReminderRead
from handlers.understanding.scan import scan
from handlers.understanding.words import table

_CONTACT = ("went", "phoned", "wechatted", "video", "ate", "fair", "mailed", "first_met")
_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]")
_OVER = {"一早": 9, "早上": 10, "上午": 12, "中午": 14, "下午": 18}
"""The hour at which a part of the day is over, for whoever speaks of it."""
_STRICT = {name: re.compile("|".join(items)) for name, items in table("intents").items()}


def read(text: str, at: datetime, known: Known) -> Note:
    """Never raises; what the note does not say stays blank. Pure: no network, no database, no clock."""
    found = scan(text, at, known)
    if not _WORD.search(found.text):
        return Note(text, Intent.CHAT)
    intent = intent_of(found.text, judge.intent(found), bool(found.firms or found.people), at)
    days = [m for m in found.moments if m.kind != "vague"]
    if intent == "plan" and days and all(over(m, at) for m in days):
        intent = "visit"  # nobody plans for yesterday
    context = Context(found, at, intent)
    reading = _READERS[context.intent](context)
    return reading if reading is not None else Note(text, Intent.CHAT)


def intent_of(text: str, chances: dict[str, float], named: bool, at: datetime) -> str:
    """The learnt intent, but for messages whose wording leaves no choice."""
    best = max(chances, key=lambda name: chances[name])
    told = best not in ("remind", "query", "handover") or re.search(r"\d{7}", text)
    if corrections.asks(text) and told and chances["visit"] < 0.6:
        return "correct"
    for name, pattern in _STRICT.items():
        if name not in ("done", "asked", "ahead", "part") and pattern.search(text) and chances[best] < 0.9:
            return name
    if named and _happened(text, at):
        if best == "visit":
            return best
        if best in ("plan", "chat", "query", "update", "correct") and (chances[best] < 0.9 or len(text) < 30):
            return "visit"
    if best == "query" and chances[best] < 0.7 and cue_at(text, ("ask_archive",)) is None:
        return max((name for name in chances if name != "query"), key=lambda name: chances[name])
    if best == "visit" and len(text) < 20 and cue_at(text, _CONTACT) is None:
        return max((name for name in chances if name != "visit"), key=lambda name: chances[name])
    return best


def _happened(text: str, at: datetime) -> bool:
    """Whether contact is told of as past, before anything that is still to come."""
    if _STRICT["asked"].search(text):
        return False
    told, ahead = _STRICT["done"].search(text), _STRICT["ahead"].search(text)
    part = _STRICT["part"].search(text)
    if part and ahead is None and at.hour >= _OVER[part["part"]]:
        return True
    return told is not None and (ahead is None or told.start() < ahead.start())


def _chat(context: Context) -> Note | None:
    return None


def _query(context: Context) -> Note | None:
    found = requests.query(context)
    return Note(_text(context), Intent.QUERY, query=found) if found else None


def _handover(context: Context) -> Note | None:
    found = requests.handover(context)
    return Note(_text(context), Intent.HANDOVER, handover=found) if found else None


def _correct(context: Context) -> Note | None:
    found = corrections.build(context)
    return Note(_text(context), Intent.CORRECT, correction=found) if found else None


def _visit(context: Context) -> Note | None:
    """Customers contacted are visits; what is told of others, updates."""
    plans, reminded, clauses = _ahead(context)
    roles = _roles(context)
    done = tuple(
        visits.visit(context, t, clauses) for t, r in zip(context.topics, roles, strict=True) if r == "visit"
    )
    told = tuple(
        visits.update(context, t) for t, r in zip(context.topics, roles, strict=True) if r == "update"
    )
    told = tuple(u for u in told if u.facts or u.amounts or u.stage)
    if not done and not plans and not reminded:
        return None
    return Note(_text(context), Intent.VISIT, done, plans, reminded, told)


def _roles(context: Context) -> list[str]:
    """What the note is to each topic: visit, update or none; a visit to one of them at least."""
    count = len(context.topics)
    if count < 2:
        return ["visit"] * count
    roles = [
        judge.topic_role(context.scan, t, context.intent, i, count) for i, t in enumerate(context.topics)
    ]
    return roles if "visit" in roles else ["visit", *roles[1:]]


def _update(context: Context) -> Note | None:
    plans, reminded, _ = _ahead(context)
    told = tuple(visits.update(context, topic) for topic in context.topics)
    intent = Intent(context.intent)
    kept = tuple(u for u in told if u.facts or u.amounts or u.stage) or (
        told[:1] if intent is Intent.NEW_CUSTOMER else ()
    )
    return Note(_text(context), intent, (), plans, reminded, kept) if kept or plans or reminded else None


def _plan(context: Context) -> Note | None:
    plans, reminded, _ = _ahead(context)
    return Note(_text(context), Intent.PLAN, (), plans, reminded) if plans or reminded else None


def _remind(context: Context) -> Note | None:
    plans, found, _ = _ahead(context)
    apart = tuple(p for p in plans if all(p.when.day != r.when.day for r in found))
    return Note(_text(context), Intent.REMIND, (), apart, found) if found else None


def _ahead(context: Context) -> tuple[tuple[PlanRead, ...], tuple[ReminderRead, ...], set[int]]:
    """Plans, reminders, and the numbers of the clauses that speak of them."""
    used: set[int] = set()
    plans = tuple(visits.plans(context, used))
    reminded = tuple(reminders.build(context))
    return plans, reminded, used


def _text(context: Context) -> str:
    return context.scan.original


_READERS = {
    "visit": _visit,
    "update": _update,
    "new_customer": _update,
    "plan": _plan,
    "remind": _remind,
    "query": _query,
    "handover": _handover,
    "correct": _correct,
    "chat": _chat,
}
