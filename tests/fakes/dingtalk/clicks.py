"""Taps on cards that call back, and the answer within two seconds that may change the card at once."""

import json
from typing import Any

from tests.fakes.dingtalk.card import Card
from tests.fakes.dingtalk.gateway import CARD, Gateway, Push
from tests.fakes.dingtalk.hooks import Hooks, Posted
from tests.fakes.dingtalk.state import Org

FAILED = "操作失败，请稍后再试"


class Clicks:
    def __init__(self, org: Org, gateway: Gateway, hooks: Hooks) -> None:
        self.org = org
        self.gateway = gateway
        self.hooks = hooks
        gateway.on_end = self._ended
        self._open: dict[str, tuple[Card, str]] = {}
        """By the Push's own id (`extension`): the card and who tapped it, until it is answered."""

    def pending(self, card: str) -> bool:
        return any(each.id == card for each, _ in self._open.values())

    async def click(
        self,
        card: Card,
        userid: str,
        actions: list[str],
        params: dict[str, Any],
        *,
        chat: str = "",
        space: str = "im",
        wait: bool = True,
    ) -> Push | Posted | None:
        """None where the card tells nobody: made without a callbackType, or for HTTP without a route."""
        data = self._data(card, userid, actions, params, chat, space)
        if card.callback == "STREAM":
            id = self.org.new("click-")
            self._open[id] = (card, userid)
            push = await self.gateway.push(card.app, "CALLBACK", CARD, id, data)
            return await self.gateway.answered(push) if wait else push
        route = self.hooks.routes.get(card.route)
        if card.callback != "HTTP" or route is None:
            self.org.warnings.append(f"a tap on {card.id} is told to nobody")
            return None
        posted = await self.hooks.card(route, data)
        self._apply(card, userid, _json(posted.body) if posted.accepted else None)
        return posted

    def _data(
        self, card: Card, userid: str, actions: list[str], params: dict[str, Any], chat: str, space: str
    ) -> dict[str, Any]:
        content = json.dumps(
            {"cardPrivateData": {"actionIds": actions, "params": params}}, ensure_ascii=False
        )
        return {
            "type": "actionCallback",
            "outTrackId": card.id,
            "corpId": self.org.corpid,
            "userId": self.org.member(userid).unionid if card.unions else userid,
            "userIdType": 2 if card.unions else 1,
            "spaceType": space,
            "spaceId": chat,
            "extension": "{}",
            "content": content,
            "value": content,
        }

    def _ended(self, push: Push) -> None:
        card, userid = self._open.pop(push.id, (None, ""))
        if card is not None:
            data = push.ack.data if push.acked and push.ack else None
            answer = data.get("response") if isinstance(data, dict) else None
            self._apply(card, userid, answer or {} if push.acked else None)

    def _apply(self, card: Card, userid: str, answer: Any) -> None:
        """`answer` None: it failed, nothing is applied and the member is told so."""
        if answer is None:
            for screen, bubble in card.bubbles:
                screen.change(bubble, failed=FAILED)
            return
        try:
            public, mine = _map(answer, "cardData"), _map(answer, "userPrivateData")
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            self.org.problems.append(f"the answer to a tap cannot be used: {type(error).__name__} {error}")
            return
        if public is not None or mine is not None:
            private = {} if mine is None else {userid: mine}
            card.update(public, private, answer.get("cardUpdateOptions") or {})


def _map(answer: dict[str, Any], name: str) -> dict[str, str] | None:
    """Only strings are values here too."""
    if not answer.get(name):
        return None
    found: dict[str, str] = answer[name]["cardParamMap"]
    if not all(isinstance(each, str) for each in found.values()):
        raise ValueError(f"{name} holds what is no string")
    return found


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return None
