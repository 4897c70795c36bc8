"""Cards of looking after the archive by talking: merge, grade, tags, what not to speak of, official files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cards.actions import Dismiss, GiveReason, MergeCustomers, UndoKeeping
from cards.lines import (
    SUBTITLE,
    TITLE,
    alteration,
    drop,
    first_fit,
    ids,
    joined,
    line,
    main,
    sentences,
    show_customer,
    tap,
    titled,
)
from cards.model import Card
from cards.parts import Altered, Key
from cards.words import FIELDS, TAGS, squeeze

WHY = {"changed": "情况变了", "mistake": "原来记错", "told": "客户说的"}
"""The quick answers to 为什么改 (R44), by what a tap carries."""


@dataclass(frozen=True, slots=True)
class Merge:
    """`key.what` is the customer that stays, `other` the one that goes into it; what would move with it."""

    key: Key
    stays: str
    other: int
    goes: str
    contacts: int = 0
    visits: int = 0
    tasks: int = 0
    days: int = 30
    """How long it can be taken apart again."""


def merge(view: Merge) -> Card:
    """A look before two files become one."""
    stays, goes = squeeze(view.stays), squeeze(view.goes)
    moved = ((view.contacts, "位联系人"), (view.visits, "次记录"), (view.tasks, "件待办"))
    along = "、".join(f"{number} {what}" for number, what in moved if number)
    return Card(
        kind="customer.merge",
        title=first_fit(TITLE, f"{goes}并到{stays}", "两家并成一家"),
        lines=(
            line("留下", stays, names=(stays,)),
            line("并过来", goes, names=(goes,)),
            *((line("一起来", along),) if along else ()),
        ),
        body=sentences(f"空着的互相补，都有的按{stays}的。{view.days}天内能分回来。"),
        buttons=(
            main("并成一家", MergeCustomers(*ids(view.key), other=view.other)),
            tap("不是一家", Dismiss(0, 0, view.key.to)),
        ),
    )


def merged(key: Key, stays: str, goes: str, customer: int, days: int) -> Card:
    """`key.what` is the first change of it, for the undo."""
    return Card(
        kind="customer.merged",
        title=first_fit(TITLE, f"✓ {squeeze(goes)}并到{squeeze(stays)}了", "✓ 并成一家了"),
        body=sentences(f"旧名字还认得。{days}天内能分回来。"),
        buttons=(show_customer(customer, key), drop("分回来", UndoKeeping(*ids(key)))),
        done=True,
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that was set by talking. `key.what` is its first change; `waits_for` who has to agree."""

    key: Key
    customer: str
    customer_id: int
    altered: Altered
    waits_for: str = ""
    minutes: int = 10


def kept(view: Kept, today: date) -> Card:
    """Done at once, or waiting for somebody's yes."""
    name = FIELDS.get(view.altered.field, FIELDS["other"])
    title = f"{view.customer}的{name}，交上去了" if view.waits_for else f"✓ {view.customer}，{name}改了"
    return Card(
        kind="customer.kept",
        title=first_fit(TITLE, squeeze(title), f"✓ {name}改了" if not view.waits_for else f"{name}交上去了"),
        changes=alteration(view.altered, today, confirming=False),
        body=sentences(f"等{squeeze(view.waits_for)}点头，先还是原来的。") if view.waits_for else "",
        buttons=(
            show_customer(view.customer_id, view.key),
            *(() if view.waits_for else (drop("撤销", UndoKeeping(*ids(view.key))),)),
        ),
    )


def noted(key: Key, customer: str, customer_id: int, label: str, value: str) -> Card:
    """A tag, a taboo or a picture was put into the file; `key.what` is the change."""
    return Card(
        kind="customer.noted",
        title=titled(f"✓ {squeeze(customer)}记上了", ""),
        lines=(line(label, value),),
        buttons=(show_customer(customer_id, key), drop("撤销", UndoKeeping(*ids(key)))),
    )


