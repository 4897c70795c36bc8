"""Cards without a template (普通版): their layout comes along, and their buttons never reach Stream."""

import json
from typing import Any

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.chats import Chats
from tests.fakes.dingtalk.errors import Fault
from tests.fakes.dingtalk.state import Conversation, Org

SEND = "Card.Instance.Write"


class StandardCards:
    """What a button with actionType request posts to its callbackUrl is unconfirmed, so it does nothing."""

    def __init__(self, org: Org, chats: Chats) -> None:
        self.org = org
        self.chats = chats

    @call("POST", "/v1.0/im/v1.0/robot/interactiveCards/send", scope=SEND)
    def send(self, ask: Ask) -> dict[str, Any]:
        if ask.want("cardTemplateId") != "StandardCard" or ask.want("robotCode") != ask.app.robot_code:
            raise Fault("invalidParameter.robotCode.auth")
        card, chat = ask.want("cardBizId"), self._chat(ask)
        if not self.chats.find(card):
            self.chats.put(ask.app, chat, "standard", self._content(ask), key=card)
        return {"processQueryKey": self.org.new("process")}

    @call("PUT", "/v1.0/im/robots/interactiveCards", scope=SEND)
    def update(self, ask: Ask) -> dict[str, Any]:
        found = self.chats.find(ask.want("cardBizId"))
        if not found:
            raise Fault("cardInstanceNotExist")
        for screen, bubble in found:
            screen.change(bubble, content=self._content(ask))
        return {"processQueryKey": self.org.new("process")}

    def _chat(self, ask: Ask) -> Conversation:
        receiver = ask.body.get("singleChatReceiver")
        if receiver:
            user = _json(receiver).get("userId")
            if not self.org.sees(ask.app, user):
                raise Fault("staffId.notExisted")
            return self.org.single(ask.app, str(user))
        group = self.chats.group(ask.want("openConversationId"), ask.app)
        if group is None:
            raise Fault("invalidParameter.openConversationId.invalid")
        return group

    def _content(self, ask: Ask) -> dict[str, Any]:
        card = _json(ask.want("cardData"))
        texts, buttons = [], []
        for part in card.get("contents", []):
            texts += [part["text"]] if part["type"] in ("text", "markdown") else []
            texts += [each["text"] for each in part.get("fields", {}).get("list", [])]
            buttons += part.get("actions", []) + ([part["extra"]] if part.get("extra") else [])
        links = [(each["label"]["text"], each.get("url", {}).get("all", "")) for each in buttons]
        if any(each.get("actionType") == "request" for each in buttons):
            self.org.warnings.append("a StandardCard's request button: its tap never comes by Stream")
        title = card.get("header", {}).get("title", {}).get("text", "")
        return {"title": title, "text": "\n".join(texts), "buttons": [each for each in links if each[1]]}


def _json(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise Fault("invalidParameter.cardData.invalid", message="必须是JSON字符串")
    return found
