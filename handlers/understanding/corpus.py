"""Speaks the note corpus: a case in, a prediction out (see tests/corpus/README.md for the form)."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from handlers.understanding.note import (
    Amount,
    CustomerMention,
    Fact,
    Known,
    KnownContact,
    KnownCustomer,
    NextAction,
    Note,
    Read,
    When,
)
from handlers.understanding.reader import read


def known_of(book: Iterable[dict[str, Any]]) -> Known:
    """The `book` of a case as `Known`."""
    return Known(tuple(_customer(entry) for entry in book))


def _customer(entry: dict[str, Any]) -> KnownCustomer:
    contacts = tuple(
        KnownContact(c["name"], c.get("title"), c.get("phone")) for c in entry.get("contacts") or ()
    )
    return KnownCustomer(str(entry["id"]), entry["name"], tuple(entry.get("aliases") or ()), contacts)


def predict(case: dict[str, Any], read: Read = read) -> dict[str, Any]:
    """Reads one case; `gold` is never looked at."""
    note = read(case["text"], datetime.fromisoformat(case["now"]), known_of(case.get("book") or ()))
    return {"id": case["id"], **as_prediction(note)}


def parse_stream(lines: Iterable[str], read: Read = read) -> Iterator[str]:
    """JSON lines in, JSON lines out, in the same order; ValueError names a line that is no case."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            prediction = predict(case, read)
        except (json.JSONDecodeError, TypeError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(f"line {number} is no case: {error}") from error
        yield json.dumps(prediction, ensure_ascii=False)


def as_prediction(note: Note) -> dict[str, Any]:
    """The corpus form of a reading; doubts count as their likeliest candidate."""
    out: dict[str, Any] = {"intent": note.intent.value}
    out["visits"] = [
        {
            "customer": _name(v.customer),
            "contacts": [p.name for p in v.contacts],
            "when": _when(v.when),
            "method": v.method.value.value if v.method else None,
            "amounts": [_amount(a) for a in v.amounts],
            "stage": v.stage.value.value if v.stage else None,
            "mood": v.mood.value.value,
            "competitors": [c.value for c in v.competitors],
            "tags": [t.value.value for t in v.tags],
            "next_actions": [_action(a) for a in v.next_actions],
            "facts": [_fact(f) for f in v.facts],
        }
        for v in note.visits
    ]
    out["plans"] = [
        {
            "customer": _name(p.customer),
            "contacts": [c.name for c in p.contacts],
            "when": _when(p.when),
            "method": p.method.value.value if p.method else None,
        }
        for p in note.plans
    ]
    out["reminders"] = [
        {"customer": _name(r.customer), "when": _when(r.when), "what": r.what} for r in note.reminders
    ]
    out["updates"] = [
        {
            "customer": _name(u.customer),
            "facts": [_fact(f) for f in u.facts],
            "amounts": [_amount(a) for a in u.amounts],
            "stage": u.stage.value.value if u.stage else None,
        }
        for u in note.updates
    ]
    return {key: value for key, value in {**out, **_rest(note)}.items() if value}


def _rest(note: Note) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if note.query:
        q = note.query
        out["query"] = {
            "kind": q.kind.value,
            "customer": _name(q.customer),
            "from": q.since.isoformat() if q.since else None,
            "to": q.until.isoformat() if q.until else None,
        }
    if note.handover:
        named = note.handover.customers
        out["handover"] = {
            "customers": "all" if named is None else [_name(c) for c in named],
            "to": note.handover.to,
            "reason": note.handover.reason,
        }
    if note.correction:
        value = note.correction.value
        plain = int(value) if isinstance(value, float) and value == int(value) else value
        out["correction"] = {"field": note.correction.field.value, "value": plain}
    return out


def _name(mention: CustomerMention | None) -> str | None:
    if mention is None:
        return None
    return mention.known or (mention.candidates[0] if mention.candidates else mention.name)


def _when(when: When) -> str:
    return f"{when.day.isoformat()}T{when.hour:%H:%M}" if when.hour else when.day.isoformat()


def _amount(amount: Amount) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": amount.kind.value, "value": _plain(amount.value)}
    if amount.maximum is not None:
        out["max"] = _plain(amount.maximum)
    return out


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _action(action: NextAction) -> dict[str, Any]:
    return {"what": action.what, "due": action.due.isoformat() if action.due else None, "owner": action.owner}


def _fact(fact: Fact) -> dict[str, Any]:
    return {"of": fact.of, "field": fact.field.value, "value": fact.value}
