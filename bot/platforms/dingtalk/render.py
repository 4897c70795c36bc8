"""Draws a card as an ActionCard, whose buttons say their words in the chat with the card's code behind.

No set-up is needed for these: a tap sends `保存 7F3A` in the person's own name, and `read_tap` finds the
button again. What has no place among the buttons stands in the text, as a link that says the same.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from cards.actions import Action
from cards.model import Button, Card, Change, Choice, Line, Option

BUTTONS = 5
SAY = "dtmd://dingtalkclient/sendMessage?content="
ALL, NONE = "都要", "都不要"
"""What answers a list to tick, besides numbers."""
SYMBOLS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Of codes: nothing that reads like something else."""
CODE_LENGTH = 4

_CODED = re.compile(rf"(?P<words>.{{1,60}}?)\s+(?P<code>[{SYMBOLS}]{{{CODE_LENGTH}}})", re.IGNORECASE)
_NUMBERS = re.compile(r"[0-9]{1,2}(?:[\s,，、和]+[0-9]{1,2})*")
_SPECIAL = str.maketrans("*_[]<>`#~|\\", "＊＿［］＜＞｀＃～｜＼")
"""Markdown's signs, so that no note and no name draws anything on a card, least of all a link."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Where links lead: `home` is an absolute address."""

    home: str

    def link(self, target: str) -> str:
        return urljoin(self.home, target)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message as DingTalk takes it."""

    key: str
    param: dict[str, str]


@dataclass(frozen=True, slots=True)
class Read:
    """What a tap, or the same words typed, means on a card."""

    action: Action
    picked: tuple[str, ...] = ()


# -- the code -----------------------------------------------------------------------------------------


def is_code(code: str) -> bool:
    """A letter and a digit are in every code, so that no sum and no word is one."""
    return any(each.isdigit() for each in code) and any(each.isalpha() for each in code)


def split_code(text: str) -> tuple[str, str] | None:
    """The words and the code of what a button says; None where it is no button's."""
    found = _CODED.fullmatch(text.strip())
    if found is None or not is_code(found["code"]):
        return None
    return found["words"].strip(), found["code"].upper()


def is_answer(text: str) -> bool:
    """Whether the bare words can only be an answer to a numbered list."""
    return text.strip() in (ALL, NONE) or _NUMBERS.fullmatch(text.strip()) is not None


def read_tap(card: Card, words: str) -> Read | None:
    """What the words mean on this card; None where it offers no such thing."""
    chosen = card.choice.chosen if card.choice is not None else ()
    for each in (*card.buttons, *card.menu):
        if each.action is not None and spoken(each.label) == words:
            return Read(each.action, chosen)
    first = next(iter(_taps(card.buttons)), None)
    picked = _picked(card.choice, words) if card.choice is not None else None
    if first is None or first.action is None or picked is None:
        return None
    return Read(first.action, picked)


def _picked(choice: Choice, words: str) -> tuple[str, ...] | None:
    """The options' ids; None for words that choose nothing, or one that is not there."""
    ids = [each.id for each in choice.options]
    if choice.several and words in (ALL, NONE):
        return tuple(ids) if words == ALL else ()
    named = [each.id for each in choice.options if spoken(each.label) == words]
    if len(named) == 1:
        return tuple(named)
    if _NUMBERS.fullmatch(words) is None:
        return None
    places = [int(each) for each in re.findall(r"[0-9]+", words)]
    if not all(1 <= each <= len(ids) for each in places) or (len(places) > 1 and not choice.several):
        return None
    return tuple(dict.fromkeys(ids[each - 1] for each in places))


# -- the message --------------------------------------------------------------------------------------


def action_card(card: Card, code: str, pen: Pen) -> Drawn:
    """The card as a message; without any button it is Markdown alone."""
    offered = list(_offered(card, code, pen))
    shown, rest = offered[:BUTTONS], offered[BUTTONS:]
    listed = _is_listed(card)
    text = "\n\n".join(_parts(card, code, pen, rest, listed=listed))
    base = {"title": card.title, "text": text}
    if not shown:
        return Drawn("sampleMarkdown", base)
    return Drawn(*_buttons(shown, base))


def _buttons(shown: Sequence[tuple[str, str]], base: dict[str, str]) -> tuple[str, dict[str, str]]:
    match shown:
        case [(title, url)]:
            return "sampleActionCard", base | {"singleTitle": title, "singleURL": url}
        case [(one, first), (two, second)]:
            names = {"buttonTitle1": one, "buttonUrl1": first, "buttonTitle2": two, "buttonUrl2": second}
            return "sampleActionCard6", base | names
    numbered = {
        name: value
        for place, (title, url) in enumerate(shown, 1)
        for name, value in ((f"actionTitle{place}", title), (f"actionURL{place}", url))
    }
    return f"sampleActionCard{len(shown)}", base | numbered


def _offered(card: Card, code: str, pen: Pen) -> Iterator[tuple[str, str]]:
    """Title and address of every button; options stand in the place of the tap that sends them."""
    options = () if card.choice is None or _is_listed(card) else card.choice.options
    yield from ((each.label, say(spoken(each.label), code)) for each in options)
    first = next(iter(_taps(card.buttons)), None)
    for each in card.buttons:
        if each is first and card.choice is not None and card.choice.several:
            yield ALL, say(ALL, code)
        if each is first and options:
            continue
        yield each.label, _address(each, code, pen)


