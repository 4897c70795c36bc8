"""What is wrong with a card by the house limits and the never-on-a-card rules (card book 1.1–1.4, 1.6)."""

import re
from collections.abc import Iterator

from cards.actions import decode, encode
from cards.lines import BODY, BUTTON, LABEL, LINES, OPTION, OPTIONS, QUOTE, SUBTITLE, TICK, TICKS, TITLE
from cards.model import Button, Card, Choice, Mark, Quote, Weight
from cards.words import VALUE, masked

BUTTONS, MENU = 4, 3
FOOTER = SUBTITLE
SHOWS_PHONES = "phone.shown"
"""The kind that answers ShowPhone: the only one with a whole number."""

FORBIDDEN = (
    *("请知悉", "系统提示", "操作成功", "太棒了", "真厉害", "必须", "逾期", "违规", "置信度", "意图", "槽位"),
    *("流失客户", "死单", "离职人员", "未填写", "本次没提到", "请注意", "温馨提示", "审批驳回", "无权"),
    *("outbox", "null", "None", "!", "！", "¥", "%s"),
)
IN_TITLE = ("通知", "提醒", "待办")
LABELS = ("确定", "取消", "是", "否", "提交", "确认")
_EMOJI = re.compile(r"[\U0001f000-\U0001faff\u2600-\u2712\u2714-\u27bf\ufe0f]")


def faults(card: Card) -> list[str]:
    """Everything wrong with the card, in words; empty where nothing is."""
    return [
        *_sizes(card),
        *_rows(card),
        *_quote(card.quote),
        *_buttons(card),
        *_choice(card.choice),
        *_wording(card),
        *_secrets(card),
    ]


def _size(name: str, text: str, most: int, least: int = 0) -> Iterator[str]:
    if not least <= len(text) <= most:
        yield f"{name} has {len(text)} characters, not {least}–{most}: {text}"
    if any(not char.isprintable() for char in text) or text != text.strip():
        yield f"{name} has blanks at an edge or characters that cannot be shown: {text!r}"


def _sizes(card: Card) -> Iterator[str]:
    yield from _size("title", card.title, TITLE, 1)
    yield from _size("subtitle", card.subtitle, SUBTITLE)
    yield from _size("flag", card.flag, TITLE)
    yield from _size("body", card.body, BODY)
    yield from _size("footer", card.footer, FOOTER)


def _rows(card: Card) -> Iterator[str]:
    if len(card.rows) > LINES:
        yield f"{len(card.rows)} lines"
    for row in card.rows:
        yield from _size("label", row.label, LABEL, 1)
        yield from _size("value", row.written, VALUE, 1)


def _quote(quote: Quote | None) -> Iterator[str]:
    if quote is None:
        return
    yield from _size("quote", quote.text, QUOTE, 1)
    for marks, text in ((quote.marks, quote.text), (quote.whole_marks, quote.whole)):
        yield from (f"mark outside its text: {mark}" for mark in marks if not _within(mark, text))


def _within(mark: Mark, text: str) -> bool:
    return 0 <= mark.start < mark.end <= len(text)


def _buttons(card: Card) -> Iterator[str]:
    if len(card.buttons) > BUTTONS:
        yield f"{len(card.buttons)} buttons"
    if len(card.menu) > MENU:
        yield f"{len(card.menu)} menu entries"
    if sum(button.weight is Weight.MAIN for button in card.buttons) > 1:
        yield "two main buttons"
    every = (*card.buttons, *card.menu)
    if len({button.label for button in every}) < len(every):
        yield "two buttons say the same"
    for button in every:
        yield from _button(button)


def _button(button: Button) -> Iterator[str]:
    yield from _size("button", button.label, BUTTON, 1)
    if button.label in LABELS:
        yield f"a button that is no verb: {button.label}"
    if (button.action is None) == (not button.link):
        yield f"a dead button, or one with two meanings: {button.label}"
    if button.action is not None and decode(encode(button.action)) != button.action:
        yield f"a tap that would not be understood: {button.label}"


def _choice(choice: Choice | None) -> Iterator[str]:
    if choice is None:
        return
    most, longest = (TICKS, TICK) if choice.several else (OPTIONS, OPTION)
    yield from _size("choice", choice.title, OPTION, 1)
    if not 1 <= len(choice.options) <= most:
        yield f"{len(choice.options)} choices"
    if len({option.id for option in choice.options}) < len(choice.options):
        yield "two choices with one id"
    if len({option.label for option in choice.options}) < len(choice.options):
        yield "two choices look alike"
    for option in choice.options:
        yield from _size("choice", option.label, longest, 1)


def _wording(card: Card) -> Iterator[str]:
    """Words of ours; a quote and its evidence are the note's."""
    texts = [card.title, card.subtitle, card.flag, card.body, card.footer]
    texts += [text for row in card.rows for text in (row.label, row.written)]
    texts += [button.label for button in (*card.buttons, *card.menu)]
    for text in texts:
        yield from (f"never say {word}: {text}" for word in FORBIDDEN if word in text)
        if _EMOJI.search(text):
            yield f"emoji: {text}"
    yield from (f"never in a title {word}: {card.title}" for word in IN_TITLE if word in card.title)


def _secrets(card: Card) -> Iterator[str]:
    if card.kind == SHOWS_PHONES:
        return
    texts = [card.title, card.subtitle, card.flag, card.body, card.footer]
    texts += [text for row in card.rows for text in (row.label, row.written)]
    texts += [card.quote.text, card.quote.whole] if card.quote else []
    texts += [button.label for button in (*card.buttons, *card.menu)]
    texts += [option.label for option in card.choice.options] if card.choice else []
    yield from (f"a whole number: {text}" for text in texts if masked(text).edits)
