"""Handing customers over: what starts it, the day that it takes, and its four ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.wecom.calls import Ask, call, paged
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.externalcontact import BY_TRANSFER, Customers
from tests.fakes.wecom.state import ACTIVE, LEFT, Company, Member

DONE, WAITING, REFUSED, FULL = 1, 2, 3, 4
PERIOD = timedelta(hours=24)
WINDOW = timedelta(days=90)
A_YEAR = timedelta(days=365)
MOST_IN_WINDOW = 2
Event = tuple[str, dict[str, Any]]
"""A ChangeType and its fields."""


@dataclass
class Transfer:
    external: str
    handover: str
    takeover: str
    at: datetime
    resigned: bool
    status: int = WAITING
    ended: datetime | None = None

    @property
    def due(self) -> datetime:
        return self.at + PERIOD

    @property
    def time(self) -> int:
        """takeover_time: the planned one while it waits, the real one when it is done, else 0."""
        when = {WAITING: self.due, DONE: self.ended}.get(self.status)
        return int(when.timestamp()) if when else 0


class Transfers:
    def __init__(self, company: Company, customers: Customers) -> None:
        self.company = company
        self.customers = customers
        self.all: list[Transfer] = []
        self.left: dict[str, datetime] = {}
        """When who left, by lower-cased userid."""

    # -- starting ----------------------------------------------------------------------------------

    @call("POST", "externalcontact/transfer_customer", who="customers", lists=("customer",))
    def start(self, ask: Ask) -> dict[str, Any]:
        if len(str(ask.body.get("transfer_success_msg") or "")) > 200:
            raise Fault(40058, "transfer_success_msg is too long")
        return self._start(ask, resigned=False)

    @call("POST", "externalcontact/resigned/transfer_customer", who="customers", lists=("customer",))
    def start_resigned(self, ask: Ask) -> dict[str, Any]:
        return self._start(ask, resigned=True)

    def _start(self, ask: Ask, *, resigned: bool) -> dict[str, Any]:
        """The errcode on top stays 0 while single customers fail."""
        handover, takeover = self._pair(ask)
        externals = ask.want("external_userid", 40096)
        if not isinstance(externals, list) or len(externals) > 100:
            raise Fault(40058, "at most 100 customers")
        self._check_members(ask, handover, takeover, resigned=resigned)
        listed = []
        for each in externals:
            code = self._code(str(each), handover, takeover, resigned=resigned)
            listed.append({"external_userid": each, "errcode": code})
            if code == 0:
                now = self.company.now()
                self.all.append(Transfer(str(each), handover.userid, takeover.userid, now, resigned))
        return {"customer": listed}

    def _pair(self, ask: Ask) -> tuple[Member, Member]:
        found = [
            self.company.find(str(ask.want(f"{each}_userid", 41009))) for each in ("handover", "takeover")
        ]
        if found[0] is None or found[1] is None:
            raise Fault(40003)
        return found[0], found[1]

    def _check_members(self, ask: Ask, handover: Member, takeover: Member, *, resigned: bool) -> None:
        if handover is takeover:
            raise Fault(40130)
        if not takeover.serves or not self.company.sees(ask.app, takeover) or takeover.status != ACTIVE:
            raise Fault(84074)
        gone = handover.status == LEFT
        if resigned and not gone:
            raise Fault(40097)
        if resigned and self.company.now() - self.left[handover.userid.lower()] >= A_YEAR:
            raise Fault(40097, "left more than a year ago")
        if not resigned and gone:
            raise Fault(40003)

    def _code(self, external: str, handover: Member, takeover: Member, *, resigned: bool) -> int:
        if external not in self.customers.externals:
            return 40096
        if not takeover.verified:
            return 40098
        if self.customers.follow(handover.userid, external) is None:
            return 40131
        mine = [each for each in self.all if each.external == external]
        if any(each.status == WAITING for each in mine):
            return 40129
        recent = [each for each in mine if not each.resigned and self.company.now() - each.at < WINDOW]
        return 40128 if not resigned and len(recent) >= MOST_IN_WINDOW else 0

    # -- results -----------------------------------------------------------------------------------

    @call("POST", "externalcontact/transfer_result", who="customers", lists=("customer",))
    def result(self, ask: Ask) -> dict[str, Any]:
        return self._result(ask, resigned=False)

    @call("POST", "externalcontact/resigned/transfer_result", who="customers", lists=("customer",))
    def resigned_result(self, ask: Ask) -> dict[str, Any]:
        return self._result(ask, resigned=True)

    def _result(self, ask: Ask, *, resigned: bool) -> dict[str, Any]:
        handover, takeover = self._pair(ask)
        pair = (handover.userid, takeover.userid, resigned)
        found = {
            each.external: each for each in self.all if (each.handover, each.takeover, each.resigned) == pair
        }
        listed = [
            {"external_userid": each.external, "status": each.status, "takeover_time": each.time}
            for each in found.values()
        ]
        page, cursor = paged(listed, str(ask.body.get("cursor") or ""), self.customers.page)
        return {"customer": page, "next_cursor": cursor}

    @call("POST", "externalcontact/get_unassigned_list", who="customers", lists=("info",))
    def unassigned(self, ask: Ask) -> dict[str, Any]:
        rows = [
            {
                "handover_userid": each.member,
                "external_userid": each.external,
                "dimission_time": int(at.timestamp()),
            }
            for userid, at in self.left.items()
            for each in self.customers.of(userid)
        ]
        size = min(int(ask.body.get("page_size") or 1000), 1000)
        page, cursor = paged(rows, str(ask.body.get("cursor") or ""), size)
        return {"info": page, "is_last": not cursor, "next_cursor": cursor}

    # -- ending ------------------------------------------------------------------------------------

    def refuse(self, external: str) -> list[Event]:
        """The customer says no while it waits."""
        waiting = [each for each in self.all if each.external == external and each.status == WAITING]
        assert waiting, f"nobody takes {external} over"
        waiting[0].status = REFUSED
        return [self._failed(waiting[0], "customer_refused")]

    def due(self) -> list[Event]:
        """Whatever a day has gone by for: it happens by itself. The events to call back, in order."""
        now = self.company.now()
        over = [each for each in self.all if each.status == WAITING and each.due <= now]
        return [event for each in over for event in self._end(each)]

    def _end(self, transfer: Transfer) -> Iterator[Event]:
        takeover = self.company.member(transfer.takeover)
        limit = takeover.customer_limit
        if limit is not None and len(self.customers.of(takeover.userid)) >= limit:
            transfer.status = FULL
            yield self._failed(transfer, "customer_limit_exceed")
            return
        transfer.status, transfer.ended = DONE, transfer.due
        yield from self._move(transfer, takeover)

    def _move(self, transfer: Transfer, takeover: Member) -> Iterator[Event]:
        follows = self.customers.follows
        follows.pop((transfer.handover.lower(), transfer.external), None)
        if not transfer.resigned:
            gone = {"UserID": transfer.handover, "ExternalUserID": transfer.external}
            yield "del_external_contact", {**gone, "Source": "DELETE_BY_TRANSFER"}
        if self.customers.follow(takeover.userid, transfer.external) is None:
            external = self.customers.externals[transfer.external]
            self.customers.connect(takeover, external, BY_TRANSFER)
            yield "add_external_contact", {"UserID": takeover.userid, "ExternalUserID": transfer.external}

    @staticmethod
    def _failed(transfer: Transfer, why: str) -> Event:
        who = {"UserID": transfer.takeover, "ExternalUserID": transfer.external}
        return "transfer_fail", {**who, "FailReason": why}
