"""Tells every open page at once what changed on the phones; knows no page and holds no fact."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

Event: TypeAlias = dict[str, object]
Events: TypeAlias = asyncio.Queue[Event | None]

STIR: Event = {"type": "stir"}
"""The archive may have changed: each page's line reads it again."""

BEHIND = 200
"""Events that a page may lag behind; one that falls further back is cut off and reads all anew."""


class Hub:
    """The live pages of this process. A page that missed an event finds it in the state."""

    def __init__(self) -> None:
        self._pages: set[Events] = set()

    @contextmanager
    def page(self) -> Iterator[Events]:
        """A queue of events for one page; None in it ends the line."""
        events: Events = asyncio.Queue(BEHIND + 1)
        self._pages.add(events)
        try:
            yield events
        finally:
            self._pages.discard(events)

    def tell(self, event: Event) -> None:
        for events in tuple(self._pages):
            if events.qsize() < BEHIND:
                events.put_nowait(event)
            else:
                self._end(events)

    def stir(self) -> None:
        """Says that facts may have changed; call it after a commit that changed some."""
        self.tell(STIR)

    def close(self) -> None:
        """Ends every page's line, so that a server that stops need not wait for them."""
        for events in tuple(self._pages):
            self._end(events)

    def __len__(self) -> int:
        return len(self._pages)

    def _end(self, events: Events) -> None:
        self._pages.discard(events)
        events.put_nowait(None)
