"""Access tokens: one per app, the same until it ends, revocable; and who may call from where."""

from datetime import datetime, timedelta

from tests.fakes.wecom.calls import Ask, Who, call
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.state import App, Company

LIFE = timedelta(seconds=7200)
BAN = timedelta(hours=1)
TRUST_DELAY = timedelta(minutes=1)


class Tokens:
    def __init__(self, company: Company) -> None:
        self.company = company
        self.life = LIFE
        self.expired_code = 42001
        """What a token that ran out answers; WeCom is known to say 40014 as well."""
        self.bad_secrets_allowed = 5
        self.foreign_secrets: set[str] = set()
        """Secrets of other companies: 40091 instead of 40001."""
        self.trusted: dict[str, datetime] | None = None
        """企业可信IP and since when; None is a company that was never asked for one."""
        self.issued: dict[str, tuple[App, datetime]] = {}
        self._revoked: dict[str, int] = {}
        self._bad: dict[str, list[datetime]] = {}

    def trust(self, *ips: str, at_once: bool = False) -> None:
        """Sets the trusted addresses; it takes a minute until they hold."""
        since = self.company.now() + (timedelta() if at_once else TRUST_DELAY)
        self.trusted = {ip: (self.trusted or {}).get(ip, since) for ip in ips}

    def revoke(self, app: App | None = None, code: int = 40014) -> None:
        """All living tokens of the app (or of all) end now; they answer with the code from then on."""
        for token, (owner, _) in list(self.issued.items()):
            if app is None or owner is app:
                del self.issued[token]
                self._revoked[token] = code

    @call("GET", "gettoken", who="nobody")
    def get(self, ask: Ask) -> dict[str, object]:
        app = self._credentials(ask)
        now = self.company.now()
        for token, (owner, ends) in self.issued.items():
            if owner is app and ends > now:
                return self._answer(token, ends, now)
        token = self.company.new("TOKEN") + "-" + str(app.agentid)
        self.issued[token] = (app, now + self.life)
        return self._answer(token, now + self.life, now)

    @staticmethod
    def _answer(token: str, ends: datetime, now: datetime) -> dict[str, object]:
        return {"access_token": token, "expires_in": int((ends - now).total_seconds())}

    def _credentials(self, ask: Ask) -> App:
        secret = ask.asked("corpsecret", 41004)
        corpid = ask.asked("corpid", 41002)
        if self._banned(ask.ip):
            raise Fault(45009)
        if corpid != self.company.corpid:
            raise Fault(40013)
        app = next((each for each in self.company.apps if each.secret == secret and each.enabled), None)
        if app is None:
            self._bad.setdefault(ask.ip, []).append(self.company.now())
            raise Fault(40091 if secret in self.foreign_secrets else 40001)
        return app

    def _banned(self, ip: str) -> bool:
        recent = [each for each in self._bad.get(ip, []) if self.company.now() - each < BAN]
        return len(recent) >= self.bad_secrets_allowed

    def check(self, token: str, ip: str) -> App:
        """The app that the token speaks for; the real errcode otherwise."""
        if not token:
            raise Fault(41001)
        if token in self._revoked:
            raise Fault(self._revoked[token])
        if token not in self.issued:
            raise Fault(40014)
        app, ends = self.issued[token]
        if ends <= self.company.now():
            raise Fault(self.expired_code)
        if not app.enabled:
            raise Fault(50003)
        self._check_ip(app, ip)
        return app

    def _check_ip(self, app: App, ip: str) -> None:
        if self.trusted is None or app.kind == "contacts":
            return
        since = self.trusted.get(ip)
        if since is None or since > self.company.now():
            raise Fault(60020, f"not allow to access from your ip: {ip}")

    @staticmethod
    def permit(app: App, who: Who) -> None:
        """What this app's token has a right to."""
        if who == "app" and app.kind == "contacts":
            raise Fault(48002)
        if who == "contacts" and app.kind != "contacts":
            raise Fault(48002)
        if who == "customers" and not (app.kind == "app" and app.customers):
            raise Fault(48002)
