"""Pictures to lines of print, where the extra `ocr` is installed; knows no business card."""

import asyncio
from importlib.util import find_spec

from pydantic import TypeAdapter

from bot.senses import aside
from handlers.understanding.businesscard import Print
from storage.files import FileMissing, Files

LOOK_SECONDS = 30.0
LOOK_MEMORY = 4 << 30
"""What the reading libraries map, not what they use: about 0.5 GiB."""

PRINTS: TypeAdapter[tuple[Print, ...]] = TypeAdapter(tuple[Print, ...])


class Onlooker:
    """Implements `handlers.kernel.senses.Eyes`, one picture at a time."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._looking = asyncio.Semaphore(1)
        self._can_read = find_spec("rapidocr") is not None

    async def look(self, file: str) -> tuple[Print, ...]:
        if not self._can_read:
            return ()
        try:
            picture = await self._files.load(file)
        except FileMissing:
            return ()
        async with self._looking:
            done = await aside.run("bot.senses.picture", picture, seconds=LOOK_SECONDS, memory=LOOK_MEMORY)
        return PRINTS.validate_json(done.output) if done.status == 0 else ()
