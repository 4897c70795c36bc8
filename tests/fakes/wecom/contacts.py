"""People and departments as an app may read them: its visible range, and nothing sensitive."""

from typing import Any

from tests.fakes.wecom.calls import Ask, call, paged
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.state import ROOT, Company, Department, Member, Tag


class Contacts:
    def __init__(self, company: Company) -> None:
        self.company = company

    # -- members -----------------------------------------------------------------------------------

    @call("GET", "user/get", lists=("department",))
    def get(self, ask: Ask) -> dict[str, Any]:
        member = self.company.find(ask.asked("userid", 41009))
        if member is None:
            raise Fault(60111)
        if not self.company.sees(ask.app, member):
            raise Fault(60011)
        return self._full(ask, member)

    def _full(self, ask: Ask, member: Member) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "userid": member.userid,
            "name": member.name,
            "department": member.departments,
            "order": [0 for _ in member.departments],
            "position": member.position,
            "is_leader_in_dept": [int(each in member.leads) for each in member.departments],
            "direct_leader": member.leaders,
            "main_department": member.departments[0],
            "status": member.status,
            "alias": member.alias,
            "extattr": {"attrs": []},
        }
        private = {"mobile": member.mobile, "email": member.email, "gender": "0"}
        return fields | (private if ask.app.sensitive else {})

    @call("GET", "user/list", lists=("userlist",))
    def list_members(self, ask: Ask) -> dict[str, Any]:
        return {"userlist": [self._full(ask, each) for each in self._in_department(ask)]}

    @call("GET", "user/simplelist", lists=("userlist",))
    def simple_list(self, ask: Ask) -> dict[str, Any]:
        return {"userlist": [_simple(each) for each in self._in_department(ask)]}

    def _in_department(self, ask: Ask) -> list[Member]:
        department = self._department(ask.asked("department_id", 60003)).id
        deep = ask.query.get("fetch_child") == "1"
        found = self.company.deep(department) if deep else self.company.people([department])
        return [each for each in found if self.company.sees(ask.app, each)]

    @call("POST", "user/list_id", who="contacts", lists=("dept_user",))
    def list_ids(self, ask: Ask) -> dict[str, Any]:
        rows = [
            {"userid": each.userid, "department": department}
            for each in self.company.members.values()
            for department in each.departments
        ]
        page, cursor = paged(rows, str(ask.body.get("cursor") or ""), int(ask.body.get("limit") or 10000))
        return {"dept_user": page, "next_cursor": cursor}

    @call("POST", "user/getuserid")
    def by_mobile(self, ask: Ask) -> dict[str, Any]:
        mobile = ask.want("mobile", 40063)
        found = [each for each in self.company.visible(ask.app) if each.mobile == mobile]
        if not found:
            raise Fault(46004)
        return {"userid": found[0].userid}

    # -- departments -------------------------------------------------------------------------------

    def _department(self, id: str) -> Department:
        if not id.isdigit() or int(id) not in self.company.departments:
            raise Fault(60003)
        return self.company.departments[int(id)]

    def _below(self, ask: Ask) -> list[Department]:
        root = self._department(ask.query.get("id") or str(ROOT)).id
        return [self.company.departments[each] for each in sorted(self.company.under(root))]

    @call("GET", "department/list", lists=("department",))
    def departments(self, ask: Ask) -> dict[str, Any]:
        return {"department": [_whole(each) for each in self._below(ask)]}

    @call("GET", "department/simplelist", lists=("department_id",))
    def simple_departments(self, ask: Ask) -> dict[str, Any]:
        keys = ("id", "parentid", "order")
        return {"department_id": [{key: _whole(each)[key] for key in keys} for each in self._below(ask)]}

    @call("GET", "department/get")
    def department(self, ask: Ask) -> dict[str, Any]:
        return {"department": _whole(self._department(ask.asked("id", 60003)))}

    # -- tags and the app itself -------------------------------------------------------------------

    def _tag(self, id: object) -> Tag:
        if not str(id).isdigit() or int(str(id)) not in self.company.tags:
            raise Fault(40068)
        return self.company.tags[int(str(id))]

    @call("GET", "tag/list", lists=("taglist",))
    def tags(self, _: Ask) -> dict[str, Any]:
        return {"taglist": [{"tagid": each.id, "tagname": each.name} for each in self.company.tags.values()]}

    @call("GET", "tag/get", lists=("userlist", "partylist"))
    def tag(self, ask: Ask) -> dict[str, Any]:
        tag = self._tag(ask.asked("tagid", 40068))
        people = [_simple(self.company.member(each)) for each in sorted(tag.members)]
        users = [{"userid": each["userid"], "name": each["name"]} for each in people]
        return {"tagname": tag.name, "userlist": users, "partylist": sorted(tag.departments)}

    @call("POST", "tag/addtagusers")
    def tag_members(self, ask: Ask) -> dict[str, Any]:
        tag, users = self._tag(ask.body.get("tagid")), ask.body.get("userlist") or []
        known = {each for each in users if self.company.find(each)}
        tag.members |= {self.company.member(each).userid for each in known}
        invalid = [each for each in users if each not in known]
        return {"invalidlist": "|".join(invalid)} if invalid else {}

    @call("GET", "agent/get", who="app")
    def agent(self, ask: Ask) -> dict[str, Any]:
        app = ask.app
        if ask.asked("agentid", 41011) != str(app.agentid):
            raise Fault(301002)
        users = sorted(app.visible or ()) if app.visible is not None else []
        parties = [ROOT] if app.visible is None else sorted(app.visible_departments)
        return {
            "agentid": app.agentid,
            "name": app.name,
            "close": int(not app.enabled),
            "allow_userinfos": {"user": [{"userid": each} for each in users]},
            "allow_partys": {"partyid": parties},
            "allow_tags": {"tagid": []},
        }

    @call("GET", "getcallbackip", lists=("ip_list",))
    @call("GET", "get_api_domain_ip", lists=("ip_list",))
    def addresses(self, _: Ask) -> dict[str, Any]:
        return {"ip_list": ["127.0.0.1"]}


def _simple(member: Member) -> dict[str, Any]:
    return {"userid": member.userid, "name": member.name, "department": member.departments}


def _whole(department: Department) -> dict[str, Any]:
    parent = 0 if department.id == ROOT else department.parent
    return {
        "id": department.id,
        "name": department.name,
        "name_en": "",
        "department_leader": department.leaders,
        "parentid": parent,
        "order": department.order,
    }
