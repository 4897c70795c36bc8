"""What the turn needs of ears and eyes: both are slow, both may fail, neither writes anything."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from handlers.understanding.businesscard import Print


class Why(StrEnum):
    """Why a voice note has no words."""

    DEAF = "deaf"
    """There is no transcriber here."""
    UNCLEAR = "unclear"
    """The transcriber was away, or heard no words; another try may help."""
    BROKEN = "broken"
    """No recording that can be played."""
    LONG = "long"


class Unheard(Exception):
    """A voice note that gave no words."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Ears(Protocol):
    async def transcribe(self, file: str, names: Sequence[str]) -> str:
        """The words of a stored recording, never empty; `names` likeliest first. Raises `Unheard`."""
        ...


class Eyes(Protocol):
    async def look(self, file: str) -> tuple[Print, ...]:
        """The lines of print on a stored picture; none where nothing can be read, or nobody here reads."""
        ...
