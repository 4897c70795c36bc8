"""Fills our one interactive template with a card; the variables are those of the shipped template file.

Every value is a text of at most 1 KB. A card that does not fit goes as an ActionCard instead.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from bot.platforms.dingtalk.render import Pen, plain, written
from cards.actions import encode
from cards.model import Button, Card, Choice, Weight

Params = dict[str, str]
Field = dict[str, Any]

MAX_VALUE = 1024
BUTTONS, MENU = 5, 3
FORM, ACTION, CHOICE = "form", "action", "choice"
"""What the callback's parameters are called: a form's submission holds the other two as fields."""
OPEN, DONE = "open", "done"
PRESET = "382e4302-551d-4880-bf29-a30acfab2e71.schema"
"""The template of DingTalk's own SDK whose buttons call back; its contract is DingTalk's, not ours."""
_KINDS = {"date": "DATE"}
"""Kinds of input that the form component draws otherwise than as a text."""
_TONES = {Weight.MAIN: "blue", Weight.NORMAL: "gray", Weight.DROP: "red"}


def params(card: Card, pen: Pen) -> Params | None:
    """The variables of our template, all of them always; None where the card does not fit."""
    buttons = _buttons(card, pen)
    taps = [each for each in buttons if each.action is not None]
    first = taps[:1] if card.choice is not None or card.form is not None else []
    rest = [each for each in buttons if each not in first]
    asked_in_vain = (card.choice is not None or card.form is not None) and not first
    if asked_in_vain or len(rest) > BUTTONS or len(card.menu) > MENU:
        return None
    found = _facts(card, pen) | _question(card, first)
    for name, button in _numbered("b", BUTTONS, rest):
        found |= _button(name, button) | {f"{name}_tone": _TONES[button.weight] if button.label else ""}
    for name, button in _numbered("m", MENU, _linked(card.menu, pen)):
        found |= _button(name, button)
    return found if _fits(found) else None


def _buttons(card: Card, pen: Pen) -> list[Button]:
    """With whole addresses, and what is behind the picture."""
    shown = _linked(card.buttons, pen)
    if card.picture is not None and card.picture.link:
        shown.append(Button("看图", link=pen.link(card.picture.link)))
    return shown


def _linked(buttons: Sequence[Button], pen: Pen) -> list[Button]:
    return [replace(each, link=pen.link(each.link)) if each.link else each for each in buttons]


def _numbered(letter: str, most: int, buttons: Sequence[Button]) -> Iterator[tuple[str, Button]]:
    """So many places, those without a button empty: a button is shown where it has a text."""
    for place in range(most):
        yield f"{letter}{place + 1}", buttons[place] if place < len(buttons) else Button("")


def _button(name: str, button: Button) -> Params:
    """A button calls back with its action, or opens its address."""
    action = encode(button.action) if button.action is not None else ""
    return {f"{name}_text": button.label, f"{name}_action": action, f"{name}_url": button.link}


def preset_params(card: Card, pen: Pen) -> Params | None:
    """Those of the SDK's preset; it has no place for questions."""
    if card.choice is not None or card.form is not None:
        return None
    facts = _facts(card, pen)
    text = [facts["subtitle"], facts["lines"], facts["quote"] and f"> {facts['quote']}", facts["body"]]
    text += [facts["footer"]]
    buttons = [_preset_button(each, pen) for each in (*card.buttons, *card.menu)]
    shown = {"order": ["msgTitle", "staticMsgContent", "msgButtons"], "msgButtons": buttons}
    found = {
        "msgTitle": facts["title"],
        "staticMsgContent": "\n\n".join(each for each in text if each),
        "flowStatus": "3",
        "sys_full_json_obj": _json(shown),
    }
    return found if _fits(found) else None


def _fits(found: Params) -> bool:
    return all(len(each.encode()) <= MAX_VALUE for each in found.values())


def _facts(card: Card, pen: Pen) -> Params:
    return {
        "title": card.title,
        "subtitle": card.subtitle,
        "flag": card.flag,
        "lines": "\n".join(f"- **{plain(each.label)}**　{written(each, pen)}" for each in card.rows),
        "quote": card.quote.text if card.quote is not None else "",
        "body": plain(card.body),
        "picture": pen.link(card.picture.url) if card.picture is not None else "",
        "footer": card.footer,
        "page": pen.link(card.page) if card.page else "",
        "status": DONE if card.done else OPEN,
    }


def _question(card: Card, first: Sequence[Button]) -> Params:
    """The form's fields, as the builder's form component takes them, and what sends it."""
    if not first:
        return {"form": "", "form_text": ""}
    assert first[0].action is not None
    sent = encode(first[0].action)
    fields: list[Field] = [{"name": ACTION, "type": "TEXT", "hidden": True, "defaultValue": sent}]
    if card.choice is not None:
        fields.append(_select(card.choice))
    for each in card.form.inputs if card.form is not None else ():
        kind = _KINDS.get(each.kind, "TEXT")
        fields.append({"name": each.id, "label": each.label, "type": kind, "placeholder": each.hint})
        fields[-1] |= {"defaultValue": each.value} if each.value else {}
    return {"form": _json({"fields": fields}), "form_text": first[0].label}


def _select(choice: Choice) -> Field:
    ids = [each.id for each in choice.options]
    places = [ids.index(each) for each in choice.chosen if each in ids]
    field: Field = {"name": CHOICE, "label": choice.title, "type": "SELECT"}
    field["options"] = [{"value": each.id, "text": each.label} for each in choice.options]
    if choice.several:
        field["type"] = "MULTI_SELECT"
    if places and choice.several:
        field["defaultValue"] = {"index": places, "value": [ids[each] for each in places]}
    elif places:
        field["defaultValue"] = {"index": places[0], "value": ids[places[0]]}
    return field


def _preset_button(button: Button, pen: Pen) -> dict[str, Any]:
    shown = {"text": button.label, "color": _TONES[button.weight]}
    if button.action is None:
        return shown | {"url": pen.link(button.link)}
    return shown | {"id": encode(button.action), "request": True}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
