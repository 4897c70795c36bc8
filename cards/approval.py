"""Cards of key fields that wait for a manager, and of what he decided."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from cards.actions import (
    Approve,
    AskReason,
    DropChange,
    HintEdit,
    MessageManager,
    Resubmit,
    Return,
    ShowApproval,
    ShowCustomer,
    ShowPending,
    WithdrawDecision,
)
from cards.lines import (
    LINES,
    SUBTITLE,
    TITLE,
    alteration,
    drop,
    first_fit,
    ids,
    joined,
    line,
    main,
    name_line,
    opens,
    quoted,
    sentences,
    tap,
    tap_label,
    titled,
    written_value,
)
from cards.model import Card, Change, Choice, Line, Option
from cards.parts import Altered, Heard, Key, Value
from cards.words import FIELDS, clock, day_short, moment, squeeze

REASONS = {
    "no_basis": "没写依据",
    "wrong": "像是填错",
    "name": "名称不全",
    "duplicate": "重复了",
    "other": "我来说一句",
}


@dataclass(frozen=True, slots=True)
class KeyField:
    """`key.what` is the approval. `field`: phone, legal_name, grade, owner, deletion, resting (先不跟), …;
    `contact` "" where
    the field is the customer's. `tasks` and `contracts` hang on it; `attempt` 2 is the second try."""

    key: Key
    asker: str
    customer: str
    customer_id: int
    field: str
    at: datetime
    contact: str = ""
    before: Value | None = None
    after: Value | None = None
    reason: str = ""
    tasks: int = 0
    contracts: int = 0
    heard: Heard | None = None
    attempt: int = 1
    value_page: str = ""
    """Opens the whole phone number, logged."""


def key_field(view: KeyField, now: datetime) -> Card:
    again = f"第 {view.attempt} 次交" if view.attempt > 1 else ""
    return Card(
        kind="approval.key_field",
        title=_wish(view),
        subtitle=joined(squeeze(view.customer), moment(view.at, now.date()), again),
        lines=_reasons(view),
        changes=_changes(view, now.date()),
        quote=quoted(view.heard),
        buttons=(
            main("同意", Approve(*ids(view.key))),
            drop("退回", AskReason(*ids(view.key))),
            *opens("看号码", view.value_page),
        ),
    )


def _wish(view: KeyField) -> str:
    asker, whose = squeeze(view.asker), squeeze(view.contact or view.customer)
    if view.field == "deletion":
        return first_fit(TITLE, f"{asker}想删掉{whose}", f"{asker}想删掉一家客户")
    if view.field == "resting":
        return first_fit(TITLE, f"{asker}想先不跟{whose}", f"{asker}想先不跟一家客户")
    name = FIELDS[view.field]
    return first_fit(TITLE, f"{asker}想改{whose}的{name}", f"{asker}想改一个{name}", f"有人想改{name}")


def _changes(view: KeyField, today: date) -> tuple[Change, ...]:
    if view.after is None:
        return ()
    return alteration(Altered(view.field, view.after, view.before), today, confirming=False)


def _reasons(view: KeyField) -> tuple[Line, ...]:
    touched = "、".join(
        f"{number} {name}" for number, name in ((view.tasks, "件待办"), (view.contracts, "份合同")) if number
    )
    rows = (("原因", view.reason), ("会动到", touched))
    return tuple(line(label, value) for label, value in rows if value)


def ask_reason(view: KeyField, now: datetime) -> Card:
    """After 退回: option ids are REASONS' keys, `other` meaning: I'll say it."""
    key = ids(view.key)
    asker = squeeze(view.asker)
    return replace(
        key_field(view, now),
        choice=Choice("哪里不对", tuple(Option(id, label) for id, label in REASONS.items())),
        buttons=(
            main(tap_label(f"退给{asker}", "退回"), Return(*key)),
            tap("算了", ShowApproval(*key)),
        ),
    )


