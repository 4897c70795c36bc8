"""A correction changes the one field that it names, and nothing else of a draft."""

from dataclasses import fields, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from handlers.understanding.note import (
    Amount,
    AmountKind,
    Correction,
    CorrectionField,
    CustomerMention,
    Fact,
    Field,
    Known,
    NextAction,
    PersonMention,
    VisitRead,
    When,
)
from handlers.understanding.reader import read
from handlers.work.content import Content, Resolved, of_row, to_row
from handlers.work.editing import Unclear, edit, fits, moment_of, named_action, pick_amount

TODAY = date(2026, 4, 21)
BUDGET = Amount(AmountKind.BUDGET, 128000.0)
QUOTE = Amount(AmountKind.QUOTE, 150000.0)
PLAN = NextAction("发方案", date(2026, 4, 29), "us", True)
SAMPLE = NextAction("寄样册")


def content(**visit: object) -> Content:
    given = {
        "amounts": (BUDGET,),
        "next_actions": (PLAN, SAMPLE),
        "facts": (Fact("张伟", Field.TITLE, "经理"),),
        **visit,
    }
    mention = PersonMention("张伟", known=True)
    whole = VisitRead(CustomerMention("鼎盛机械", "1"), When(TODAY, time(10)), (mention,), **given)  # type: ignore[arg-type]
    return Content(whole, "今天去了鼎盛", customer_id=1, contacts=(Resolved(mention, 7),))


def changed(before: Content, after: Content) -> set[str]:
    """Names of the fields that differ, those of the visit among them."""
    found = {each.name for each in fields(Content) if getattr(before, each.name) != getattr(after, each.name)}
    if "visit" in found:
        found.remove("visit")
        found |= {
            each.name
            for each in fields(VisitRead)
            if getattr(before.visit, each.name) != getattr(after.visit, each.name)
        }
    return found


@pytest.mark.parametrize(
    ("correction", "said", "only"),
    [
        (Correction(CorrectionField.AMOUNT, 500000.0, AmountKind.BUDGET), "预算改成50万", "amounts"),
        (Correction(CorrectionField.AMOUNT, 500000.0, AmountKind.QUOTE), "报价是50万", "amounts"),
        (Correction(CorrectionField.AMOUNT, 500000.0), "是50万", "amounts"),
        (Correction(CorrectionField.WHEN, "2026-04-20"), "是昨天", "when"),
        (Correction(CorrectionField.DUE, "2026-04-30"), "方案改成下周四", "next_actions"),
        (Correction(CorrectionField.PHONE, "13811112222"), "电话是13811112222", "facts"),
        (Correction(CorrectionField.CONTACT, "张薇", old="张伟"), "不是张伟，是张薇", "contacts"),
    ],
)
def test_only_the_named_field_changes(correction: Correction, said: str, only: str) -> None:
    before = content(facts=())
    after, edited = edit(before, correction, said)
    assert changed(before, after) == {only, "corrected"}
    assert after.corrected == (edited.field.value,)
    assert edited.before != edited.after


def test_facts_of_a_person_follow_the_right_name() -> None:
    correction = Correction(CorrectionField.CONTACT, "张薇", old="张伟")
    after, _ = edit(content(facts=(Fact("张伟", Field.PHONE, "13811112222"),)), correction, "")
    assert after.visit.facts[0].of == "张薇"
    assert after.contacts == (Resolved(PersonMention("张薇")),)


def test_another_day_keeps_the_hour_and_another_hour_the_day() -> None:
    for day in ("2026-04-21", "2026-04-20"):
        moved, _ = edit(content(), Correction(CorrectionField.WHEN, day), "是昨天")
        assert moved.visit.when == When(date.fromisoformat(day), time(10))
    later, _ = edit(content(), Correction(CorrectionField.WHEN, "2026-04-21T15:00:00"), "是下午三点")
    assert later.visit.when == When(TODAY, time(15))


@pytest.mark.parametrize(
    ("said", "moved"), [("样册周五寄", "寄样册"), ("方案周五给", "发方案"), ("改成周五", "发方案")]
)
def test_the_action_that_is_named_moves_else_the_dated_one(said: str, moved: str) -> None:
    after, edited = edit(content(), Correction(CorrectionField.DUE, "2026-04-24"), said)
    assert edited.what == moved
    assert [each.what for each in after.visit.next_actions if each.due == date(2026, 4, 24)] == [moved]


def test_two_sums_without_a_name_are_unclear() -> None:
    two = content(amounts=(BUDGET, QUOTE))
    with pytest.raises(Unclear) as unclear:
        edit(two, Correction(CorrectionField.AMOUNT, 200000.0), "改成20万")
    assert unclear.value.kinds == (AmountKind.BUDGET, AmountKind.QUOTE)
    assert fits(two, Correction(CorrectionField.AMOUNT, 200000.0), "改成20万")
    after, _ = edit(two, Correction(CorrectionField.AMOUNT, 200000.0, old="150000"), "不是15万是20万")
    assert [each.value for each in after.visit.amounts] == [128000.0, 200000.0]


@pytest.mark.parametrize(
    "correction",
    [
        Correction(CorrectionField.AMOUNT, 1.0),
        Correction(CorrectionField.DUE, "2026-04-24"),
        Correction(CorrectionField.OTHER, "随便"),
    ],
)
def test_what_fits_nothing_is_no_correction_of_it(correction: Correction) -> None:
    bare = content(amounts=(), next_actions=())
    assert not fits(bare, correction, "")


def test_with_two_people_a_phone_is_nobodys() -> None:
    two = replace(content(), contacts=(Resolved(PersonMention("张伟")), Resolved(PersonMention("张薇"))))
    assert not fits(two, Correction(CorrectionField.PHONE, "13811112222"), "")


def test_small_helpers() -> None:
    assert moment_of("2026-04-30T15:00:00") == (date(2026, 4, 30), time(15))
    assert moment_of("2026-04-30") == (date(2026, 4, 30), None)
    assert named_action((), (), "改成周四") is None
    assert named_action(("发方案", "发样册"), (False, True), "改成周四") == 1
    assert named_action(("发方案", "发样册"), (False, False), "改成周四") == 0
    assert pick_amount((AmountKind.BUDGET,), (1.0,), Correction(CorrectionField.AMOUNT, 2.0, old="9")) == 0


def test_what_a_draft_holds_survives_the_store() -> None:
    now = datetime(2026, 4, 21, 18, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
    said = (
        "今天下午三点拜访了宏远包装的陈老板，嫌贵，预算三十到五十万，下周三之前要报价单，电话13812345678，"
        "周五上午十点再去一趟，提醒我带样册"
    )
    for visit in read(said, now, Known()).visits:
        whole = Content(visit, said, candidates=(1, 2), contacts=(Resolved(PersonMention("陈老板")),))
        assert of_row(to_row(whole)) == whole
