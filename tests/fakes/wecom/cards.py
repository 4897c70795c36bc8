"""Template cards: what WeCom refuses, with which code, what can be tapped, and what a tap brings along."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.wecom.errors import Fault

Card = dict[str, Any]
Picks = str | Sequence[str] | Mapping[str, str | Sequence[str]] | None

INTERACTIVE = {"button_interaction", "vote_interaction", "multiple_interaction"}
_NOTICE = ("source", "action_menu", "quote_area", "horizontal_content_list", "jump_list", "card_action")
BLOCKS: dict[str, tuple[str, ...]] = {
    "text_notice": (*_NOTICE, "heading", "emphasis_content"),
    "news_notice": (*_NOTICE, "main_title", "image", "vertical_content_list"),
    "button_interaction": (
        *("source", "action_menu", "main_title", "quote_area", "sub_title_text"),
        *("horizontal_content_list", "card_action", "button_selection", "button_list"),
    ),
    "vote_interaction": ("source", "main_title", "checkbox", "submit_button"),
    "multiple_interaction": ("source", "main_title", "select_list", "submit_button"),
}
"""The parts that each type has; a part of another type is ignored."""

_PARTS = {"heading": ("main_title", "sub_title_text"), "image": ("card_image", "image_text_area")}
_TASK_ID = re.compile(r"[A-Za-z0-9_\-@]{1,128}\Z")
KEY, OPTION_ID, QUESTION = 1024, 128, 200


# -- what is refused -------------------------------------------------------------------------------


def check(card: Any, *, update: bool = False, bot: bool = False) -> None:
    """Raises the Fault that WeCom gives for the card. `bot` is the smart bot's variant."""
    if not isinstance(card, dict) or not card or "template_card" in card:
        raise Fault(41016)
    kind = card.get("card_type")
    if kind not in BLOCKS:
        raise Fault(42031)
    for block in BLOCKS[kind]:
        _CHECKS[block](card, bot)
    if not update and needs_task(card):
        check_task(card)


def needs_task(card: Card) -> bool:
    """It calls back: an interactive type, or one with a menu in its corner."""
    return card.get("card_type") in INTERACTIVE or bool(_dict(card, "action_menu"))


def check_task(card: Card) -> None:
    task = card.get("task_id")
    if not isinstance(task, str) or not _TASK_ID.match(task):
        raise Fault(42014)


def _dict(card: Card, name: str) -> Card:
    value = card.get(name)
    return value if isinstance(value, dict) else {}


def _list(card: Card, name: str, most: int, code: int, least: int = 0) -> list[Card]:
    value = card.get(name) or []
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise Fault(code)
    if not all(isinstance(each, dict) for each in value):
        raise Fault(code)
    return value


def _text(card: Card, name: str, code: int, most: int = 0) -> str:
    """A string that is there, and not longer than `most` bytes."""
    value = card.get(name)
    if not isinstance(value, str) or not value or (most and len(value.encode()) > most):
        raise Fault(code)
    return value


def _unique(values: Iterable[str], code: int) -> None:
    listed = list(values)
    if len(set(listed)) < len(listed):
        raise Fault(code)


def _one_of(card: Card, name: str, allowed: Iterable[Any], code: int = 40058) -> Any:
    value = card.get(name, 0)
    if isinstance(value, bool) or value not in tuple(allowed):
        raise Fault(code)
    return value


def _link(card: Card, types: Iterable[int], code: int = 40058, url: int = 1, mini: int = 2) -> int:
    """A target: type 1 wants a url, type 2 a mini-program."""
    kind: int = _one_of(card, "type", types, code)
    if kind == url:
        _text(card, "url", 42028)
    if kind == mini:
        _text(card, "appid", 42030)
    return kind


def _source(card: Card, _bot: bool) -> None:
    _one_of(_dict(card, "source"), "desc_color", range(4))


def _action_menu(card: Card, _bot: bool) -> None:
    menu = _dict(card, "action_menu")
    if not menu:
        return
    actions = _list(menu, "action_list", 3, 40058, least=1)
    for each in actions:
        _text(each, "text", 40058)
        _text(each, "key", 40058, KEY)
    _unique((each["key"] for each in actions), 42051)