def ask_words(view: KeyField) -> Card:
    """After 我来说一句: a hint, not a mode."""
    key = ids(view.key)
    return Card(
        kind="approval.words",
        title=_wish(view),
        subtitle=joined(squeeze(view.customer)),
        body=sentences(f"说说原因，我原样带给{squeeze(view.asker)}。"),
        buttons=(tap("算了", ShowApproval(*key)),),
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """`decider` "" is the reader; `withdrawable`: still within the minutes, and nothing built on it."""

    key: Key
    asker: str
    decider: str
    customer: str
    customer_id: int
    field: str
    at: datetime
    contact: str = ""
    agreed: bool = True
    withdrawable: bool = False
    reason: str = ""
    still: Value | None = None
    """The value that stays, where it was returned."""


def decided_manager(view: Decided, now: datetime) -> Card:
    """To the manager who decided, either way."""
    at = _minute(view.at, now)
    show = tap("看档案", ShowCustomer(view.customer_id, 0, view.key.to))
    back = (tap("撤回", WithdrawDecision(*ids(view.key))),) if view.withdrawable else ()
    if view.agreed:
        title = first_fit(TITLE, f"✓ 你同意了{_new(view)}", f"✓ 你同意了{_thing_alone(view)}")
        subtitle = joined(at, squeeze(view.customer))
    else:
        title = first_fit(TITLE, f"✓ 退给{squeeze(view.asker)}了", "✓ 退回了")
        subtitle = joined(at, _thing(view))
    return Card(
        kind="approval.decided",
        title=title,
        subtitle=subtitle,
        lines=(line("原因", view.reason),) if view.reason and not view.agreed else (),
        buttons=(*back, show),
    )


def _minute(at: datetime, now: datetime) -> str:
    return clock(at) if at.date() == now.date() else moment(at, now.date())


def _new(view: Decided) -> str:
    """`张伟的新电话`, `删掉鼎盛机械`."""
    whose = squeeze(view.contact or view.customer)
    deed = _DEEDS.get(view.field)
    return f"{deed}{whose}" if deed else f"{whose}的新{FIELDS[view.field]}"


_DEEDS = {"deletion": "删掉", "resting": "先不跟"}
"""Fields whose change is a deed, not a new value."""


def _thing_alone(view: Decided) -> str:
    deed = _DEEDS.get(view.field)
    return f"{deed}一家客户" if deed else f"一个新{FIELDS[view.field]}"


def _thing(view: Decided | KeyField) -> str:
    """`鼎盛机械，张伟的电话`."""
    field = FIELDS[view.field]
    what = f"{squeeze(view.contact)}的{field}" if view.contact else field
    whole = f"{squeeze(view.customer)}，{what}"
    return first_fit(SUBTITLE, whole, squeeze(view.customer), what)


def decided_elsewhere(view: Decided, now: datetime) -> Card:
    """Another manager's copy; also the answer to his late tap."""
    did = "同意" if view.agreed else "退回"
    at = _minute(view.at, now)
    return Card(
        kind="approval.decided",
        title=first_fit(TITLE, f"{squeeze(view.decider)} {at} 已{did}", f"{at} 已{did}"),
        subtitle=_thing(view),
        buttons=(tap("看档案", ShowCustomer(view.customer_id, 0, view.key.to)),),
        done=True,
    )


def decided_rep(view: Decided, now: datetime) -> Card:
    """To the rep: agreed (A3) or returned (A4)."""
    if not view.agreed:
        return returned(view, now)
    used = {"deletion": "删掉了", "resting": "先不跟了"}.get(view.field, "用上了")
    whose = squeeze(view.contact or view.customer)
    what = whose if view.field in _DEEDS else _new(view)
    return Card(
        kind="approval.decided",
        title=first_fit(TITLE, f"✓ {what}{used}", f"✓ 新{FIELDS[view.field]}{used}"),
        subtitle=first_fit(SUBTITLE, f"{squeeze(view.decider)} {_minute(view.at, now)} 同意", "同意了"),
        buttons=()
        if view.field == "deletion"
        else (tap("看档案", ShowCustomer(view.customer_id, 0, view.key.to)),),
    )


def returned(view: Decided, now: datetime) -> Card:
    """A4, to the rep."""
    key = ids(view.key)
    who = squeeze(view.decider)
    still = written_value(view.still, now.date(), confirming=False) if view.still is not None else ""
    return Card(
        kind="approval.returned",
        title=titled(who, "退回了，差一点", "退回了", ""),
        subtitle=_thing(view),
        lines=(
            *((line("原因", view.reason),) if view.reason else ()),
            *((line(FIELDS[view.field], f"还是 {still}"),) if still else ()),
        ),
        buttons=(
            main("改好再交", HintEdit(*key, of="approval")),
            tap(tap_label(f"问{who}", "问同事"), MessageManager(*key)),
            drop("不改了", DropChange(*key)),
        ),
    )


def withdrawn(view: Decided, now: datetime) -> Card:
    """The decision was taken back: it waits again."""
    return Card(
        kind="approval.withdrawn",
        title="✓ 撤回了，等你重新定",
        subtitle=_thing(view),
        buttons=(main("看这件", ShowApproval(*ids(view.key))),),
    )


def reopened_rep(view: Decided) -> Card:
    """To the rep: the decision that the ✓ told of was taken back."""
    who = squeeze(view.decider)
    return Card(
        kind="approval.reopened",
        title=titled(who, "撤回了，还在等", "撤回了", ""),
        subtitle=_thing(view),
        body="先按老的算，定了告诉你。",
        buttons=(drop("不改了", DropChange(*ids(view.key))),),
    )


def replaced(view: KeyField) -> Card:
    """To whoever held the card of a change that the rep has put another in the place of."""
    return Card(
        kind="approval.replaced",
        title=first_fit(TITLE, f"{squeeze(view.asker)}换成新的了", "换成新的了"),
        subtitle=_thing(view),
        body="这张不用定了，看最新的那张。",
        done=True,
    )


def too_late_to_withdraw(view: Decided) -> Card:
    return Card(
        kind="approval.late",
        title="已经用上了，要改请走一次新的",
        subtitle=_thing(view),
        buttons=(tap("看档案", ShowCustomer(view.customer_id, 0, view.key.to)),),
    )


def expired(view: KeyField, *, to_rep: bool, days: int = 3) -> Card:
    old = {"phone": "还是老号码", "deletion": "没有删", "resting": "还接着跟"}.get(
        view.field, f"还是老{FIELDS[view.field]}"
    )
    again = (
        main("再交一次", Resubmit(*ids(view.key))),
        drop("不改了", DropChange(*ids(view.key))),
    )
    return Card(
        kind="approval.expired",
        title=first_fit(TITLE, _thing(view)),
        body=f"放了 {days}天，{old}",
        buttons=again if to_rep else (),
        done=not to_rep,
    )


def change_dropped(view: Decided) -> Card:
    """After 不改了."""
    return Card(
        kind="approval.dropped",
        title="好，不改了",
        subtitle=_thing(view),
        body="拜访还在，只是这一处没动。" if view.field == "phone" else "别的都没动。",
        done=True,
    )


def own_request(view: KeyField, above: str) -> Card:
    """The approver is the asker: it goes to `above`, "" if nobody is there."""
    who = squeeze(above)
    title = first_fit(TITLE, f"自己不能批自己的，先等{who}", "自己不能批自己的，先等别人")
    return Card(
        kind="approval.own",
        title=title if above else "自己不能批自己的",
        subtitle=_thing(view),
        body="" if above else "上面还没有人能批，请管理员定一位。",
        buttons=(drop("不改了", DropChange(*ids(view.key))),),
    )


def waiting_list(to: int, views: tuple[KeyField, ...], now: datetime) -> Card:
    """Four or more that wait: seen one by one, never agreed to all at once."""
    lines = tuple(name_line(each.customer, _wanted(each), at) for at, each in enumerate(views, 1))
    more = Line("还有", f"{len(lines) - LINES + 1} 件，一件件看")
    return Card(
        kind="approval.waiting",
        title=f"{len(views)} 件等你看",
        subtitle=f"{day_short(now.date(), now.date())} {clock(now)}",
        lines=lines if len(lines) <= LINES else (*lines[: LINES - 1], more),
        buttons=(main("一件件看", ShowPending(to, 0, to)),),
    )


def _wanted(view: KeyField) -> str:
    """`李娜想改张伟的电话`: a customer's own field without the name that leads the line."""
    asker = squeeze(view.asker)
    if view.field in _DEEDS:
        return f"{asker}想{_DEEDS[view.field]}"
    whose = f"{squeeze(view.contact)}的" if view.contact else ""
    return f"{asker}想改{whose}{FIELDS[view.field]}"
