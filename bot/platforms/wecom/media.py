"""Bytes between WeCom and our store: what members sent lies with WeCom for three days, what we send too."""

import json

from bot.platforms import GiveUp, TryLater
from bot.platforms.wecom.api import Api
from bot.platforms.wecom.errors import Kind, WeComError
from storage.database import Database
from storage.files import FileMissing
from storage.models.engine import Outgoing

MOST_IMAGE, MOST_FILE, LEAST = 2 * 1024 * 1024, 20 * 1024 * 1024, 6
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
    told = json.loads(message.content)
    try:
        content = await database.files.load(told["file"])
    except FileMissing as missing:
        raise GiveUp("要发的文件已经不在了") from missing
    if not LEAST <= len(content) <= MOST_FILE:
        raise GiveUp("要发的文件太大或是空的：企业微信只收 20 MB 以内的")
    is_picture = content.startswith(PICTURES) and len(content) <= MOST_IMAGE
    return "image" if message.kind == "image" and is_picture else "file", told["name"], content