def _main_title(card: Card, _bot: bool) -> None:
    _text(_dict(card, "main_title"), "title", 41016)


def _heading(card: Card, _bot: bool) -> None:
    if not card.get("sub_title_text"):
        _main_title(card, _bot)


def _quote_area(card: Card, _bot: bool) -> None:
    _link(_dict(card, "quote_area"), (0, 1, 2))


def _horizontals(card: Card, bot: bool) -> None:
    types = (0, 1, 3) if bot else (0, 1, 2, 3)
    for each in _list(card, "horizontal_content_list", 6, 42035):
        _text(each, "keyname", 42027)
        kind = _link(each, types, mini=-1)
        if kind == 2:
            _text(each, "media_id", 42029)
        if kind == 3:
            _text(each, "userid", 42050)


def _verticals(card: Card, _bot: bool) -> None:
    for each in _list(card, "vertical_content_list", 4, 42036):
        _text(each, "title", 42033)


def _jumps(card: Card, bot: bool) -> None:
    for each in _list(card, "jump_list", 3, 42042):
        _text(each, "title", 42033)
        if _link(each, (0, 1, 2, 3) if bot else (0, 1, 2)) == 3:
            _text(each, "question", 40058, QUESTION)


def _card_action(card: Card, _bot: bool) -> None:
    action = _dict(card, "card_action")
    if card["card_type"] in INTERACTIVE:
        _link(action, (0, 1, 2), 42045)
    else:
        _link(action, (1, 2), 42045)


def _image(card: Card, _bot: bool) -> None:
    picture, area = _dict(card, "card_image"), _dict(card, "image_text_area")
    if not area:
        _text(picture, "url", 42044)
    if area:
        _text(area, "image_url", 42044)
        _link(area, (0, 1, 2))
    ratio = picture.get("aspect_ratio", 1.3)
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 1.3 <= ratio <= 2.25:
        raise Fault(42044, "invalid card_image.aspect_ratio")


def _options(block: Card, most: int) -> None:
    _text(block, "question_key", 42043, KEY)
    options = _list(block, "option_list", most, 42037, least=1)
    for each in options:
        _text(each, "id", 42040, OPTION_ID)
        _text(each, "text", 42041)
    _unique((each["id"] for each in options), 42040)


def _selection(card: Card, _bot: bool) -> None:
    if block := _dict(card, "button_selection"):
        _options(block, 10)


def _buttons(card: Card, bot: bool) -> None:
    buttons = _list(card, "button_list", 6, 40058, least=1)
    for each in buttons:
        _text(each, "text", 42038)
        _one_of(each, "style", range(5))
        if bot or _one_of(each, "type", (0, 1)) == 0:
            _text(each, "key", 42039, KEY)
        else:
            _text(each, "url", 42028)
    _unique((each["key"] for each in buttons if each.get("key")), 42039)


def _checkbox(card: Card, _bot: bool) -> None:
    block = _dict(card, "checkbox")
    _options(block, 20)
    several = _one_of(block, "mode", (0, 1)) == 1
    if not several and sum(bool(each.get("is_checked")) for each in block["option_list"]) > 1:
        raise Fault(40058, "several checked in a single choice")


def _selects(card: Card, _bot: bool) -> None:
    blocks = _list(card, "select_list", 3, 42047, least=1)
    for each in blocks:
        _options(each, 10)
    _unique((each["question_key"] for each in blocks), 42043)


def _submit(card: Card, _bot: bool) -> None:
    button = _dict(card, "submit_button")
    _text(button, "key", 42046, KEY)
    if "text" in button:
        _text(button, "text", 42049)


def _anything(_card: Card, _bot: bool) -> None:
    """A part that nothing is asked of."""


_CHECKS: dict[str, Callable[[Card, bool], None]] = {
    "source": _source,
    "action_menu": _action_menu,
    "main_title": _main_title,
    "heading": _heading,
    "quote_area": _quote_area,
    "emphasis_content": _anything,
    "sub_title_text": _anything,
    "horizontal_content_list": _horizontals,
    "vertical_content_list": _verticals,
    "jump_list": _jumps,
    "card_action": _card_action,
    "image": _image,
    "button_selection": _selection,
    "button_list": _buttons,
    "checkbox": _checkbox,
    "select_list": _selects,
    "submit_button": _submit,
}