def taken_back(customer: str) -> Card:
    return Card(
        kind="customer.taken_back",
        title=first_fit(TITLE, f"撤了，{squeeze(customer)}还是原来的", "撤了，还是原来的"),
        done=True,
    )


def stays_so(minutes: int = 0, days: int = 0) -> Card:
    """Too late to take it back."""
    spell = f"{days}天" if days else f"{minutes}分钟"
    return Card(
        kind="customer.stays_so",
        title=first_fit(TITLE, f"过了 {spell}，撤不了了"),
        body="要改回来，再说一次就行。",
        done=True,
    )


def already_so(customer: str, name: str, value: str) -> Card:
    return Card(
        kind="customer.already_so",
        title=titled(customer, f"的{name}已经是{squeeze(value)}了", f"的{name}没变", ""),
        done=True,
    )


def why(key: Key, customer: str, altered: Altered, today: date) -> Card:
    """为什么改: `key.what` is the draft that waits. A hint, not a mode."""
    name = FIELDS.get(altered.field, FIELDS["other"])
    return Card(
        kind="customer.why",
        title=titled(customer, f"，{name}为什么改", "，为什么改", ""),
        changes=alteration(altered, today, confirming=False),
        body="点一个，或者说一句，我一起交上去。",
        buttons=(
            *(tap(label, GiveReason(*ids(key), reason=id)) for id, label in WHY.items()),
            drop("不改了", GiveReason(*ids(key), reason="")),
        ),
    )


def not_changed(customer: str) -> Card:
    return Card(
        kind="customer.not_changed",
        title="好，没改",
        subtitle=first_fit(SUBTITLE, squeeze(customer)),
        done=True,
    )


def name_of(field: str) -> str:
    return FIELDS.get(field, FIELDS["other"])


def unknown_choice(key: Key, said: str, choices: Sequence[str]) -> Card:
    """A grade or stage that the company doesn't have."""
    return Card(
        kind="customer.unknown_choice",
        title=titled(f"没有“{squeeze(said)}”这一档", "", ""),
        body=sentences(f"可以是 {'、'.join(choices)}。"),
        buttons=(tap("知道了", Dismiss(0, 0, key.to)),),
    )


def unknown_tag(key: Key, said: str, known: tuple[str, ...]) -> Card:
    """The list of tags is closed (R33)."""
    names = "、".join(TAGS.get(each, each) for each in known)
    return Card(
        kind="customer.unknown_tag",
        title=titled(f"没有“{squeeze(said)}”这个标签", "", ""),
        body=sentences(f"现有的：{names}。", "要加新的找管理员。"),
        buttons=(tap("知道了", Dismiss(0, 0, key.to)),),
    )


def lacks(key: Key, customer: str, missing: tuple[str, ...]) -> Card:
    """What a file still needs before it can be an official one; `key.what` is the customer."""
    names = {"contact": "联系人", "name": "名称", "source": "来源"}
    words = "、".join(names.get(each) or FIELDS[each] for each in missing)
    return Card(
        kind="customer.lacks",
        title=titled(customer, "转正式，还差一点", "，还差一点", ""),
        lines=(line("还差", words),),
        body="说一句就行，我记上了再转。",
        buttons=(show_customer(key.what, key),),
    )


def official(key: Key, customer: str, code: str) -> Card:
    """At once, where nobody above has to agree; `key.what` is the customer."""
    return Card(
        kind="customer.official",
        title=titled(f"✓ {squeeze(customer)}是正式客户了", ""),
        subtitle=joined(code),
        buttons=(show_customer(key.what, key),),
        done=True,
    )


def may_not(key: Key, customer: str, owner: str) -> Card:
    """Two files of different people, or a file of somebody else: whoever is above them decides."""
    return Card(
        kind="customer.may_not",
        title=titled(customer, f"归{squeeze(owner)}，我没动", "，我没动", ""),
        body="要并要改，请主管说一句。",
        buttons=(tap("知道了", Dismiss(0, 0, key.to)),),
    )
