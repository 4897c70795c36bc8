"""Cards that ask which customer is meant: a doubtful name, likely duplicates, a colleague's word on them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from cards.actions import (
    AnswerSame,
    AskOwner,
    ChooseCustomer,
    ChooseListed,
    CreateCustomer,
    DropDraft,
    KeepDraft,
    NewCustomer,
    UseCustomer,
)
from cards.lines import (
    BODY,
    LABEL,
    LINES,
    SUBTITLE,
    TITLE,
    drop,
    first_fit,
    ids,
    main,
    name_line,
    quoted,
    sentences,
    tap,
    tap_label,
    titled,
)
from cards.model import Button, Card, Choice, Line, Option, Weight
from cards.parts import Heard, Key
from cards.words import (
    VALUE,
    clip,
    count,
    day_near,
    day_short,
    squeeze,
)

# -- V3 visit.which, V4 customer.duplicates ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """`has_contact`: whether the person named in the note is known there; None if nobody was named."""

    customer: int
    name: str
    place: str = ""
    has_contact: bool | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Which:
    """`said`: the customer as said; `called`: how to speak of the likeliest (嘉晟)."""

    key: Key
    said: str
    candidates: tuple[Candidate, ...]
    contact: str = ""
    heard: Heard | None = None
    called: str = ""


def which(view: Which, today: date) -> Card:
    key = ids(view.key)
    candidates = view.candidates[:9]
    new, keep = tap("是新客户", NewCustomer(*key)), tap("先放着", KeepDraft(*key))
    card = Card(
        kind="visit.which",
        title=titled(view.said, "，是哪一家"),
        subtitle="其余都记下了，就差这个",
        lines=_candidate_lines(view, today),
        quote=quoted(view.heard, hide_phones=True),
    )
    if len(candidates) > 3:
        choice = Choice("是哪一家", _candidate_options(candidates))
        return replace(card, choice=choice, buttons=(main("就这家", ChooseListed(*key)), new, keep))
    names = _candidate_buttons(view.key, candidates)
    if len(names) == 3:
        return replace(card, buttons=(*names, new), menu=(keep,))
    return replace(card, buttons=(*names, new, keep))


def _candidate_lines(view: Which, today: date) -> tuple[Line, ...]:
    shown = view.candidates[:9]
    lines = [name_line(each.name, _candidate_text(each, view, today), at) for at, each in enumerate(shown, 1)]
    if len(lines) <= LINES:
        return tuple(lines)
    return (*lines[: LINES - 1], Line("还有", f"{len(lines) - LINES + 1} 家，下面都能选"))


def _candidate_text(candidate: Candidate, view: Which, today: date) -> str:
    contact = squeeze(view.contact)
    known = {True: f"联系人就叫{contact}", False: f"没有叫{contact}的"}
    parts = [
        candidate.place,
        known[candidate.has_contact] if contact and candidate.has_contact is not None else "",
        f"{day_short(candidate.last, today)}聊过" if candidate.last else "",
    ]
    return _parts_that_fit(parts, len(candidate.name)) or "库里有这家"


def _parts_that_fit(parts: Iterable[str], name: int) -> str:
    """The parts joined by commas, as far as a value beside a name takes them."""
    room = VALUE if name <= LABEL else VALUE - name - 1
    text = ""
    for part in parts:
        if part and len(text) + len(part) + 1 <= room:
            text = f"{text}，{part}" if text else part
    return text


def _candidate_buttons(key: Key, candidates: tuple[Candidate, ...]) -> tuple[Button, ...]:
    labels = _distinct_labels(candidates)
    return tuple(
        Button(
            label,
            ChooseCustomer(*ids(key), customer=each.customer),
            Weight.MAIN if at == 0 and len(candidates) > 1 else Weight.NORMAL,
        )
        for at, (label, each) in enumerate(zip(labels, candidates, strict=True))
    )


def _distinct_labels(candidates: tuple[Candidate, ...]) -> list[str]:
    """Names that fit a button; where two would look alike or one is too long, 第1家."""
    names = [tap_label(squeeze(each.name), "") for each in candidates]
    return [name if name and names.count(name) == 1 else f"第{at}家" for at, name in enumerate(names, 1)]


def _candidate_options(candidates: tuple[Candidate, ...]) -> tuple[Option, ...]:
    labels = _distinct_labels(candidates)
    return tuple(Option(str(each.customer), label) for label, each in zip(labels, candidates, strict=True))


def which_kept(view: Which) -> Card:
    """After 先放着."""
    called = squeeze(view.called or view.said)
    return Card(
        kind="visit.which.kept",
        title=titled(view.said, "，放着了，没存", "，没存"),
        body=sentences(f"放着了，没存。说“{called}那条”就接着来。"),
        done=True,
    )


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A customer that looks like the said one. `owner` "" is the reader; a colleague's shows only owner
    and place. `called` is its shorter name for a button (宏远)."""

    customer: int
    name: str
    place: str = ""
    owner: str = ""
    last: date | None = None
    called: str = ""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`same_phone`: it is known only by the phone, which is a colleague's customer's."""

    key: Key
    said: str
    rows: tuple[Lookalike, ...]
    same_phone: bool = False


def duplicates(view: Duplicates, today: date) -> Card:
    key = ids(view.key)
    mine = next((each for each in view.rows if not each.owner), None)
    other = next((each for each in view.rows if each.owner), None)
    use = (
        (
            main(
                tap_label(
                    f"就是{squeeze(mine.called or mine.name)}",
                    "就是第一家" if view.rows[0] is mine else "就是我的",
                ),
                UseCustomer(*key, customer=mine.customer),
            ),
        )
        if mine and not view.same_phone
        else ()
    )
    return Card(
        kind="customer.duplicates",
        title=_duplicates_title(view),
        subtitle="先看一眼，免得一家记成两家",
        lines=() if view.same_phone else _lookalike_lines(view.rows, today),
        body=_same_phone(other) if view.same_phone else "",
        buttons=(
            *use,
            *((_ask_owner(view.key, other),) if other else ()),
            tap("是新客户", CreateCustomer(*key)),
            tap("先放着", KeepDraft(*key)),
        ),
    )


def _duplicates_title(view: Duplicates) -> str:
    if view.same_phone:
        return titled(view.said, " · 像是同一家", "，同一家？")
    alike = count(len(view.rows), "家")
    return titled(view.said, f" · 库里有{alike}很像", f" · 有{alike}很像")


def _same_phone(other: Lookalike | None) -> str:
    whose = f"，{squeeze(other.owner)}在跟" if other else ""
    return f"有一家留的是同一个电话{whose}"


def _ask_owner(key: Key, other: Lookalike) -> Button:
    label = tap_label(f"问问{squeeze(other.owner)}", "问问同事")
    return tap(label, AskOwner(*ids(key), customer=other.customer))


def _lookalike_lines(rows: tuple[Lookalike, ...], today: date) -> tuple[Line, ...]:
    lines = []
    for at, each in enumerate(rows[:LINES], 1):
        parts = [each.place, f"{squeeze(each.owner)}在跟" if each.owner else "你在跟"]
        if each.last and not each.owner:
            parts.append(f"{day_short(each.last, today)}聊过")
        lines.append(name_line(each.name, _parts_that_fit(parts, len(each.name)), at))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class SameQuestion:
    """Asker's question to a colleague. `key.what` is the draft, `key.to` whoever sees the card;
    `customer` and `yours` are the colleague's."""

    key: Key
    asker: str
    owner: str
    said: str
    customer: int
    yours: str
    day: date


