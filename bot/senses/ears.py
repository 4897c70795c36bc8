"""Voice notes to words, by an OpenAI-compatible transcriber; knows no customer and no card.

Everything here happens outside any transaction, and asking ends within `WHOLE_SECONDS`: a transcriber
that is away costs one answer that says so, never the conversation.
"""

import asyncio
from collections.abc import Sequence
from json import JSONDecodeError

import aiohttp
import structlog

from bot.senses import aside
from bot.senses.sound import Ending
from config.settings import Endpoint
from handlers.kernel.senses import Unheard, Why
from storage.files import FileMissing, Files

DECODE_SECONDS = 20.0
DECODE_MEMORY = 1 << 30
DECODING = 2
"""Recordings that are decoded at the same time."""
WHOLE_SECONDS = 90.0
"""All tries together; ten minutes of speech take a transcriber on one GPU a quarter of that."""
PAUSES = (1.0, 4.0)
"""Before the second and the third try, where the transcriber does not say how long."""
LONGEST_PAUSE = 10.0
HINT_CHARS = 150
"""Whisper keeps the last 224 tokens of a prompt; a Chinese character is one or two."""

_OPENING = "以下是销售拜访客户后的口述"
_HINT = f"{_OPENING}。可能提到的客户："
_ENDINGS: dict[int, Why] = {Ending.LONG: Why.LONG, Ending.SILENT: Why.UNCLEAR}

log = structlog.get_logger(__name__)


class _Away(Exception):
    """This try failed and the next one may not; after so many seconds, where it was said."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


class Transcriber:
    """Implements `handlers.kernel.senses.Ears`. Without an endpoint every note is `Unheard`: deaf."""

    def __init__(
        self,
        files: Files,
        endpoint: Endpoint,
        *,
        pauses: Sequence[float] = PAUSES,
        seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._files = files
        self._endpoint = endpoint
        self._pauses = tuple(pauses)
        self._seconds = seconds
        self._decoding = asyncio.Semaphore(DECODING)

    async def transcribe(self, file: str, names: Sequence[str]) -> str:
        if not self._endpoint.on:
            raise Unheard(Why.DEAF)
        sound = await self._decoded(file)
        try:
            async with asyncio.timeout(self._seconds):
                words = await self._asked(sound, hint(names))
        except TimeoutError:
            log.warning("transcriber_slow", seconds=self._seconds)
            raise Unheard(Why.UNCLEAR) from None
        # Where there is nothing to hear, some models say the prompt again.
        if not words.strip() or _OPENING in words:
            raise Unheard(Why.UNCLEAR)
        return words.strip()

    async def _decoded(self, file: str) -> bytes:
        try:
            recording = await self._files.load(file)
        except FileMissing:
            raise Unheard(Why.BROKEN) from None
        async with self._decoding:
            done = await aside.run(
                "bot.senses.sound", recording, seconds=DECODE_SECONDS, memory=DECODE_MEMORY
            )
        if done.status != Ending.WELL:
            raise Unheard(_ENDINGS.get(done.status, Why.BROKEN))
        return done.output

    async def _asked(self, sound: bytes, prompt: str) -> str:
        """The transcriber's words, after as many tries as it takes and is allowed."""
        for pause in (*self._pauses, None):
            try:
                return await self._ask(sound, prompt)
            except _Away as away:
                log.warning("transcriber_away", why=str(away), again=pause is not None)
                if pause is None:
                    break
                await asyncio.sleep(min(pause if away.seconds is None else away.seconds, LONGEST_PAUSE))
        raise Unheard(Why.UNCLEAR)

    async def _ask(self, sound: bytes, prompt: str) -> str:
        form = aiohttp.FormData()
        form.add_field("file", sound, filename="note.wav", content_type="audio/wav")
        fields = {"model": self._endpoint.model or "", "language": "zh", "response_format": "json"}
        for name, value in (fields | ({"prompt": prompt} if prompt else {})).items():
            form.add_field(name, value)
        key = self._endpoint.api_key
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key is not None else {}
        try:
            async with (
                aiohttp.ClientSession(headers=headers) as session,
                session.post(f"{self._endpoint.base_url}/audio/transcriptions", data=form) as answer,
            ):
                return await _words(answer)
        except aiohttp.ClientError as error:
            raise _Away(type(error).__name__) from None


async def _words(answer: aiohttp.ClientResponse) -> str:
    if answer.status == 429 or answer.status >= 500:
        raise _Away(f"HTTP {answer.status}", _seconds(answer.headers.get("Retry-After", "")))
    if answer.status != 200:
        # A key or an address that is wrong stays wrong: nothing is gained by asking again.
        log.error("transcriber_refused", status=answer.status)
        raise Unheard(Why.UNCLEAR)
    try:
        text = (await answer.json(content_type=None))["text"]
    except (JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        raise _Away("no answer that can be read") from None
    if not isinstance(text, str):
        raise _Away("no answer that can be read")
    return text


def hint(names: Sequence[str]) -> str:
    """The names that are likely to be said, as a prompt; "" where there are none."""
    kept: list[str] = []
    left = HINT_CHARS - len(_HINT)
    for name in dict.fromkeys(names):
        left -= len(name) + 1
        if left < 0:
            break
        kept.append(name)
    return f"{_HINT}{'、'.join(kept)}。" if kept else ""


def _seconds(said: str) -> float | None:
    """Retry-After in seconds; a date is no number of seconds and counts as not said."""
    return float(said) if said.isdecimal() else None
