"""The company's rules: the defaults, a file laid over them, and faults told by the key's dotted path."""

from datetime import date, time, timedelta
from pathlib import Path
from typing import get_args

import pytest

from config import policy as rules
from config.policy import PolicyError, load_policy
from handlers.policies.permissions import Do, See
from handlers.understanding import note


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rules.toml"


def complaint(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(file)
    told = str(caught.value)
    assert "\n" not in told
    assert str(file) in told
    return told.removeprefix(f"政策文件 {file}：")


class TestDefaults:
    def test_times_and_thresholds(self) -> None:
        policy = load_policy()
        assert (policy.speaking.opens, policy.speaking.closes) == (time(8, 30), time(20, 30))
        assert (policy.speaking.morning, policy.speaking.evening) == (time(8, 30), time(17, 30))
        assert policy.speaking.cards_a_day == 3
        assert policy.drafts.expiry == timedelta(days=7)
        assert policy.drafts.undo == timedelta(minutes=10)
        assert policy.approvals.expiry == timedelta(hours=72)
        assert policy.approvals.auto_pass is None
        assert policy.approvals.key_fields == {"phone", "legal_name", "grade", "owner", "deletion"}
        assert policy.reminders.ahead == timedelta(minutes=30)
        assert [(each.name, each.days) for each in policy.dormancy.steps] == [
            ("该联系了", 30),
            ("沉默", 90),
            ("沉睡", 180),
            ("流失", 365),
        ]

    def test_words(self) -> None:
        policy = load_policy()
        assert policy.stage("proposal").name == "方案报价"
        assert [each.name for each in policy.stages if each.final] == ["签约成交", "输单"]
        assert policy.tag("price_sensitive").name == "嫌贵"
        assert policy.method("meal").name == "吃饭"
        assert policy.money_kind("payment").name == "回款"
        assert policy.grade("A").name == "A"

    def test_an_unknown_word_shows_as_it_is(self) -> None:
        assert load_policy().stage("signed").name == "signed"

    def test_an_unknown_role_may_nothing(self) -> None:
        role = load_policy().role("intern")
        assert (role.scope, role.sees, role.does) == ("none", frozenset(), frozenset())

    def test_finance_sees_money_and_nobody(self) -> None:
        assert load_policy().role("finance").sees == {"basics", "money"}

    @pytest.mark.parametrize(
        ("key", "words"),
        [("stages", note.Stage), ("tags", note.Tag), ("methods", note.Method), ("money", note.AmountKind)],
    )
    def test_every_word_of_the_reader_has_a_name(self, key: str, words: type) -> None:
        assert set(rules.VOCABULARY[key]) == {each.value for each in words}

    def test_rights_are_those_that_permission_asks_about(self) -> None:
        assert set(get_args(rules.Part)) == {each.value for each in See}
        assert set(get_args(rules.Deed)) == {each.value for each in Do}


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("day", "works"),
        [
            (date(2026, 4, 21), True),
            (date(2026, 4, 25), False),
            (date(2026, 10, 1), False),
            (date(2026, 10, 10), True),
            (date(2099, 1, 1), True),
        ],
        ids=["weekday", "saturday", "national day", "make-up saturday", "beyond the calendar"],
    )
    def test_state_calendar(self, day: date, works: bool) -> None:
        assert load_policy().hours.works_on(day) is works

    def test_a_six_day_week_keeps_the_holidays(self, file: Path) -> None:
        file.write_text("[hours]\ndays = [1, 2, 3, 4, 5, 6]\n")
        hours = load_policy(file).hours
        assert hours.works_on(date(2026, 4, 25))
        assert not hours.works_on(date(2026, 10, 3))


class TestOwnFile:
    def test_lines_are_laid_over_the_defaults(self, file: Path) -> None:
        file.write_text('company = "凌云自动化"\n[drafts]\nexpire_days = 3\n', encoding="utf-8")
        policy = load_policy(file)
        assert (policy.company, policy.drafts.expire_days, policy.drafts.undo_minutes) == (
            "凌云自动化",
            3,
            10,
        )

    def test_a_list_replaces_the_default_one(self, file: Path) -> None:
        file.write_text('[approvals]\nkey_fields = ["phone"]\n')
        assert load_policy(file).approvals.key_fields == {"phone"}

    def test_nothing_can_be_changed_afterwards(self) -> None:
        with pytest.raises(ValueError, match="frozen"):
            load_policy().company = "x"  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('[speaking]\nopens = "8点半"\n', "speaking.opens 应是 \"08:30\" 这样的时间（现在是 '8点半'）"),
            ("[drafts]\nexpire_days = 0\n", "drafts.expire_days 不能小于 1（现在是 0）"),
            ("[drafts]\nexpire_dais = 1\n", "drafts.expire_dais 没有这一项，是不是 expire_days"),
            ("draft = 1\n", "draft 没有这一项，是不是 drafts"),
            ("drafts = 1\n", "drafts 应是一张表（现在是 1）"),
            ('[speaking]\nmorning = "21:00"\n', "speaking morning 不能晚于 evening"),
            (
                '[[roles]]\nid = "rep"\nname = "x"\nscope = "my"\n',
                "roles.rep.scope 应是 'own', 'team', 'all' 或 'none' 之一",
            ),
            ('[[stages]]\nname = "x"\n', "stages.1.id 没有填"),
            ('[[tags]]\nid = "urgent"\nname = "急"\n', "tags 少了 price_sensitive"),
            ('[[grades]]\nid = "A"\nname = "A"\n[[grades]]\nid = "A"\nname = "A"\n', "grades 里有重复的 id"),
            ('[[grades]]\nid = "B"\nname = "B"\n', "dormancy 里的等级 A 不在 grades 里"),
            (2 * '[[dormancy.steps]]\nid = "a"\nname = "a"\ndays = 9\n', "dormancy.steps 要从短到长排"),
            (
                '[[dormancy.steps]]\nid = "a"\nname = "a"\ndays = 9\ngrade = []\n',
                "steps.a.grade 没有这一项，是不是 grades",
            ),
            ("[[[", "不是合格的 TOML"),
        ],
    )
    def test_a_fault_is_told_by_its_key(self, text: str, said: str, file: Path) -> None:
        assert said in complaint(file, text)

    def test_a_file_that_is_not_there_is_told(self, file: Path) -> None:
        with pytest.raises(PolicyError, match=r"打不开.*BAIFANG_POLICY_FILE"):
            load_policy(file)

    def test_a_file_that_is_no_text_is_told(self, file: Path) -> None:
        file.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(PolicyError, match="不是 UTF-8 文本"):
            load_policy(file)
