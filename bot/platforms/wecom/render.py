"""Draws a card as one of WeCom's template cards, and as plain text where WeCom shows no cards.

a picture alone          an image message      see `is_picture`
a picture, few taps      news_notice           taps in the menu, pages in the jump list
nothing to tap           text_notice           pages in the jump list
several to tick          vote_interaction      it shows no facts: they go ahead, see `parts`
anything else            button_interaction    a drop-down too
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from cards.actions import encode
from cards.model import Button, Card, Choice, Weight

Template = dict[str, Any]

BUTTONS, MENU, JUMPS, LINES, OPTIONS, TICKS = 6, 3, 3, 6, 10, 20
QUESTION = "choice"
"""The key of the one question that a card of ours asks."""
NOTHING = "·nothing"
"""The id of the drop-down's first entry: WeCom sends the first one where nobody picked any."""
AGAIN = "#"
"""Sets a key apart that stands on the card twice; no encoded action holds it."""
RED = 2

_STYLES = {Weight.MAIN: 1, Weight.NORMAL: 2, Weight.DROP: 3}
_NOT_IN_TASKS = re.compile(r"[^A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Pen:
    """Where links lead (`home`, an absolute address), and for whom is drawn.

    `bot`: the smart bot's cards have no buttons that open pages.
    """

    home: str
    bot: bool = False

    def link(self, target: str) -> str:
        return urljoin(self.home, target)


def task_id(card: Card, number: int, at: datetime) -> str:
    """A name that no other card of this app ever had: what it is, the message's number and its second.

    A message that is sent again keeps its name, so that WeCom sees that it has it.
    """
    return f"{_NOT_IN_TASKS.sub('@', card.kind)[:40]}-{number}-{int(at.timestamp())}"


def parts(card: Card) -> tuple[Card, ...]:
    """The cards to send for one: facts and further buttons go ahead of a tick list, which shows none."""
    choice, first = card.choice, tuple(_taps(card.buttons)[:1])
    if choice is None or not choice.several or not first:
        return (card,)
    others = tuple(each for each in card.buttons if each not in first)
    ahead = replace(card, choice=None, buttons=others, done=False)
    list_ = Card(card.kind, card.title, subtitle=card.subtitle, flag=card.flag, choice=choice, buttons=first)
    more = (card.rows, card.body, card.quote, card.form, card.picture, card.footer, card.menu, others)
    return (ahead, list_) if any(more) else (list_,)


def is_picture(card: Card) -> bool:
    """Whether the picture is all there is: it is to be forwarded, and a card would cut it to shape."""
    said = (card.rows, card.body, card.quote, card.choice, card.form, card.buttons, card.menu)
    return card.picture is not None and not any(said)


def template(card: Card, task: str, pen: Pen) -> Template:
    """The template card. A part that its type has no place for is in another part of it."""
    kind = _kind(card)
    drawn: Template = {"card_type": kind, "task_id": task, "main_title": _title(card)}
    if card.flag:
        drawn["source"] = {"desc": card.flag, "desc_color": RED}
    if kind == "vote_interaction":
        return drawn | _vote(card)
    drawn |= _facts(card, kind, pen)
    if kind == "button_interaction":
        return drawn | _buttons(card, pen)
    return drawn | _notice(card, kind, pen)


def _kind(card: Card) -> str:
    taps, menu = _taps(card.buttons), _taps(card.menu)
    if card.choice is not None and taps:
        return "vote_interaction" if card.choice.several else "button_interaction"
    if card.picture is not None and len(taps) + len(menu) <= MENU:
        return "news_notice"
    return "button_interaction" if taps else "text_notice"


def _pages(card: Card, kind: str, pen: Pen) -> tuple[list[Button], list[Button]]:
    """The buttons that open pages: those that stand as buttons, and those that have to be lines."""
    own, others = [each for each in card.buttons if each.link], [each for each in card.menu if each.link]
    if kind == "button_interaction":
        return ([], own + others) if pen.bot else (own, others)
    return (own + others)[:JUMPS], (own + others)[JUMPS:]


def _title(card: Card) -> Template:
    return {"title": card.title, **({"desc": card.subtitle} if card.subtitle else {})}


# -- what is read --------------------------------------------------------------------------------------


def _facts(card: Card, kind: str, pen: Pen) -> Template:
    drawn: Template = {}
    if lines := _lines(card, kind, pen):
        drawn["horizontal_content_list"] = lines
    if card.quote is not None:
        where = {"type": 1, "url": pen.link(card.page)} if card.page else {"type": 0}
        drawn["quote_area"] = {**where, "quote_text": card.quote.text}
    if words := "\n".join(_words(card)):
        if kind == "news_notice":
            drawn["vertical_content_list"] = [{"title": "还有", "desc": words}]
        else:
            drawn["sub_title_text"] = words
    return drawn


def _words(card: Card) -> Iterator[str]:
    """The card's free words, and those that stand for what WeCom has no part for."""
    if card.body:
        yield card.body
    if card.form is not None:
        yield f"直接说就行：{'、'.join(each.label for each in card.form.inputs)}"
    if card.choice is not None and not _taps(card.buttons):
        yield "、".join(each.label for each in card.choice.options)
    if card.footer:
        yield card.footer


def _lines(card: Card, kind: str, pen: Pen) -> list[Template]:
    rows = [_line(each.label, each.written, pen, getattr(each, "link", "")) for each in card.rows]
    if card.picture is not None and kind != "news_notice":
        rows.append(_line("看图", card.picture.alt or "点开看", pen, card.picture.url))
    rows += [_line("打开", each.label, pen, each.link) for each in _pages(card, kind, pen)[1]]
    if len(rows) <= LINES:
        return rows
    more = f"{len(rows) - LINES + 1} 条，点开看"
    return [*rows[: LINES - 1], _line("还有", more, pen, card.page or pen.home)]


def _line(label: str, value: str, pen: Pen, link: str = "") -> Template:
    where = {"type": 1, "url": pen.link(link)} if link else {}
    return {"keyname": label, "value": value, **where}


# -- what is tapped ------------------------------------------------------------------------------------


def _taps(buttons: Iterable[Button]) -> list[Button]:
    return [each for each in buttons if each.action is not None]


def _keyed(buttons: Sequence[Button]) -> Iterator[tuple[Button, str]]:
    """Buttons with their keys, which WeCom wants to differ on one card."""
    seen: dict[str, int] = {}
    for each in buttons:
        key = encode(each.action) if each.action is not None else ""
        seen[key] = seen.get(key, 0) + 1
        yield each, key if seen[key] == 1 else f"{key}{AGAIN}{seen[key]}"


def _menu(entries: Sequence[Button]) -> Template:
    actions = [{"text": each.label, "key": key} for each, key in _keyed(_taps(entries)[:MENU])]
    return {"action_menu": {"desc": "更多", "action_list": actions}} if actions else {}


def _buttons(card: Card, pen: Pen) -> Template:
    shown = [each for each in card.buttons if each.action is not None or not pen.bot]
    drawn = _menu((*shown[BUTTONS:], *card.menu))
    drawn["button_list"] = [_button(each, key, pen) for each, key in _keyed(shown[:BUTTONS])]
    if card.choice is not None:
        drawn["button_selection"] = _selection(card.choice)
    if card.page:
        drawn["card_action"] = {"type": 1, "url": pen.link(card.page)}
    return drawn


def _button(button: Button, key: str, pen: Pen) -> Template:
    look: Template = {"text": button.label, "style": _STYLES[button.weight]}
    if button.action is None:
        return look | {"type": 1, "url": pen.link(button.link)}
    return look | {"key": key} | ({} if pen.bot else {"type": 0})


def _selection(choice: Choice) -> Template:
    options = [{"id": each.id, "text": each.label} for each in choice.options[:OPTIONS]]
    if not choice.chosen and len(options) < OPTIONS:
        options.insert(0, {"id": NOTHING, "text": "选一个"})
    selected = choice.chosen[0] if choice.chosen else options[0]["id"]
    return {
        "question_key": QUESTION,
        "title": choice.title,
        "option_list": options,
        "selected_id": selected,
    }


def _vote(card: Card) -> Template:
    assert card.choice is not None
    options = [
        {"id": each.id, "text": each.label, "is_checked": each.id in card.choice.chosen}
        for each in card.choice.options[:TICKS]
    ]
    button, key = next(_keyed(_taps(card.buttons)))
    return {
        "checkbox": {"question_key": QUESTION, "option_list": options, "mode": 1},
        "submit_button": {"text": button.label, "key": key},
    }


def _notice(card: Card, kind: str, pen: Pen) -> Template:
    """A card without buttons: taps are in its menu, pages in its jump list, and a touch opens its page."""
    drawn = _menu((*card.buttons, *card.menu))
    pages, _ = _pages(card, kind, pen)
    if jumps := [{"type": 1, "title": each.label, "url": pen.link(each.link)} for each in pages]:
        drawn["jump_list"] = jumps
    drawn["card_action"] = {"type": 1, "url": pen.link(card.page)}
    if kind == "news_notice":
        assert card.picture is not None
        drawn["card_image"] = {"url": pen.link(card.picture.url)}
    return drawn


# -- plain text ----------------------------------------------------------------------------------------


def plain(card: Card, pen: Pen) -> str:
    """All that the card says, and what to answer: for phones and cards that WeCom does not show."""
    taps = [*_taps(card.buttons), *_taps(card.menu)]
    links = [f"{each.label}：{pen.link(each.link)}" for each in card.buttons if each.link]
    told = [card.title, card.subtitle, card.flag, *(f"{each.label}　{each.written}" for each in card.rows)]
    told += [f"“{card.quote.text}”"] if card.quote is not None else []
    told += [card.body, *links, *([pen.link(card.page)] if card.page else []), card.footer]
    told += [f"可以回我：{'、'.join(each.label for each in taps)}"] if taps else []
    return "\n".join(each for each in told if each)
