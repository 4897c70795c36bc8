"""Short messages that put right what was recorded just before."""

import pytest

from handlers.understanding.note import AmountKind, CorrectionField, Intent
from tests.unit.understanding.book import said

ROWS = [
    ("预算改成50万", CorrectionField.AMOUNT, 500_000.0, None),
    ("30万不是13万", CorrectionField.AMOUNT, 300_000.0, "13万"),
    ("刚才金额写错 35万 不是30万", CorrectionField.AMOUNT, 350_000.0, "30万"),
    ("不是张伟，是张薇", CorrectionField.CONTACT, "张薇", "张伟"),
    ("改成下周四", CorrectionField.DUE, "2026-04-30", None),
    ("电话是13912345678", CorrectionField.PHONE, "13912345678", None),
    ("刚才那个手机号念错了 应该是幺八六三八二零九四六幺", CorrectionField.PHONE, "18638209461", None),
    ("客户搞错了，是宏远不是宏源", CorrectionField.CUSTOMER, "宏远", "宏源"),
]


@pytest.mark.parametrize(("text", "field", "value", "old"), ROWS)
def test_correction(text: str, field: CorrectionField, value: str | float, old: str | None) -> None:
    note = said(text)
    assert note.intent is Intent.CORRECT
    assert note.correction is not None
    assert (note.correction.field, note.correction.value, note.correction.old) == (field, value, old)


def test_the_kind_of_money_is_kept_where_said() -> None:
    correction = said("预算改成50万").correction
    assert correction is not None
    assert correction.kind is AmountKind.BUDGET


def test_a_weekday_alone_can_be_either_side_of_today() -> None:
    correction = said("时间是周四").correction
    assert correction is not None
    assert (correction.field, correction.value, correction.ahead) == (
        CorrectionField.WHEN,
        "2026-04-16",
        "2026-04-23",
    )


def test_the_record_meant_is_named() -> None:
    correction = said("鼎盛那个方案改成下周四").correction
    assert correction is not None
    assert (correction.field, correction.value) == (CorrectionField.DUE, "2026-04-30")
    assert correction.customer is not None
    assert correction.customer.known == "dingsheng"