def same_asked(view: SameQuestion, today: date) -> Card:
    """To the asker, after 问问陈浩."""
    key = ids(view.key)
    return Card(
        kind="customer.same.asked",
        title=titled(f"问{view.owner}了", "，等他回"),
        subtitle=first_fit(SUBTITLE, f"“{squeeze(view.said)}”先放着，没存", "这条先放着，没存"),
        body="他回了我就告诉你。",
        buttons=(tap("是新客户", CreateCustomer(*key)), drop("不用记", DropDraft(*key))),
    )


def same_question(view: SameQuestion, today: date) -> Card:
    """To the colleague."""
    said, yours = squeeze(view.said), squeeze(view.yours)
    met = f"{squeeze(view.asker)}{day_near(view.day, today)}见了"
    whole = f"{met}“{said}”，和你的{yours}是一家吗"
    short = first_fit(
        TITLE, f"“{said}”，是你的{yours}吗", f"{squeeze(view.asker)}想问你一家客户", "想问你一家客户"
    )
    key = ids(view.key)
    return Card(
        kind="customer.same",
        title=whole if len(whole) <= TITLE else short,
        body="" if len(whole) <= TITLE else clip(whole, BODY),
        buttons=(
            main("是一家", AnswerSame(*key, customer=view.customer, same=True)),
            tap("不是一家", AnswerSame(*key, customer=view.customer, same=False)),
        ),
    )


def same_thanks(view: SameQuestion, same: bool) -> Card:
    """To the colleague, after the answer."""
    return Card(
        kind="customer.same.answered",
        title=titled(f"✓ 告诉{view.asker}了", "，谢谢"),
        subtitle=first_fit(
            SUBTITLE,
            f"“{squeeze(view.said)}”{'就是' if same else '不是'}{squeeze(view.yours)}",
            "是一家" if same else "不是一家",
        ),
        done=True,
    )


def same_answer(view: SameQuestion, same: bool) -> Card:
    """To the asker, with the answer."""
    key = ids(view.key)
    new, keep = CreateCustomer(*key), KeepDraft(*key)
    forget = drop("不用记", DropDraft(*key))
    return Card(
        kind="customer.same.answer",
        title=titled(f"{view.owner}说{'是' if same else '不是'}一家", ""),
        subtitle=first_fit(
            SUBTITLE,
            f"“{squeeze(view.said)}”和他的{squeeze(view.yours)}" if same else f"“{squeeze(view.said)}”",
            "你问的那家",
        ),
        body="客户归他跟，你那条还没存。" if same else "那就当新客户，有名字就够。",
        buttons=(tap("先放着", keep), forget)
        if same
        else (main("是新客户", new), tap("先放着", keep), forget),
    )
