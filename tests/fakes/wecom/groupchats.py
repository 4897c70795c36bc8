"""Groups with customers in them: owners, members, handing over, and how late a reader sees a change."""

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.wecom.calls import Ask, call, paged
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.state import LEFT, Company

LAG = timedelta(seconds=2)
"""For so long after an event a reader still gets what was before it."""
SERVED, OWNER_LEFT = 0, 1


@dataclass
class GroupChat:
    id: str
    name: str
    owner: str
    since: datetime
    members: list[dict[str, Any]] = field(default_factory=list)
    version: int = 1
    handed_over: bool = False
    changed: datetime | None = None
    before: "GroupChat | None" = None

    def join(self, userid: str, now: datetime, *, external: bool) -> None:
        kind, scene = (2, 3) if external else (1, 1)
        at = int(now.timestamp())
        self.members.append(
            {"userid": userid, "type": kind, "join_time": at, "join_scene": scene, "name": ""}
        )

    def changing(self, now: datetime) -> None:
        """Keeps what readers see for a moment longer."""
        self.before = None
        self.before = copy.deepcopy(self)
        self.changed, self.version = now, self.version + 1


class GroupChats:
    def __init__(self, company: Company) -> None:
        self.company = company
        self.all: dict[str, GroupChat] = {}

    def open(self, owner: str, name: str, externals: tuple[str, ...]) -> GroupChat:
        now = self.company.now()
        chat = GroupChat(self.company.new("wr"), name, self.company.member(owner).userid, now)
        chat.join(chat.owner, now, external=False)
        for each in externals:
            chat.join(each, now, external=True)
        self.all[chat.id] = chat
        return chat

    def _status(self, chat: GroupChat) -> int:
        return OWNER_LEFT if self.company.member(chat.owner).status == LEFT else SERVED

    @call("POST", "externalcontact/groupchat/list", who="customers", lists=("group_chat_list",))
    def list_of(self, ask: Ask) -> dict[str, Any]:
        limit = ask.want("limit", 40063)
        owners = [each.lower() for each in (ask.body.get("owner_filter") or {}).get("userid_list") or []]
        wanted = ask.body.get("status_filter") or 0
        rows = [
            {"chat_id": each.id, "status": self._status(each)}
            for each in self.all.values()
            if (not owners or each.owner.lower() in owners) and (not wanted or self._status(each) == wanted)
        ]
        page, cursor = paged(rows, str(ask.body.get("cursor") or ""), min(int(limit), 1000))
        return {"group_chat_list": page, "next_cursor": cursor}

    def _chat(self, id: object) -> GroupChat:
        if id not in self.all:
            raise Fault(40058, "invalid chat_id")
        return self.all[str(id)]

    @call("POST", "externalcontact/groupchat/get", who="customers")
    def get(self, ask: Ask) -> dict[str, Any]:
        chat = self._chat(ask.body.get("chat_id"))
        if chat.before and chat.changed and self.company.now() - chat.changed < LAG:
            chat = chat.before
        fields = {"chat_id": chat.id, "name": chat.name, "owner": chat.owner, "notice": ""}
        made = {"create_time": int(chat.since.timestamp()), "member_version": f"v{chat.version}"}
        return {"group_chat": {**fields, **made, "member_list": chat.members, "admin_list": []}}

    @call("POST", "externalcontact/groupchat/onjob_transfer", who="customers", lists=("failed_chat_list",))
    def hand_over(self, ask: Ask) -> dict[str, Any]:
        return self._hand_over(ask, resigned=False)

    @call("POST", "externalcontact/groupchat/transfer", who="customers", lists=("failed_chat_list",))
    def hand_over_resigned(self, ask: Ask) -> dict[str, Any]:
        return self._hand_over(ask, resigned=True)

    def _hand_over(self, ask: Ask, *, resigned: bool) -> dict[str, Any]:
        to = self.company.find(str(ask.want("new_owner", 41009)))
        if to is None:
            raise Fault(40003)
        failed = []
        for id in ask.want("chat_id_list", 40063):
            if code := self._code(id, to.userid, resigned=resigned):
                failed.append({"chat_id": id, "errcode": code, "errmsg": "failed"})
            else:
                self.all[id].owner, self.all[id].handed_over = to.userid, True
        return {"failed_chat_list": failed}

    def _code(self, id: str, to: str, *, resigned: bool) -> int:
        if id not in self.all:
            return 90501
        chat = self.all[id]
        gone = self._status(chat) == OWNER_LEFT
        if resigned and not gone:
            return 90508 if chat.handed_over else 90500
        if not resigned and gone:
            return 90502
        return 90504 if chat.owner == to else 0
