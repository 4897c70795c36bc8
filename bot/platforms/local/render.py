"""Draws cards and messages as the JSON that the playground's page turns into elements.

What a person used of a note travels as segments, not as offsets: JavaScript counts UTF-16 units,
Python code points, and a name may hold a character that is two of the one and one of the other.
"""

import json
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from pydantic import ValidationError

from cards.actions import encode
from cards.model import Button, Card, Choice, Form, Line, Mark, Picture, Quote, load
from storage.models.local import LocalMessage

Drawn = dict[str, object]

OLD_CARD = "这张旧了，点一下我把最新的给你"
"""Said where the stored card holds an intention that this version no longer knows."""


def message(row: LocalMessage) -> Drawn:
    """One message of a chat. `content` is drawn for a card, an object for the media, else text."""
    return {
        "id": row.id,
        "client": row.key.removeprefix("in:") if row.direction == "in" else "",
        "phone": row.address,
        "direction": row.direction,
        "kind": row.kind,
        "content": _content(row),
        "thread": row.thread,
        "revision": row.revision,
        "at": row.at.isoformat(),
    }


def card(shown: Card) -> Drawn:
    """Every part that the card holds, and nothing that it does not."""
    return {
        "kind": shown.kind,
        "title": shown.title,
        "subtitle": shown.subtitle,
        "flag": shown.flag,
        "lines": [_line(each) for each in shown.lines],
        "changes": [
            {"label": each.label, "before": each.before, "after": each.after, "evidence": each.evidence}
            for each in shown.changes
        ],
        "quote": _quote(shown.quote) if shown.quote else None,
        "body": shown.body,
        "picture": _picture(shown.picture) if shown.picture else None,
        "choice": _choice(shown.choice) if shown.choice else None,
        "form": _form(shown.form) if shown.form else None,
        "buttons": [_button(each) for each in shown.buttons],
        "menu": [_button(each) for each in shown.menu],
        "footer": shown.footer,
        "page": safe_link(shown.page),
        "done": shown.done,
    }


def safe_link(link: str) -> str:
    """The link if a tap on it opens a page or a call and runs nothing; otherwise no link."""
    try:
        scheme = urlsplit(link).scheme.lower()
    except ValueError:
        return ""
    own_page = link.startswith("/") and not link.startswith(("//", "/\\"))
    return link if own_page or scheme in ("http", "https", "tel") else ""


def _content(row: LocalMessage) -> object:
    if row.kind == "text":
        return row.content
    if row.kind != "card":
        return json.loads(row.content)
    try:
        return card(load(row.content))
    except ValidationError:
        return _old(row.content)


def _old(content: str) -> Drawn:
    """A card of an earlier version: its title and its taps, which come back as unknown and are answered."""
    raw = json.loads(content)
    buttons: Iterable[dict[str, object]] = raw.get("buttons", ())
    drawn = card(Card(kind=str(raw.get("kind", "")), title=str(raw.get("title", "")), body=OLD_CARD))
    return drawn | {
        "buttons": [
            {"label": str(each.get("label", "")), "action": each["action"], "weight": "normal", "link": ""}
            for each in buttons
            if isinstance(each.get("action"), str)
        ]
    }


def _line(line: Line) -> Drawn:
    return {
        "label": line.label,
        "value": line.value,
        "evidence": line.evidence,
        "link": safe_link(line.link),
    }


def _button(button: Button) -> Drawn:
    return {
        "label": button.label,
        "action": encode(button.action) if button.action else "",
        "weight": button.weight.value,
        "link": safe_link(button.link),
    }


def _picture(picture: Picture) -> Drawn:
    return {"url": safe_link(picture.url), "alt": picture.alt, "link": safe_link(picture.link)}


def _choice(choice: Choice) -> Drawn:
    return {
        "title": choice.title,
        "several": choice.several,
        "options": [
            {"id": each.id, "label": each.label, "chosen": each.id in choice.chosen}
            for each in choice.options
        ],
    }


def _form(form: Form) -> Drawn:
    return {
        "inputs": [
            {
                "id": each.id,
                "label": each.label,
                "kind": each.kind,
                "value": each.value,
                "hint": each.hint,
            }
            for each in form.inputs
        ]
    }


def _quote(quote: Quote) -> Drawn:
    return {
        "parts": segments(quote.text, quote.marks),
        "whole": segments(quote.whole, _marks_in_whole(quote)),
    }


def segments(text: str, marks: Sequence[Mark]) -> list[Drawn]:
    """The text in order, cut where a used part begins or ends; overlapping marks are one."""
    used = [False] * len(text)
    for mark in marks:
        for place in range(max(mark.start, 0), min(mark.end, len(text))):
            used[place] = True
    parts: list[Drawn] = []
    begin = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or used[place] != used[begin]:
            parts.append({"text": text[begin:place], "used": used[begin]})
            begin = place
    return parts


def _marks_in_whole(quote: Quote) -> list[Mark]:
    """Where the quote's used parts stand in the whole note; the clauses keep their order in it."""
    found: list[Mark] = []
    after = 0
    for mark in sorted(quote.marks, key=lambda each: each.start):
        words = quote.text[mark.start : mark.end]
        at = quote.whole.find(words, after) if words else -1
        if at >= 0:
            after = at + len(words)
            found.append(Mark(at, after))
    return found
