"""People and departments, as the legacy API gives them: only those whom the app may see."""

from datetime import datetime, timedelta
from typing import Any

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.errors import Fault, LegacyFault
from tests.fakes.dingtalk.state import Department, Member, Org

MEMBER, MOBILE, LIST, DEPARTMENT = (
    *("qyapi_get_member", "qyapi_get_member_by_mobile"),
    *("qyapi_get_department_member", "qyapi_get_department_list"),
)
PERSONAL = "fieldMobile"
"""The permission (its name is ours) with which mobile numbers come."""
LARGEST_PAGE = 100
LEAVE_PAGE, LEAVE_WINDOW = 50, timedelta(days=365)


class Contacts:
    def __init__(self, org: Org) -> None:
        self.org = org

    # -- people ------------------------------------------------------------------------------------

    @call("POST", "/topapi/v2/user/get", scope=MEMBER)
    def get(self, ask: Ask) -> dict[str, Any]:
        return {"result": self._detail(ask, self._member(ask, ask.legacy("userid")))}

    @call("POST", "/topapi/v2/user/getbymobile", scope=MOBILE)
    def by_mobile(self, ask: Ask) -> dict[str, Any]:
        mobile = ask.legacy("mobile")
        found = next((each for each in self.org.members.values() if each.mobile == mobile), None)
        return {"result": {"userid": self._member(ask, found.userid if found else "").userid}}

    @call("POST", "/topapi/user/getbyunionid", scope=MEMBER)
    def by_union(self, ask: Ask) -> dict[str, Any]:
        union = ask.legacy("unionid")
        found = next((each for each in self.org.members.values() if each.unionid == union), None)
        userid = self._member(ask, found.userid if found else "").userid
        return {"result": {"userid": userid, "contact_type": 0}}

    @call("POST", "/topapi/v2/user/list", scope=LIST)
    def in_department(self, ask: Ask) -> dict[str, Any]:
        """Direct members only, by pages."""
        department = self._department(ask.legacy("dept_id"))
        start, size = int(ask.body.get("cursor") or 0), int(ask.legacy("size"))
        if not 1 <= size <= LARGEST_PAGE:
            raise LegacyFault(40035, "size 应在1到100之间")
        people = [each for each in self.org.people([department.id]) if self.org.sees(ask.app, each.userid)]
        page = [self._detail(ask, each) for each in people[start : start + size]]
        more = start + size < len(people)
        next_cursor = {"next_cursor": start + size} if more else {}
        return {"result": {"has_more": more, **next_cursor, "list": page}}

    def _member(self, ask: Ask, userid: object) -> Member:
        member = self.org.find(userid)
        if member is None:
            raise LegacyFault(60121)
        if not self.org.sees(ask.app, userid):
            raise LegacyFault(88, "不在通讯录授权范围内", "60011")
        return member

    def _detail(self, ask: Ask, member: Member) -> dict[str, Any]:
        shows = ask.app.scopes is None or PERSONAL in ask.app.scopes
        return {
            "userid": member.userid,
            "unionid": member.unionid,
            "name": member.name,
            "title": member.title,
            "job_number": member.job_number,
            **({"mobile": member.mobile, "state_code": "86"} if member.mobile and shows else {}),
            "dept_id_list": member.departments,
            "leader_in_dept": [
                {"dept_id": each, "leader": each in member.leads} for each in member.departments
            ],
            **({"manager_userid": member.leader} if member.leader else {}),
            "role_list": [
                {"id": n, "name": role, "group_name": "职务"} for n, role in enumerate(member.roles, 1)
            ],
            "active": member.active,
            "admin": member.admin,
            "boss": member.boss,
        }

    # -- departments -------------------------------------------------------------------------------

    @call("POST", "/topapi/v2/department/listsub", scope=DEPARTMENT)
    def below(self, ask: Ask) -> dict[str, Any]:
        """One level."""
        department = self._department(ask.body.get("dept_id") or 1)
        found = [
            {"dept_id": each.id, "name": each.name, "parent_id": each.parent}
            for each in self.org.under(department.id)
        ]
        return {"result": found}

    @call("POST", "/topapi/v2/department/listsubid", scope=DEPARTMENT)
    def ids_below(self, ask: Ask) -> dict[str, Any]:
        department = self._department(ask.legacy("dept_id"))
        return {"result": {"dept_id_list": [each.id for each in self.org.under(department.id)]}}

    @call("POST", "/topapi/v2/department/get", scope=DEPARTMENT)
    def department(self, ask: Ask) -> dict[str, Any]:
        found = self._department(ask.legacy("dept_id"))
        parent = {"parent_id": found.parent} if found.parent else {}
        named = {"dept_id": found.id, "name": found.name, **parent}
        return {"result": {**named, "dept_manager_userid_list": found.managers}}

    @call("POST", "/topapi/v2/department/listparentbyuser", scope=DEPARTMENT)
    def above(self, ask: Ask) -> dict[str, Any]:
        member = self._member(ask, ask.legacy("userid"))
        chains = [{"parent_dept_id_list": self.org.up(each)} for each in member.departments]
        return {"result": {"parent_list": chains}}

    def _department(self, id: object) -> Department:
        found = self.org.departments.get(int(str(id)) if str(id).isdigit() else -1)
        if found is None:
            raise LegacyFault(60003)
        return found

    # -- who left ----------------------------------------------------------------------------------

    @call("GET", "/v1.0/contact/empLeaveRecords", scope="Contact.Common.Read")
    def left(self, ask: Ask) -> dict[str, Any]:
        start, end = (_time(ask.asked(each)) for each in ("startTime", "endTime"))
        if end - start > LEAVE_WINDOW:
            raise Fault("invalidParameter.time.range")
        size = min(int(ask.query.get("maxResults") or LEAVE_PAGE), LEAVE_PAGE)
        offset = int(ask.query.get("nextToken") or 0)
        gone = [each for each in self.org.members.values() if each.left and start <= each.left <= end]
        records = [_leave(each) for each in gone[offset : offset + size]]
        more = {"nextToken": str(offset + size)} if offset + size < len(gone) else {}
        return {"records": records, **more}


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Fault("invalidParameter.time.format") from None


def _leave(member: Member) -> dict[str, Any]:
    at = member.left.isoformat() if member.left else ""
    head = {"userId": member.userid, "name": member.name, "leaveTime": at}
    return {**head, "mobile": member.mobile, "stateCode": "86", "leaveReason": ""}
