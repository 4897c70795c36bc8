"""Asks an OpenAI-compatible endpoint, within a time limit, a budget and a circuit breaker; keeps no words."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

import structlog
from aiohttp import ClientError, ClientSession
from prometheus_client import CollectorRegistry, Counter, Histogram

from config.settings import Llm

LONGEST_ANSWER = 256 * 1024
"""Bytes of a response that are read; no answer about a note is longer."""
LONGEST_TOLD = 2500
"""Tokens that an answer may take."""
FAILURES = 3
"""So many in a row open the circuit."""
OPEN_SECONDS = 60.0
LONGEST_PAUSE = 600.0
"""An endpoint that asks for a longer pause is asked again after this."""
QUICK = 1 / 3
"""Where a failure came within this share of the time limit, there is time for a second try."""

log = structlog.get_logger(__name__)
Message = Mapping[str, str]


class Why(StrEnum):
    """Why there is no answer."""

    AWAY = "away"
    SLOW = "slow"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    BUSY = "busy"
    BROKEN = "broken"
    GARBLED = "garbled"
    OPEN = "open"
    SPENT = "spent"


class NoModel(Exception):
    """The model gave no answer: whoever asked goes on alone. `pause`: seconds to leave the endpoint alone."""

    def __init__(self, why: Why, pause: float | None = None) -> None:
        super().__init__(why.value)
        self.why = why
        self.pause = pause


@dataclass
class Breaker:
    """Keeps off an endpoint that fails: after `FAILURES` in a row nobody asks for a while, then one does."""

    now: Callable[[], float]
    failures: int = 0
    until: float = 0.0
    probing: bool = False

    def check(self) -> None:
        """Raises NoModel where nobody should ask now."""
        if self.failures < FAILURES:
            return
        if self.now() < self.until or self.probing:
            raise NoModel(Why.OPEN)
        self.probing = True

    def succeeded(self) -> None:
        self.failures, self.probing = 0, False

    def failed(self, pause: float | None = None) -> None:
        self.failures = max(FAILURES, self.failures) if pause is not None else self.failures + 1
        self.until = self.now() + min(OPEN_SECONDS if pause is None else pause, LONGEST_PAUSE)
        self.probing = False


@dataclass
class Budget:
    """Tokens of one day; 0 is no limit. Counted in this process."""

    per_day: int
    today: Callable[[], date]
    day: date | None = None
    spent: int = 0

    def check(self) -> None:
        """Raises NoModel where today's are used up."""
        self._turn()
        if self.per_day and self.spent >= self.per_day:
            raise NoModel(Why.SPENT)

    def spend(self, tokens: int) -> None:
        self._turn()
        self.spent += tokens

    def _turn(self) -> None:
        if self.day != self.today():
            self.day, self.spent = self.today(), 0


class Figures:
    """What Prometheus is told: how often, how long, how many tokens; nothing of what was said."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.asked = Counter(
            "baifang_model_requests", "Notes that a model was asked about", ["outcome"], registry=registry
        )
        self.tokens = Counter("baifang_model_tokens", "Tokens used", ["kind"], registry=registry)
        self.seconds = Histogram(
            "baifang_model_seconds",
            "How long an answer took",
            registry=registry,
            buckets=(0.5, 1, 2, 3, 4, 6, 8, 10, 15, 30, 60),
        )


_FORMATS = ("json_schema", "json_object", "text")
"""Ways to ask for JSON, strictest first. What an endpoint takes is remembered."""
_NOT_TAKEN = frozenset({400, 404, 415, 422, 501})
"""Statuses with which endpoints refuse a format that they don't know."""