def _is_listed(card: Card) -> bool:
    """Whether the choice is a numbered list in the text: too long for buttons, or several to tick."""
    choice = card.choice
    if choice is None:
        return False
    labels = [spoken(each.label) for each in choice.options]
    labels += [spoken(each.label) for each in (*card.buttons, *card.menu)]
    room = len(choice.options) + len(card.buttons) - 1 <= BUTTONS
    told_apart = all(labels) and len(set(labels)) == len(labels)
    return choice.several or not room or not told_apart or not _taps(card.buttons)


def _address(button: Button, code: str, pen: Pen) -> str:
    return pen.link(button.link) if button.action is None else say(spoken(button.label), code)


def say(words: str, code: str) -> str:
    """A link that says the words in the chat, in the name of whoever touches it."""
    return SAY + quote(f"{words} {code}", safe="")


def spoken(label: str) -> str:
    """A button's words as they arrive again: blanks at their ends do not."""
    return " ".join(plain(label).split())


def _parts(
    card: Card, code: str, pen: Pen, rest: Sequence[tuple[str, str]], *, listed: bool
) -> Iterator[str]:
    yield "  \n".join(_head(card))
    if card.rows:
        yield "\n".join(f"- **{plain(each.label)}**　{written(each, pen)}" for each in card.rows)
    if card.picture is not None:
        yield f"![{plain(card.picture.alt)}]({pen.link(card.picture.url)})"
        if card.picture.link:
            yield _link("看图", pen.link(card.picture.link))
    if card.quote is not None:
        yield f"> {plain(card.quote.text)}"
    if card.body:
        yield "  \n".join(plain(each) for each in card.body.split("\n"))
    if card.choice is not None and listed:
        yield "\n".join(_list(card.choice, code, can_answer=bool(_taps(card.buttons))))
    if card.form is not None:
        yield f"直接说就行：{'、'.join(plain(each.label) for each in card.form.inputs)}"
    yield from _foot(card, code, pen, rest)


def _head(card: Card) -> Iterator[str]:
    if card.flag:
        yield f"**{plain(card.flag)}**"
    yield f"### {plain(card.title)}"
    if card.subtitle:
        yield f"###### {plain(card.subtitle)}"


def written(row: Change | Line, pen: Pen) -> str:
    """A fact's value in Markdown, a link where it has one."""
    link = getattr(row, "link", "")
    return _link(row.written, pen.link(link)) if link else plain(row.written)


def _list(choice: Choice, code: str, *, can_answer: bool) -> Iterator[str]:
    how = f"：回号码，几个都行，也可以回“{NONE}”" if choice.several else "：点一个，或回号码"
    yield plain(choice.title) + (how if can_answer else "")
    for place, each in enumerate(choice.options, 1):
        touched = can_answer and not choice.several
        yield f"{place}. {_option(choice, each, say(str(place), code) if touched else '')}"


def _option(choice: Choice, option: Option, url: str) -> str:
    mark = "✓ " if option.id in choice.chosen else ""
    return mark + (_link(option.label, url) if url else plain(option.label))


def _foot(card: Card, code: str, pen: Pen, rest: Sequence[tuple[str, str]]) -> Iterator[str]:
    more = [_link(title, url) for title, url in rest]
    more += [_link(each.label, _address(each, code, pen)) for each in card.menu]
    if more:
        yield f"也可以：{' · '.join(more)}"
    if card.page:
        yield _link("打开看", pen.link(card.page))
    if card.footer:
        yield f'<font color="#8f959e">{plain(card.footer)}</font>'


def _link(words: str, url: str) -> str:
    return f"[{plain(words)}]({url})"


def plain(words: str) -> str:
    """Words that draw nothing in Markdown."""
    return words.translate(_SPECIAL)


def _taps(buttons: Iterable[Button]) -> list[Button]:
    return [each for each in buttons if each.action is not None]


# -- plain text ----------------------------------------------------------------------------------------


def in_words(card: Card, code: str, pen: Pen) -> str:
    """All that the card says, and what to answer: where DingTalk does not take it as a card."""
    taps = [*_taps(card.buttons), *_taps(card.menu)]
    links = [f"{each.label}：{pen.link(each.link)}" for each in card.buttons if each.link]
    told = [card.title, card.subtitle, card.flag, *(f"{each.label}　{each.written}" for each in card.rows)]
    told += [f"“{card.quote.text}”"] if card.quote is not None else []
    told += [card.body, *_numbered(card.choice), *links, *([pen.link(card.page)] if card.page else [])]
    told += [card.footer]
    told += [f"可以回我：{'、'.join(f'{each.label} {code}' for each in taps)}"] if taps else []
    return "\n".join(each for each in told if each)


def _numbered(choice: Choice | None) -> list[str]:
    options = choice.options if choice is not None else ()
    return [f"{place}. {each.label}" for place, each in enumerate(options, 1)]
