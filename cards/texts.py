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


def greeting(name: str, said: str) -> str:
    """After a long silence: a few words that ask for nothing."""
    hello = f"{name}，您好。" if name else "您好。"
    asked = f"上次您说{said}，现在怎么样了？" if said else "有阵子没联系了，最近都好吧？"
    return f"{hello}{asked}方便的时候我去看看您，有用得上我的地方，您说一声。"


def successor(giver: str, taker: str) -> str:
    """What a customer reads when he is handed on (at most 200 characters)."""
    return (
        f"您好，{giver}工作有调整，之后由{taker}接着为您服务，之前谈的事他都清楚。"
        "不方便换人的话，您可以不同意。"
    )


def calls_running_short(used: int, budget: int) -> str:
    """To whoever administers, once a month: what DingTalk still allows, and what is dropped first."""
    gone = used >= budget
    told = "这个月的钉钉接口调用用完了" if gone else f"这个月的钉钉接口调用用了 {used} 次，一共 {budget} 次"
    kept = "不要紧的提醒先停，回话和审批留到最后。"
    return f"{told}。{kept}不够用就在钉钉管理后台加量，再改 BAIFANG_DINGTALK__MONTHLY_CALLS。"


def _promise(what: str, due: date | None, today: date) -> str:
    doing = what if what.startswith(_VERBS) else f"给您{what}"
    return f"{doing}，{day_near(due, today)}前" if due is not None else doing


_CALLED = (
    *("总经理", "经理", "主管", "主任", "科长", "处长", "部长"),
    *("厂长", "院长", "校长", "店长", "总监", "总"),
)
_TWO = 4
"""A name of so many characters begins with a family name of two."""


def calls(name: str, title: str) -> str:
    """How somebody is called to his face: 张经理 for 张伟，采购经理; the name where no title says."""
    called = next((each for each in _CALLED if title.endswith(each)), "")
    if not called or len(name) < 2 or name.endswith(_CALLED):
        return name
    return f"{name[: 2 if len(name) >= _TWO else 1]}{called}"
