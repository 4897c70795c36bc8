"""Who the company's people are, by WeCom's address book."""

from bot.platforms import TryLater
from bot.platforms.wecom.api import Answer, Api
from bot.platforms.wecom.errors import Kind, WeComError, as_failure
from handlers.kernel.update import Profile

DISABLED, LEFT = 2, 5


class WeComDirectory:
    """The `Directory` of the self-built app; it sees whom the app may see."""

    def __init__(self, api: Api, family: tuple[str, ...]) -> None:
        self._api = api
        self.family = family

    async def profile(self, address: str) -> Profile | None:
        """None for who is not in the company, is disabled, or stands outside what the app may see."""
        try:
            answer = await self._api.get("user/get", userid=address)
        except WeComError as error:
            if error.kind is Kind.GONE or error.code == OUT_OF_SIGHT:
                return None
            raise _later(error) from error
        if answer.get("status") in (DISABLED, LEFT):
            return None
        main = await self._department(answer.get("main_department") or _first(answer.get("department")))
        return Profile(
            name=str(answer.get("name") or address),
            departments=(main["name"],) if main.get("name") else (),
            leaders=_leaders(answer, main, address),
            leads=1 in (answer.get("is_leader_in_dept") or ()),
        )

    async def _department(self, number: object) -> Answer:
        """The member's main department; nothing where the app may not read it."""
        if not number:
            return {}
        try:
            answer = await self._api.get("department/get", id=str(number))
        except WeComError as error:
            if error.kind is Kind.BUSY:
                raise _later(error) from error
            return {}
        found = answer.get("department")
        return found if isinstance(found, dict) else {}


OUT_OF_SIGHT = 60011
"""The app may not see this member."""


def _leaders(answer: Answer, department: Answer, address: str) -> tuple[str, ...]:
    """The direct leaders; where none is named, who heads the department."""
    named = answer.get("direct_leader") or department.get("department_leader") or ()
    return tuple(str(each) for each in named if str(each).lower() != address.lower())


def _first(departments: object) -> object:
    return departments[0] if isinstance(departments, list) and departments else None


def _later(error: WeComError) -> TryLater:
    """Whoever wrote is met when the directory answers again, however long that takes."""
    failure = as_failure(error)
    return failure if isinstance(failure, TryLater) else TryLater(str(error))
