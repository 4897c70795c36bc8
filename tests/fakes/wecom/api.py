"""The API over HTTP: who calls, what he asks, what he gets, and what goes wrong when a test wants it."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.wecom.calls import Ask, Spec, calls_of
from tests.fakes.wecom.errors import MESSAGES, Fault
from tests.fakes.wecom.state import App, Company
from tests.fakes.wecom.tokens import Tokens

HTML = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"
NOBODY = App(0, "")
INFO = "https://open.work.weixin.qq.com/devtool/query?e="


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

    @property
    def errcode(self) -> int:
        return int(self.answer.get("errcode", 0))


@dataclass
class Accident:
    """What shall go wrong with the next `times` calls of a path. See WeCom.goes_wrong."""

    path: str
    times: int = 1
    errcode: int | None = None
    status: int = 200
    html: str = ""
    seconds: float = 0.0
    cut: bool = False
    half: bool = False
    done: bool = False


class Api:
    def __init__(self, company: Company, tokens: Tokens, subjects: list[object]) -> None:
        self.company = company
        self.tokens = tokens
        self.records: list[Record] = []
        self.counts: Counter[str] = Counter()
        self.accidents: list[Accident] = []
        self.seen_ip = "203.0.113.9"
        """The address that the far side sees the calls come from."""
        self._calls = {
            (spec.method, spec.path): (spec, do) for each in subjects for spec, do in calls_of(each)
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        body, file, name = await _read(request)
        record = Record(request.method, path, dict(request.query), body if isinstance(body, dict) else {})
        self.records.append(record)
        self.counts[path] += 1
        found = self._calls.get((request.method, path))
        if found is None:
            record.status = 404
            return web.Response(status=404, text="404 page not found")
        accident = self._next_accident(path)
        if accident is not None and accident.seconds:
            await asyncio.sleep(accident.seconds)
        if accident is not None and not accident.done and _spoils(accident):
            return self._spoiled(request, record, accident, {})
        answer = self._answer(found, request, record, body, file, name)
        if accident is not None and _spoils(accident):
            return self._spoiled(request, record, accident, record.answer)
        record.status = answer.status
        return answer

    def _answer(
        self, found: tuple[Spec, Any], request: web.Request, record: Record, body: Any, file: bytes, name: str
    ) -> web.Response:
        spec, do = found
        try:
            record.app = self._caller(spec, record, readable=body is not None)
            headers = dict(request.headers)
            ask = Ask(record.app, record.query, record.body, headers, file, name, self.seen_ip)
            result = do(ask)
        except Fault as fault:
            empty: dict[str, Any] = {each: [] for each in spec.lists}
            return self._said(record, {**self.error(fault), **empty, **fault.extra})
        if isinstance(result, web.Response):
            return result
        return self._said(record, {"errcode": 0, "errmsg": "ok", **result})

    def _caller(self, spec: Spec, record: Record, *, readable: bool) -> App:
        """The token counts in the query string only."""
        if not readable:
            raise Fault(41035)
        if spec.who == "nobody":
            return NOBODY
        app = self.tokens.check(record.query.get("access_token", ""), self.seen_ip)
        self.tokens.permit(app, spec.who)
        return app

    def error(self, fault: Fault) -> dict[str, Any]:
        hint = f"hint: [{self.company.seconds}_{self.company.number()}_fake], from ip: {self.seen_ip}"
        text = f"{fault.message}, {hint}, more info at {INFO}{fault.code}"
        return {"errcode": fault.code, "errmsg": text}

    @staticmethod
    def _said(record: Record, answer: dict[str, Any]) -> web.Response:
        record.answer = answer
        return web.json_response(answer, dumps=lambda each: json.dumps(each, ensure_ascii=False))

    # -- accidents ---------------------------------------------------------------------------------

    def _next_accident(self, path: str) -> Accident | None:
        accident = next((each for each in self.accidents if each.path in (path, "*")), None)
        if accident is not None:
            accident.times -= 1
            if accident.times <= 0:
                self.accidents.remove(accident)
        return accident

    def _spoiled(
        self, request: web.Request, record: Record, accident: Accident, answer: dict[str, Any]
    ) -> web.Response:
        record.status = accident.status
        if accident.errcode is not None:
            return self._said(
                record, self.error(Fault(accident.errcode, MESSAGES.get(accident.errcode, "error")))
            )
        if accident.html:
            return web.Response(status=accident.status, text=accident.html, content_type="text/html")
        if accident.half:
            text = json.dumps({"errcode": 0, "errmsg": "ok", **answer})
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        if accident.status != 200:
            return web.Response(status=accident.status)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)


def _spoils(accident: Accident) -> bool:
    """It touches the answer, and does not only come late."""
    return bool(
        accident.errcode is not None
        or accident.html
        or accident.cut
        or accident.half
        or accident.status != 200
    )


async def _read(request: web.Request) -> tuple[Any, bytes, str]:
    """The body as JSON (None where it is none), or the file of a form."""
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        media = form.get("media")
        if isinstance(media, web.FileField):
            return {}, media.file.read(), media.filename
        return {}, b"", ""
    raw = await request.read()
    if not raw:
        return {}, b"", ""
    try:
        body = json.loads(raw)
    except ValueError:
        return None, b"", ""
    return (body if isinstance(body, dict) else None), b"", ""
