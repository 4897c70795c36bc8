"""How long a rep waits: from a message's departure to its card on the phone, beside a bare server's answer.

python -m tests.bench [--only reading | waiting] [--messages 120] [--slices 6]
"""

import argparse
import asyncio
import platform
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from tests.bench import reading
from tests.bench.figures import Measured
from tests.servers import Server
from tests.stories.processes import ROOT, Demo

WARM_UP = 10
WITHIN = 20.0
TARGET_MS = 150.0
BARE_ROUNDS = 100
"""Bare answers in each slice; they are over in a moment."""
VISITS = (
    ("li", "鼎盛机械", "张伟"),
    ("chen", "启明教育", "刘敏"),
    ("li", "华东机电", "何俊"),
    ("chen", "博瑞生物", "邓涛"),
)

Result = TypeVar("Result")


class Bare(Server):
    """aiohttp and uvloop, and nothing that they carry."""

    name = "bare"

    def command(self) -> list[str]:
        return [
            "env",
            f"PYTHONPATH={ROOT}",
            sys.executable,
            str(Path(__file__).with_name("bare.py")),
            str(self.port),
        ]

    def answers(self) -> bool:
        return "listening" in self.log_tail()


@dataclass
class Line:
    """One page's line to the demo, and the message that it sends."""

    session: aiohttp.ClientSession
    live: aiohttp.ClientWebSocketResponse
    url: str
    said: int = 0

    async def message(self) -> tuple[float, float]:
        """Milliseconds until the message was acknowledged, and until its card was here."""
        self.said += 1
        phone, customer, contact = VISITS[self.said % len(VISITS)]
        text = f"刚从{customer}出来，见了{contact}，他们预算{self.said + 10}万，下周三之前要报价单"
        body = {"phone": phone, "id": secrets.token_hex(8), "text": text}
        begun = time.perf_counter()
        acknowledged, shown = await asyncio.gather(self._post(body), self._card(f"{self.said + 10}万元"))
        return (acknowledged - begun) * 1000, (shown - begun) * 1000

    async def _post(self, body: dict[str, Any]) -> float:
        async with self.session.post(f"{self.url}/play/say", json=body) as answer:
            assert (await answer.json())["ok"] is True
        return time.perf_counter()

    async def _card(self, amount: str) -> float:
        async with asyncio.timeout(WITHIN):
            async for event in self.live:
                if holds(event.json(), amount):
                    return time.perf_counter()
        raise RuntimeError("the line ended")


def holds(event: dict[str, Any], amount: str) -> bool:
    message = event.get("message", {})
    if message.get("direction") != "out" or message["kind"] != "card":
        return False
    return any(line["value"] == amount for line in message["content"]["lines"])


@asynccontextmanager
async def line_to(demo: Demo) -> AsyncIterator[Line]:
    async with (
        aiohttp.ClientSession(headers={"Origin": demo.url}) as session,
        session.ws_connect(f"{demo.url}/play/live") as live,
    ):
        yield Line(session, live, demo.url)


async def bare_answer(session: aiohttp.ClientSession, url: str) -> float:
    begun = time.perf_counter()
    async with session.post(url, json={"text": "刚从鼎盛机械出来，见了张伟"}) as answer:
        await answer.json()
    return (time.perf_counter() - begun) * 1000


async def measure(demo: Demo, bare: Bare, messages: int, slices: int) -> list[Measured]:
    acknowledged, shown, floor = (
        Measured("acknowledged"),
        Measured("card on the phone"),
        Measured("bare aiohttp"),
    )
    async with line_to(demo) as line, aiohttp.ClientSession() as session:

        async def plain() -> float:
            return await bare_answer(session, f"http://127.0.0.1:{bare.port}/")

        for _ in range(WARM_UP):
            await line.message()
            await plain()
        for number in range(slices):
            print(f"\rslice {number + 1} of {slices} …", end="", file=sys.stderr, flush=True)
            floor.slices.append(await repeated(BARE_ROUNDS, plain))
            pairs = await repeated(-(-messages // slices), line.message)
            acknowledged.slices.append([each for each, _ in pairs])
            shown.slices.append([each for _, each in pairs])
    print("\r" + " " * 30 + "\r", end="", file=sys.stderr)
    return [floor, acknowledged, shown]


async def repeated(times: int, once: Callable[[], Awaitable[Result]]) -> list[Result]:
    return [await once() for _ in range(times)]


def ratio(over: Measured, under: Measured) -> str:
    ratios = [high / low for high, low in zip(over.medians, under.medians, strict=True)]
    return f"{statistics.median(ratios):.0f} [{min(ratios):.0f}–{max(ratios):.0f}]"


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    asked.add_argument("--only", choices=("reading", "waiting"))
    asked.add_argument("--messages", type=int, default=120)
    asked.add_argument("--slices", type=int, default=6)
    told = asked.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}; milliseconds")
    if told.only != "waiting":
        reading.report(told.slices)
    if told.only != "reading":
        wait(told.messages, told.slices)


def wait(messages: int, slices: int) -> None:
    demo, bare = Demo(), Bare()
    try:
        begun = time.perf_counter()
        demo.start()
        started = time.perf_counter() - begun
        bare.start()
        found = asyncio.run(measure(demo, bare, messages, slices))
    finally:
        demo.remove()
        bare.remove()
    report(found, started)


def report(found: list[Measured], started: float) -> None:
    floor, acknowledged, shown = found
    print("\nfrom a message to its card, one message at a time")
    for each in found:
        print(each.told())
    print(f"ratio to bare: acknowledged {ratio(acknowledged, floor)}, card {ratio(shown, floor)}")
    print(f"first start of an empty demo: {started:.1f} s")
    median = statistics.median(shown.all)
    print(f"target: median under {TARGET_MS:.0f} ms: {'met' if median < TARGET_MS else 'NOT met'}")


if __name__ == "__main__":
    main()
