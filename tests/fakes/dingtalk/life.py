"""What there is in the organisation, and what happens there: set-up is silent, what is done later is told."""

from typing import Any

from tests.fakes.dingtalk.gateway import Gateway, Push
from tests.fakes.dingtalk.hooks import Hooks, Posted
from tests.fakes.dingtalk.state import ROOT, App, Conversation, Department, Member, Org


class Life:
    def __init__(self, org: Org, gateway: Gateway, hooks: Hooks) -> None:
        self.org = org
        self.gateway = gateway
        self.hooks = hooks

    # -- set-up ------------------------------------------------------------------------------------

    def join(
        self,
        userid: str,
        name: str = "",
        *,
        leader: str = "",
        departments: int | list[int] = ROOT,
        leads: int | None = None,
        **more: Any,
    ) -> Member:
        """A colleague who is there already. `leader` is the direct one, `leads` the department he heads."""
        where = [departments] if isinstance(departments, int) else departments
        heads = [leads] if leads is not None else []
        more.setdefault("unionid", f"un-{userid}")
        member = Member(userid, name or userid, leader, where, heads, **more)
        self.org.members[userid] = member
        for each in heads:
            self.org.departments[each].managers.append(userid)
        return member

    def department(self, id: int, name: str, parent: int = ROOT) -> Department:
        self.org.departments[id] = Department(id, name, parent)
        return self.org.departments[id]

    def group(self, title: str, *userids: str, robots: tuple[str, ...] | None = None) -> Conversation:
        """A group with the first app's robot in it (or with those)."""
        inside = {self.org.apps[0].robot_code} if robots is None else set(robots)
        chat = Conversation(f"cid{self.org.new('group')}==", "2", list(userids), title, inside)
        self.org.conversations[chat.id] = chat
        return chat

    # -- what happens ------------------------------------------------------------------------------

    async def hires(self, userid: str, name: str, **more: Any) -> Member:
        member = self.join(userid, name, **more)
        await self._people("user_add_org", userid)
        return member

    async def changes(self, userid: str, **fields: Any) -> Member:
        """Moves, renames, promotes: any field of Member."""
        member = self.org.member(userid)
        for name, value in fields.items():
            assert hasattr(member, name), f"a member has no {name}"
            setattr(member, name, value)
        await self._people("user_modify_org", userid)
        return member

    async def leaves(self, userid: str) -> None:
        self.org.member(userid).left = self.org.now()
        await self._people("user_leave_org", userid)

    async def reorganises(self, change: str, department: int) -> None:
        """create, modify or remove."""
        if change == "remove":
            del self.org.departments[department]
        await self.event(f"org_dept_{change}", {"deptId": [department]})

    async def _people(self, type: str, *userids: str) -> None:
        await self.event(type, {"userId": list(userids)})

    async def event(
        self, type: str, data: dict[str, Any], *, id: str = "", wait: bool = True
    ) -> list[Push | Posted]:
        """Any event, to each app in whose console it is ticked. The same `id` is the same event again."""
        found = []
        for app in self.org.apps:
            if app.events is None or type in app.events:
                found.append(await self._tell(app, type, data, id or self.org.new("ev-"), wait=wait))
        return found

    async def _tell(self, app: App, type: str, data: dict[str, Any], id: str, *, wait: bool) -> Push | Posted:
        at = str(self.org.ms)
        if app.event_url:
            old = {name[0].upper() + name[1:]: each for name, each in data.items()}
            head = {"EventType": type, "CorpId": self.org.corpid, "TimeStamp": at}
            return await self.hooks.event(app, {**head, **old}, id)
        headers = {
            "eventType": type,
            "eventId": id,
            "eventCorpId": self.org.corpid,
            "eventBornTime": at,
            "eventUnifiedAppId": f"app-{app.client_id}",
        }
        push = await self.gateway.push(app, "EVENT", "*", id, {"timeStamp": at, **data}, headers)
        return await self.gateway.answered(push) if wait else push
