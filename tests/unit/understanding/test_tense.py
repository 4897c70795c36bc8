"""Whether a short message tells of contact that was, or of contact to come."""

import pytest

from handlers.understanding.note import Intent
from tests.unit.understanding.book import said


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("今天去鼎盛聊了聊，预算2万", Intent.VISIT),
        ("今天去鼎盛，要两台贴标机", Intent.VISIT),
        ("今天去鼎盛见了张伟，聊了设备，下周一前发方案", Intent.VISIT),
        ("今天去了鼎盛机械，见了张经理", Intent.VISIT),
        ("上周五下午三点去鼎盛机械", Intent.VISIT),
        ("下午去鼎盛见张伟", Intent.VISIT),  # said in the evening
        ("上午去天虹纺织找吴莉，她说价格太高了", Intent.VISIT),
        ("明天去鼎盛", Intent.PLAN),
        ("下周三去鼎盛聊聊", Intent.PLAN),
        ("周五下午三点去鼎盛见张伟", Intent.PLAN),
    ],
)
def test_what_was_is_a_visit_and_what_comes_a_plan(text: str, intent: Intent) -> None:
    assert said(text).intent is intent
