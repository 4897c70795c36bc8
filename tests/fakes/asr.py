"""A transcriber over HTTP, as OpenAI's interface has it: says what it is told, keeps what it was sent."""

import asyncio
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO

from aiohttp import BodyPartReader, web
from aiohttp.test_utils import TestServer

from config.settings import Endpoint

KEY = "sk-test-0123456789"
PATH = "/v1/audio/transcriptions"


@dataclass(frozen=True, slots=True)
class Heard:
    """One request: the fields of its form, and its WAV as a player would see it."""

    fields: dict[str, str]
    authorization: str
    name: str
    rate: int
    channels: int
    width: int
    seconds: float
    samples: bytes


@dataclass
class Transcriber:
    """`modes` are used up one a request, the last one stays: words, empty, echo, garbled, or an HTTP status.

    `retry_after` goes along with a 429. In the mode "stuck" an answer waits for `free`.
    """

    words: str | Callable[[Heard], str] = "今天去了鼎盛机械"
    modes: list[str] = field(default_factory=lambda: ["words"])
    retry_after: str = ""
    heard: list[Heard] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint.model_validate({"base_url": self.url, "api_key": KEY, "model": "whisper-1"})

    async def answer(self, request: web.Request) -> web.Response:
        heard = await _read(request)
        self.heard.append(heard)
        self.asked.set()
        mode = self.modes.pop(0) if len(self.modes) > 1 else self.modes[0]
        if mode.isdigit():
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.json_response({"error": {"message": "no"}}, status=int(mode), headers=headers)
        if mode == "garbled":
            return web.Response(text='{"text": "今天去了', content_type="application/json")
        if mode == "stuck":
            await self.free.wait()
        words = self.words if isinstance(self.words, str) else self.words(heard)
        said = {"empty": "", "echo": heard.fields.get("prompt", "")}.get(mode, words)
        return web.json_response({"text": said})


async def _read(request: web.Request) -> Heard:
    fields: dict[str, str] = {}
    sound, name = b"", ""
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        if part.name == "file":
            sound, name = bytes(await part.read()), part.filename or ""
        else:
            fields[part.name or ""] = await part.text()
    with wave.open(BytesIO(sound)) as file:
        shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        samples = file.readframes(file.getnframes())
    seconds = len(samples) / (shape[0] * shape[1] * shape[2])
    return Heard(fields, request.headers.get("Authorization", ""), name, *shape, seconds, samples)


@asynccontextmanager
async def transcriber() -> AsyncIterator[Transcriber]:
    """Serves on a free port of this machine until the block ends."""
    fake = Transcriber()
    app = web.Application(client_max_size=64 << 20)
    app.router.add_post(PATH, fake.answer)
    async with TestServer(app) as server:
        fake.url = str(server.make_url("/v1"))
        yield fake
        fake.free.set()
