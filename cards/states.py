"""The states that any card can be in after a tap (card book 1.6): cards of their own, or laid on one."""

from dataclasses import replace
from datetime import date, datetime

from cards.actions import Action, AskOwner, Retry
from cards.lines import TITLE, first_fit, ids, main, sentences, tap, tap_label, titled
from cards.model import Card
from cards.parts import Key
from cards.words import clock, day_short, squeeze


def already(card: Card, at: datetime, did: str = "存过") -> Card:
    """A second tap: the same done state with `18:24 已经存过了`."""
    return replace(card, body=f"{clock(at)} 已经{did}了")


def renewed(card: Card) -> Card:
    """The newest version, shown in place of an older one that was tapped."""
    if not card.body:
        return replace(card, body="这张旧了，最新的在这")
    return replace(card, body=sentences("这张旧了，最新的在这。", card.body))


def in_progress(title: str) -> Card:
    """It takes longer: no buttons until it is replaced."""
    return Card("state.in_progress", first_fit(TITLE, squeeze(title)), body="在办，好了告诉你")


def not_yours(thing: str, owner: str) -> Card:
    """`thing`: 鼎盛机械的一次拜访 – no facts."""
    return Card(
        "state.not_yours",
        first_fit(TITLE, squeeze(thing)),
        body=sentences(f"这张要{squeeze(owner)}本人点，我没动它"),
        done=True,
    )


def right_lost(key: Key, customer: str, owner: str) -> Card:
    """`key.what` is the customer: it went to `owner` since the card was sent."""
    owner = squeeze(owner)
    return Card(
        "state.right_lost",
        titled(customer, f"现在归{owner}", "现在归同事", ""),
        body=sentences(f"这家现在归{owner}，我没动。要找他吗"),
        buttons=(main(tap_label(f"问问{owner}", "问问同事"), AskOwner(0, 0, key.to, customer=key.what)),),
    )


def failed(key: Key, minutes: int = 5) -> Card:
    """`key.what` is the parked inbox update."""
    return Card(
        "state.failed",
        "没存上，不是你的问题",
        body=f"我 {minutes}分钟内再试",
        buttons=(main("再试一次", Retry(*ids(key))),),
    )


def decided_by(decider: str, at: datetime, did: str, show: Action, today: date) -> Card:
    """Somebody else decided first: `周强 14:05 已同意`. `did`: 同意, 退回, 签字."""
    day = "" if at.date() == today else f"{day_short(at.date(), today)} "
    return Card(
        "state.decided",
        titled(decider, f" {day}{clock(at)} 已{did}", f"已{did}"),
        buttons=(tap("看结果", show),),
        done=True,
    )


def gone(title: str = "") -> Card:
    """The thing no longer exists, or the card is older than anything we know."""
    return Card(
        "state.gone",
        first_fit(TITLE, squeeze(title) or "这张太旧了，我没动它"),
        body="这张太旧了，我没动它。直接说想办什么就行" if title else "直接说想办什么就行",
        done=True,
    )
