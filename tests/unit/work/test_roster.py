"""Lists of a rep's own WeChat, as people keep and say them."""

import pytest

from handlers.work.roster import Entry, is_roster, read_file, read_words
from handlers.work.tables import Unreadable


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "鼎盛的张伟、天虹的吴莉，还有个老同学",
            [Entry("鼎盛的张伟"), Entry("天虹的吴莉"), Entry("个老同学")],
        ),
        ("张伟 鼎盛机械 138 0013 5678\n2. 吴莉\n- 王芳", None),
        ("", []),
        ("张伟、张伟", [Entry("张伟")]),
    ],
)
def test_words(text: str, found: list[Entry] | None) -> None:
    if found is None:
        found = [Entry("张伟 鼎盛机械", "13800135678"), Entry("吴莉"), Entry("王芳")]
    assert read_words(text) == found


def test_files_of_every_kind() -> None:
    table = "客户名称,联系人,手机\n鼎盛机械,张伟,13800135678\n天虹纺织,吴莉,\n"
    people = [Entry("鼎盛机械 张伟", "13800135678"), Entry("天虹纺织 吴莉")]
    assert read_file("名单.csv", table.encode()) == people
    assert read_file("名单.csv", table.encode("gb18030")) == people
    assert read_file("微信.txt", "张伟\n吴莉\n".encode()) == [Entry("张伟"), Entry("吴莉")]
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:张伟\nORG:鼎盛机械\nTEL:13800135678\nEND:VCARD\n"
    assert read_file("好友.vcf", card.encode()) == [Entry("鼎盛机械 张伟", "13800135678")]
    assert read_file("名单.csv", "张伟\n吴莉\n".encode()) == [Entry("张伟"), Entry("吴莉")]


def test_what_is_no_list() -> None:
    with pytest.raises(Unreadable):
        read_file("名单.xlsx", b"no zip")
    with pytest.raises(Unreadable):
        read_file("名单.exe", b"MZ")
    assert read_words("一" * 41 + "\n张伟") == [Entry("张伟")]
    assert len(read_words("\n".join(f"某人{n}" for n in range(5000)))) == 2000


@pytest.mark.parametrize(
    ("name", "list_"),
    [
        ("微信好友.csv", True),
        ("WeChat.xlsx", True),
        ("客户名单.txt", True),
        ("报价.xlsx", False),
        ("微信.png", False),
    ],
)
def test_which_files_are_lists(name: str, list_: bool) -> None:
    assert is_roster(name) is list_
