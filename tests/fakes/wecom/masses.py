"""Messages to many customers: a task that its member must confirm, and a customer's monthly share of them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.fakes.wecom.calls import Ask, call
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.externalcontact import Customers
from tests.fakes.wecom.state import Company

NOT_SENT, SENT, NO_FRIEND, HAD_ENOUGH = 0, 1, 2, 3


@dataclass
class Mass:
    msgid: str
    body: dict[str, Any]
    tasks: dict[str, list[str]]
    """Who has to confirm it for whom."""
    status: dict[str, int] = field(default_factory=dict)
    """By external_userid."""
    confirmed: set[str] = field(default_factory=set)


class Masses:
    def __init__(self, company: Company, customers: Customers) -> None:
        self.company = company
        self.customers = customers
        self.all: dict[str, Mass] = {}
        self._had: Counter[tuple[str, date]] = Counter()

    @call("POST", "externalcontact/add_msg_template", who="customers", lists=("fail_list",))
    def add(self, ask: Ask) -> dict[str, Any]:
        """Nothing goes out: the members get a task."""
        wanted = ask.body.get("external_userid") or []
        if len(wanted) > 10000:
            raise Fault(40058)
        sender = str(ask.body.get("sender") or "")
        tasks: dict[str, list[str]] = {}
        failed = []
        for each in wanted or [follow.external for follow in self.customers.of(sender)]:
            member = self._sender(each, sender)
            tasks.setdefault(member, []).append(each) if member else failed.append(each)
        if not tasks:
            raise Fault(41048, fail_list=failed)
        mass = Mass(self.company.new("MASS"), ask.body, tasks)
        mass.status = {each: NOT_SENT for listed in tasks.values() for each in listed}
        self.all[mass.msgid] = mass
        return {"fail_list": failed, "msgid": mass.msgid}

    def _sender(self, external: str, sender: str) -> str:
        """The member who follows him since the latest date, or the one that was asked for."""
        follows = self.customers.followers(external)
        if sender:
            follows = [each for each in follows if each.member.lower() == sender.lower()]
        return max(follows, key=lambda each: each.since).member if follows else ""

    def confirm(self, userid: str, msgid: str) -> None:
        """The member taps 发送 on his task."""
        mass = self.all[msgid]
        month = self.company.now().date().replace(day=1)
        most = (month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1) - month).days
        for each in mass.tasks[userid]:
            if self.customers.follow(userid, each) is None:
                mass.status[each] = NO_FRIEND
            elif self._had[each, month] >= most:
                mass.status[each] = HAD_ENOUGH
            else:
                self._had[each, month] += 1
                mass.status[each] = SENT
        mass.confirmed.add(userid)

    def _mass(self, ask: Ask) -> Mass:
        mass = self.all.get(str(ask.body.get("msgid")))
        if mass is None:
            raise Fault(40058, "invalid msgid")
        return mass

    @call("POST", "externalcontact/get_groupmsg_task", who="customers", lists=("task_list",))
    def tasks(self, ask: Ask) -> dict[str, Any]:
        mass = self._mass(ask)
        listed = [
            {"userid": each, "status": 2 if each in mass.confirmed else 0, "send_time": self.company.seconds}
            for each in mass.tasks
        ]
        return {"task_list": listed, "next_cursor": ""}

    @call("POST", "externalcontact/get_groupmsg_send_result", who="customers", lists=("send_list",))
    def result(self, ask: Ask) -> dict[str, Any]:
        mass, userid = self._mass(ask), str(ask.body.get("userid"))
        listed = [
            {"external_userid": each, "userid": userid, "status": mass.status[each]}
            for each in mass.tasks.get(userid, [])
        ]
        return {"send_list": listed, "next_cursor": ""}
