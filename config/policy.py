"""The company's rules, typed: policy.toml, with the lines that a company wrote itself laid over it."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

import chinese_calendar
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.settings import SettingsError, did_you_mean, what_is_wrong

DEFAULTS = Path(__file__).with_name("policy.toml")

Part = Literal["basics", "contacts", "phones", "money", "visits", "tasks", "notes"]
Deed = Literal["file", "edit", "approve", "export", "operate"]
Basic = Literal["contact", "phone", "legal_name", "industry", "address", "headcount"]
Need = Literal["need", "preference", "decision_maker", "budget", "competitor"]
KeyField = Literal["phone", "legal_name", "grade", "owner", "deletion"]
Count = Annotated[int, Field(ge=1, le=10_000)]
Weekday = Annotated[int, Field(ge=1, le=7)]

VOCABULARY = {
    "stages": ("contact", "needs", "proposal", "negotiation", "won", "lost"),
    "tags": ("price_sensitive", "service_demanding", "urgent", "churn_risk", "complaint", "referral"),
    "methods": ("onsite", "phone", "wechat", "video", "meal", "event", "email"),
    "money": ("budget", "quote", "order", "payment", "other"),
    "roles": ("rep", "manager", "finance", "service", "partner", "admin"),
}
"""Ids that the reader of notes and the commands hand out: a company may rename them, not drop them."""


class PolicyError(SettingsError):
    """A policy file that cannot be used. The text is one line: the file, the key, how to mend it."""


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(_Rules):
    """A word of the company's: its id in records, its name on cards, and what else people call it."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    also: tuple[str, ...] = ()


class Stage(Named):
    """Where a deal stands; the order in the file is the order of the funnel."""

    final: bool = False
    """Nothing comes after it."""


class Role(_Rules):
    """Whose customers somebody may see, which parts of them, and what they may do."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    scope: Literal["own", "team", "all", "none"]
    sees: frozenset[Part] = frozenset()
    does: frozenset[Deed] = frozenset()


class Hours(_Rules):
    """When the company works, by the clock of its own time zone."""

    opens: time
    closes: time
    days: frozenset[Weekday]
    holidays: bool

    def works_on(self, day: date) -> bool:
        """Whether the company works that day; holidays and make-up days go before the week's plan."""
        official = _official(day) if self.holidays else None
        return day.isoweekday() in self.days if official is None else official

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        return _ordered(self, opens=self.opens, closes=self.closes)


