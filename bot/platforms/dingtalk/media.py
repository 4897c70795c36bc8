"""Bytes between DingTalk and our store: a code leads to an address, and the address to the bytes."""

from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.errors import DingError, Kind, later
from bot.platforms.stored import load
from storage.database import Database
from storage.models.engine import Outgoing

SIZES = range(1, 20 * 1024 * 1024 + 1)
"""How many bytes a file may have."""
PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM")
"""How the pictures begin that DingTalk shows as such."""


class DingTalkMedia:
    """The `Media` of the robot."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def fetch(self, ref: str) -> bytes | None:
        told = {"downloadCode": ref, "robotCode": self._api.robot}
        try:
            answer = await self._api.post("/v1.0/robot/messageFiles/download", told)
            return await self._api.download(str(answer.get("downloadUrl", "")))
        except DingError as error:
            if error.kind in (Kind.GONE, Kind.LOST):
                return None
            raise later(error) from error


async def stored(message: Outgoing, database: Database) -> tuple[str, str, bytes]:
    """What an outbox row sends: as an image or as a file, its name, its bytes. Raises GiveUp."""
    name, content = await load(message, database, SIZES, "钉钉")
    is_picture = message.kind == "image" and content.startswith(PICTURES)
    return "image" if is_picture else "file", name, content
