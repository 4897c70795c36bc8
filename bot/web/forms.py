"""What every page of ours has in common: its headers, and forms that only our own pages can send."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.platforms.local.inbound import Malformed
from bot.platforms.local.requests import check_origin
from storage.secrets import Keyring, SecretsError

STATIC = Path(__file__).parent / "static"
SHARED = {"tokens.css": "text/css", "page.css": "text/css", "mark.svg": "image/svg+xml"}
"""Files that pages outside the playground may load."""
FORM_LIFE = timedelta(hours=12)
LONGEST = 400

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with that a browser sends a form of our own page as from nowhere (Origin: null).
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FORM: TypeAdapter[tuple[str, datetime]] = TypeAdapter(tuple[str, datetime])
PURPOSE = "web.form"


def page(html: str, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(text=html, content_type="text/html", status=status, headers=HEADERS)


def see_other(path: str) -> web.Response:
    """After a form: the page again, so that going back sends nothing twice."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=HEADERS | {"Location": path})


def shared_file(prefix: str) -> web.RouteDef:
    """The look of the pages, under their own prefix."""

    async def static(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in SHARED:
            raise web.HTTPNotFound(headers=HEADERS)
        headers = HEADERS | {"Content-Type": SHARED[name], "Cache-Control": "max-age=300"}
        return web.FileResponse(STATIC / name, headers=headers)

    return web.get(f"{prefix}/static/{{name}}", static)


def own_path(back: str, prefix: str = "/m/") -> str:
    """A path of ours to lead back to; the first page for anything else."""
    fine = back.startswith(prefix) and "\\" not in back and "//" not in back and back.isprintable()
    return back if fine else prefix


class Forms:
    """Tokens for forms: bound to who sees the page, and to nobody where nobody is known."""

    def __init__(self, keyring: Keyring, now: Callable[[], datetime]) -> None:
        self._keyring = keyring
        self._now = now

    def token(self, whose: str) -> str:
        text = _FORM.dump_json((whose, self._now() + FORM_LIFE)).decode()
        return self._keyring.encrypt(text, PURPOSE)

    def check(self, request: web.Request, token: object, whose: str) -> None:
        """Raises `Malformed` unless the form is from our own page, for this reader, and not too old."""
        check_origin(request)
        if not isinstance(token, str) or len(token) > LONGEST:
            raise Malformed("这一页放太久了，刷新再来一次", HTTPStatus.FORBIDDEN)
        try:
            name, until = _FORM.validate_json(self._keyring.decrypt(token, PURPOSE))
        except (SecretsError, ValidationError, UnicodeDecodeError):
            name, until = "", self._now()
        if name != whose or self._now() >= until:
            raise Malformed("这一页放太久了，刷新再来一次", HTTPStatus.FORBIDDEN)


def once() -> str:
    """What makes a form one update however often it is sent."""
    return token_hex(8)


def form_name(raw: object) -> str:
    """What the form calls itself: sent twice, it is one update. Raises `Malformed`."""
    if not isinstance(raw, str) or not 8 <= len(raw) <= 40 or not raw.replace("-", "").isalnum():
        raise Malformed("这一页不完整，刷新再来一次", HTTPStatus.BAD_REQUEST)
    return raw
