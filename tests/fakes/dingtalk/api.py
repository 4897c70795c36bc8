"""Both APIs over HTTP: who calls, what he asks and gets, what it costs, and what a test wants to go wrong."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.dingtalk.calls import Ask, Spec, calls_of
from tests.fakes.dingtalk.errors import BLOCKED, Accident, Fault, LegacyFault
from tests.fakes.dingtalk.meter import Meter
from tests.fakes.dingtalk.state import App, Org
from tests.fakes.dingtalk.tokens import Tokens

NOBODY = App("", "", "")
HEADER = "x-acs-dingtalk-access-token"
FREE = ("/topapi/v2/user/", "/topapi/user/", "/topapi/v2/department/", "/v1.0/contact/")
"""Contact APIs cost nothing."""


@dataclass
class Record:
    """One request and what it got."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)
    """Empty where the answer was a file, a page or nothing."""
    status: int = 0
    app: App | None = None
    metered: bool = False
    token: str = field(default="", repr=False)


class Api:
    def __init__(self, org: Org, tokens: Tokens, meter: Meter, subjects: list[object]) -> None:
        self.org = org
        self.tokens = tokens
        self.meter = meter
        self.records: list[Record] = []
        self.accidents: list[Accident] = []
        self.blocked = False
        """The caller's address is banned: whatever it asks, it gets a page."""
        self.gives_up = 3.0
        """(Real) seconds after which DingTalk gives a call up itself."""
        self.seen_ip = "203.0.113.9"
        """The address that the far side sees the calls come from."""
        self._calls = {
            (spec.method, spec.path): (spec, do) for each in subjects for spec, do in calls_of(each)
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body, file, name = await _read(request)
        record = Record(request.method, request.path, dict(request.query), body or {})
        new = record.path.startswith("/v1.0/")
        record.token = request.headers.get(HEADER, "") if new else record.query.get("access_token", "")
        self.records.append(record)
        if self.blocked:
            record.status = 200
            return web.Response(text=BLOCKED, content_type="text/html")
        accident = self._next_accident(record.path)
        unknown = (Spec(record.method, record.path, "nobody"), _unknown if new else _unknown_legacy)
        spec, do = self._calls.get((record.method, record.path), unknown)
        if accident is not None:
            await asyncio.sleep(min(accident.seconds, self.gives_up))
            if not accident.done and self._ruined(accident):
                return self._spoiled(request, record, accident, spec)
        answer = self._answer(spec, do, record, body, file, name)
        if accident is not None and self._ruined(accident):
            return self._spoiled(request, record, accident, spec)
        return answer

    def _answer(
        self,
        spec: Spec,
        do: Callable[[Ask], Any],
        record: Record,
        body: dict[str, Any] | None,
        file: bytes,
        name: str,
    ) -> web.StreamResponse:
        try:
            ask = self._ask(spec, record, readable=body is not None)
            ask.file, ask.filename = file, name
            result = do(ask)
        except (Fault, LegacyFault) as fault:
            return self._said(record, *self._no(spec, fault))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.org.problems.append(f"{record.path} {record.body}: {type(error).__name__} {error}")
            bad = LegacyFault(40035) if spec.legacy else Fault("invalidParameter")
            return self._said(record, *self._no(spec, bad))
        if isinstance(result, web.Response):
            record.status = result.status
            return result
        envelope = {"errcode": 0, "errmsg": "ok", "request_id": self.org.new("req")} if spec.legacy else {}
        return self._said(record, 200, {**envelope, **(result or {})})

    def _ask(self, spec: Spec, record: Record, *, readable: bool) -> Ask:
        """Who calls, whether he may, and what it costs; a refused call is not carried out and free."""
        if not readable:
            raise LegacyFault(40035, "请求体不是JSON") if spec.legacy else Fault("Invalidbody")
        if spec.who == "nobody":
            return Ask(NOBODY, record.query, record.body)
        token = self.tokens.check(record.token, legacy=spec.legacy, user=spec.who == "user")
        record.app = token.app
        self._permit(token.app, spec)
        self._charge(token.app, spec, record)
        return Ask(token.app, record.query, record.body, token.user)

    def _permit(self, app: App, spec: Spec) -> None:
        if app.ips is not None and self.seen_ip not in app.ips:
            seen = f"不在白名单内的 ip: {self.seen_ip}"
            if spec.legacy:
                raise LegacyFault(88, seen, "60020")
            raise Fault("Forbidden.AccessDenied.IpNotInWhiteList", 403, seen)
        if spec.scope and app.scopes is not None and spec.scope not in app.scopes:
            if spec.legacy:
                raise LegacyFault(88, f"没有权限 {spec.scope}", "60011")
            code = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
            raise Fault(code, 403, requiredScopes=[spec.scope])

    def _charge(self, app: App, spec: Spec, record: Record) -> None:
        if self.meter.too_fast(app, spec.path):
            code = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
            raise LegacyFault(90018) if spec.legacy else Fault(code, 403)
        if not spec.metered or spec.path.startswith(FREE):
            return
        if self.meter.exhausted:
            code = "Forbidden.AccessDenied.ApiCountLimitForOrg"
            raise LegacyFault(90020) if spec.legacy else Fault(code, 403)
        record.metered = True
        self.meter.spend(spec.path)

    def _no(self, spec: Spec, fault: Fault | LegacyFault) -> tuple[int, dict[str, Any]]:
        request = self.org.new("req")
        return (200 if isinstance(fault, LegacyFault) else fault.status), fault.body(request)

    @staticmethod
    def _said(record: Record, status: int, answer: dict[str, Any]) -> web.Response:
        record.status, record.answer = status, answer
        text = json.dumps(answer, ensure_ascii=False)
        return web.Response(status=status, text=text, content_type="application/json")

    # -- accidents ---------------------------------------------------------------------------------

    def _next_accident(self, path: str) -> Accident | None:
        accident = next((each for each in self.accidents if each.path in (path, "*")), None)
        if accident is not None:
            accident.times -= 1
            if accident.times <= 0:
                self.accidents.remove(accident)
        return accident

    def _ruined(self, accident: Accident) -> bool:
        """Its answer is lost, and does not only come late."""
        return accident.spoils or accident.seconds > self.gives_up

    def _spoiled(
        self, request: web.Request, record: Record, accident: Accident, spec: Spec
    ) -> web.StreamResponse:
        record.status = accident.status or 200
        if accident.seconds > self.gives_up:
            fault = LegacyFault(15) if spec.legacy else Fault("timeout", 504)
            return self._said(record, *self._no(spec, fault))
        if accident.code:
            return self._said(record, *self._no(spec, Fault(accident.code, accident.status or 400)))
        if accident.errcode is not None:
            return self._said(record, *self._no(spec, LegacyFault(accident.errcode)))
        if accident.html:
            return web.Response(status=record.status, text=accident.html, content_type="text/html")
        if accident.half:
            text = json.dumps(record.answer or {"errcode": 0, "errmsg": "ok"})
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        if accident.status:
            return web.Response(status=accident.status)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)


def _unknown(ask: Ask) -> dict[str, Any]:
    """22 in the legacy API; the new one's code is a guess."""
    raise Fault("InvalidAction.NotFound", 404, "Specified api is not found.")


def _unknown_legacy(ask: Ask) -> dict[str, Any]:
    raise LegacyFault(22)


async def _read(request: web.Request) -> tuple[dict[str, Any] | None, bytes, str]:
    """The body as JSON (None where it is none), or the fields and the file of a form."""
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        media = form.get("media")
        fields = {name: each for name, each in form.items() if isinstance(each, str)}
        if isinstance(media, web.FileField):
            return fields, media.file.read(), media.filename
        return fields, b"", ""
    raw = await request.read()
    if not raw:
        return {}, b"", ""
    try:
        body = json.loads(raw)
    except ValueError:
        return None, b"", ""
    return (body if isinstance(body, dict) else None), b"", ""
