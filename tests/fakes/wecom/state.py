"""Who and what there is at the far side: one company with its people, departments, tags and apps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Literal, Protocol

from tests.fakes.wecom.crypto import Seal

ACTIVE, DISABLED, INACTIVE, LEFT = 1, 2, 4, 5
ROOT = 1


class Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass
class Department:
    id: int
    name: str
    parent: int = ROOT
    order: int = 0
    leaders: list[str] = field(default_factory=list)


@dataclass
class Member:
    """One colleague. `leaders` are the direct ones; `leads` the departments that he is head of."""

    userid: str
    name: str
    departments: list[int] = field(default_factory=lambda: [ROOT])
    leads: list[int] = field(default_factory=list)
    leaders: list[str] = field(default_factory=list)
    mobile: str = ""
    email: str = ""
    position: str = ""
    alias: str = ""
    status: int = ACTIVE
    licensed: bool = True
    """Has an interface licence: without it messages go nowhere (unlicenseduser)."""
    serves: bool = True
    """May have customers (客户联系)."""
    verified: bool = True
    customer_limit: int | None = None
    console_welcome: bool = False
    """A welcome text stands in the console, so that no WelcomeCode comes with new customers."""
    plugin: bool = False
    """Reads in WeChat's plug-in, which shows no cards."""


@dataclass
class Tag:
    id: int
    name: str
    members: set[str] = field(default_factory=set)
    departments: set[int] = field(default_factory=set)


@dataclass
class App:
    """One self-built app, or the contact-sync secret (`kind` contacts)."""

    agentid: int
    secret: str
    name: str = "拜访"
    kind: Literal["app", "contacts"] = "app"
    callback_url: str = ""
    seal: Seal | None = None
    visible: set[str] | None = None
    """Userids that may see it; None is everybody. `visible_departments` come on top."""
    visible_departments: set[int] = field(default_factory=set)
    customers: bool = True
    """Stands in 可调用接口的应用."""
    sensitive: bool = False
    """Made before 2022-06-20: sees mobile numbers and mail."""
    enabled: bool = True


class Company:
    """The far side's memory. Everything that is late or over is judged by its clock."""

    def __init__(self, corpid: str, clock: Clock) -> None:
        self.corpid = corpid
        self.clock = clock
        self.members: dict[str, Member] = {}
        self.departments: dict[int, Department] = {ROOT: Department(ROOT, "公司", 0)}
        self.tags: dict[int, Tag] = {}
        self.apps: list[App] = []
        self.seats = 500
        """The account quota; the day's sends of an app are 200 times as many."""
        self.problems: list[str] = []
        """What the side under test did that WeCom would not put up with; tests assert that it is empty."""
        self.warnings: list[str] = []
        """What would be accepted but folded, cut or ignored."""
        self._ids = count(1)

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def seconds(self) -> int:
        """Unix time by the company's clock."""
        return int(self.now().timestamp())

    def new(self, prefix: str) -> str:
        """An id that was never given before."""
        return f"{prefix}{next(self._ids):06}"

    def number(self) -> int:
        return next(self._ids)

    def find(self, userid: str) -> Member | None:
        """Userids do not mind case."""
        return self.members.get(userid.lower())

    def member(self, userid: str) -> Member:
        found = self.find(userid)
        assert found is not None, f"nobody is called {userid}"
        return found

    def app(self, agentid: object) -> App | None:
        return next((each for each in self.apps if str(each.agentid) == str(agentid)), None)

    def under(self, department: int) -> set[int]:
        """The department and all below it."""
        below = {
            each.id for each in self.departments.values() if each.parent == department and each.id != ROOT
        }
        return {department}.union(*(self.under(each) for each in below - {department}))

    def people(self, departments: Iterable[int]) -> list[Member]:
        wanted = set(departments)
        return [each for each in self.members.values() if wanted & set(each.departments)]

    def deep(self, department: int) -> list[Member]:
        return self.people(self.under(department))

    def sees(self, app: App, member: Member) -> bool:
        if member.status in (DISABLED, LEFT):
            return False
        if app.visible is None or app.kind == "contacts":
            return True
        return member.userid.lower() in {each.lower() for each in app.visible} or bool(
            set(member.departments) & self._visible_departments(app)
        )

    def _visible_departments(self, app: App) -> set[int]:
        return set[int]().union(*(self.under(each) for each in app.visible_departments))

    def visible(self, app: App) -> Iterator[Member]:
        return (each for each in self.members.values() if self.sees(app, each))
