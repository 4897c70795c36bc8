"""External contacts: an address book that the organisation shares, each with a colleague who follows him."""

from typing import Any

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.errors import LegacyFault
from tests.fakes.dingtalk.state import Org

READ, WRITE = "qyapi_ext_read", "qyapi_ext_write"
LARGEST_PAGE = 100
MOST = 20
NEEDED = ("name", "follower_user_id", "label_ids")
BORN_WITH = ("mobile", "state_code")
"""Given when he is created, and never changed."""
MANY = ("label_ids", "share_dept_ids", "share_user_ids")
PLAIN = ("title", "company_name", "address", "remark")

Contact = dict[str, Any]


class ExtContacts:
    """Found by `user_id` in what is asked, by `userid` in what is answered."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.all: dict[str, Contact] = {}
        self.labels = [{"name": "客户状态", "color": -1, "labels": [{"id": 11, "name": "意向客户"}]}]

    @call("POST", "/topapi/extcontact/listlabelgroups", scope=READ)
    def label_groups(self, ask: Ask) -> dict[str, Any]:
        return {"results": _page(ask, self.labels)}

    @call("POST", "/topapi/extcontact/list", scope=READ)
    def list(self, ask: Ask) -> dict[str, Any]:
        return {"results": _page(ask, [*self.all.values()])}

    @call("POST", "/topapi/extcontact/get", scope=READ)
    def get(self, ask: Ask) -> dict[str, Any]:
        return {"result": self._contact(ask.legacy("user_id"))}

    @call("POST", "/topapi/extcontact/create", scope=WRITE)
    def create(self, ask: Ask) -> dict[str, Any]:
        given = self._given(ask, (*NEEDED, *BORN_WITH))
        contact = {"userid": self.org.new("ext"), **given}
        self.all[contact["userid"]] = contact
        return {"userid": contact["userid"]}

    @call("POST", "/topapi/extcontact/update", scope=WRITE)
    def update(self, ask: Ask) -> dict[str, Any]:
        given = self._given(ask, (*NEEDED, "user_id"))
        contact = self._contact(given.pop("user_id"))
        if set(given) & set(BORN_WITH):
            raise LegacyFault(40035, "手机号不可修改")
        contact |= given
        return {}

    @call("POST", "/topapi/extcontact/delete", scope=WRITE)
    def delete(self, ask: Ask) -> dict[str, Any]:
        del self.all[self._contact(ask.legacy("user_id"))["userid"]]
        return {}

    def _contact(self, id: str) -> Contact:
        if id not in self.all:
            raise LegacyFault(60121)
        return self.all[id]

    def _given(self, ask: Ask, needed: tuple[str, ...]) -> Contact:
        given = ask.legacy("contact")
        missing = [name for name in needed if not given.get(name)]
        known = {*NEEDED, *BORN_WITH, *MANY, *PLAIN, "user_id"}
        if missing or set(given) - known or any(len(given.get(name) or []) > MOST for name in MANY):
            raise LegacyFault(40035, f"缺少参数 {missing}，或有多余的、过长的参数")
        if self.org.find(given["follower_user_id"]) is None:
            raise LegacyFault(60121)
        return dict(given)


def _page(ask: Ask, items: list[Contact]) -> list[Contact]:
    size, offset = int(ask.body.get("size") or 20), int(ask.body.get("offset") or 0)
    if not 1 <= size <= LARGEST_PAGE:
        raise LegacyFault(40035, "size 应在1到100之间")
    return items[offset : offset + size]