class Speaking(_Rules):
    """When we may speak unasked, and how often (card book 1.8)."""

    opens: time
    closes: time
    morning: time
    evening: time
    cards_a_day: Annotated[int, Field(ge=0, le=20)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        return _ordered(
            self, opens=self.opens, morning=self.morning, evening=self.evening, closes=self.closes
        )


class Reminders(_Rules):
    """How long before its moment a task is spoken of."""

    deadline_days_before: Annotated[int, Field(ge=0, le=30)]
    minutes_before: Annotated[int, Field(ge=0, le=1440)]

    @property
    def ahead(self) -> timedelta:
        return timedelta(minutes=self.minutes_before)


class Drafts(_Rules):
    """How long a draft waits, and how long a filed one can be undone."""

    expire_days: Count
    undo_minutes: Count

    @property
    def expiry(self) -> timedelta:
        return timedelta(days=self.expire_days)

    @property
    def undo(self) -> timedelta:
        return timedelta(minutes=self.undo_minutes)


class Approvals(_Rules):
    """What a superior must agree to, and how long the question stays open."""

    expire_hours: Count
    escalate_hours: Count
    list_from: Annotated[int, Field(ge=2, le=100)]
    auto_pass_hours: Annotated[int, Field(ge=0, le=10_000)]
    key_fields: frozenset[KeyField]

    @property
    def expiry(self) -> timedelta:
        return timedelta(hours=self.expire_hours)

    @property
    def auto_pass(self) -> timedelta | None:
        """After this long without an answer a change passes; None: never."""
        return timedelta(hours=self.auto_pass_hours) if self.auto_pass_hours else None

    @property
    def escalation(self) -> timedelta:
        return timedelta(hours=self.escalate_hours)


class Handovers(_Rules):
    """How long a handover waits for its next yes, and how often the platform lets a contact move."""

    expire_days: Count
    turns: Annotated[int, Field(ge=1, le=10)]
    turns_days: Count

    @property
    def expiry(self) -> timedelta:
        return timedelta(days=self.expire_days)


class Customers(_Rules):
    """What a customer needs before it is an official one (R43, R53)."""

    official_needs: frozenset[Literal["name", "contact", "phone", "industry", "address", "source"]]


class Archive(_Rules):
    """What makes a file good: which items are wanted, how long it counts as fresh (R35 to R37)."""

    basics: tuple[Basic, ...]
    needs: tuple[Need, ...]
    fresh_days: Count
    fresh_days_of_grade: Mapping[str, Count] = {}
    merge_undo_days: Count
    taboo_words: tuple[str, ...]
    """How a preference begins that is a warning (别提涨价)."""


class Members(_Rules):
    """Which role somebody gets whom the platform's directory brings; the last that fits counts."""

    role: str
    leader: str
    """Who heads a department, or has somebody reporting to him."""
    departments: Mapping[str, str] = {}
    accounts: Mapping[str, str] = {}

    @property
    def roles(self) -> frozenset[str]:
        return frozenset((self.role, self.leader, *self.departments.values(), *self.accounts.values()))


class Visits(_Rules):
    """When a visit counts as filed in time (R73)."""

    report_hours: Count
    report_card: bool
    """Whether a visit that nobody spoke of gets a card of its own; else it is a line of the morning's."""

    @property
    def report_within(self) -> timedelta:
        return timedelta(hours=self.report_hours)


class Migration(_Rules):
    """How customers are asked over to the company's WeChat: a few a day, by the rep himself (R151)."""

    daily: Annotated[int, Field(ge=0, le=20)]
    proposes_at: time
    code_days: Count
    ask_again_days: Count
    """Asked once without an answer: not again before so long."""
    quiet_days: Count
    """Not spoken to for so long: not asked at all."""


class Processor(_Rules):
    """Somebody who handles data for the company: who, and what for."""

    name: str = Field(min_length=1)
    does: str = Field(min_length=1)


class Privacy(_Rules):
    """What the page for customers says; an empty item is not shown. Counsel reads it before use."""

    company: str = ""
    address: str = ""
    officer: str = ""
    email: str = ""
    phone: str = ""
    processors: tuple[Processor, ...] = ()
    keep_years: Annotated[int, Field(ge=0, le=100)]
    """0: nothing is said of how long."""
    stays_here: bool
    """Nothing leaves the country."""
    archives_chats: bool
    answer_days: Count
    link_days: Count


class Step(Named):
    """A rung of the dormancy ladder: this many days without any real interaction."""

    days: Count
    grades: frozenset[str] = frozenset()
    """Only customers of these grades; empty: all."""
    decision: bool = False
    """A superior decides; nothing changes by the clock."""
    card: bool = True
    """A card of its own; else a line of the morning card."""


class Stretch(_Rules):
    """By how much the ladder's days are multiplied for a grade or an industry."""

    grades: Mapping[str, Annotated[float, Field(gt=0, le=20)]] = {}
    industries: Mapping[str, Annotated[float, Field(gt=0, le=20)]] = {}


class Dormancy(_Rules):
    """The ladder of silence, shortest first (requirements 11)."""

    steps: tuple[Step, ...]
    stretch: Stretch = Stretch()
    asks_at: time
    cards_a_week: Annotated[int, Field(ge=0, le=50)]
    answer_days: Count
    complaint_days: Count
    longer_days: Count

    @model_validator(mode="after")
    def _rising(self) -> Self:
        days = [step.days for step in self.steps]
        if days != sorted(set(days)):
            raise ValueError("dormancy.steps 要从短到长排，天数各不相同")
        return self


NOTHING = Role(id="-", name="无角色", scope="none")
"""What a role that the policy does not know may do."""

N = TypeVar("N", bound="Named | Role")


class Policy(_Rules):
    """All rules of one company."""

    company: str = Field(min_length=1)
    hours: Hours
    speaking: Speaking
    reminders: Reminders
    drafts: Drafts
    approvals: Approvals
    handovers: Handovers
    customers: Customers
    archive: Archive
    members: Members
    visits: Visits
    dormancy: Dormancy
    migration: Migration
    privacy: Privacy
    stages: tuple[Stage, ...]
    grades: tuple[Named, ...]
    tags: tuple[Named, ...]
    methods: tuple[Named, ...]
    money: tuple[Named, ...]
    roles: tuple[Role, ...]

    def role(self, id: str) -> Role:
        """The role; one without any right where the policy does not know it."""
        return _find(self.roles, id) or NOTHING

    def stage(self, id: str) -> Stage:
        return _find(self.stages, id) or Stage(id=id, name=id)

    def grade(self, id: str) -> Named:
        return _find(self.grades, id) or Named(id=id, name=id)

    def tag(self, id: str) -> Named:
        return _find(self.tags, id) or Named(id=id, name=id)

    def method(self, id: str) -> Named:
        return _find(self.methods, id) or Named(id=id, name=id)

    def money_kind(self, id: str) -> Named:
        return _find(self.money, id) or Named(id=id, name=id)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for key in ("stages", "grades", "tags", "methods", "money", "roles"):
            _check_ids(key, [each.id for each in getattr(self, key)])
        known = {each.id for each in self.grades}
        used = {grade for step in self.dormancy.steps for grade in step.grades} | set(
            self.dormancy.stretch.grades
        )
        if strange := sorted(used - known):
            raise ValueError(f"dormancy 里的等级 {'、'.join(strange)} 不在 grades 里")
        if strange := sorted(set(self.archive.fresh_days_of_grade) - known):
            raise ValueError(f"archive.fresh_days_of_grade 里的等级 {'、'.join(strange)} 不在 grades 里")
        if strange := sorted(self.members.roles - {each.id for each in self.roles}):
            raise ValueError(f"members 里的角色 {'、'.join(strange)} 不在 roles 里")
        return self


def load_policy(path: Path | None = None) -> Policy:
    """The default rules, with the company's file laid over them. Raises PolicyError."""
    rules = _read(DEFAULTS)
    if path is not None:
        rules = _laid_over(rules, _read(path))
    try:
        return Policy.model_validate(rules)
    except ValidationError as error:
        first = error.errors()[0]
        raise PolicyError(f"政策文件 {path or DEFAULTS.name}：{_told(first, rules)}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = f"打不开（{error.strerror}）。请检查 BAIFANG_POLICY_FILE 和文件权限"
    except UnicodeDecodeError:
        reason = "不是 UTF-8 文本。请用 UTF-8 另存"
    except tomllib.TOMLDecodeError as error:
        reason = f"不是合格的 TOML：{error}"
    raise PolicyError(f"政策文件 {path}：{reason}")


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merge, anything else replaces."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _laid_over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _told(error: Any, rules: Mapping[str, Any]) -> str:
    """One error in words, with the dotted path of its key."""
    where: str = ""
    node: Any = rules
    for part in error["loc"]:
        inner = _inside(node, part)
        name = (inner.get("id") or part + 1) if isinstance(part, int) and isinstance(inner, dict) else part
        where, node = f"{where}.{name}".lstrip("."), inner
    if error["type"] == "extra_forbidden":
        return f"{where} 没有这一项{did_you_mean(error['loc'][-1], _keys_beside(error['loc']))}"
    shown = f"（现在是 {node!r}）" if isinstance(node, str | int | float) else ""
    return " ".join(filter(None, (where, what_is_wrong(error) + shown)))


def _keys_beside(trail: Sequence[str | int]) -> list[str]:
    """The keys that the policy knows where the trail's last one stands."""
    model: type[BaseModel] = Policy
    for name in (part for part in trail[:-1] if isinstance(part, str)):
        annotation = model.model_fields[name].annotation
        model = next(each for each in (annotation, *get_args(annotation)) if isinstance(each, type))
    return list(model.model_fields)


def _inside(node: Any, part: str | int) -> Any:
    try:
        return node[part]
    except (KeyError, IndexError, TypeError):
        return None


def _find(items: Sequence[N], id: str) -> N | None:
    return next((each for each in items if each.id == id), None)


def _check_ids(key: str, ids: list[str]) -> None:
    if len(set(ids)) != len(ids):
        raise ValueError(f"{key} 里有重复的 id")
    if missing := [each for each in VOCABULARY.get(key, ()) if each not in ids]:
        raise ValueError(f"{key} 少了 {'、'.join(missing)}：可以改名，不能去掉")


R = TypeVar("R", bound=_Rules)


def _ordered(rules: R, **times: time) -> R:
    names, moments = list(times), list(times.values())
    for index in range(len(moments) - 1):
        if moments[index] > moments[index + 1]:
            raise ValueError(f"{names[index]} 不能晚于 {names[index + 1]}")
    return rules


def _official(day: date) -> bool | None:
    """Whether the state has that day worked or free; None where it says nothing (yet)."""
    try:
        free, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # the table ends: next year's holidays are published in November
        return None
    return None if name is None else not free
