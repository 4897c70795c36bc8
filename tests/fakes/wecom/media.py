"""Temporary media: what may be uploaded, for how long it can be fetched, and in what form it comes back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import web

from tests.fakes.wecom.calls import Ask, call
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.state import Company

LIFE = timedelta(days=3)
MB = 1024 * 1024
LIMITS = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
TYPES = {
    "image": "image/jpeg",
    "voice": "audio/amr",
    "video": "video/mp4",
    "file": "application/octet-stream",
}
LARGEST_RANGE = 20 * MB
LONGEST_VOICE = timedelta(seconds=60)

AMR = b"#!AMR\n"
_FRAME_BYTES = (13, 14, 16, 18, 20, 21, 27, 32, 6)
"""Bytes of an AMR-NB frame, its first one included, by the frame type 0–8; each is 20 ms."""


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    type: str
    data: bytes
    filename: str
    at: datetime


def amr_length(data: bytes) -> timedelta:
    """How long an AMR-NB file plays."""
    position, frames = len(AMR), 0
    while position < len(data):
        kind = data[position] >> 3 & 15
        position += _FRAME_BYTES[kind] if kind < len(_FRAME_BYTES) else 1
        frames += 1
    return timedelta(milliseconds=20 * frames)


def amr(seconds: float = 1.0, mark: int = 0) -> bytes:
    """A real AMR-NB file (4.75 kbit/s); `mark` makes its bytes its own."""
    frame = bytes([0x04]) + mark.to_bytes(12, "big")
    return AMR + frame * round(seconds * 50)


def _is_right(type: str, data: bytes) -> bool:
    if type == "image":
        return data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
    if type == "voice":
        return data.startswith(AMR)
    return type == "file" or data[4:8] == b"ftyp"


class Media:
    def __init__(self, company: Company, base: str = "") -> None:
        self.company = company
        self.base = base
        self.items: dict[str, Item] = {}

    def put(self, type: str, data: bytes, filename: str) -> Item:
        """Keeps a file without asking questions: what a member sends."""
        item = Item(self.company.new("MEDIA"), type, data, filename, self.company.now())
        self.items[item.id] = item
        return item

    def item(self, media_id: object, type: str = "") -> Item:
        """Raises 41006 without an id, 40007 for an unknown or old one, 40004 for another type."""
        if not media_id:
            raise Fault(41006)
        item = self.items.get(str(media_id))
        if item is None or self.company.now() - item.at >= LIFE:
            raise Fault(40007)
        if type and item.type != type:
            raise Fault(40004)
        return item

    @call("POST", "media/upload")
    def upload(self, ask: Ask) -> dict[str, Any]:
        type = ask.query.get("type", "")
        if type not in LIMITS:
            raise Fault(40004)
        _check(type, ask.file)
        item = self.put(type, ask.file, ask.filename)
        return {"type": type, "media_id": item.id, "created_at": str(self.company.seconds)}

    @call("POST", "media/uploadimg")
    def upload_image(self, ask: Ask) -> dict[str, Any]:
        if len(ask.file) > 2 * MB:
            raise Fault(45001)
        _check("image", ask.file)
        return {"url": f"{self.base}/wework/{self.put('image', ask.file, ask.filename).id}/0"}

    @call("GET", "media/get")
    def get(self, ask: Ask) -> web.Response:
        item = self.item(ask.query.get("media_id"))
        wanted = _range(ask.headers.get("Range", ""), len(item.data))
        if (wanted.stop - wanted.start) > LARGEST_RANGE:
            raise Fault(830002)
        headers = {"Content-Type": TYPES[item.type], "Content-Disposition": disposition(item.filename)}
        if len(wanted) == len(item.data):
            return web.Response(body=item.data, headers=headers)
        headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{len(item.data)}"
        return web.Response(status=206, body=item.data[wanted.start : wanted.stop], headers=headers)


def _check(type: str, data: bytes) -> None:
    if not data:
        raise Fault(44001)
    if len(data) <= 5:
        raise Fault(40006)
    if len(data) > LIMITS[type]:
        raise Fault(45001)
    if not _is_right(type, data):
        raise Fault(40005)
    if type == "voice" and amr_length(data) > LONGEST_VOICE:
        raise Fault(45007)


def _range(header: str, length: int) -> range:
    if not header.startswith("bytes="):
        return range(length)
    start, _, end = header.removeprefix("bytes=").partition("-")
    return range(int(start or 0), min(int(end) + 1 if end else length, length))


def disposition(filename: str) -> str:
    """An attachment's name as WeCom writes it, both ways."""
    plain = filename.encode("ascii", "ignore").decode() or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename)}"
