"""`kill -9` at any moment: what a phone said or tapped is answered once and filed once, nothing is lost."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import aiohttp
import pytest

from tests.extent import many
from tests.stories.processes import Supervised

ROUNDS = many(2, 16)
"""Each kills twice: between messages and their cards, and between taps and their answers."""
SPREAD = 0.4
"""Seconds after the requests left, over which the kills are spread."""
SEED = 20260421
WITHIN = 20.0
PAUSE = 0.05
"""Between two looks, so that looking does not slow down what it waits for."""

VISITS = (
    ("li", "鼎盛机械", "张伟"),
    ("li", "华东机电", "何俊"),
    ("chen", "启明教育", "刘敏"),
    ("zhou", "天虹纺织", "吴莉"),
)
FIRST_AMOUNT = 61

Request: TypeAlias = tuple[str, dict[str, Any]]


@dataclass
class Phones:
    """The phones' side: asks again under the same name until it was answered, and remembers all it saw."""

    bot: Supervised
    session: aiohttp.ClientSession
    unanswered: dict[str, Request] = field(default_factory=dict)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    amounts: dict[int, list[str]] = field(default_factory=dict)
    visits: dict[int, str] = field(default_factory=dict)
    begun: int = 0
    """Requests that a kill cut off after they were taken and before what they ask for was done."""

    async def ask(self) -> None:
        """Sends once what was not answered yet."""
        await asyncio.gather(*(self._ask(*each) for each in tuple(self.unanswered.items())))

    async def _ask(self, id: str, request: Request) -> None:
        path, body = request
        try:
            async with self.session.post(self.bot.url + path, json=body | {"id": id}) as answer:
                assert answer.status == 200, await answer.text()
                assert (await answer.json())["ok"] is True
        except (aiohttp.ClientError, ConnectionError):
            return
        del self.unanswered[id]

    async def look(self) -> None:
        """Reads all phones and the archive. Both show the newest rows only, so each is remembered."""
        async with self.session.get(f"{self.bot.url}/play/state") as answer:
            state = await answer.json()
        for message in (each for phone in state["phones"] for each in phone["messages"]):
            self.messages[message["id"]] = message
            if message["direction"] == "out" and message["kind"] == "card":
                amounts = [line["value"] for line in message["content"]["lines"] if line["label"] == "预算"]
                self.amounts.setdefault(message["id"], amounts)
        self.visits |= {each["id"]: each["money"] for each in state["archive"]["visits"]}

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN):
            while not seen():
                await asyncio.sleep(PAUSE)
                await self.look()

    async def struck(self, delay: float, seen: Callable[[], bool]) -> None:
        """Asks, is cut off by a kill, asks again, and waits until all that was asked for is there."""
        asking = asyncio.create_task(self.ask())
        await asyncio.sleep(delay)  # the moment of the kill
        await asyncio.to_thread(self.bot.strike)
        await asking
        await self.look()
        self.begun += not self.unanswered and not seen()
        await self.ask()
        assert not self.unanswered
        await self.until(seen)

    def cards(self, amount: str) -> list[dict[str, Any]]:
        """The cards that were first shown with the amount, as they are now."""
        return [self.messages[id] for id, amounts in self.amounts.items() if amount in amounts]

    def titles(self, amount: str) -> list[str]:
        return [each["content"]["title"] for each in self.cards(amount)]

    def hold_cards(self, amounts: list[str]) -> bool:
        return all(self.cards(each) for each in amounts)

    def hold_ticks(self, amounts: list[str]) -> bool:
        return all("✓" in "".join(self.titles(each)) for each in amounts)

    def visit_cards(self) -> int:
        cards = [each for each in self.messages.values() if each["kind"] == "card"]
        return sum(each["content"]["kind"].startswith("visit.") for each in cards)


@pytest.fixture(scope="module")
def bot() -> Iterator[Supervised]:
    server = Supervised()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
async def phones(bot: Supervised) -> AsyncIterator[Phones]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WITHIN)) as session:
        yield Phones(bot, session)


@pytest.mark.slow
async def test_kills_lose_nothing_and_double_nothing(phones: Phones) -> None:
    delays = moments(2 * ROUNDS)
    said: dict[str, str] = {}
    for turn in range(ROUNDS):
        amounts = [f"{FIRST_AMOUNT + turn * len(VISITS) + place}万元" for place in range(len(VISITS))]
        said |= {amount: customer for amount, (_, customer, _) in zip(amounts, VISITS, strict=True)}
        phones.unanswered |= notes(amounts)
        await phones.struck(delays.pop(), partial(phones.hold_cards, amounts))
        phones.unanswered |= taps(phones, amounts)
        await phones.struck(delays.pop(), partial(phones.hold_ticks, amounts))

    await phones.look()
    assert {amount: phones.titles(amount) for amount in said} == {
        amount: [f"✓ {customer}记好了"] for amount, customer in said.items()
    }
    assert phones.visit_cards() == len(said)  # no tap was answered by a card beside the first
    filed = Counter(each for each in phones.visits.values() if each.removeprefix("预算 ") in said)
    assert filed == Counter(f"预算 {amount}" for amount in said)
    own = Counter(each["client"] for each in phones.messages.values() if each["direction"] == "in")
    assert own == Counter(f"said-{amount[:-2]}" for amount in said)
    assert await queued(phones) == {"baifang_queue_parked": 0.0, "baifang_queue_depth": 0.0}
    # Otherwise every kill came too early or too late, and nothing was shown.
    assert phones.begun > 0


def notes(amounts: list[str]) -> dict[str, Request]:
    """One note about each visit, all of them at once."""
    return {
        f"said-{amount[:-2]}": (
            "/play/say",
            {"phone": phone, "text": f"刚从{customer}出来，见了{contact}，聊得不错，他们预算{amount[:-1]}"},
        )
        for amount, (phone, customer, contact) in zip(amounts, VISITS, strict=True)
    }


def taps(phones: Phones, amounts: list[str]) -> dict[str, Request]:
    """保存 on the card of each note."""
    found = {}
    for amount in amounts:
        card = phones.cards(amount)[0]
        save = next(each for each in card["content"]["buttons"] if each["label"] == "保存")
        tap = {"phone": card["phone"], "message": card["id"], "action": save["action"]}
        found[f"tapped-{amount[:-2]}"] = ("/play/click", tap)
    return found


def moments(count: int) -> list[float]:
    """Delays that cover the spread evenly, in an order that nobody chose."""
    chance = random.Random(SEED)
    delays = [(each + chance.random()) * SPREAD / count for each in range(count)]
    chance.shuffle(delays)
    return delays


async def queued(phones: Phones) -> dict[str, float]:
    """Rows of both queues that are parked, or still to be worked on once all is quiet."""
    found: Counter[str] = Counter()
    async with asyncio.timeout(WITHIN):
        while not found or found["baifang_queue_depth"]:
            async with phones.session.get(f"{phones.bot.url}/metrics") as answer:
                lines = [each.split() for each in (await answer.text()).splitlines() if each[0] != "#"]
            found = Counter()
            for name, value in lines:
                if name.startswith("baifang_queue_"):
                    found[name.partition("{")[0]] += float(value)
    return dict(found)
