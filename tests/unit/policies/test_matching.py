"""Who of the archive somebody is, as others name him."""

import pytest

from handlers.policies.matching import By, Known, Match, agrees, match, nearest

ZHANG = Known(1, "张伟", ("鼎盛机械", "苏州鼎盛机械有限公司", "鼎盛"), "13800135678")
WEI = Known(2, "张薇", ("鼎盛机械", "鼎盛"), "13900132266")
OTHER = Known(3, "张伟", ("天虹纺织", "天虹"))
WANG = Known(4, "王芳", ("宏远包装", "宏远"))
PEOPLE = (ZHANG, WEI, OTHER, WANG)


@pytest.mark.parametrize(
    ("words", "phone", "found"),
    [
        ("张总", "13800135678", Match((1,), By.PHONE)),
        ("鼎盛张伟", "", Match((1,), By.FIRM)),
        ("张伟 天虹纺织", "", Match((3,), By.FIRM)),
        ("天虹的张伟", "", Match((3,), By.FIRM)),
        ("A张伟-苏州鼎盛机械有限公司-采购", "", Match((1,), By.FIRM)),
        ("张伟", "", Match((1, 3), By.NAME)),
        ("王芳", "", Match((4,), By.NAME)),
        ("王芳芳", "", Match((4,), By.NAME)),
        ("芳", "", Match(())),
        ("鼎盛的老王", "", Match(())),
        ("", "", Match(())),
    ],
)
def test_match(words: str, phone: str, found: Match) -> None:
    assert match(words, phone, PEOPLE) == found


@pytest.mark.parametrize(
    ("called", "name", "same"),
    [
        ("张伟", "张伟", True),
        ("鼎盛-张伟", "张伟", True),
        ("芳", "王芳", False),
        ("", "张伟", False),
        ("张", "张", False),
    ],
)
def test_a_nickname_agrees_with_a_whole_name_only(called: str, name: str, same: bool) -> None:
    assert agrees(called, name) is same


def test_a_nickname_is_near_whoever_shares_its_letters() -> None:
    assert nearest("芳", PEOPLE, 4) == (4,)
    assert nearest("伟", PEOPLE, 4) == (1, 3)
    assert nearest("Peter", PEOPLE, 4) == ()
