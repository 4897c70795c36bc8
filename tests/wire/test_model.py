"""The model's client on a real socket: within time, budget and circuit, whatever the far side does."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest
from aiohttp import ClientSession
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr

from bot.ai import FAILURES, LONGEST_PAUSE, OPEN_SECONDS, Figures, Model, NoModel, Why
from config.settings import Llm
from tests.fakes import llm
from tests.fakes.llm import Behaviour

MESSAGES = ({"role": "user", "content": '{"note": "今天去了鼎盛", "book": []}'},)
SCHEMA = {"type": "object"}
LIMIT = 0.4
SLACK = 10.0
"""Seconds for a loaded machine; what it is set against never ends."""
TODAY = date(2026, 4, 21)


class Hand:
    """A clock and a calendar that are set by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.day = TODAY

    def now(self) -> float:
        return self.seconds

    def today(self) -> date:
        return self.day


@asynccontextmanager
async def asking(url: str, hand: Hand | None = None, **more: Any) -> AsyncIterator[Model]:
    hand = hand or Hand()
    settings = Llm(base_url=url, model="m", **{"timeout_seconds": LIMIT, **more})
    async with ClientSession() as session:
        yield Model(settings, session, hand.today, now=hand.now)


async def why(model: Model) -> Why | None:
    """Why the model gave no answer; None where it did."""
    try:
        await model.ask(MESSAGES, SCHEMA)
    except NoModel as no:
        return no.why
    model.useful()
    return None


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (llm.silent, Why.SLOW),
        (llm.drips, Why.SLOW),
        (llm.floods, Why.GARBLED),
        (llm.cuts, Why.AWAY),
        (llm.busy, Why.BUSY),
        (llm.refuses, Why.REFUSED),
        (llm.breaks, Why.BROKEN),
    ],
)
async def test_each_failure_has_its_name_and_none_takes_longer_than_the_limit(
    behave: Behaviour, reason: Why
) -> None:
    with llm.serving(behave) as endpoint:
        async with asking(endpoint.url) as model:
            begun = time.monotonic()
            assert await why(model) is reason
            assert time.monotonic() - begun < LIMIT + SLACK


async def test_an_endpoint_that_is_not_there_is_away() -> None:
    async with asking("http://127.0.0.1:1/v1") as model:
        assert await why(model) is Why.AWAY


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"choices": []}', '{"choices": [{"message": null}]}'])
async def test_a_body_that_is_no_completion_is_garbled(body: str) -> None:
    async def behave(_request: llm.web.Request, _asked: llm.Asked) -> llm.web.StreamResponse:
        return llm.web.Response(text=body)

    with llm.serving(behave) as endpoint:
        async with asking(endpoint.url) as model:
            assert await why(model) is Why.GARBLED


@pytest.mark.parametrize(
    ("taken", "asked"),
    [
        (["json_schema"], ["json_schema", "json_schema"]),
        (["json_object"], ["json_schema", "json_object", "json_object"]),
        (["text"], ["json_schema", "json_object", "text", "text"]),
    ],
)
async def test_the_way_to_ask_for_json_is_found_once_and_remembered(
    taken: list[str], asked: list[str]
) -> None:
    with llm.serving(llm.takes(taken, llm.says("{}"))) as endpoint:
        async with asking(endpoint.url) as model:
            assert await why(model) is None
            assert await why(model) is None
            assert endpoint.formats == asked


async def test_what_fails_at_once_is_tried_once_more() -> None:
    with llm.serving(llm.breaks) as endpoint:
        async with asking(endpoint.url) as model:
            await why(model)
            assert len(endpoint.seen) == 2