# -- what is only folded or ignored ----------------------------------------------------------------

_SUGGESTED = {
    "source.desc": (20, 13),
    "main_title.title": (36, 26),
    "main_title.desc": (44, 30),
    "emphasis_content.title": (14, 10),
    "emphasis_content.desc": (22, 15),
    "sub_title_text": (160, 112),
    "horizontal_content_list.keyname": (5, 5),
    "horizontal_content_list.value": (30, 26),
    "vertical_content_list.title": (38, 26),
    "vertical_content_list.desc": (160, 112),
    "jump_list.title": (18, 13),
    "button_list.text": (10, 10),
    "checkbox.option_list.text": (17, 11),
    "select_list.title": (13, 13),
    "select_list.option_list.text": (16, 10),
    "button_selection.title": (13, 13),
    "button_selection.option_list.text": (16, 10),
    "submit_button.text": (10, 10),
}
_ALWAYS = {"card_type", "task_id", "replace_text", "feedback"}


def warnings(card: Card, *, bot: bool = False) -> list[str]:
    """What is accepted, but folded on the phone or not shown at all."""
    known = {part for block in BLOCKS[card["card_type"]] for part in _PARTS.get(block, (block,))}
    ignored = [f"{name} is ignored on {card['card_type']}" for name in card if name not in known | _ALWAYS]
    if card["card_type"] == "text_notice" and card.get("emphasis_content") and card.get("quote_area"):
        ignored.append("emphasis_content beside quote_area")
    return [*ignored, *_long(card, bot)]


def _long(card: Card, bot: bool) -> Iterator[str]:
    for path, sizes in _SUGGESTED.items():
        for text in _at(card, path.split(".")):
            if len(text) > sizes[bot]:
                yield f"{path} has {len(text)} characters, folded after {sizes[bot]}: {text}"


def _at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif not path:
        yield from ([value] if isinstance(value, str) else [])
    elif isinstance(value, dict):
        yield from _at(value.get(path[0]), path[1:])


# -- what can be tapped ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tap:
    """Something on a card that a finger can touch: with a key it calls back, with a link it opens a page."""

    label: str
    key: str = ""
    link: str = ""
    part: str = "button"
    """button, submit, menu, card, jump, quote or line."""
    style: int = 1


@dataclass(frozen=True, slots=True)
class Question:
    key: str
    title: str
    options: tuple[tuple[str, str], ...]
    """Pairs of id and text."""
    chosen: tuple[str, ...]
    several: bool
    disabled: bool


def taps(card: Card) -> list[Tap]:
    """Everything that can be touched, buttons first, then the menu, then the links."""
    return [*buttons(card), *menu(card), *_links(card)]


def buttons(card: Card) -> list[Tap]:
    if card.get("card_type") not in INTERACTIVE or card.get("replace_text"):
        return []
    if submit := _dict(card, "submit_button"):
        return [Tap(submit.get("text", "提交"), submit["key"], part="submit")]
    return [
        Tap(each["text"], each.get("key", ""), each.get("url", ""), style=each.get("style", 1))
        for each in card.get("button_list", [])
    ]


def menu(card: Card) -> list[Tap]:
    actions = _dict(card, "action_menu").get("action_list", [])
    return [Tap(each["text"], each["key"], part="menu") for each in actions]


def _links(card: Card) -> Iterator[Tap]:
    title = _dict(card, "main_title").get("title", "")
    action, quote = _dict(card, "card_action"), _dict(card, "quote_area")
    if action.get("url"):
        yield Tap(title, link=action["url"], part="card")
    if quote.get("url"):
        yield Tap(quote.get("title") or quote.get("quote_text", ""), link=quote["url"], part="quote")
    for each in card.get("jump_list") or []:
        if each.get("url"):
            yield Tap(each["title"], link=each["url"], part="jump")
    for each in card.get("horizontal_content_list") or []:
        if each.get("url"):
            yield Tap(each.get("value", each["keyname"]), link=each["url"], part="line")


