"""A smart bot's files: uploaded over the connection in pieces, and good for three days."""

import base64
import binascii
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.media import LIFE, LIMITS, MB, Item
from tests.fakes.wecom.state import Company

SESSION = timedelta(minutes=30)
CHUNK, CHUNKS = 512 * 1024, 100
BOT_LIMITS = {**LIMITS, "image": 2 * MB}
PER_MINUTE, PER_HOUR = 30, 1000


@dataclass
class Upload:
    fields: dict[str, Any]
    at: datetime
    chunks: dict[int, bytes] = field(default_factory=dict)


class Uploads:
    def __init__(self, company: Company) -> None:
        self.company = company
        self.items: dict[str, Item] = {}
        self._open: dict[str, Upload] = {}
        self._times: defaultdict[str, list[datetime]] = defaultdict(list)

    def item(self, media_id: object, kind: str) -> Item:
        item = self.items.get(str(media_id))
        if item is None or self.company.now() - item.at >= LIFE:
            raise Fault(40007)
        if item.type != kind:
            raise Fault(40004)
        return item

    def act(self, step: str, bot: str, body: dict[str, Any]) -> dict[str, Any]:
        if step == "init":
            return self._init(bot, body)
        upload = self._open.get(str(body.get("upload_id")))
        if upload is None or self.company.now() - upload.at >= SESSION:
            raise Fault(40058, "invalid upload_id")
        return self._chunk(upload, body) if step == "chunk" else self._finish(upload)

    def _init(self, bot: str, body: dict[str, Any]) -> dict[str, Any]:
        kind, size, chunks = body.get("type"), body.get("total_size"), body.get("total_chunks")
        if kind not in BOT_LIMITS:
            raise Fault(40004)
        if not isinstance(size, int) or size < 5:
            raise Fault(40006)
        if size > BOT_LIMITS[kind]:
            raise Fault(45001)
        name = str(body.get("filename") or "")
        if not name or len(name.encode()) > 256 or not isinstance(chunks, int) or not 1 <= chunks <= CHUNKS:
            raise Fault(40058)
        self._count(bot)
        id = self.company.new("UPLOAD")
        self._open[id] = Upload(body, self.company.now())
        return {"upload_id": id}

    def _count(self, bot: str) -> None:
        now, times = self.company.now(), self._times[bot]
        minute = sum(now - each < timedelta(minutes=1) for each in times)
        hour = sum(now - each < timedelta(hours=1) for each in times)
        if minute >= PER_MINUTE or hour >= PER_HOUR:
            raise Fault(45009)
        times.append(now)

    @staticmethod
    def _chunk(upload: Upload, body: dict[str, Any]) -> dict[str, Any]:
        """In any order; a repeated one is ignored. The first has the index 0."""
        index = body.get("chunk_index")
        if not isinstance(index, int) or not 0 <= index < upload.fields["total_chunks"]:
            raise Fault(40058, "invalid chunk_index")
        try:
            data = base64.b64decode(str(body.get("base64_data") or ""), validate=True)
        except binascii.Error as error:
            raise Fault(40058, "invalid base64_data") from error
        if not 0 < len(data) <= CHUNK:
            raise Fault(40006)
        upload.chunks.setdefault(index, data)
        return {}

    def _finish(self, upload: Upload) -> dict[str, Any]:
        fields = upload.fields
        data = b"".join(upload.chunks[each] for each in sorted(upload.chunks))
        if len(upload.chunks) != fields["total_chunks"] or len(data) != fields["total_size"]:
            raise Fault(40058, "chunks are missing")
        if fields.get("md5") and hashlib.md5(data).hexdigest() != str(fields["md5"]).lower():
            raise Fault(40058, "wrong md5")
        item = Item(
            self.company.new("BOTMEDIA"), fields["type"], data, fields["filename"], self.company.now()
        )
        self.items[item.id] = item
        return {"type": item.type, "media_id": item.id, "created_at": self.company.seconds}
