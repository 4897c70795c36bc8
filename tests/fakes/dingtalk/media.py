"""Files: what a member sends is fetched by a code that runs out, what a robot sends is uploaded first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from aiohttp import web

from tests.fakes.dingtalk.calls import Ask, call
from tests.fakes.dingtalk.errors import Fault, LegacyFault
from tests.fakes.dingtalk.state import App, Org

MB = 1024 * 1024
LIMITS = {"image": 20 * MB, "voice": 2 * MB, "video": 20 * MB, "file": 20 * MB}
SUFFIXES = {
    "image": {"jpg", "jpeg", "gif", "png", "bmp"},
    "voice": {"amr", "mp3", "wav"},
    "video": {"mp4"},
    "file": {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"},
}
CODE_LIFE = timedelta(hours=2)
"""Of a downloadCode; not published, so it is short enough to be met."""
URL_LIFE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    type: str
    data: bytes
    filename: str
    at: datetime
    robot: str = ""


class Media:
    def __init__(self, org: Org) -> None:
        self.org = org
        self.uploads: dict[str, Item] = {}
        """What the app uploaded, by media id."""
        self.code_life, self.url_life = CODE_LIFE, URL_LIFE
        self._codes: dict[str, Item] = {}
        self._urls: dict[str, tuple[Item, datetime]] = {}

    def give(self, app: App, data: bytes, filename: str, type: str = "file") -> str:
        """A downloadCode for a file that a member sends: this robot's alone."""
        item = Item(self.org.new("dl-"), type, data, filename, self.org.now(), app.robot_code)
        self._codes[item.id] = item
        return item.id

    @call("POST", "/v1.0/robot/messageFiles/download", scope="qyapi_robot_sendmsg")
    def download(self, ask: Ask) -> dict[str, Any]:
        robot = ask.want("robotCode")
        if self.org.robot(robot) is None:
            raise Fault("invalidParameter.robotCode.notExsit")
        if robot != ask.app.robot_code:
            raise Fault("invalidParameter.robotCode.auth")
        item = self._codes.get(ask.want("downloadCode"))
        if item is None or item.robot != robot or self.org.now() - item.at >= self.code_life:
            raise Fault("invalidParameter.robotCode.downloadCode")
        key = self.org.new("get-")
        self._urls[key] = (item, self.org.now())
        return {"downloadUrl": f"{self.org.base}/download/{key}/{PurePath(item.filename).suffix.lstrip('.')}"}

    async def fetch(self, request: web.Request) -> web.Response:
        """GET of a downloadUrl, without any token."""
        item, at = self._urls.get(request.match_info["key"], (None, self.org.now()))
        if item is None or self.org.now() - at >= self.url_life:
            return web.Response(
                status=403, text="<Error><Code>AccessDenied</Code></Error>", content_type="text/xml"
            )
        return web.Response(body=item.data, content_type="application/octet-stream")

    @call("POST", "/media/upload", scope="qyapi_base")
    def upload(self, ask: Ask) -> dict[str, Any]:
        type = str(ask.query.get("type") or ask.body.get("type", ""))
        suffix = PurePath(ask.filename).suffix.lstrip(".").lower()
        if type not in LIMITS or suffix not in SUFFIXES[type]:
            raise LegacyFault(40004)
        if not ask.file or len(ask.file) > LIMITS[type]:
            raise LegacyFault(40006)
        item = Item(f"@lAL{self.org.new('media')}", type, ask.file, ask.filename, self.org.now())
        self.uploads[item.id] = item
        return {"media_id": item.id, "type": type, "created_at": self.org.ms}
