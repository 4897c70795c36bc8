"""Fills our one interactive template with a card; the variables are those of the shipped template file.

Every value is a text of at most 1 KB. A card that does not fit goes as an ActionCard instead.
"""

import json
from collections.abc import Iterable
from typing import Any

from bot.platforms.dingtalk.render import Pen, plain
from cards.actions import encode
from cards.model import Button, Card, Choice, Form, Weight

Params = dict[str, str]

MAX_VALUE = 1024
BUTTONS, MENU = 5, 3
OPEN, DONE = "open", "done"
PRESET = "382e4302-551d-4880-bf29-a30acfab2e71.schema"
"""The template of DingTalk's own SDK whose buttons call back; its contract is DingTalk's, not ours."""
_TONES = {Weight.MAIN: "blue", Weight.NORMAL: "gray", Weight.DROP: "red"}


def params(card: Card, pen: Pen) -> Params | None:
    """The variables of our template, all of them always; None where the card does not fit."""
    if len(card.buttons) > BUTTONS or len(card.menu) > MENU:
        return None
    found = _facts(card, pen) | _question(card.choice, card.form)
    for place in range(BUTTONS):
        found |= _button(f"b{place + 1}", card.buttons[place : place + 1], pen)
    for place in range(MENU):
        found |= _button(f"m{place + 1}", card.menu[place : place + 1], pen)
    return found if _fits(found) else None


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
        "lines": "\n".join(f"- **{plain(each.label)}**　{plain(each.written)}" for each in card.rows),
        "quote": card.quote.text if card.quote is not None else "",
        "body": plain(card.body),
        "picture": pen.link(card.picture.url) if card.picture is not None else "",
        "picture_link": pen.link(card.picture.link) if card.picture is not None and card.picture.link else "",
        "footer": card.footer,
        "page": pen.link(card.page) if card.page else "",
        "status": DONE if card.done else OPEN,
    }


def _question(choice: Choice | None, form: Form | None) -> Params:
    options = choice.options if choice is not None else ()
    one = choice is not None and not choice.several
    listed = _json([{"value": each.id, "text": each.label} for each in options])
    inputs = form.inputs if form is not None else ()
    fields = [
        {"name": each.id, "label": each.label, "type": each.kind, "value": each.value, "hint": each.hint}
        for each in inputs
    ]
    return {
        "choice_title": choice.title if choice is not None else "",
        "choice_one": listed if one else "",
        "choice_several": listed if choice is not None and not one else "",
        "chosen": _json(list(choice.chosen)) if choice is not None else "",
        "form": _json(fields) if fields else "",
    }


def _button(name: str, found: Iterable[Button], pen: Pen) -> Params:
    """One button's variables, empty for none: it is shown where it has a text."""
    each = next(iter(found), Button(""))
    return {
        f"{name}_text": each.label,
        f"{name}_action": encode(each.action) if each.action is not None else "",
        f"{name}_url": pen.link(each.link) if each.link else "",
        f"{name}_tone": _TONES[each.weight] if each.label else "",
    }


def _preset_button(button: Button, pen: Pen) -> dict[str, Any]:
    shown = {"text": button.label, "color": _TONES[button.weight]}
    if button.action is None:
        return shown | {"url": pen.link(button.link)}
    return shown | {"id": encode(button.action), "request": True}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
