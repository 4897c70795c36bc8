"""Who holds the phone, by DingTalk's own sign-in page: inside its client nothing is typed there."""

from urllib.parse import quote, urlencode

from bot.platforms import TryLater
from bot.platforms.dingtalk import NAME
from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.errors import NO_MEMBER, DingError, Kind
from handlers.kernel.update import Sender

AUTHORIZE = "https://login.dingtalk.com/oauth2/auth"


class DingTalkDoor:
    """The `Door` of the internal app."""

    name = NAME

    def __init__(self, api: Api) -> None:
        self._api = api

    def knows(self, user_agent: str) -> bool:
        return "dingtalk" in user_agent.lower()

    def address(self, back: str, state: str) -> str:
        told = {
            "redirect_uri": back,
            "response_type": "code",
            "client_id": self._api.client_id,
            "scope": "openid",
            "prompt": "consent",
            "state": state,
        }
        return f"{AUTHORIZE}?{urlencode(told, quote_via=quote, safe='')}"

    async def who(self, code: str) -> Sender | None:
        """The code is a token of his, that a name across companies, and that our own name for him."""
        if not code:
            return None
        try:
            union = await self._union(code)
            found = await self._api.old("/topapi/user/getbyunionid", {"unionid": union})
        except DingError as error:
            if error.kind in (Kind.GONE, Kind.LOST) or error.code == NO_MEMBER:
                return None
            raise TryLater(str(error)) from error
        member = found.get("userid")
        return Sender(NAME, str(member)) if member else None

    async def _union(self, code: str) -> str:
        told = {"clientId": self._api.client_id, "clientSecret": self._api.secret, "code": code}
        path = "/v1.0/oauth2/userAccessToken"
        answer = await self._api.bare(path, {**told, "grantType": "authorization_code"})
        me = await self._api.as_member("/v1.0/contact/users/me", str(answer.get("accessToken", "")))
        return str(me.get("unionId", ""))
