"""Who holds the phone, by WeCom's OAuth: silently, inside its own client."""

from urllib.parse import quote, urlencode

from bot.platforms import TryLater
from bot.platforms.wecom import APP
from bot.platforms.wecom.api import Api
from bot.platforms.wecom.errors import Kind, WeComError
from handlers.kernel.update import Sender

AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"


class WeComDoor:
    """The `Door` of the self-built app."""

    name = APP

    def __init__(self, api: Api, corp_id: str, agent_id: int) -> None:
        self._api = api
        self._corp_id = corp_id
        self._agent_id = agent_id

    def knows(self, user_agent: str) -> bool:
        return "wxwork" in user_agent.lower()

    def address(self, back: str, state: str) -> str:
        told = {
            "appid": self._corp_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
            "agentid": str(self._agent_id),
        }
        return f"{AUTHORIZE}?{urlencode(told, quote_via=quote, safe='')}#wechat_redirect"

    async def who(self, code: str) -> Sender | None:
        if not code:
            return None
        try:
            answer = await self._api.get("auth/getuserinfo", code=code)
        except WeComError as error:
            if error.kind is Kind.GONE:
                return None
            raise TryLater(str(error)) from error
        member = answer.get("userid")
        return Sender(APP, str(member)) if member else None
