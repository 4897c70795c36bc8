"""Access tokens: one per app that is the same while it lives, for both APIs; and users' tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.errors import Fault, LegacyFault
from tests.fakes.dingtalk.state import App, Org

LIFE = timedelta(seconds=7200)


@dataclass
class Token:
    value: str
    app: App
    ends: datetime
    legacy: bool
    user: str = ""


class Tokens:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.life = LIFE
        self.invalid_status = 400
        """HTTP status of InvalidAuthentication; 400 and 401 have both been seen."""
        self.mixed = True
        """Whether the new API's token is good for the legacy one and the other way round (unconfirmed)."""
        self.issued: dict[str, Token] = {}

    def revoke(self, app: App | None = None) -> None:
        """All living tokens of the app (or of all) end now."""
        for value, token in list(self.issued.items()):
            if app is None or token.app is app:
                del self.issued[value]

    @call("POST", "/v1.0/oauth2/accessToken", who="nobody", metered=False)
    def new(self, ask: Ask) -> dict[str, Any]:
        app = self.org.app(ask.want("appKey"))
        if app is None or app.client_secret != ask.want("appSecret"):
            raise Fault("invalidClientIdOrSecret")
        return {"accessToken": self.give(app).value, "expireIn": int(self.life.total_seconds())}

    @call("GET", "/gettoken", who="nobody", metered=False)
    def old(self, ask: Ask) -> dict[str, Any]:
        app = self.org.app(ask.query.get("appkey"))
        if app is None or app.client_secret != ask.query.get("appsecret"):
            raise LegacyFault(40089)
        token = self.give(app, legacy=True)
        return {"access_token": token.value, "expires_in": int(self.life.total_seconds())}

    def give(self, app: App, *, legacy: bool = False, user: str = "") -> Token:
        """The living token, its life renewed; a new one where there is none."""
        now = self.org.now()
        for token in self.issued.values():
            if token.app is app and token.legacy == legacy and token.user == user and token.ends > now:
                token.ends = now + self.life
                return token
        token = Token(self.org.new("token"), app, now + self.life, legacy, user)
        self.issued[token.value] = token
        return token

    def check(self, value: str, *, legacy: bool = False, user: bool = False) -> Token:
        """The token; the family's own error where it is missing, unknown, over or of another kind."""
        token = self.issued.get(value)
        good = token is not None and token.ends > self.org.now() and bool(token.user) == user
        if good and token is not None and (self.mixed or user or token.legacy == legacy):
            return token
        if legacy:
            raise LegacyFault(40014)
        raise Fault("InvalidAuthentication", self.invalid_status)
