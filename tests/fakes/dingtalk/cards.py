"""Interactive cards: created from a template, put into chats, changed in place."""

from typing import Any

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.card import Card
from tests.fakes.dingtalk.chats import Chats
from tests.fakes.dingtalk.clicks import Clicks
from tests.fakes.dingtalk.errors import Fault
from tests.fakes.dingtalk.state import Conversation, Org
from tests.fakes.dingtalk.templates import PRESETS, Template, Values

WRITE, STREAM = "Card.Instance.Write", "Card.Streaming.Write"
LONGEST_NAME = 100
LONGEST_VALUE = 1024
SPACE = "dtv1.card//"
MODELS = {"IM_ROBOT": "imRobotOpenDeliverModel", "IM_GROUP": "imGroupOpenDeliverModel"}


class Cards:
    def __init__(self, org: Org, chats: Chats, clicks: Clicks) -> None:
        self.org = org
        self.chats = chats
        self.clicks = clicks
        self.strict = True
        """Values over 1 KB are refused; False: they only make a warning (markdown is said to pass)."""
        self.undelivered = ""
        """While it is set, cards are not delivered, and this reason stands in a 200."""
        self.templates = {each.id: each for each in PRESETS}
        self.all: dict[str, Card] = {}

    # -- calls -------------------------------------------------------------------------------------

    @call("POST", "/v1.0/card/instances", scope=WRITE)
    def create(self, ask: Ask) -> dict[str, Any]:
        return {"success": True, "result": self._create(ask).id}

    @call("POST", "/v1.0/card/instances/deliver", scope=WRITE)
    def deliver(self, ask: Ask) -> dict[str, Any]:
        return {"success": True, "result": self._deliver(ask, self._card(ask))}

    @call("POST", "/v1.0/card/instances/createAndDeliver", scope=WRITE)
    def create_and_deliver(self, ask: Ask) -> dict[str, Any]:
        """An outTrackId that was used already changes nothing, and looks like success."""
        spaces = _spaces(ask)
        known = self.all.get(ask.want("outTrackId"))
        if known is not None:
            self.org.warnings.append(f"the card {known.id} was created once more, which does nothing")
            results = [_result(type, id) for type, id in spaces]
        else:
            results = self._deliver(ask, self._create(ask))
        return {"success": True, "result": {"outTrackId": ask.body["outTrackId"], "deliverResults": results}}

    @call("PUT", "/v1.0/card/instances", scope=WRITE)
    def update(self, ask: Ask) -> dict[str, Any]:
        card = self._card(ask)
        if self.clicks.pending(card.id):
            self.org.problems.append(
                f"{card.id} was updated before its callback was answered: the answer wins"
            )
        public = self._values(ask.body["cardData"], card.template) if ask.body.get("cardData") else None
        private = self._private(ask, card.template, card.unions)
        card.update(public, private, ask.body.get("cardUpdateOptions") or {})
        return {"success": True, "result": True}

    @call("PUT", "/v1.0/card/streaming", scope=STREAM)
    def stream(self, ask: Ask) -> dict[str, Any]:
        card, key, guid = self._card(ask), ask.want("key"), ask.want("guid")
        if key not in card.template.streaming or card.final:
            raise Fault("unknownError", 500)
        if guid not in card.guids:
            card.guids.add(guid)
            before = "" if ask.body.get("isFull") else card.public.get(key, "")
            card.final = bool(ask.body.get("isFinalize"))
            card.update({key: before + str(ask.want("content"))}, {}, {"updateCardDataByKey": True})
        return {"success": True, "result": True}

    # -- what they share ---------------------------------------------------------------------------

    def _create(self, ask: Ask) -> Card:
        template = self.templates.get(ask.want("cardTemplateId"))
        if template is None:
            raise Fault("param.templateNotExist", message="卡片模板不存在")
        if not template.published:
            raise Fault("template.stopped")
        id = ask.want("outTrackId")
        if id in self.all:
            return self.all[id]
        unions = ask.body.get("userIdType") == 2
        public = self._values(ask.want("cardData"), template)
        private = self._private(ask, template, unions)
        callback, route = ask.body.get("callbackType", ""), ask.body.get("callbackRouteKey", "")
        card = Card(id, ask.app, template, public, private, callback, route, unions)
        self.all[id] = card
        return card

    def _card(self, ask: Ask) -> Card:
        card = self.all.get(ask.want("outTrackId"))
        if card is None or card.app is not ask.app:
            raise Fault("param.cardNotExist")
        return card

    def _values(self, data: Any, template: Template) -> Values:
        """A cardParamMap: strings only, and not too long."""
        found = data.get("cardParamMap") if isinstance(data, dict) else None
        if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
            raise Fault("param.cardDataIllegal", message="cardParamMap 的值必须是字符串")
        for name, value in found.items():
            if len(name.encode()) > LONGEST_NAME or (self.strict and len(value.encode()) > LONGEST_VALUE):
                raise Fault("param.cardDataTooLong", message=f"{name} 过长")
            if len(value.encode()) > LONGEST_VALUE:
                self.org.warnings.append(f"the value of {name} has {len(value.encode())} bytes")
            if template.variables is not None and name not in template.variables:
                self.org.warnings.append(f"the template {template.id} has no variable {name}")
        return found

    def _private(self, ask: Ask, template: Template, unions: bool) -> dict[str, Values]:
        given = ask.body.get("privateData") or {}
        return {self._user(user, unions): self._values(data, template) for user, data in given.items()}

    def _user(self, id: str, unions: bool) -> str:
        found = next((each.userid for each in self.org.members.values() if each.unionid == id), "")
        return found if unions else id

    # -- into the chats ----------------------------------------------------------------------------

    def _deliver(self, ask: Ask, card: Card) -> list[dict[str, Any]]:
        spaces = _spaces(ask)
        if any(not ask.body.get(MODELS[type]) for type, _ in spaces):
            raise Fault("param.spaceDeliverModelEmpty")
        return [self._put(ask.body[MODELS[type]], card, type, id) for type, id in spaces]

    def _put(self, model: dict[str, Any], card: Card, type: str, id: str) -> dict[str, Any]:
        error = self.undelivered or self._hindrance(model, card, type, id)
        if error:
            return _result(type, id, error)
        chat = self._chat(card, type, id)
        only = frozenset(model["recipients"]) if model.get("recipients") else None
        bubble = self.chats.put(
            *(card.app, chat, "card", card.content), key=card.id, template=card.template, only=only
        )
        card.bubbles.append((self.chats.screen(chat), bubble))
        return _result(type, id)

    def _hindrance(self, model: dict[str, Any], card: Card, type: str, id: str) -> str:
        robot = model.get("robotCode")
        if (robot or type == "IM_GROUP") and robot != card.app.robot_code:
            return "robotCode 不正确"
        if type == "IM_ROBOT":
            return (
                "" if self.org.sees(card.app, self._user(id, card.unions)) else "用户不存在或不在可见范围内"
            )
        group = self.chats.group(id, card.app)
        return "" if group and not group.disbanded else "机器人不在群里"

    def _chat(self, card: Card, type: str, id: str) -> Conversation:
        if type == "IM_ROBOT":
            return self.org.single(card.app, self._user(id, card.unions))
        return self.org.conversations[id]


def _spaces(ask: Ask) -> list[tuple[str, str]]:
    """The places of an openSpaceId."""
    text = str(ask.want("openSpaceId"))
    if not text.startswith(SPACE):
        raise Fault("param.openSpaceIdIllegal")
    found = []
    for each in text.split(";"):
        type, _, id = each.removeprefix(SPACE).partition(".")
        if type not in MODELS or not id:
            raise Fault("param.openSpaceIdIllegal", message=f"不支持的场域 {each}")
        found.append((type, id))
    return found


def _result(type: str, id: str, error: str = "") -> dict[str, Any]:
    carrier = "" if error else f"carrier-{id}"
    return {"spaceType": type, "spaceId": id, "success": not error, "carrierId": carrier, "errorMsg": error}
