"""Who and what there is at the far side: one organisation with its people, departments, groups and apps."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Literal, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from tests.fakes.dingtalk.crypto import Seal

ROOT = 1
TUESDAY = datetime(2026, 4, 21, 18, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


class Clock(Protocol):
    def now(self) -> datetime: ...


@runtime_checkable
class Moved(Clock, Protocol):
    """A clock that stands until it is moved."""

    at: datetime

    def move(self, delta: timedelta) -> None: ...


class Standing:
    """The fake's own clock, which stands until it is moved."""

    def __init__(self, at: datetime = TUESDAY) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, delta: timedelta) -> None:
        self.at += delta


@dataclass
class Department:
    id: int
    name: str
    parent: int = ROOT
    managers: list[str] = field(default_factory=list)


@dataclass
class Member:
    """One colleague. `leader` is his direct superior (manager_userid); `leads` the departments he heads."""

    userid: str
    name: str
    leader: str = ""
    departments: list[int] = field(default_factory=lambda: [ROOT])
    leads: list[int] = field(default_factory=list)
    mobile: str = ""
    title: str = ""
    job_number: str = ""
    admin: bool = False
    boss: bool = False
    active: bool = True
    external: bool = False
    """Of another organisation: talks in groups, and no senderStaffId comes with what he says."""
    unionid: str = ""
    roles: list[str] = field(default_factory=list)
    left: datetime | None = None

    @property
    def sender_id(self) -> str:
        """The encrypted identity, useless for calls."""
        return f"$:LWCP_v1:${self.userid}"


@dataclass
class App:
    """One internal app with its robot. `…_url` empty: that reception is by Stream, else by HTTP."""

    client_id: str
    client_secret: str
    robot_code: str
    name: str = "拜访"
    robot_url: str = ""
    event_url: str = ""
    seal: Seal | None = None
    published: bool = True
    """Before a version is published staff ids are missing and pushes fail."""
    visible: set[str] | None = None
    """Userids in the app's visible range; None is everybody."""
    scopes: set[str] | None = None
    """Granted permissions; None is all."""
    events: set[str] | None = None
    """Event types ticked in the console; None is all."""
    ips: set[str] | None = None
    """服务器出口IP; None is a list that was never filled in."""
    stopped: bool = False
    """The robot was stopped in the console."""

    @property
    def robot_sender(self) -> str:
        return f"$:LWCP_v1:$bot-{self.robot_code}"


@dataclass
class Conversation:
    """A 1:1 chat with the robot (kind 1) or a group (kind 2)."""

    id: str
    kind: Literal["1", "2"]
    members: list[str]
    title: str = ""
    robots: set[str] = field(default_factory=set)
    disbanded: bool = False


class Org:
    """The far side's memory. Everything that is late or over is judged by its clock."""

    def __init__(self, corpid: str, clock: Clock) -> None:
        self.corpid = corpid
        self.clock = clock
        self.base = ""
        """Scheme, host and port of the fake; every address that it gives out is made of it."""
        self.members: dict[str, Member] = {}
        self.departments: dict[int, Department] = {ROOT: Department(ROOT, "公司", 0)}
        self.conversations: dict[str, Conversation] = {}
        self.apps: list[App] = []
        self.problems: list[str] = []
        """What the side under test did that DingTalk would not put up with; tests assert that it is empty."""
        self.warnings: list[str] = []
        """What would be accepted but cut, ignored, or is nowhere promised to work."""
        self._ids = count(1)

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def ms(self) -> int:
        """Unix time in milliseconds by the organisation's clock."""
        return round(self.now().timestamp() * 1000)

    def new(self, prefix: str) -> str:
        """An id that was never given before."""
        return f"{prefix}{next(self._ids):06}"

    def find(self, userid: object) -> Member | None:
        """Somebody who is in the organisation now."""
        found = self.members.get(str(userid))
        return found if found and not found.left and not found.external else None

    def member(self, userid: str) -> Member:
        found = self.members.get(userid)
        assert found is not None, f"nobody is called {userid}"
        return found

    def app(self, client_id: object) -> App | None:
        return next((each for each in self.apps if each.client_id == client_id), None)

    def robot(self, code: object) -> App | None:
        return next((each for each in self.apps if each.robot_code == code), None)

    def sees(self, app: App, userid: object) -> bool:
        """Whether the robot can reach him and the app may read of him."""
        found = self.find(userid)
        return found is not None and (app.visible is None or found.userid in app.visible)

    def single(self, app: App, userid: str) -> Conversation:
        """The member's 1:1 chat with the app's robot."""
        id = f"cid-{userid}-{app.robot_code}=="
        if id not in self.conversations:
            self.conversations[id] = Conversation(id, "1", [userid], robots={app.robot_code})
        return self.conversations[id]

    def under(self, department: int) -> list[Department]:
        return [each for each in self.departments.values() if each.parent == department and each.id != ROOT]

    def up(self, department: int) -> list[int]:
        """The department and all above it, nearest first."""
        chain = [department]
        while (parent := self.departments[chain[-1]].parent) in self.departments:
            chain.append(parent)
        return chain

    def people(self, departments: Iterable[int]) -> list[Member]:
        """Direct members only."""
        wanted = set(departments)
        return [
            each
            for each in self.members.values()
            if self.find(each.userid) and wanted & set(each.departments)
        ]
