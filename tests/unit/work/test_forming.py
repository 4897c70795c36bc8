"""The visit form: only what was typed changes."""

from datetime import date, time

import pytest

from handlers.understanding.note import (
    Amount,
    AmountKind,
    CustomerMention,
    Fact,
    Field,
    NextAction,
    PersonMention,
    Span,
    VisitRead,
    When,
)
from handlers.work.content import Content, Resolved
from handlers.work.forming import Unfit, fields_of, fill

WORDS = (Span(0, 2),)
CONTENT = Content(
    VisitRead(
        CustomerMention("鼎盛机械"),
        When(date(2026, 4, 21), part="下午"),
        contacts=(PersonMention("张伟"),),
        amounts=(
            Amount(AmountKind.BUDGET, 128_000.5, approximate=True, spans=WORDS),
            Amount(AmountKind.QUOTE, 9.0, spans=WORDS),
        ),
        next_actions=(NextAction("发方案", date(2026, 4, 29), by=True, spans=WORDS, due_spans=WORDS),),
        facts=(
            Fact("customer", Field.NEED, "贴标机", spans=WORDS),
            Fact("张伟", Field.PHONE, "13800138000", spans=WORDS),
        ),
    ),
    "今天去了鼎盛",
    contacts=(Resolved(PersonMention("张伟", spans=WORDS), 7),),
)


def look_up(mention: PersonMention) -> Resolved:
    return Resolved(mention, 8 if mention.name == "张薇" else None)


def test_nothing_typed_is_nothing_changed() -> None:
    assert fill(CONTENT, fields_of(CONTENT), look_up) == CONTENT
    assert fill(CONTENT, {"unheard": "of", "sum9": "1", "token": "x"}, look_up) == CONTENT


def test_a_field_keeps_its_neighbours_words() -> None:
    filled = fill(CONTENT, {"sum0": "150,000元", "step0.what": "发方案和样册"}, look_up)
    budget, quote = filled.visit.amounts
    assert (budget.value, budget.approximate, budget.spans) == (150_000.0, False, ())
    assert quote is CONTENT.visit.amounts[1]
    (step,) = filled.visit.next_actions
    assert (step.what, step.due, step.due_spans) == ("发方案和样册", date(2026, 4, 29), WORDS)
    assert filled.visit.when == CONTENT.visit.when


def test_emptied_fields_are_gone() -> None:
    filled = fill(CONTENT, {"sum1": "", "step0.what": "", "needs": "", "phone": ""}, look_up)
    assert len(filled.visit.amounts) == 1
    assert filled.visit.next_actions == ()
    assert filled.visit.facts == ()
    undated = fill(CONTENT, {"step0.due": ""}, look_up)
    assert undated.visit.next_actions[0].due is None


def test_people_who_stay_and_who_come() -> None:
    filled = fill(CONTENT, {"contacts": "张伟，张薇 陈工"}, look_up)
    assert [(each.mention.name, each.contact_id) for each in filled.contacts] == [
        ("张伟", 7),
        ("张薇", 8),
        ("陈工", None),
    ]
    swapped = fill(CONTENT, {"contacts": "张薇"}, look_up)
    assert swapped.visit.facts[-1].of == "张薇"  # whose phone it was is who was met
    nobody = fill(CONTENT, {"contacts": ""}, look_up)
    assert nobody.contacts == ()


def test_days_and_hours() -> None:
    filled = fill(CONTENT, {"day": "2026-04-20", "hour": "15:30"}, look_up)
    assert filled.visit.when == When(date(2026, 4, 20), time(15, 30))
    assert fill(CONTENT, {"day": "2026-04-20"}, look_up).visit.when.part == "下午"


@pytest.mark.parametrize(
    "typed",
    [
        {"day": ""},
        {"day": "下周三"},
        {"hour": "三点"},
        {"sum0": "十五万"},
        {"sum0": "0"},
        {"sum0": "-1"},
        {"sum0": "NaN"},
        {"sum0": "1e400"},
        {"step0.due": "周五"},
        {"phone": "12"},
    ],
)
def test_what_does_not_fit_is_refused(typed: dict[str, str]) -> None:
    with pytest.raises(Unfit):
        fill(CONTENT, typed, look_up)
