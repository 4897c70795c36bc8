"""Who holds the phone: the authorize page, its one-time codes, and tickets for pages' scripts."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from aiohttp import web
from yarl import URL

from tests.fakes.wecom.calls import Ask, call
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.state import App, Company

CODE_LIFE = timedelta(minutes=5)
TICKET_LIFE = timedelta(seconds=1800)
SCRIPT_LIFE = timedelta(seconds=7200)
COOKIE = "fake_wecom_member"
"""Names who holds the phone; a request without it comes from no WeCom client."""

_STATE = re.compile(r"[A-Za-z0-9]{0,128}\Z")
_SCOPES = {"snsapi_base", "snsapi_privateinfo", ""}


@dataclass(frozen=True, slots=True)
class Grant:
    who: str
    app: App
    at: datetime
    private: bool = False


class OAuth:
    def __init__(self, company: Company) -> None:
        self.company = company
        self.trusted_domains: set[str] | None = None
        """Host names (with a port where there is one) that a redirect may go to; None is any."""
        self._codes: dict[str, Grant] = {}
        self._tickets: dict[str, Grant] = {}
        self._scripts: dict[tuple[int, str], tuple[str, datetime]] = {}

    # -- the page ----------------------------------------------------------------------------------

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """open.weixin.qq.com/connect/oauth2/authorize, and the QR code page's address."""
        query = request.query
        app = self._app(query.get("appid", ""), query.get("agentid", ""))
        problem = self._problem(app, dict(query))
        if problem:
            return _page(problem)
        who = request.cookies.get(COOKIE, "")
        if not who:
            return _page("请在企业微信客户端打开链接")
        assert app is not None
        private = query.get("scope") == "snsapi_privateinfo"
        code = self.grant(who, app, private=private)
        target = URL(query["redirect_uri"]).update_query(code=code, state=query.get("state", ""))
        raise web.HTTPFound(target)

    def _app(self, corpid: str, agentid: str) -> App | None:
        if corpid != self.company.corpid:
            return None
        apps = [each for each in self.company.apps if each.kind == "app"]
        return self.company.app(agentid) if agentid else next(iter(apps), None)

    def _problem(self, app: App | None, query: dict[str, str]) -> str:
        if app is None:
            return "appid 或 agentid 参数错误"
        if query.get("response_type", "code") != "code" or query.get("scope", "") not in _SCOPES:
            return "response_type 或 scope 参数错误"
        if not _STATE.match(query.get("state", "")):
            return "state 参数错误"
        host = urlsplit(query.get("redirect_uri", "")).netloc
        if not host or (self.trusted_domains is not None and host not in self.trusted_domains):
            return "redirect_uri 需使用应用可信域名（50001）"
        return ""

    # -- codes -------------------------------------------------------------------------------------

    def grant(self, who: str, app: App, *, private: bool = False) -> str:
        """A code as a redirect carries it; `who` may be an outsider (an id beginning with wm or wo)."""
        code = self.company.new("CODE")
        self._codes[code] = Grant(who, app, self.company.now(), private)
        return code

    def _take(self, ask: Ask) -> Grant:
        code = ask.asked("code", 40029)
        grant = self._codes.pop(code, None)
        if grant is None or grant.app is not ask.app or self.company.now() - grant.at >= CODE_LIFE:
            raise Fault(40029)
        return grant

    @call("GET", "auth/getuserinfo", who="app")
    def user_info(self, ask: Ask) -> dict[str, object]:
        grant = self._take(ask)
        member = self.company.find(grant.who)
        if member is None:
            return {"openid": f"o{grant.who}", "external_userid": grant.who}
        if not grant.private:
            return {"userid": member.userid}
        ticket = self.company.new("TICKET")
        self._tickets[ticket] = Grant(member.userid, ask.app, self.company.now())
        return {"userid": member.userid, "user_ticket": ticket}

    @call("GET", "user/getuserinfo", who="app")
    def old_user_info(self, ask: Ask) -> dict[str, object]:
        """The old path, with its other casing."""
        grant = self._take(ask)
        member = self.company.find(grant.who)
        if member is None:
            return {"OpenId": f"o{grant.who}", "DeviceId": ""}
        return {"UserId": member.userid, "DeviceId": "", "expires_in": 1800}

    @call("POST", "auth/getuserdetail", who="app")
    def detail(self, ask: Ask) -> dict[str, object]:
        grant = self._tickets.get(ask.want("user_ticket", 40063))
        if grant is None or self.company.now() - grant.at >= TICKET_LIFE:
            raise Fault(40029, "invalid user_ticket")
        member = self.company.member(grant.who)
        return {"userid": member.userid, "mobile": member.mobile, "email": member.email, "gender": "0"}

    # -- tickets for scripts -----------------------------------------------------------------------

    @call("GET", "get_jsapi_ticket", who="app")
    def company_ticket(self, ask: Ask) -> dict[str, object]:
        return self._ticket(ask.app, "config")

    @call("GET", "ticket/get", who="app")
    def app_ticket(self, ask: Ask) -> dict[str, object]:
        if ask.query.get("type") != "agent_config":
            raise Fault(40005)
        return self._ticket(ask.app, "agent_config")

    def _ticket(self, app: App, kind: str) -> dict[str, object]:
        owner = app.agentid if kind == "agent_config" else 0
        now = self.company.now()
        ticket, ends = self._scripts.get((owner, kind), ("", now))
        if ends <= now:
            ticket, ends = self.company.new("JS_"), now + SCRIPT_LIFE
            self._scripts[owner, kind] = (ticket, ends)
        return {"ticket": ticket, "expires_in": int((ends - now).total_seconds())}

    def check_script(self, app: App, kind: str, nonce: str, timestamp: int, url: str, signature: str) -> None:
        """The client's check of wx.config (`kind` config) or wx.agentConfig (agent_config): 42012, 40093."""

        def signed(of: str) -> str:
            text = f"jsapi_ticket={self._ticket(app, of)['ticket']}&noncestr={nonce}&timestamp={timestamp}"
            return hashlib.sha1(f"{text}&url={url.split('#', maxsplit=1)[0]}".encode()).hexdigest()

        other = "config" if kind == "agent_config" else "agent_config"
        if signature == signed(other):
            raise Fault(42012)
        if signature != signed(kind):
            raise Fault(40093, "invalid signature")


def _page(text: str) -> web.Response:
    html = f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body><p>{text}</p></body></html>"
    return web.Response(text=html, content_type="text/html")
