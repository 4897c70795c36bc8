"""How days, money, phones and texts are written."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cards import words

TODAY = date(2026, 4, 21)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (300, "300元"),
        (8600, "8,600元"),
        (9999, "9,999元"),
        (10_000, "1万元"),
        (128_000, "12.8万元"),
        (10_100, "1.01万元"),
        (10_050, "10,050元"),
        (128_050, "128,050元"),
        (150_000_000, "1.5亿元"),
        (123_450_000, "12,345万元"),
        (0.5, "0.5元"),
        (0, "0元"),
    ],
)
def test_money(value: float, written: str) -> None:
    assert words.money(value) == written


def test_money_ranges_and_about() -> None:
    assert words.money(50_000, 60_000) == "5万–6万元"
    assert words.money(300, 500) == "300–500元"
    assert words.money(8_600, 12_000) == "8,600元–1.2万元"
    assert words.money(300_000, approximate=True) == "约30万元"
    assert words.money(5, 5) == "5元"


def _read(text: str) -> Decimal:
    number = Decimal(text.rstrip("元万亿").replace(",", ""))
    return number * {"万": 10_000, "亿": 100_000_000}.get(text[-2], 1)


@given(some.decimals(min_value=0, max_value=10**13, places=2, allow_nan=False))
def test_money_loses_nothing(value: Decimal) -> None:
    assert _read(words.money(value)) == value


@given(some.integers(0, 10**9).map(lambda hundreds: hundreds * 100))
def test_multiples_of_a_hundred_from_ten_thousand_are_in_wan_or_yi(value: int) -> None:
    assert (words.money(value)[-2] in "万亿") == (value >= 10_000)


@given(some.dates())
def test_a_confirmed_day_reads_back_with_its_weekday(day: date) -> None:
    iso, weekday = words.day_confirmed(day).split(" ")
    assert date.fromisoformat(iso) == day
    assert "一二三四五六日".index(weekday[1]) == day.weekday()


@given(some.dates(), some.dates())
def test_a_read_day_names_its_year_only_if_another(day: date, today: date) -> None:
    text = words.day_read(day, today)
    assert ("年" in text) == (day.year != today.year)
    assert f"{day.month}月{day.day}日" in text


def test_days_and_hours() -> None:
    assert words.day_confirmed(date(2026, 4, 29)) == "2026-04-29 周三"
    assert words.day_read(date(2026, 4, 29), TODAY) == "4月29日 周三"
    assert words.day_read(TODAY, TODAY) == "今天 4月21日 周二"
    assert words.day_read(date(2025, 12, 3), TODAY) == "2025年12月3日 周三"
    assert words.day_near(date(2026, 4, 22), TODAY) == "明天"
    assert words.day_near(date(2026, 4, 23), TODAY) == "4月23日"
    assert words.clock(time(15)) == "15:00"
    assert words.moment(datetime(2026, 4, 21, 18, 24, tzinfo=UTC), TODAY) == "今天 18:24"
    assert (words.duration(31), words.duration(181)) == ("31天", "约6个月，181天")
    assert [words.count(number, "件") for number in (1, 2, 3)] == ["一件", "两件", " 3 件"]


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("13800138000", "138****8000"),
        ("+86 138-0013-8000", "138****8000"),
        ("0512-66886688", "0512-****6688"),
        ("051266886688", "0512-****6688"),
        ("01066886688转801", "010-****6688"),
        ("66886688", "****6688"),
        ("12345", "****"),
        ("", "****"),
    ],
)
def test_phones_are_masked(number: str, written: str) -> None:
    assert words.mask_phone(number) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("张伟换手机了，幺三八零零一三八零零零", "张伟换手机了，幺三八****…"),
        ("他换手机了13800138000，记一下", "他换手机了138****8000，记一下"),
        ("138 0013 8000", "138****8000"),
        ("一三八，零零一三，八零零零", "一三八****…"),
        ("幺三八零零幺三八三个零", "幺三八****…"),
        ("１３８００１３８０００", "138****8000"),
        ("座机0512-66886688", "座机0512-****6688"),
        ("要2台，2，13800138000", "要2台，2，138****8000"),
        ("3，幺三八零零一三八零零零", "3，幺三八****…"),
        ("2026-04-29 13800138000", "2026-04-29 138****8000"),
        ("1 2 3 4 5 6 13800138000", "1 2 3 4 5 6 138****8000"),
        ("13800138000，13912342211", "138****8000，139****2211"),
        ("身份证32050119900101123X", "身份证320****1123"),
    ],
)
def test_spoken_phones_are_masked(text: str, written: str) -> None:
    assert words.mask_spoken(text) == written
    assert words.mask_spoken(written) == written


@pytest.mark.parametrize(
    "text",
    [
        "预算十二万八",
        "2026-04-29前发方案",
        "一百二十八万",
        "1280000元",
        "13,800,138,000元",
        "二零二六年四月",
        "编号 1000000",
    ],
)
def test_what_is_no_phone_stays(text: str) -> None:
    assert words.mask_spoken(text) == text


@given(some.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), some.sampled_from(["", "电话", "他说", "改成了"]))
def test_no_mobile_number_survives(number: str, before: str) -> None:
    assert number not in words.mask_spoken(f"{before}{number}，对吧")
    spoken = "".join("零幺二三四五六七八九"[int(digit)] for digit in number)
    assert spoken not in words.mask_spoken(before + spoken)


@given(
    some.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    some.text("0123456789一二幺零，。 -（）台", max_size=8),
    some.text("，。 台元", min_size=1, max_size=1),
)
def test_no_mobile_number_survives_behind_other_digits(number: str, before: str, mark: str) -> None:
    assert number not in words.mask_spoken(f"{before}{mark}{number}")
    spoken = "".join("零幺二三四五六七八九"[int(digit)] for digit in number)
    assert spoken not in words.mask_spoken(f"{before}{mark}{spoken}")


@given(some.text("他的电话是幺三八零1380-，。 ", max_size=60))
def test_offsets_follow_the_mask(text: str) -> None:
    safe = words.masked(text)
    for start, end, new in safe.edits:
        assert safe.text[safe.at(start) : safe.at(end, end=True)] == new
    assert safe.at(len(text), end=True) == len(safe.text)


def test_a_text_is_cut_at_a_mark() -> None:
    assert words.clip("短的", 26) == "短的"
    assert words.clip("先发方案再约时间，然后带样册去现场，顺便看看新产线的安装位置", 26) == (
        "先发方案再约时间，然后带样册去现场…"
    )


def test_a_name_is_not_cut() -> None:
    text = "一二三四五六七八九十昆山宏远包装有限公司来过"
    assert words.clip(text, 15, names=("昆山宏远包装有限公司",)) == "一二三四五六七八九十…"


@given(some.text(max_size=80), some.integers(2, 40))
def test_a_cut_text_fits(text: str, limit: int) -> None:
    cut = words.clip(text, limit)
    assert len(cut) <= limit
    assert cut == text or cut.endswith("…")


def test_because() -> None:
    assert words.because("下周三前") == " ←“下周三前”"
    assert words.because("") == ""