def questions(card: Card) -> list[Question]:
    """The drop-downs and ticks of a card with what is chosen before anybody touches them."""
    kind = card.get("card_type")
    if kind == "vote_interaction":
        box = card["checkbox"]
        chosen = [each["id"] for each in box["option_list"] if each.get("is_checked")]
        return [_question(box, chosen, several=box.get("mode", 0) == 1)]
    if kind == "multiple_interaction":
        return [_question(each, _preselected(each)) for each in card["select_list"]]
    block = _dict(card, "button_selection") if kind == "button_interaction" else {}
    return [_question(block, _preselected(block))] if block else []


def _question(block: Card, chosen: list[str], several: bool = False) -> Question:
    options = tuple((each["id"], each["text"]) for each in block["option_list"])
    off = bool(block.get("disable"))
    return Question(block["question_key"], block.get("title", ""), options, tuple(chosen), several, off)


def _preselected(block: Card) -> list[str]:
    """A missing or wrong selected_id means the first option."""
    ids = [each["id"] for each in block["option_list"]]
    return [block["selected_id"] if block.get("selected_id") in ids else ids[0]]


def answers(card: Card, picks: Picks = None) -> list[tuple[str, list[str]]]:
    """What goes back for each question. `picks`: ids or parts of labels, or by question."""
    asked = questions(card)
    return [(each.key, list(_picked(each, _for(each, asked, picks)))) for each in asked]


def _for(question: Question, asked: list[Question], picks: Picks) -> list[str] | None:
    if picks is None:
        return None
    if isinstance(picks, Mapping):
        mine = picks.get(question.key, picks.get(question.title))
        return None if mine is None else [mine] if isinstance(mine, str) else list(mine)
    listed = [picks] if isinstance(picks, str) else list(picks)
    for each in listed:
        assert any(_match(one, each) for one in asked), f"{each} is not offered: {asked}"
    mine_of_all = [each for each in listed if _match(question, each)]
    return mine_of_all or (None if len(asked) > 1 else [])


def _match(question: Question, pick: str) -> list[str]:
    exact = [id for id, text in question.options if pick in (id, text)]
    return exact or [id for id, text in question.options if pick in text]


def _picked(question: Question, picks: list[str] | None) -> tuple[str, ...]:
    if picks is None or question.disabled:
        return question.chosen
    found = [_match(question, each) for each in picks]
    assert all(len(each) == 1 for each in found), f"{picks} does not name one each of {question.options}"
    assert question.several or len(found) <= 1, f"{question.key} takes one answer"
    return tuple(ids[0] for ids in found)


# -- the CamelCase mirror of passive updates -------------------------------------------------------

_LISTS = {
    *("horizontal_content_list", "vertical_content_list", "jump_list", "button_list"),
    *("action_list", "select_list", "option_list"),
}
_NAMES = {"KeyName": "keyname", "CheckBox": "checkbox", "UserId": "userid", "AppId": "appid"}
_NAMES |= {"PagePath": "pagepath", "Pagepath": "pagepath", "Appid": "appid", "Userid": "userid"}
_NUMBERS = {"type", "style", "desc_color", "mode"}
_FLAGS = {"disable", "is_checked"}


def from_camel(value: Any, name: str = "") -> Any:
    """A passive update's TemplateCard element as the JSON that the API takes."""
    if name in _LISTS:
        each_of = value if isinstance(value, list) else [value]
        return [from_camel(each) for each in each_of]
    if isinstance(value, dict):
        return {snake: from_camel(each, snake) for tag, each in value.items() for snake in [_snake(tag)]}
    if name in _NUMBERS and str(value).lstrip("-").isdigit():
        return int(value)
    if name in _FLAGS:
        return str(value).lower() in ("true", "1")
    return float(value) if name == "aspect_ratio" else value


def _snake(tag: str) -> str:
    return _NAMES.get(tag) or re.sub(r"(?<!^)(?=[A-Z])", "_", tag).lower()
