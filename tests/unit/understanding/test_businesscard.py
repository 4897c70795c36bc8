"""A business card is read from lines of print; what is none stays a picture."""

from collections.abc import Sequence

import pytest

from handlers.understanding.businesscard import BusinessCard, Print, note_of, parse
from handlers.understanding.note import Field, Known, KnownCustomer

CARD = (
    ("苏州鼎盛机械有限公司", 44),
    ("张伟 采购经理", 60),
    ("手机：138 0013 8000", 28),
    ("电话：0512-6666 8888 传真：0512-6666 8889", 28),
    ("zhangwei@dingsheng.example", 28),
    ("地址：苏州市工业园区星湖街218号", 28),
)


def prints(*lines: tuple[str, float], score: float = 1.0) -> list[Print]:
    """The lines one under another."""
    found, top = [], 50.0
    for text, size in lines:
        found.append(Print(text, 60, top, 60 + size * len(text), top + size, size, score))
        top += size * 1.6
    return found


def read(*lines: tuple[str, float]) -> BusinessCard:
    card = parse(prints(*lines))
    assert card is not None
    return card


def known(*names: str) -> Known:
    return Known(tuple(KnownCustomer(str(at), name) for at, name in enumerate(names, 1)))


def changed(at: int, text: str, size: float = 28) -> Sequence[tuple[str, float]]:
    return (*CARD[:at], (text, size), *CARD[at + 1 :])


def test_everything_on_it_is_found_with_its_words() -> None:
    card = read(*CARD)
    found = (card.name, card.title, card.company, card.email, card.address, *card.phones)
    assert [each.value for each in found if each] == [
        *("张伟", "采购经理", "苏州鼎盛机械有限公司", "zhangwei@dingsheng.example"),
        *("苏州市工业园区星湖街218号", "13800138000", "0512-66668888"),
    ]
    for each in (card.name, card.title, card.company, card.email, card.address):
        assert each is not None
        assert "".join(span.of(card.text) for span in each.spans) == each.value


@pytest.mark.parametrize(
    ("line", "name", "title"),
    [
        ("张伟采购经理", "张伟", "采购经理"),
        ("张 伟 采购经理", "张伟", "采购经理"),
        ("欧阳文静 总经理", "欧阳文静", "总经理"),
        ("高建平高级工程师", "高建平", "高级工程师"),
        ("曹雪梅教务主任", "曹雪梅", "教务主任"),
        ("张伟教务主任", "张伟", "教务主任"),
        ("姓名：何永兴 职务：厂长", "何永兴", "厂长"),
        ("郭子轩先生", "郭子轩", None),
        ("周敏 供应链管理部采购主管", "周敏", "采购主管"),
        ("赵德海 采购部经理", "赵德海", "采购部经理"),
        ("吴佳琪 采购专员/Purchasing Specialist", "吴佳琪", "采购专员"),
    ],
)
def test_name_and_title_in_all_their_ways(line: str, name: str, title: str | None) -> None:
    card = read(*changed(1, line, 60))
    assert card.name.value == name
    assert (card.title.value if card.title else None) == title


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("手机：1370255667718925412266", ["13702556677", "18925412266"]),
        ("Mobile: +86 136 0256 7788", ["13602567788"]),
        ("Tel: +86-755-2688 9900 Fax: +86-755-2688 9901", ["0755-26889900"]),
        ("电话：(0532) 8577-2266", ["0532-85772266"]),
        ("F 0512-57301235 M 13962688901", ["13962688901"]),
        ("传真 0512-57301235", []),
    ],
)
def test_numbers_are_told_apart_and_a_fax_is_none(line: str, numbers: list[str]) -> None:
    rest = [each for at, each in enumerate(CARD) if at not in (2, 3)]
    assert [each.value for each in read(*rest, (line, 28)).phones] == numbers


def test_a_company_in_two_lines_is_one_name() -> None:
    rows = prints(("江苏中恒新能源科技", 42), ("有限公司", 42), *CARD[1:])
    card = parse(rows)
    assert card is not None
    assert card.company is not None
    assert card.company.value == "江苏中恒新能源科技有限公司"


def test_a_legal_name_goes_before_a_larger_brand() -> None:
    card = read(("鼎盛集团", 80), *CARD)
    assert card.company is not None
    assert card.company.value == "苏州鼎盛机械有限公司"


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (("欢迎光临", 90), ("营业时间 9:00-21:00", 40)),
        (("王记机械厂", 80), ("电话 13800138000", 40)),
        CARD[:2],
        (*CARD, ("合计金额 12,800元", 28)),
        (*CARD, *((f"第{at}条 双方约定如下", 20) for at in range(40))),
        (("苏州鼎盛机械有限公司", 44), ("采购经理", 40), ("13800138000", 28)),
    ],
    ids=["nothing", "door", "shop sign", "no way to reach", "receipt", "contract", "no name"],
)
def test_what_is_no_business_card_stays_a_picture(lines: Sequence[tuple[str, float]]) -> None:
    assert parse(prints(*lines)) is None


def test_lines_that_were_hardly_legible_count_for_nothing() -> None:
    assert parse(prints(*CARD, score=0.3)) is None


def test_the_note_tells_of_the_contact_and_files_the_switchboard_with_the_company() -> None:
    note = note_of(read(*CARD), Known())
    (update,) = note.updates
    assert [(each.name, each.title) for each in update.contacts] == [("张伟", "采购经理")]
    told = [(each.of, each.field, each.value) for each in update.facts]
    assert told == [
        ("张伟", Field.TITLE, "采购经理"),
        ("张伟", Field.EMAIL, "zhangwei@dingsheng.example"),
        ("张伟", Field.PHONE, "13800138000"),
        ("customer", Field.PHONE, "0512-66668888"),
        ("customer", Field.ADDRESS, "苏州市工业园区星湖街218号"),
    ]


@pytest.mark.parametrize(
    ("names", "is_known", "candidates"),
    [
        (("苏州鼎盛机械有限公司",), "1", ()),
        (("鼎盛机械",), "1", ()),
        (("东莞鼎盛机械有限公司", "鼎盛机械（苏州）有限公司"), "1", ("1",)),
        (("鼎盛机械", "苏州鼎盛机械有限公司"), "1", ("1", "2")),
        (("鼎盛塑胶",), None, ()),
        (("鼎盛",), None, ()),
    ],
)
def test_the_customer_is_known_by_its_whole_name_alone(
    names: Sequence[str], is_known: str | None, candidates: Sequence[str]
) -> None:
    (update,) = note_of(read(*CARD), known(*names)).updates
    assert update.customer.known == is_known
    assert update.customer.name == "苏州鼎盛机械有限公司"
    assert update.customer.candidates in (candidates, ())