@dataclass
class Model:
    """One endpoint. `session` belongs to whoever made it."""

    settings: Llm
    session: ClientSession
    today: Callable[[], date]
    figures: Figures = field(default_factory=lambda: Figures(CollectorRegistry()))
    now: Callable[[], float] = time.monotonic
    format: str = _FORMATS[0]

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.now)
        self.budget = Budget(self.settings.tokens_per_day, self.today)

    async def ask(self, messages: Iterable[Message], schema: Mapping[str, Any]) -> str:
        """The answer's text, within the time limit. Raises NoModel.

        Whoever finds the text to be no answer says so by `useless`; else it is `useful`.
        """
        begun = self.now()
        try:
            self.budget.check()
            self.breaker.check()
            answer = await self._in_time(list(messages), schema)
        except NoModel as no:
            if no.why not in (Why.OPEN, Why.SPENT):
                self._failed(no)
            self.figures.asked.labels(no.why.value).inc()
            raise
        except asyncio.CancelledError:
            self.breaker.probing = False
            raise
        self.figures.seconds.observe(self.now() - begun)
        return answer

    def useful(self) -> None:
        self.breaker.succeeded()
        self.figures.asked.labels("answered").inc()

    def useless(self) -> None:
        """The answer had no meaning: an endpoint that keeps doing that is left alone."""
        self._failed(NoModel(Why.GARBLED))
        self.figures.asked.labels(Why.GARBLED.value).inc()

    def _failed(self, no: NoModel) -> None:
        self.breaker.failed(no.pause)
        log.warning("model_failed", why=no.why.value, failures=self.breaker.failures)

    async def _in_time(self, messages: list[Message], schema: Mapping[str, Any]) -> str:
        """Once more where the first try failed at once."""
        limit, begun = self.settings.timeout_seconds, self.now()
        try:
            async with asyncio.timeout(limit):
                try:
                    return await self._in_some_format(messages, schema)
                except NoModel as no:
                    if no.why not in (Why.AWAY, Why.BROKEN) or self.now() - begun > limit * QUICK:
                        raise
                return await self._in_some_format(messages, schema)
        except TimeoutError:
            raise NoModel(Why.SLOW) from None

    async def _in_some_format(self, messages: list[Message], schema: Mapping[str, Any]) -> str:
        """In the strictest format that the endpoint takes; it tells by refusing the others."""
        formats = _FORMATS[_FORMATS.index(self.format) :]
        no = NoModel(Why.BROKEN)
        for each in formats:
            status, body, pause = await self._post(_request(self.settings, messages, each, schema))
            if status == 200:
                self.format = each
                return self._answer(body)
            no = NoModel(_why(status), pause)
            if status not in _NOT_TAKEN:
                break
        raise no

    async def _post(self, request: Mapping[str, Any]) -> tuple[int, bytes, float | None]:
        """Status, body and the pause that is asked for; a body that never ends is cut off."""
        key = self.settings.api_key
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        url = f"{self.settings.base_url}/chat/completions"
        try:
            async with self.session.post(
                url, json=request, headers=headers, allow_redirects=False
            ) as response:
                body = bytearray()
                async for chunk in response.content.iter_chunked(16384):
                    body += chunk
                    if len(body) > LONGEST_ANSWER:
                        raise NoModel(Why.GARBLED)
                return response.status, bytes(body), _pause(response.status, response.headers)
        except (ClientError, OSError, ValueError):
            raise NoModel(Why.AWAY) from None

    def _answer(self, body: bytes) -> str:
        try:
            told = json.loads(body)
            text = told["choices"][0]["message"]["content"]
            used = told.get("usage") or {}
            asked, answered = int(used.get("prompt_tokens") or 0), int(used.get("completion_tokens") or 0)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise NoModel(Why.GARBLED) from None
        if not isinstance(text, str):
            raise NoModel(Why.GARBLED)
        self.budget.spend(asked + answered)
        self.figures.tokens.labels("asked").inc(asked)
        self.figures.tokens.labels("answered").inc(answered)
        return text


def _request(
    settings: Llm, messages: list[Message], format: str, schema: Mapping[str, Any]
) -> dict[str, Any]:
    shapes: dict[str, Any] = {
        "json_schema": {
            "type": "json_schema",
            "json_schema": {"name": "note", "schema": schema, "strict": True},
        },
        "json_object": {"type": "json_object"},
    }
    asked = {
        "model": settings.model,
        "messages": messages,
        "temperature": 0,
        "max_tokens": LONGEST_TOLD,
        "stream": False,
    }
    shaped = asked | ({"response_format": shapes[format]} if format in shapes else {}) | settings.extra
    return {key: value for key, value in shaped.items() if value is not None}


def _why(status: int) -> Why:
    if status in (401, 403):
        return Why.REFUSED
    if status == 429:
        return Why.BUSY
    return Why.UNKNOWN if status < 500 else Why.BROKEN


def _pause(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds for which a busy endpoint asks to be left alone."""
    if status not in (429, 503):
        return None
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return None
