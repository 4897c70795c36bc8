"""Who the company's people are, by DingTalk's address book. Its calls cost nothing of the month's budget."""

from bot.platforms.dingtalk import NAME
from bot.platforms.dingtalk.api import Answer, Api
from bot.platforms.dingtalk.errors import NO_MEMBER, OUT_OF_SIGHT, DingError, Kind, later
from handlers.kernel.update import Profile


class DingTalkDirectory:
    """The `Directory` of the internal app; it sees whom the app may see."""

    family: tuple[str, ...] = (NAME,)

    def __init__(self, api: Api) -> None:
        self._api = api

    async def profile(self, address: str) -> Profile | None:
        """None for who is not in the company, is not active, or stands outside what the app may see."""
        try:
            member = await self._api.old("/topapi/v2/user/get", {"userid": address, "language": "zh_CN"})
        except DingError as error:
            if error.code in (NO_MEMBER, OUT_OF_SIGHT):
                return None
            raise later(error) from error
        if member.get("active") is False:
            return None
        main = await self._department(_first(member.get("dept_id_list")))
        return Profile(
            name=str(member.get("name") or address),
            departments=(str(main["name"]),) if main.get("name") else (),
            leaders=_leaders(member, main, address),
            leads=any(each.get("leader") is True for each in _dicts(member.get("leader_in_dept"))),
        )

    async def _department(self, number: object) -> Answer:
        """The member's first department; nothing where the app may not read it."""
        if not number:
            return {}
        try:
            return await self._api.old("/topapi/v2/department/get", {"dept_id": number})
        except DingError as error:
            if error.kind is Kind.BUSY:
                raise later(error) from error
            return {}


def _leaders(member: Answer, department: Answer, address: str) -> tuple[str, ...]:
    """The direct superior; where none is named, who heads the department."""
    named = [member["manager_userid"]] if member.get("manager_userid") else None
    heads = named or department.get("dept_manager_userid_list") or ()
    return tuple(str(each) for each in heads if str(each) != address)


def _first(departments: object) -> object:
    return departments[0] if isinstance(departments, list) and departments else None


def _dicts(found: object) -> list[Answer]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
