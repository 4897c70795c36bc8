"""No card passes the house limits, whatever is in its view-model; the limits see what they should."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cache
from inspect import getmembers, isfunction, signature
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cards import (
    actions,
    approval,
    customer,
    diary,
    dormant,
    filed,
    handover,
    help,
    limits,
    migration,
    parts,
    reminder,
    states,
    transfer,
    visit,
    which,
    words,
)
from cards.actions import Action, DropDraft, SaveVisit
from cards.limits import faults
from cards.model import Button, Card, Choice, Line, Mark, Option, Quote, Weight, dump, load
from tests.extent import many

SOUND = Card(
    "visit.draft",
    "鼎盛机械 · 今天上门，你看对不对",
    lines=(Line("预算", "12.8万元", "十二万八"),),
    quote=Quote("预算十二万八", (Mark(2, 6),)),
    buttons=(Button("保存", SaveVisit(1, 1, 1), Weight.MAIN), Button("不用记", DropDraft(1, 1, 1))),
)


def test_a_sound_card_has_no_faults() -> None:
    assert faults(SOUND) == []


@pytest.mark.parametrize(
    "change",
    [
        {"title": "一" * 27},
        {"title": ""},
        {"title": "两行\n标题"},
        {"title": "鼎盛机械的通知"},
        {"title": "操作成功"},
        {"title": "存好了！"},
        {"title": "存好了🎉"},
        {"subtitle": "一" * 31},
        {"body": "一" * 113},
        {"body": "打13800138000"},
        {"body": "电话幺三八零零一三八零零零"},
        {"lines": (Line("五个字以上", "一"), Line("六个字的标签", "一"))},
        {"lines": (Line("预算", "一" * 20, "二" * 3),)},
        {"lines": (Line("预算", ""),)},
        {"lines": (Line("预算", "一"),) * 7},
        {"quote": Quote("一" * 61)},
        {"quote": Quote("一", (Mark(0, 2),))},
        {"quote": Quote("一", whole="他的电话13800138000")},
        {"buttons": (Button("不动"),)},
        {"buttons": (Button("保存", SaveVisit(1, 1, 1), link="https://example.test"),)},
        {"buttons": (Button("确定", SaveVisit(1, 1, 1)),)},
        {"buttons": (Button("一" * 11, SaveVisit(1, 1, 1)),)},
        {"buttons": tuple(Button(f"第{n}个", SaveVisit(n, 1, 1)) for n in range(5))},
        {"buttons": tuple(Button(f"第{n}个", SaveVisit(n, 1, 1), Weight.MAIN) for n in range(2))},
        {"buttons": (Button("保存", SaveVisit(1, 1, 1)), Button("保存", DropDraft(1, 1, 1)))},
        {"menu": tuple(Button(f"第{n}个", SaveVisit(n, 1, 1)) for n in range(4))},
        {"choice": Choice("挪到", ())},
        {"choice": Choice("挪到", tuple(Option(str(n), f"第{n}天") for n in range(11)))},
        {"choice": Choice("挪到", (Option("1", "明天"), Option("1", "后天")))},
        {"choice": Choice("挪到", (Option("1", "一" * 11),))},
    ],
)
def test_every_fault_is_seen(change: dict[str, Any]) -> None:
    assert faults(replace(SOUND, **change))


def test_whole_numbers_are_for_one_kind_only() -> None:
    assert faults(replace(SOUND, title="张伟 13800138000"))
    assert faults(replace(SOUND, title="张伟 13800138000", kind="phone.shown")) == []


# -- every card function with view-models of all sorts -------------------------------------------------

IDS = some.integers(0, actions.LARGEST)
DAYS = some.dates(date(2019, 1, 1), date(2032, 12, 31))
MOMENTS = some.datetimes(datetime(2019, 1, 1), datetime(2032, 12, 31), timezones=some.just(UTC))  # noqa: DTZ001
TEXTS = some.one_of(
    some.text("鼎盛机械张伟李娜昆山宏远包装有限公司（）abc 13，。；、“”\n", min_size=1, max_size=45),
    some.sampled_from(
        ["张伟", "鼎盛机械", "昆山宏远包装材料有限公司", "电话13800138000", "幺三八零零一三八零零零"]
    ),
).filter(lambda text: bool(text.strip(" \n，。；、")))
LINKS = some.sampled_from(["", "https://example.test/x"])
PHONES = some.sampled_from(["13800138000", "0512-66886688", "+8613912342211", "4008001234", "66886688", "1"])

KEY_FIELDS = ["phone", "legal_name", "grade", "owner", "deletion", "resting"]
VOCABULARY: dict[tuple[str, str], some.SearchStrategy[Any]] = {
    ("Money", "kind"): some.sampled_from(sorted(words.MONEY_KINDS)),
    ("Money", "value"): some.one_of(some.integers(0, 10**12), some.floats(0, 10**10)),
    ("Money", "maximum"): some.none() | some.integers(0, 10**12),
    ("Phone", "digits"): PHONES,
    ("StageMove", "after"): some.sampled_from(sorted(words.STAGES)),
    ("StageMove", "before"): some.sampled_from(["", *sorted(words.STAGES)]),
    ("Told", "field"): some.sampled_from(
        ["need", "headcount", "left", "joined", "birthday", "title", "address"]
    ),
    ("Step", "owner"): some.sampled_from(["us", "them"]),
    ("Facts", "tags"): some.lists(some.sampled_from(sorted(words.TAGS)), max_size=6, unique=True).map(tuple),
    ("Facts", "dropped"): some.sampled_from([(), ("number",), ("number", "private")]),
    ("Altered", "field"): some.sampled_from(sorted(words.FIELDS)),
    ("VisitDraft", "missing"): some.lists(some.sampled_from(sorted(visit.MISSING)), max_size=3).map(tuple),
    ("VisitDraft", "part"): some.sampled_from([None, (1, 2), (2, 3)]),
    ("Waiting", "field"): some.sampled_from(["phone", "legal_name", "grade", "owner"]),
    ("Entry", "part"): some.sampled_from(["", "上午", "下午", "晚上"]),
    ("MorningItem", "part"): some.sampled_from(["", "上午", "下午"]),
    ("MorningItem", "kind"): some.sampled_from(reminder._ORDER),
    ("MorningItem", "days"): some.integers(0, 999),
    ("TaskDue", "origin"): some.sampled_from(sorted(reminder.ORIGINS)),
    ("KeyField", "field"): some.sampled_from(
        ["phone", "legal_name", "grade", "owner", "deletion", "resting"]
    ),
    ("Request", "choices"): some.lists(some.tuples(IDS, TEXTS), max_size=12).map(tuple),
    ("Decided", "field"): some.sampled_from(KEY_FIELDS),
    ("Archive", "phone"): some.just("") | PHONES,
    ("Archive", "grade"): some.sampled_from(["", "A", "B"]),
    ("Archive", "tier"): some.sampled_from(["", "老客户"]),
    ("Archive", "basics"): some.sampled_from([None, (5, 6)]),
    ("Archive", "needs_known"): some.sampled_from([None, (3, 5)]),
    ("Archive", "worth"): some.none() | some.integers(0, 10**9),
    ("Archive", "complete"): some.none() | some.integers(0, 100),
    ("Archive", "orders"): some.integers(0, 999),
    ("Archive", "visits_this_year"): some.integers(0, 99),
    ("Archive", "stage"): some.sampled_from(["", *sorted(words.STAGES)]),
    ("Archive", "unchecked"): some.sampled_from([(), ("phone",), ("phone", "address", "industry")]),
    ("StageCount", "stage"): some.sampled_from(sorted(words.STAGES)),
    ("StageCount", "worth"): some.none() | some.integers(0, 10**9),
    ("PhoneAnswer", "phone"): some.just("") | PHONES,
    ("SavedVisit", "nth"): some.integers(0, 99),
    ("Help", "customers"): some.lists(TEXTS, max_size=3).map(tuple),
    ("StageCount", "customers"): some.integers(0, 99),
    ("Came", "who"): some.builds(parts.Person, TEXTS, TEXTS),
    ("Came", "signs"): some.sampled_from([("code", "name"), ("code", "phone"), ("code", "name", "phone")]),
    ("Came", "phone"): some.just("") | PHONES,
    ("Maybe", "why"): some.sampled_from(["", "invited", "asked", "spent", "old"]),
    ("Invite", "picture"): LINKS,
    ("Invite", "link"): LINKS,
    **{("Today", each): some.integers(0, 9999) for each in ("left", "came")},
    **{("Listed", each): some.integers(0, 9999) for each in ("found", "before", "several", "unknown")},
    **{("Board", each): some.integers(0, 9999) for each in ("left", "asked", "came", "refused")},
}
AT_LEAST_ONE = {
    ("Refusals", "rows"),
    ("Morning", "items"),
    ("Several", "rows"),
    ("Today", "rows"),
    ("Noted", "entries"),
    ("Corrected", "altered"),
    ("Duplicates", "rows"),
}
COUNTS = frozenset(
    [
        "movable",
        "often",
        "running",
        "alone",
        "owned",
        "left",
        "week",
        "people",
        "staying",
        "total",
        "done",
        "waiting",
        "refused",
        "full",
        "later",
        "blocked",
        "stuck",
        "closed",
    ]
)
"""Fields that count something, where they are numbers."""
COMMON: dict[str, some.SearchStrategy[Any]] = {
    "method": some.sampled_from(["", *sorted(words.METHODS)]),
    "last_method": some.sampled_from(["", *sorted(words.METHODS)]),
    "page": LINKS,
    "phone_page": LINKS,
    "value_page": LINKS,
    "days": some.integers(1, 999),
    "rule": some.integers(1, 999),
    "grade": some.sampled_from(["", "A", "B"]),
    "why": some.sampled_from(["refused", "full", "often", "running", "absent"]),
    "number": some.sampled_from(["J-2026-0007"]),
    "count": some.integers(0, 9999),
    "moved": some.integers(0, 9),
    "attempt": some.integers(1, 9),
    "tasks": some.integers(0, 99),
    "contracts": some.integers(0, 99),
}


@some.composite
def heard(draw: some.DrawFn) -> parts.Heard:
    note = draw(some.lists(TEXTS, min_size=1, max_size=6).map("，".join))
    spans = some.tuples(some.integers(0, len(note)), some.integers(0, len(note))).map(
        lambda pair: (min(pair), max(pair))
    )
    several = some.lists(spans, max_size=5).map(tuple)
    return parts.Heard(note, draw(several), draw(several), draw(some.booleans()))


def of(kind: Any, name: str = "", *, optional: bool = False) -> some.SearchStrategy[Any]:
    """Values of a type as the cards use it."""
    if kind is parts.Heard:
        return heard()
    if is_dataclass(kind):
        return model(kind)
    if kind is str:
        return some.just("") | TEXTS if optional else TEXTS
    if kind is int:
        return some.integers(0, 9999) if name in COUNTS else COMMON.get(name, IDS)
    plain = {
        date: DAYS,
        datetime: MOMENTS,
        time: some.times(),
        bool: some.booleans(),
        float: some.floats(0, 1e9),
    }
    if kind in plain:
        return plain[kind]
    return _composed(kind)


def _composed(kind: Any) -> some.SearchStrategy[Any]:
    inner = getattr(kind, "__args__", ())
    if getattr(kind, "__origin__", None) is tuple:
        most = 9 if inner[-1] is ... else 0
        return some.lists(of(inner[0]), max_size=most).map(tuple)
    return some.one_of(*(some.none() if each is type(None) else of(each) for each in inner))


@cache
def model(kind: type) -> some.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    given_fields = {}
    for each in fields(kind):
        listed = VOCABULARY.get((kind.__name__, each.name))
        if (kind.__name__, each.name) in AT_LEAST_ONE:
            listed = some.lists(of(hints[each.name].__args__[0]), min_size=1, max_size=9).map(tuple)
        if kind is which.Which and each.name == "candidates":
            listed = some.lists(model(which.Candidate), max_size=12, unique_by=lambda one: one.customer).map(
                tuple
            )
        if listed is None:
            listed = COMMON.get(each.name)
        if listed is None:
            listed = of(hints[each.name], each.name, optional=each.default is not MISSING)
        given_fields[each.name] = listed
    return some.builds(kind, **given_fields)


def card_functions(module: ModuleType) -> list[Callable[..., Card]]:
    return [
        function
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and get_type_hints(function).get("return") is Card
    ]


SPECIAL: dict[str, some.SearchStrategy[Any]] = {
    "card": some.just(SOUND),
    "show": some.just(actions.ShowApproval(1, 1, 1)),
    "did": some.sampled_from(["同意", "退回"]),
    "views": some.lists(model(approval.KeyField), min_size=4, max_size=9).map(tuple),
    "records": some.lists(model(filed.RecordChoice), min_size=2, max_size=5).map(tuple),
    "amounts": some.lists(model(parts.Money), min_size=1, max_size=5).map(tuple),
    "parts": some.integers(2, 20),
    "minutes": some.integers(1, 60),
    "limit": some.integers(100, 9999),
    "number": some.integers(0, 365),
    "planned": some.integers(0, 99),
    "kind": some.sampled_from(["task.due", "image", "file", "nobody.knows"]),
    "asked": some.sampled_from(["", "phone", "orders"]),
    "page": LINKS,
    "consent": some.sampled_from(["", "given", "declined", "withdrawn", "unsent"]),
    "answer": some.sampled_from(["declined", "withdrawn"]),
    "wish": some.sampled_from(["news", "care", "all"]),
    "visits": some.integers(0, 9999),
    "maybes": some.lists(model(migration.Maybe), max_size=4, unique_by=lambda one: one.contact_id).map(tuple),
    "firms": some.lists(model(parts.Named), max_size=10, unique_by=lambda one: one.id).map(tuple),
    "plans": some.lists(model(reminder.Planned), min_size=2, max_size=25).map(tuple),
    "ticked": some.lists(some.tuples(IDS, TEXTS, some.booleans()), min_size=1, max_size=25).map(tuple),
    "offered": some.lists(some.tuples(IDS, TEXTS), min_size=1, max_size=25).map(tuple),
    "names": some.lists(TEXTS, max_size=3).map(tuple),
    "each": model(transfer.Stuck),
    "how": some.sampled_from(["later", "invite", "closed"]),
    "why": some.sampled_from(["none", "foreign", "live"]),
    "role": some.sampled_from(["giver", "taker", "admin"]),
    "state": some.sampled_from(["offered", "accepted"]),
    "pages": some.integers(1, 9),
    "longer": some.integers(0, 365),
}
FUNCTIONS = [
    function
    for module in (
        visit,
        which,
        filed,
        diary,
        reminder,
        customer,
        approval,
        help,
        states,
        transfer,
        dormant,
        handover,
        migration,
    )
    for function in card_functions(module)
]


def arguments(function: Callable[..., Card]) -> some.SearchStrategy[dict[str, Any]]:
    hints = get_type_hints(function)
    return some.fixed_dictionaries(
        {
            name: SPECIAL[name] if name in SPECIAL else of(hints[name], name)
            for name in signature(function).parameters
        }
    )


@pytest.mark.parametrize(
    "function", FUNCTIONS, ids=lambda function: f"{function.__module__}.{function.__name__}"
)
@settings(max_examples=many(8, 30), deadline=None)
@given(some.data())
def test_no_card_passes_the_limits(function: Callable[..., Card], data: some.DataObject) -> None:
    card = function(**data.draw(arguments(function)))
    assert faults(card) == []
    assert load(dump(card)) == card


@settings(max_examples=100, deadline=None)
@given(model(visit.VisitDraft), DAYS)
def test_promises_and_money_are_never_dropped(view: visit.VisitDraft, today: date) -> None:
    card = visit.draft(view, today)
    kept = [*view.facts.amounts, *view.facts.steps, *view.facts.phones]
    shown = [line.label for line in card.lines]
    if len(kept) <= 4 and view.facts.doubt is None and not (view.facts.stage and view.facts.stage.before):
        assert sum(
            label in {*words.MONEY_KINDS.values(), "下一步", "等他们", "新电话"} for label in shown
        ) >= len(kept)
    assert ("还有" in shown) == any("条，" in line.value for line in card.lines if line.label == "还有")


@settings(max_examples=100, deadline=None)
@given(heard())
def test_marks_lie_on_the_words_they_mark(said: parts.Heard) -> None:
    from cards.lines import quoted

    quote = quoted(said)
    if quote is None:
        return
    assert len(quote.text) <= 60
    assert bool(quote.whole) <= said.author
    for mark in quote.whole_marks:
        assert 0 <= mark.start < mark.end <= len(quote.whole)


def test_all_kinds_of_taps_survive_the_wire() -> None:
    for kind in actions.ACTIONS.values():
        tap: Action = kind(1, 2, 3)
        assert actions.decode(actions.encode(tap)) == tap
        assert len(actions.encode(kind(2**31, 2**31, 2**31))) <= actions.MAX_ENCODED


def test_the_limits_are_the_books() -> None:
    from cards import lines

    assert (lines.TITLE, lines.SUBTITLE, lines.LABEL, words.VALUE, lines.LINES) == (26, 30, 5, 26, 6)
    assert (lines.BODY, lines.QUOTE, limits.BUTTONS, lines.BUTTON, limits.MENU) == (112, 60, 4, 10, 3)
    assert (lines.OPTIONS, lines.OPTION, limits.TICKS, limits.TICK) == (10, 10, 20, 11)
