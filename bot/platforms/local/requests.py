"""Reads the page's requests: from here or not, and never more of them than was agreed; knows no message."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.platforms.local.inbound import MAX_FILE, MAX_SHORT, TOO_LONG, Malformed

PARTS = 8
"""Fields that a form may have."""
BROKEN = "文件没传完整，再传一次"

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form, and the form's other fields."""

    fields: Mapping[str, object]
    content: bytes
    name: str


def check_host(request: web.Request, others: frozenset[str]) -> None:
    """A name that somebody else can point at this machine is not ours, whatever it resolves to."""
    found = _HOST.fullmatch(request.host)
    name = found[1].strip("[]").lower() if found else ""
    if not _is_own(name) and name not in others:
        raise Malformed("这个网址不是这一页的，用本机地址打开", HTTPStatus.FORBIDDEN)


def check_origin(request: web.Request) -> None:
    """What a browser sends from another site's page is refused; scripts send no Origin at all."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    here = (f"http://{request.host}", f"https://{request.host}")
    if not (origin in here if origin is not None else site in ("same-origin", "none")):
        raise Malformed("这条不是从这一页发来的，没收", HTTPStatus.FORBIDDEN)


async def read(request: web.Request, limit: int) -> bytes:
    """The body; refused as soon as it is known to be too long."""
    pieces = bytearray()
    async for piece in request.content.iter_chunked(65_536):
        pieces += piece
        if len(pieces) > limit:
            raise Malformed(TOO_LONG, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return bytes(pieces)


async def read_form(request: web.Request, *, needs_file: bool = True, longest: int = MAX_SHORT) -> Upload:
    """The one file of a form, and its fields."""
    try:
        upload = await _read_parts(request, longest)
    except Malformed:
        raise
    except (ValueError, AssertionError, HttpProcessingError) as wrong:
        raise Malformed(BROKEN) from wrong
    if needs_file and not upload.content:
        raise Malformed("文件是空的，换一个再传")
    return upload


async def _read_parts(request: web.Request, longest: int) -> Upload:
    if not request.content_type.startswith("multipart/"):
        raise Malformed(BROKEN)
    form = await request.multipart()
    fields: dict[str, object] = {}
    content, name = b"", ""
    for _ in range(PARTS):
        part = await form.next()
        if part is None:
            break
        if not isinstance(part, BodyPartReader):
            raise Malformed(BROKEN)
        if part.name == "file":
            content, name = await _read_part(part, MAX_FILE), part.filename or ""
        elif part.name:
            fields[part.name] = (await _read_part(part, longest)).decode("utf-8", "replace")
    return Upload(fields, content, name[-100:])


async def _read_part(part: BodyPartReader, limit: int) -> bytes:
    pieces = bytearray()
    while piece := await part.read_chunk():
        pieces += piece
        if len(pieces) > limit:
            raise Malformed("文件太大了，20 MB 以内的可以", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return bytes(pieces)


def _is_own(name: str) -> bool:
    """This machine's own name, or an address: only names can be pointed elsewhere."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
