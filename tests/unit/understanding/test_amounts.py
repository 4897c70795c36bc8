"""Sums of money as reps say them."""

import pytest

from handlers.understanding import money
from handlers.understanding.numerals import value

ONE_SUM = [
    ("预算三十万左右", 300_000, None, True),
    ("预算三十来万", 300_000, None, True),
    ("预算十二万八", 128_000, None, False),
    ("年产值1.5个亿", 150_000_000, None, False),
    ("报价12w", 120_000, None, False),
    ("定金5k", 5_000, None, False),
    ("预算三五十万", 300_000, 500_000, False),
    ("预算两三百万", 2_000_000, 3_000_000, False),
    ("投了半个亿", 50_000_000, None, False),
    ("收了1千2", 1_200, None, False),
    ("货款八千六", 8_600, None, False),
    ("货款6万4千8", 64_800, None, False),
    ("预算50-60万", 500_000, 600_000, False),
    ("预算一百一到一百三十万", 1_100_000, 1_300_000, False),
    ("到账¥56,800", 56_800, None, False),
    ("到账 2.38w", 23_800, None, False),
    ("报咗三蚊二一只", 3.2, None, False),
    ("四百二一令", 420, None, False),
    ("报了一百八一块", 180, None, False),
    ("总数11260", 11_260, None, False),
    ("定了一万五 天衡那边还在谈", 15_000, None, False),
    ("合同16.8 万", 168_000, None, False),
    ("单价七毛二", 0.72, None, False),
    ("卖一块二毛五", 1.25, None, False),
    ("货款贰拾陆万", 260_000, None, False),
    ("合计贰拾陆万伍仟元整", 265_000, None, False),
    ("报价三千二到三千五", 3_200, 3_500, False),
    ("报了三千二到三千五一台", 3_200, 3_500, False),
]


@pytest.mark.parametrize(("words", "low", "high", "rough"), ONE_SUM)
def test_sum(words: str, low: float, high: float | None, rough: bool) -> None:
    found = money.find(words, ())
    assert [(s.low, s.high, s.approximate) for s in found] == [(low, high, rough)]


@pytest.mark.parametrize("words", ["138十二万八13800138000", "12万18800"])
def test_two_numbers_side_by_side_make_no_third(words: str) -> None:
    assert money.find(words, ()) == []


def test_a_name_is_no_measure() -> None:
    (found,) = money.find("订了一万 天衡那边", [(5, 7)])
    assert (found.start, found.end, found.low) == (2, 4, 10_000)


@pytest.mark.parametrize(
    "words",
    ["要两台贴标机", "六百个人", "涨了百分之十五", "6205-2RS 500只", "CNMG120408", "25号转", "开了3个会"],
)
def test_goods_people_and_models_are_no_money(words: str) -> None:
    assert money.find(words, ()) == []


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("二十五", 25),
        ("一百零五", 105),
        ("两千", 2000),
        ("十万零五百", 100_500),
        ("三点八万", 38_000),
        ("一亿两千万", 120_000_000),
    ],
)
def test_numerals(words: str, number: float) -> None:
    assert value(words) == number
