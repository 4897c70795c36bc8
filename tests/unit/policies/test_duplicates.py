"""Which names are likely one customer: pairs that a sales manager would merge, or keep apart (R34, R47)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.policies.duplicates import ALIKE, NamedCustomer, alike, core, likeness, nearest

NAMES = st.text(
    alphabet=st.sampled_from("鼎盛机械宏远源贸易超市有限公司股份集团省区县中国AaＡ（） ·."), max_size=12
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("鼎盛机械公司", "鼎盛机械有限公司"),  # R47
        ("鼎盛机械有限公司", "鼎盛机械股份有限公司"),
        ("鼎盛机械", "苏州市鼎盛机械有限责任公司"),
        ("苏州市鼎盛机械", "江苏省苏州市鼎盛机械"),
        ("鼎盛集团", "鼎盛集团股份有限公司"),
        ("鼎盛机械（苏州）有限公司", "鼎盛机械(苏州)有限公司"),
        ("鼎盛 机械", "鼎盛机械"),
        ("ABB电气", "abb电气"),
        ("ＡＢＢ电气", "ABB电气"),  # typed with a Chinese keyboard
        ("永辉超市", "永辉超市有限公司"),
    ],
)
def test_these_are_one_name(one: str, other: str) -> None:
    assert core(one) == core(other)
    assert likeness(one, other) == 100.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("宏远贸易", "宏源贸易"),  # what speech recognition hears
        ("宏远", "宏源"),
        ("华为", "华威"),
        ("明达精密机械", "明达精密机戒"),
        ("天河电子科技", "天河电子"),
        ("德力电机的王总", "德力电机"),  # a person named with the customer
        ("德力电机王总那边", "德力电机有限公司"),
        ("德力电机的王建国", "德力电机"),
    ],
)
def test_these_are_shown_as_a_possible_pair(one: str, other: str) -> None:
    assert alike(one, [NamedCustomer(7, (other,))]) == (7,) or pytest.fail(
        f"{likeness(one, other):.0f} < {ALIKE}"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("苏州市鼎盛机械", "苏州市明达电子"),  # the same place
        ("上海鼎盛机械有限公司", "上海明达电子有限公司"),
        ("江苏省电力公司", "江苏省烟草公司"),
        ("永辉超市有限公司", "华联超市有限公司"),
        ("鼎盛机械", "鼎新电子"),
        ("华为", "小米"),
        ("中国银行", "中国石油"),
        ("鼎盛机械有限公司", "有限公司"),
    ],
)
def test_these_are_kept_apart(one: str, other: str) -> None:
    assert alike(one, [NamedCustomer(7, (other,))]) == () or pytest.fail(
        f"{likeness(one, other):.0f} ≥ {ALIKE}"
    )


def test_a_customer_is_found_by_any_of_its_names_and_the_likeliest_comes_first() -> None:
    book = [
        NamedCustomer(1, ("明达电子",)),
        NamedCustomer(2, ("宏源贸易", "老宏")),
        NamedCustomer(3, ("宏远商贸", "宏远贸易")),
        NamedCustomer(4, ()),
    ]
    assert alike("宏远贸易公司", book) == (3, 2)
    assert alike("宏远贸易公司", book, limit=1) == (3,)
    assert nearest("老宏", book, 1) == (2,)
    assert len(nearest("谁也不像", book, 9)) == 4


@pytest.mark.parametrize("name", ["公司", "有限公司", "中国", "北京市", "", " ", "·", "（）"])
def test_a_name_of_nothing_but_suffix_or_place_keeps_something(name: str) -> None:
    assert core(name) or name.strip() == ""
    assert likeness(name, name) == 100.0


@given(st.text(max_size=30) | NAMES, st.text(max_size=30) | NAMES)
def test_likeness_never_fails_and_is_the_same_both_ways(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0.0 <= likeness(one, other) <= 100.0


@given(NAMES)
def test_a_name_is_like_itself(name: str) -> None:
    assert likeness(name, name) == 100.0
