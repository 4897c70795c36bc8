"""Who holds the phone: codes for pages inside DingTalk, the login page outside, and who a code is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from yarl import URL

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.errors import Fault, LegacyFault
from tests.fakes.dingtalk.phone import COOKIE
from tests.fakes.dingtalk.state import App, Org
from tests.fakes.dingtalk.tokens import Tokens

CODE_LIFE = timedelta(minutes=5)
SCRIPT_LIFE = 7200


@dataclass(frozen=True, slots=True)
class Grant:
    who: str
    app: App
    at: datetime
    browser: bool
    """Of the login page outside; else of dd.requestAuthCode in a page inside."""


class OAuth:
    def __init__(self, org: Org, tokens: Tokens) -> None:
        self.org = org
        self.tokens = tokens
        self.redirects: set[str] | None = None
        """Addresses that the console lets the login page lead back to; None is any."""
        self._codes: dict[str, Grant] = {}

    def code(self, userid: str, app: App, *, browser: bool = False) -> str:
        """What dd.requestAuthCode gives the page that the member has open: good once, for five minutes."""
        code = self.org.new("auth")
        self._codes[code] = Grant(userid, app, self.org.now(), browser)
        return code

    def _take(self, code: object, app: App, *, browser: bool) -> str:
        grant = self._codes.pop(str(code), None)
        fresh = grant is not None and self.org.now() - grant.at < CODE_LIFE
        return grant.who if grant and fresh and grant.app is app and grant.browser == browser else ""

    # -- inside DingTalk ---------------------------------------------------------------------------

    @call("POST", "/topapi/v2/user/getuserinfo", scope="qyapi_base")
    def user_info(self, ask: Ask) -> dict[str, Any]:
        member = self.org.find(self._take(ask.legacy("code"), ask.app, browser=False))
        if member is None:
            raise LegacyFault(40078)
        device = {
            "device_id": f"device-{member.userid}",
            "sys": member.admin,
            "sys_level": 2 if member.admin else 0,
        }
        union = {"unionid": member.unionid, "associated_unionid": member.unionid}
        return {"result": {"userid": member.userid, "name": member.name, **union, **device}}

    @call("POST", "/v1.0/oauth2/jsapiTickets", scope="qyapi_base", metered=False)
    def script_ticket(self, ask: Ask) -> dict[str, Any]:
        return {"jsapiTicket": f"ticket-{ask.app.client_id}", "expireIn": SCRIPT_LIFE}

    # -- in a browser ------------------------------------------------------------------------------

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """login.dingtalk.com/oauth2/auth, with a member who says yes."""
        query = request.query
        app = self.org.app(query.get("client_id"))
        back = query.get("redirect_uri", "")
        known = self.redirects is None or back in self.redirects
        wanted = query.get("response_type") == "code" and "openid" in query.get("scope", "").split()
        if app is None or not back or not known or not wanted or query.get("prompt") != "consent":
            return web.Response(text="<p>参数错误</p>", content_type="text/html")
        who = request.cookies.get(COOKIE, "")
        if not who:
            return web.Response(text="<p>请扫码登录</p>", content_type="text/html")
        code = self.code(who, app, browser=True)
        raise web.HTTPFound(URL(back).update_query(authCode=code, state=query.get("state", "")))

    @call("POST", "/v1.0/oauth2/userAccessToken", who="nobody", metered=False)
    def user_token(self, ask: Ask) -> dict[str, Any]:
        app = self.org.app(ask.want("clientId"))
        if app is None or app.client_secret != ask.want("clientSecret"):
            raise Fault("invalidClientIdOrSecret")
        if ask.want("grantType") != "authorization_code":
            raise Fault("invalidParameter.grantType")
        who = self._take(ask.want("code"), app, browser=True)
        if not who:
            raise Fault("invalidParameter.authCode.notFound", message="不存在的authCode")
        token = self.tokens.give(app, user=who)
        more = {"refreshToken": self.org.new("refresh"), "expireIn": int(self.tokens.life.total_seconds())}
        return {"accessToken": token.value, **more, "corpId": self.org.corpid}

    @call("GET", "/v1.0/contact/users/me", who="user", scope="Contact.User.Read")
    def me(self, ask: Ask) -> dict[str, Any]:
        member = self.org.member(ask.user)
        ids = {"unionId": member.unionid, "openId": f"open-{member.userid}"}
        return {"nick": member.name, **ids, "mobile": member.mobile, "stateCode": "86"}
