"""Plain texts that a rep copies and sends himself: made of what was filed, addressed to the customer (您)."""

from datetime import date

from cards.words import day_near

_VERBS = ("发", "送", "寄", "做", "给", "报", "出", "约", "安排", "准备", "确认", "查", "问")


def follow_up(
    names: tuple[str, ...], day: date, steps: tuple[tuple[str, date | None], ...], today: date
) -> str:
    """A few lines after a visit: whom, thanks, what was promised and by when; nothing that was not said."""
    greeting = f"{'、'.join(names)}，您好。" if names else "您好。"
    met = f"谢谢{day_near(day, today)}抽时间。"
    promised = "；".join(_promise(what, due, today) for what, due in steps)
    return f"{greeting}{met}{f'说好的事我记着：{promised}。' if promised else ''}有别的想到，随时说一声。"


def _promise(what: str, due: date | None, today: date) -> str:
    doing = what if what.startswith(_VERBS) else f"给您{what}"
    return f"{doing}，{day_near(due, today)}前" if due is not None else doing
