"""What holds of any text: it is read, the same each time, with evidence in it, and nothing is made up."""

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handlers.understanding.expressions import expressions
from handlers.understanding.normalise import normalise
from handlers.understanding.note import Amount, Fact, Field, Known, KnownContact, KnownCustomer, Note, Span
from handlers.understanding.numerals import DIGITS
from handlers.understanding.phones import digits
from handlers.understanding.reader import read
from tests.unit.understanding.book import BOOK, NOW

ROOT = Path(__file__).resolve().parents[3]
CASES = [json.loads(line) for line in (ROOT / "tests/corpus/dev.jsonl").read_text("utf-8").splitlines()]
CLAUSES = sorted({part for case in CASES for part in case["text"].replace("。", "，").split("，") if part})
PIECES = [
    *(
        "今天",
        "上周三",
        "下周四",
        "之前",
        "月底",
        "三天后",
        "2月30号",
        "农历",
        "十月初九",
        "99999999999天后",
        "24点",
        "从",
        "到",
    ),
    *(
        "幺三八零零一三八零零零",
        "13800138000",
        "0512-66668888",
        "预算",
        "三十来万",
        "十二万八",
        "5k",
        "¥",
        "万",
        "半",
        "点",
        "号",
        "-",
    ),
    *(
        "鼎盛",
        "张伟",
        "嘉城塑胶",
        "陳老闆",
        "去了",
        "见了",
        "不是",
        "改成",
        "提醒我",
        "查",
        "交给",
        "嘅",
        "比",
        "新客户",
    ),
    *("，", "。", "\n", " ", "①", "１３８", "😀", "½", "٣", "㊀", "İ", "\u200b", "\x00", "《", "》"),
]
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
"""Halves of surrogate pairs too: a platform's JSON may hold one."""
PIECED = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
CLAUSED = st.lists(st.one_of(st.sampled_from(CLAUSES), PIECED, ANYTHING), max_size=6).map("，".join)
NOTES = st.one_of(ANYTHING, PIECED, CLAUSED)
LONG = st.lists(st.one_of(st.sampled_from(CLAUSES), PIECED), min_size=150, max_size=400).map("".join)
NAMES = st.one_of(st.sampled_from(["鼎盛", "张伟", "嘉城塑业有限公司", "公司", "A", ""]), st.text(max_size=6))
CONTACTS = st.builds(KnownContact, NAMES, st.none() | NAMES, st.none() | NAMES)
BOOKS = st.lists(
    st.builds(
        KnownCustomer,
        NAMES,
        NAMES,
        st.lists(NAMES, max_size=3).map(tuple),
        st.lists(CONTACTS, max_size=3).map(tuple),
    ),
    max_size=4,
    unique_by=lambda customer: customer.id,
).map(lambda customers: Known(tuple(customers)))
NAMELESS = Known((KnownCustomer("1", "鼎盛", (), (KnownContact(""),)),))
slow = settings(deadline=None, suppress_health_check=list(HealthCheck))


def every(kind: type, value: object) -> Iterator[object]:
    """Everything of one kind anywhere in a reading."""
    if isinstance(value, kind):
        yield value
    if isinstance(value, tuple):
        for item in value:
            yield from every(kind, item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from every(kind, getattr(value, name))


def check(text: str, note: Note) -> None:
    for span in every(Span, note):
        assert isinstance(span, Span)
        assert 0 <= span.start < span.end <= len(text), (text[:80], span)
    for amount in every(Amount, note):
        assert isinstance(amount, Amount)
        check_amount(text, amount)
    for fact in every(Fact, note):
        assert isinstance(fact, Fact)
        check_fact(text, fact)


def check_amount(text: str, amount: Amount) -> None:
    """Every digit but noughts was said; 半 says a five, and a unit alone (百万) a one."""
    words = "".join(span.of(text) for span in amount.spans)
    for value in (amount.value, amount.maximum or 0.0):
        assert set(f"{value:.4f}") - {"0", "."} <= digits_said(words), (words, amount)


def check_fact(text: str, fact: Fact) -> None:
    """A phone number, an address and a head count stand in the note as they were read."""
    words = "".join(span.of(text) for span in fact.spans)
    if fact.field is Field.PHONE:
        assert fact.value.replace("-", "") in digits(normalise(words).text), (words, fact)
    elif fact.field in (Field.EMAIL, Field.WECHAT):
        assert fact.value in normalise(words).text, (words, fact)
    elif fact.field in (Field.HEADCOUNT, Field.BIRTHDAY):
        assert {c for c in fact.value if c.isdecimal()} - {"0"} <= digits_said(words), (words, fact)


def digits_said(words: str) -> set[str]:
    said = {str(unicodedata.decimal(char)) for char in words if char.isdecimal()}
    plain = normalise(words).text
    said |= {char for char in plain if char.isdecimal()}
    said |= {str(DIGITS[char]) for char in plain if char in DIGITS}
    said |= {digit for char, digit in {"半": "5", "廿": "2", "几": "5"}.items() if char in plain}
    return said | ({"1"} if set("十百千万亿拾佰仟元正一") & set(plain) else set())


@settings(slow, max_examples=150)
@given(text=NOTES, days=st.integers(0, 2500))
def test_any_text_is_read(text: str, days: int) -> None:
    check(text, read(text, NOW + timedelta(days=days), BOOK))


@settings(slow, max_examples=60)
@given(text=CLAUSED, known=BOOKS)
@example(
    text="三、中原康复中心崔院长，初次拜访，鼎盛",
    known=Known((KnownCustomer("1", "鼎盛", (), (KnownContact(""),)),)),
)
def test_any_book_will_do(text: str, known: Known) -> None:
    check(text, read(text, NOW, known))


@settings(slow, max_examples=4)
@given(text=LONG)
def test_any_long_text_is_read(text: str) -> None:
    assert len(text) > 300
    check(text, read(text, NOW, BOOK))


@settings(slow, max_examples=40)
@given(text=CLAUSED)
def test_the_same_is_read_again(text: str) -> None:
    fresh = Known(tuple(KnownCustomer(c.id, c.name, c.aliases, c.contacts) for c in BOOK.customers))
    assert read(text, NOW, BOOK) == read(text, NOW, fresh) == read(text, NOW, BOOK)


def test_another_process_reads_the_same() -> None:
    """Python shuffles sets and dictionaries of strings anew in each process."""
    cases = "".join(f"{json.dumps(case, ensure_ascii=False)}\n" for case in CASES[::6])
    assert read_apart(cases, "1") == read_apart(cases, "2")


def read_apart(cases: str, seed: str) -> str:
    script = (
        "import sys; from handlers.understanding.corpus import parse_stream;"
        "print(*parse_stream(sys.stdin), sep='\\n')"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, input=cases, capture_output=True, text=True, encoding="utf-8", check=True, env=environment
    ).stdout


@settings(slow, max_examples=300)
@given(text=st.one_of(ANYTHING, PIECED), days=st.integers(0, 30_000))
def test_any_expression_of_time_is_read(text: str, days: int) -> None:
    now = NOW.replace(tzinfo=None) + timedelta(days=days)
    found = expressions(text, now)
    assert found == expressions(text, now)
    for each in found:
        assert 0 <= each.span.start < each.span.end <= len(text)
        assert each.since <= each.until
