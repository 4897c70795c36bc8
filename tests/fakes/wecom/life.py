"""What happens in the company and with its customers, and what WeCom calls back about it."""

from typing import Any

from tests.fakes.wecom.callbacks import Callbacks, Delivery
from tests.fakes.wecom.externalcontact import BY_LINK, BY_QR, Customers, External
from tests.fakes.wecom.groupchats import GroupChat, GroupChats
from tests.fakes.wecom.masses import Masses
from tests.fakes.wecom.media import Media
from tests.fakes.wecom.state import LEFT, ROOT, App, Company, Department, Member, Tag
from tests.fakes.wecom.transfers import Event, Transfers

PLAIN = {"UserID", "NewUserID", "Department"}
"""What a contact-sync callback still carries (since 2022-08-15)."""


class Life:
    """Set-up is silent (member, department, customer); what is done later calls back."""

    def __init__(self, company: Company, callbacks: Callbacks, media: Media) -> None:
        self.company = company
        self.callbacks = callbacks
        self.customers = Customers(company, media)
        self.transfers = Transfers(company, self.customers)
        self.masses = Masses(company, self.customers)
        self.groups = GroupChats(company)

    # -- colleagues --------------------------------------------------------------------------------

    def member(
        self,
        userid: str,
        name: str = "",
        *,
        leader: str = "",
        department: int | list[int] = ROOT,
        leads: int | None = None,
        **more: Any,
    ) -> Member:
        """A colleague who is there already. `leader` is the direct one, `leads` the department he heads."""
        departments = [department] if isinstance(department, int) else department
        leaders, heads = [leader] if leader else [], [leads] if leads is not None else []
        member = Member(userid, name or userid, departments, heads, leaders, **more)
        self.company.members[userid.lower()] = member
        for each in heads:
            self.company.departments[each].leaders.append(userid)
        return member

    def department(self, id: int, name: str, parent: int = ROOT) -> Department:
        self.company.departments[id] = Department(id, name, parent)
        return self.company.departments[id]

    def tag(self, id: int, name: str, *members: str) -> Tag:
        self.company.tags[id] = Tag(id, name, set(members))
        return self.company.tags[id]

    async def hires(self, userid: str, name: str, **more: Any) -> Member:
        """A new colleague: create_user, and the app hears that he may use it."""
        member = self.member(userid, name, **more)
        await self._contact("create_user", _of_member(member))
        await self._in_range(member, "subscribe")
        return member

    async def changes(self, userid: str, *, new_userid: str = "", **fields: Any) -> Member:
        """Moves, renames, promotes: any field of Member."""
        member = self.company.member(userid)
        for name, value in fields.items():
            assert hasattr(member, name), f"a member has no {name}"
            setattr(member, name, value)
        renamed = {"NewUserID": new_userid} if new_userid else {}
        await self._contact("update_user", {**_of_member(member), **renamed})
        if new_userid:
            self.company.members[new_userid.lower()] = self.company.members.pop(userid.lower())
            member.userid = new_userid
        return member

    async def leaves(self, userid: str) -> None:
        """Leaves the company; his customers wait for somebody."""
        member = self.company.member(userid)
        member.status = LEFT
        self.transfers.left[userid.lower()] = self.company.now()
        await self._contact("delete_user", {"UserID": member.userid})
        await self._in_range(member, "unsubscribe")

    async def reorganises(self, change: str, department: Department) -> None:
        """create_party, update_party or delete_party."""
        fields = {"Id": department.id, "Name": department.name, "ParentId": department.parent}
        await self._contact(change, fields)

    async def _contact(self, change: str, fields: dict[str, Any]) -> list[Delivery]:
        found = []
        for app in self._listeners():
            known = {name: each for name, each in fields.items() if app.kind == "app" or name in PLAIN}
            found.append(await self._system(app, "change_contact", change, known))
        return found

    async def _in_range(self, member: Member, event: str) -> None:
        for app in self._listeners():
            if app.kind == "app" and (self.company.sees(app, member) or event == "unsubscribe"):
                head = {"FromUserName": member.userid, "CreateTime": self.company.seconds, "MsgType": "event"}
                await self.callbacks.push(app, {**head, "Event": event, "EventKey": ""})

    def _listeners(self) -> list[App]:
        return [each for each in self.company.apps if each.callback_url]

    async def _system(self, app: App, event: str, change: str, fields: dict[str, Any]) -> Delivery:
        """FromUserName is sys, and the second is all that CreateTime knows."""
        head = {"FromUserName": "sys", "CreateTime": self.company.seconds, "MsgType": "event"}
        return await self.callbacks.push(app, {**head, "Event": event, "ChangeType": change, **fields})

    # -- customers ---------------------------------------------------------------------------------

    def customer(self, userid: str, name: str, *, state: str = "", **more: Any) -> External:
        """A customer who is this member's already; more members by `follows`."""
        external = External(self.company.new(more.pop("prefix", "wm")), name, **more)
        self.customers.externals[external.id] = external
        self.customers.connect(self.company.member(userid), external, state=state)
        return external

    def follows(self, userid: str, external: External) -> None:
        self.customers.connect(self.company.member(userid), external)

    async def befriends(
        self,
        userid: str,
        name: str | External,
        *,
        way: str = "",
        channel: str = "",
        half: bool = False,
        chatting: bool = False,
        colleague: bool = False,
    ) -> External:
        """A customer adds the member: by a contact way's QR code or a link's channel, where one is given.

        `half`: not mutual yet. `chatting`: they talk already, so no welcome. `colleague`: of another company.
        """
        member = self.company.member(userid)
        external = name if isinstance(name, External) else self._new_external(name, colleague=colleague)
        state = self.customers.state_of(way, channel)
        self.customers.connect(member, external, BY_LINK if channel else BY_QR, state)
        fields = {
            "UserID": member.userid,
            "ExternalUserID": external.id,
            **({"State": state} if state else {}),
        }
        if not (member.console_welcome or chatting or external.type == 2):
            fields["WelcomeCode"] = self.customers.welcome(member, external).code
        await self.customer_event("add_half_external_contact" if half else "add_external_contact", fields)
        return external

    def _new_external(self, name: str, *, colleague: bool) -> External:
        external = External(self.company.new("wo" if colleague else "wm"), name)
        self.customers.externals[external.id] = external
        return external

    async def edits(self, userid: str, external: External, **fields: Any) -> None:
        """The member changes remark or tags in his client."""
        follow = self.customers.follow(userid, external.id)
        assert follow is not None
        for name, value in fields.items():
            setattr(follow, name, value)
        await self.customer_event("edit_external_contact", _of_pair(follow.member, external))

    async def drops(self, userid: str, external: External) -> None:
        """The member deletes the customer."""
        self.customers.follows.pop((userid.lower(), external.id))
        await self.customer_event("del_external_contact", _of_pair(userid, external))

    async def is_dropped(self, userid: str, external: External) -> None:
        """The customer deletes the member: he still stands in the member's list."""
        await self.customer_event("del_follow_user", _of_pair(userid, external))

    async def refuses(self, external: External) -> None:
        """The customer does not want to be handed over."""
        await self._events(self.transfers.refuse(external.id))

    async def settle(self) -> None:
        """Lets happen whatever is due by the clock: transfers end by themselves after a day."""
        await self._events(self.transfers.due())

    async def _events(self, events: list[Event]) -> None:
        for change, fields in events:
            await self.customer_event(change, fields)

    # -- groups with customers -------------------------------------------------------------------

    async def opens_group(self, owner: str, name: str, *externals: External) -> GroupChat:
        chat = self.groups.open(owner, name, tuple(each.id for each in externals))
        await self._group_event(chat, "create", {})
        return chat

    async def joins_group(self, chat: GroupChat, external: External) -> None:
        """By QR code. Who reads the group at once still sees it without him."""
        before = chat.version
        chat.changing(self.company.now())
        chat.join(external.id, self.company.now(), external=True)
        change = {"UpdateDetail": "add_member", "JoinScene": 3, "MemChangeCnt": 1}
        versions = {"LastMemVer": f"v{before}", "CurMemVer": f"v{chat.version}"}
        await self._group_event(
            chat, "update", {**change, "MemChangeList": {"Item": external.id}, **versions}
        )

    async def dismisses(self, chat: GroupChat) -> None:
        del self.groups.all[chat.id]
        await self._group_event(chat, "dismiss", {})

    async def _group_event(self, chat: GroupChat, change: str, fields: dict[str, Any]) -> None:
        for app in self._listeners():
            if app.kind == "app" and app.customers:
                await self._system(app, "change_external_chat", change, {"ChatId": chat.id, **fields})

    # -- what is called back -----------------------------------------------------------------------

    async def customer_event(self, change: str, fields: dict[str, Any]) -> list[Delivery]:
        """change_external_contact, to the apps that may know of it."""
        member = self.company.find(str(fields["UserID"]))
        found = []
        for app in self._listeners():
            if app.kind == "app" and app.customers and member is not None:
                found.append(await self._system(app, "change_external_contact", change, fields))
        return found


def _of_member(member: Member) -> dict[str, Any]:
    return {
        "UserID": member.userid,
        "Name": member.name,
        "Department": ",".join(map(str, member.departments)),
        "MainDepartment": member.departments[0],
        "IsLeaderInDept": ",".join(str(int(each in member.leads)) for each in member.departments),
        "DirectLeader": ",".join(member.leaders),
        "Position": member.position,
        "Status": member.status,
    }


def _of_pair(userid: str, external: External) -> dict[str, Any]:
    return {"UserID": userid, "ExternalUserID": external.id}
