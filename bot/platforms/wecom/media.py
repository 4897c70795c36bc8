"""Bytes between WeCom and our store: what members sent lies with WeCom for three days, what we send too."""

from bot.platforms import TryLater
from bot.platforms.stored import load
from bot.platforms.wecom.api import Api
from bot.platforms.wecom.errors import Kind, WeComError
from storage.database import Database
from storage.models.engine import Outgoing

MOST_IMAGE = 2 * 1024 * 1024
SIZES = range(6, 20 * 1024 * 1024 + 1)
"""How many bytes a file may have."""
PICTURES = (b"\xff\xd8\xff", b"\x89PNG")
"""How the pictures begin that WeCom shows as such."""


class WeComMedia:
    """The `Media` of the self-built app."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def fetch(self, ref: str) -> bytes | None:
        try:
            return await self._api.download(ref)
        except WeComError as error:
            if error.kind in (Kind.GONE, Kind.LOST):
                return None
            raise TryLater(str(error)) from error


async def stored(message: Outgoing, database: Database) -> tuple[str, str, bytes]:
    """What an outbox row sends: as an image or as a file, its name, its bytes. Raises GiveUp."""
    name, content = await load(message, database, SIZES, "企业微信")
    is_picture = message.kind == "image" and content.startswith(PICTURES) and len(content) <= MOST_IMAGE
    return "image" if is_picture else "file", name, content
