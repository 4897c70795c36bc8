"""Reading in a thread: what goes wrong there comes back, whatever it is."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.reading import Reading
from handlers.understanding.note import Known, Note


def _short(_text: str, _at: datetime, _known: Known) -> Note:
    return next(iter(()))


async def test_an_iterator_that_ends_too_soon_does_not_wait_for_ever() -> None:
    async with asyncio.timeout(5):
        with pytest.raises(RuntimeError):
            await Reading(_short)("今天去了鼎盛", datetime(2026, 4, 21, tzinfo=UTC), Known())
