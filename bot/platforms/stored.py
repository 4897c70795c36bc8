"""What an outbox row sends out of our own store."""

import json

from bot.platforms import GiveUp
from storage.database import Database
from storage.files import FileMissing
from storage.models.engine import Outgoing


async def load(message: Outgoing, database: Database, sizes: range, whose: str) -> tuple[str, bytes]:
    """Its name and its bytes. `sizes`: how many the platform takes; `whose`: its name. Raises GiveUp."""
    told = json.loads(message.content)
    try:
        content = await database.files.load(told["file"])
    except FileMissing as missing:
        raise GiveUp("要发的文件已经不在了") from missing
    if len(content) not in sizes:
        raise GiveUp(f"要发的文件太大或是空的：{whose}只收 20 MB 以内的")
    return told["name"], content