async def test_after_failures_in_a_row_nobody_asks_until_one_probe_succeeds() -> None:
    hand = Hand()
    with llm.serving(llm.refuses) as endpoint:
        async with asking(endpoint.url, hand) as model:
            assert [await why(model) for _ in range(FAILURES + 2)] == [
                *[Why.REFUSED] * FAILURES,
                Why.OPEN,
                Why.OPEN,
            ]
            hand.seconds += OPEN_SECONDS + 1
            assert await why(model) is Why.REFUSED, "one probe"
            assert await why(model) is Why.OPEN, "which failed"
            endpoint.behave = llm.says("{}")
            hand.seconds += OPEN_SECONDS + 1
            assert [await why(model) for _ in range(2)] == [None, None]
            endpoint.behave = llm.refuses
            assert await why(model) is Why.REFUSED, "the count began anew"
            assert await why(model) is Why.REFUSED


async def test_a_busy_endpoint_is_left_alone_for_as_long_as_it_asks() -> None:
    hand = Hand()
    with llm.serving(llm.busy) as endpoint:
        async with asking(endpoint.url, hand) as model:
            assert await why(model) is Why.BUSY
            hand.seconds += 19
            assert await why(model) is Why.OPEN
            hand.seconds += 2
            assert await why(model) is Why.BUSY
            assert len(endpoint.seen) == 2


def test_no_pause_is_longer_than_ours() -> None:
    hand = Hand()
    breaker = Model(Llm(), None, hand.today, now=hand.now).breaker  # type: ignore[arg-type]
    breaker.failed(1e9)
    assert breaker.until == LONGEST_PAUSE


async def test_what_is_no_answer_counts_as_a_failure() -> None:
    with llm.serving(llm.says("我不会")) as endpoint:
        async with asking(endpoint.url) as model:
            for _ in range(FAILURES):
                await model.ask(MESSAGES, SCHEMA)
                model.useless()
            assert await why(model) is Why.OPEN


async def test_a_days_budget_ends_with_the_day() -> None:
    hand, used = Hand(), sum(llm.TOKENS.values())
    with llm.serving(llm.says("{}")) as endpoint:
        async with asking(endpoint.url, hand, tokens_per_day=2 * used) as model:
            assert [await why(model) for _ in range(3)] == [None, None, Why.SPENT]
            hand.day = date(2026, 4, 22)
            assert await why(model) is None


async def test_without_a_limit_nothing_is_too_much() -> None:
    with llm.serving(llm.says("{}")) as endpoint:
        async with asking(endpoint.url, tokens_per_day=0) as model:
            assert [await why(model) for _ in range(3)] == [None] * 3


async def test_the_request_is_what_the_settings_say() -> None:
    with llm.serving(llm.says("{}")) as endpoint:
        async with asking(
            endpoint.url,
            api_key=SecretStr("s3cret"),
            extra={"enable_thinking": False, "max_tokens": 900, "stream": None},
        ) as model:
            await why(model)
            sent = endpoint.seen[0]
            assert endpoint.keys == ["Bearer s3cret"]
            assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("m", 0, 900)
            assert sent["enable_thinking"] is False
            assert "stream" not in sent
            assert sent["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_prometheus_is_told_how_often_and_how_much_and_no_word() -> None:
    registry = CollectorRegistry()
    with llm.serving(llm.says("{}")) as endpoint:
        async with asking(endpoint.url) as model:
            model.figures = Figures(registry)
            await why(model)
            endpoint.behave = llm.refuses
            await why(model)
    told = generate_latest(registry).decode()
    assert 'baifang_model_requests_total{outcome="answered"} 1.0' in told
    assert 'baifang_model_requests_total{outcome="refused"} 1.0' in told
    assert 'baifang_model_tokens_total{kind="asked"} 3000.0' in told
    assert "鼎盛" not in told


async def test_no_word_of_a_note_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    for behave in (llm.breaks, llm.cuts, llm.says("鼎盛")):
        with llm.serving(behave) as endpoint:
            async with asking(endpoint.url) as model:
                await why(model)
                model.useless()
    logged = capsys.readouterr()
    assert "model_failed" in logged.out + logged.err
    assert "鼎盛" not in logged.out + logged.err
