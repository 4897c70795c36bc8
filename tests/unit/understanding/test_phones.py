"""Telephones, dictated or typed."""

import pytest

from handlers.understanding import phones

ROWS = [
    ("电话13812345678", ["13812345678"]),
    ("他换手机了幺三八零零一三八零零零", ["13800138000"]),
    ("幺八六,二二三三,四四五五", ["18622334455"]),
    ("号码是138 0013 8000", ["13800138000"]),
    ("+86 13800138000", ["13800138000"]),
    ("幺五洞,二零八三,三四七七", ["15020833477"]),
    ("座机0512-66668888", ["0512-66668888"]),
    ("零七五七 八二二六四零三九", ["0757-82264039"]),
    ("电话13812345678,预算30万", ["13812345678"]),
    ("两个号13812345678和13912345678", ["13812345678", "13912345678"]),
    ("合同号20250110078812345", []),
    ("总数11260", []),
]


@pytest.mark.parametrize(("words", "numbers"), ROWS)
def test_phone(words: str, numbers: list[str]) -> None:
    assert [a.value for a in phones.find(words) if a.kind == "phone"] == numbers


def test_mail_and_wechat() -> None:
    found = phones.find("微信号是luowen816 邮箱 huangls@meiguan-tc.com")
    assert [(a.kind, a.value) for a in found] == [
        ("wechat", "luowen816"),
        ("email", "huangls@meiguan-tc.com"),
    ]
