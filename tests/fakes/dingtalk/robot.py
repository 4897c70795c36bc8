"""A robot's own pushes: to members, to groups; taking them back, and who has read them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.chats import Chats
from tests.fakes.dingtalk.errors import Fault
from tests.fakes.dingtalk.media import Media
from tests.fakes.dingtalk.msgkeys import MEDIA, drawn, read
from tests.fakes.dingtalk.state import App, Conversation, Org

SEND = "qyapi_robot_sendmsg"
AT_ONCE = 20
LARGEST = 15_000
KNOWN_FOR = timedelta(hours=24)


@dataclass
class Sending:
    """One push as it is remembered by its processQueryKey."""

    key: str
    app: App
    conversations: list[Conversation]
    at: datetime
    recalled: bool = False
    read: dict[str, datetime] = field(default_factory=dict)


class Robot:
    def __init__(self, org: Org, chats: Chats, media: Media) -> None:
        self.org = org
        self.chats = chats
        self.media = media
        self.flow_controlled: set[str] = set()
        """Userids to whom this robot may not send more just now."""
        self.unsafe: set[str] = set()
        """Words that content audit does not let through."""
        self.sendings: dict[str, Sending] = {}

    # -- sending -----------------------------------------------------------------------------------

    @call("POST", "/v1.0/robot/oToMessages/batchSend", scope=SEND)
    def to_members(self, ask: Ask) -> dict[str, Any]:
        app = self._robot(ask)
        users = ask.want("userIds")
        if not isinstance(users, list) or not users:
            raise Fault("invalidParameter.userIds.empty")
        if len(users) > AT_ONCE:
            raise Fault("invalidParameter.userIds.invalid", message=f"userIds 最多 {AT_ONCE} 个")
        type, content = self._message(ask)
        known = [each for each in users if self.org.sees(app, each) and app.published]
        held = [each for each in known if each in self.flow_controlled]
        chats = [self.org.single(app, each) for each in known if each not in held]
        return {
            "processQueryKey": self._deliver(app, chats, type, content),
            "invalidStaffIdList": [each for each in users if each not in known],
            "flowControlledStaffIdList": held,
            "filteredStaffIdList": [],
        }

    @call("POST", "/v1.0/robot/groupMessages/send", scope=SEND)
    def to_group(self, ask: Ask) -> dict[str, Any]:
        app = self._robot(ask)
        group = self._group(ask, app)
        type, content = self._message(ask)
        if len(str(ask.body["msgParam"]).encode()) > LARGEST:
            raise Fault("invalidParameter.msgParam.tooLong")
        return {"processQueryKey": self._deliver(app, [group], type, content)}

    def _robot(self, ask: Ask) -> App:
        found = self.org.robot(ask.body.get("robotCode") or ask.query.get("robotCode") or _missing())
        if found is None:
            raise Fault("invalidParameter.robotCode.notExsit")
        if found is not ask.app:
            raise Fault("invalidParameter.robotCode.auth")
        if found.stopped:
            raise Fault("bot.stopped")
        return found

    def _group(self, ask: Ask, app: App) -> Conversation:
        group = self.chats.group(ask.want("openConversationId"), app)
        if group is None:
            raise Fault("invalidParameter.openConversationId.invalid")
        if group.disbanded:
            raise Fault("group.disbanded")
        return group

    def _message(self, ask: Ask) -> tuple[str, dict[str, Any]]:
        key = ask.want("msgKey")
        param = read(key, ask.want("msgParam"))
        if any(word in str(ask.body["msgParam"]) for word in self.unsafe):
            raise Fault("param.contentUnsafe")
        wanted = {param[name] for name in MEDIA & set(param)} | {param.get("photoURL", "")}
        unknown = [each for each in wanted if each.startswith("@") and each not in self.media.uploads]
        if unknown:
            raise Fault("invalidParameter.msgParam.invalid", message=f"没有这个媒体文件：{unknown}")
        return drawn(key, param)

    def _deliver(self, app: App, chats: list[Conversation], type: str, content: dict[str, Any]) -> str:
        sending = Sending(self.org.new("process"), app, chats, self.org.now())
        self.sendings[sending.key] = sending
        for each in chats:
            self.chats.put(app, each, type, content, key=sending.key)
        return sending.key

    # -- what became of it -------------------------------------------------------------------------

    def _sending(self, key: object, app: App) -> Sending | None:
        found = self.sendings.get(str(key))
        fresh = found is not None and self.org.now() - found.at < KNOWN_FOR
        return found if found and fresh and found.app is app else None

    @call("POST", "/v1.0/robot/otoMessages/batchRecall", scope=SEND)
    def recall(self, ask: Ask) -> dict[str, Any]:
        app = self._robot(ask)
        keys = ask.want("processQueryKeys")
        if len(keys) > AT_ONCE:
            raise Fault("invalidParameter.processQueryKeys.tooMany")
        done = [each for each in keys if self._recall(each, app)]
        failed = {each: "消息不存在或已超过24小时" for each in keys if each not in done}
        return {"successResult": done, "failedResult": failed}

    @call("POST", "/v1.0/robot/groupMessages/recall", scope=SEND)
    def recall_group(self, ask: Ask) -> dict[str, Any]:
        self._group(ask, self._robot(ask))
        return self.recall(ask)

    def _recall(self, key: str, app: App) -> bool:
        sending = self._sending(key, app)
        if sending is None:
            return False
        sending.recalled = True
        for _, bubble in self.chats.find(key):
            bubble.recalled = True
        return True

    @call("GET", "/v1.0/robot/oToMessages/readStatus", scope=SEND)
    def read_status(self, ask: Ask) -> dict[str, Any]:
        sending = self._known(ask, ask.asked("processQueryKey"))
        users = [each.members[0] for each in sending.conversations]
        infos = [self._read(sending, self.org.member(each).name, each) for each in users]
        return {"sendStatus": _status(sending), "messageReadInfoList": infos}

    @staticmethod
    def _read(sending: Sending, name: str, userid: str) -> dict[str, Any]:
        at = sending.read.get(userid)
        state = {"readStatus": "READ", "readTimestamp": round(at.timestamp() * 1000)} if at else {}
        return {"userId": userid, "name": name, "readStatus": "UNREAD", **state}

    @call("POST", "/v1.0/robot/groupMessages/query", scope=SEND)
    def read_in_group(self, ask: Ask) -> dict[str, Any]:
        sending = self._known(ask, ask.want("processQueryKey"))
        start, size = int(ask.body.get("nextToken") or 0), min(int(ask.body.get("maxResults") or 200), 200)
        users = list(sending.read)[start : start + size]
        more = start + size < len(sending.read)
        page = {"hasMore": more, "nextToken": str(start + size) if more else ""}
        return {"sendStatus": _status(sending), "readUserIds": users, **page}

    def _known(self, ask: Ask, key: object) -> Sending:
        sending = self._sending(key, self._robot(ask))
        if sending is None:
            raise Fault("invalidParameter.processQueryKey.invalid")
        return sending

    def reads(self, userid: str) -> None:
        """The member has seen all that was sent to him."""
        for each in self.sendings.values():
            if any(userid in chat.members for chat in each.conversations):
                each.read.setdefault(userid, self.org.now())


def _missing() -> str:
    raise Fault("invalidParameter.robotCode.empty")


def _status(sending: Sending) -> str:
    return "RECALLED" if sending.recalled else "SUCCESS"
