"""A phone's memory: a message is there once, and changes in its place."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from bot.platforms.local.client import LocalPlatform
from bot.platforms.local.hub import BEHIND, STIR, Hub
from cards.model import Card, dump
from storage.database import Database
from storage.local import LocalPhones
from storage.models.engine import Held, Outgoing
from storage.models.local import LocalMessage
from storage.secrets import Keyring

AT = datetime(2026, 4, 21, 10, 20, tzinfo=UTC)
CARD = dump(Card(kind="x", title="鼎盛机械"))
NEWER = dump(Card(kind="x", title="✓ 鼎盛机械"))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'phones.db'}", Keyring([b"k" * 32]))
    async with opened.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.tables["local_messages"].create)
    yield opened
    await opened.close()


def message(key: str, content: str = "好", address: str = "lina") -> LocalMessage:
    return LocalMessage(key=key, address=address, direction="out", kind="text", content=content, at=AT)


def outgoing(key: str, kind: str, content: str, address: str = "lina") -> Outgoing:
    return Outgoing(
        key=key, lane=f"local:{address}", person_id=1, platform="local", address=address, kind=kind,
        thread="draft:1", content=content, created_at=AT,
    )  # fmt: skip


def held(ref: str, address: str = "lina") -> Held:
    return Held(
        thread="draft:1", person_id=1, platform="local", address=address, ref=ref, content="", sent_at=AT
    )


async def chat(database: Database, address: str = "lina", limit: int = 50) -> list[tuple[str, int]]:
    async with database.reading() as unit:
        return [
            (each.content, each.revision) for each in await LocalPhones(unit.session).chat(address, limit)
        ]


async def test_a_message_that_is_put_twice_is_there_once_as_it_was(database: Database) -> None:
    async with database.unit() as unit:
        first = await LocalPhones(unit.session).put(message("k1", "第一次"))
    async with database.unit() as unit:
        second = await LocalPhones(unit.session).put(message("k1", "第二次"))

    assert (first.id, second.id) == (1, 1)
    assert await chat(database) == [("第一次", 1)]


async def test_a_chat_is_the_newest_messages_of_one_phone_oldest_first(database: Database) -> None:
    async with database.unit() as unit:
        for number in range(5):
            await LocalPhones(unit.session).put(message(f"k{number}", str(number)))
        await LocalPhones(unit.session).put(message("other", "别人的", "chenhao"))

    assert await chat(database, limit=3) == [("2", 1), ("3", 1), ("4", 1)]


async def test_replacing_raises_the_revision_once_for_the_same_content(database: Database) -> None:
    async with database.unit() as unit:
        row = await LocalPhones(unit.session).put(message("k1"))
    assert row.id is not None
    for _ in range(2):
        async with database.unit() as unit:
            await LocalPhones(unit.session).replace(row.id, "text", "改了")

    assert await chat(database) == [("改了", 2)]
    async with database.unit() as unit:
        assert await LocalPhones(unit.session).replace(99, "text", "没有") is None


async def test_what_is_said_is_not_readable_in_the_database(database: Database) -> None:
    async with database.unit() as unit:
        await LocalPhones(unit.session).put(message("k1", "预算三十万"))
    async with database.engine.connect() as connection:
        stored = (await connection.execute(text("SELECT content FROM local_messages"))).scalar_one()

    assert "三十" not in stored


async def test_a_message_that_is_sent_again_keeps_its_name(database: Database) -> None:
    hub = Hub()
    platform = LocalPlatform(database, hub)
    with hub.page() as events:
        ref = await platform.post(outgoing("k1", "post", CARD))
        assert await platform.post(outgoing("k1", "post", CARD)) == ref
        told = [events.get_nowait() for _ in range(events.qsize())]

    assert await chat(database) == [(CARD, 1)]
    assert next(each for each in told if each is not STIR)["message"]["phone"] == "lina"  # type: ignore[index]
    assert STIR in told


async def test_a_card_is_replaced_in_its_place_and_told_live(database: Database) -> None:
    hub = Hub()
    platform = LocalPlatform(database, hub)
    ref = await platform.post(outgoing("k1", "post", CARD))
    await platform.text(outgoing("k2", "text", "后来的"))
    with hub.page() as events:
        assert await platform.replace(outgoing("k3", "replace", NEWER), held(ref)) == ref
        told = events.get_nowait()

    assert await chat(database) == [(NEWER, 2), ("后来的", 1)]
    assert told is not None
    assert told["message"]["revision"] == 2  # type: ignore[index]


@pytest.mark.parametrize("ref", ["", "99", "not a number"])
async def test_what_is_not_held_can_not_be_replaced(database: Database, ref: str) -> None:
    platform = LocalPlatform(database, Hub())

    assert await platform.replace(outgoing("k1", "replace", NEWER), held(ref)) is None


async def test_a_card_on_another_phone_is_not_replaced(database: Database) -> None:
    platform = LocalPlatform(database, Hub())
    ref = await platform.post(outgoing("k1", "post", CARD, "chenhao"))

    assert await platform.replace(outgoing("k2", "replace", NEWER), held(ref)) is None
    assert await chat(database, "chenhao") == [(CARD, 1)]


async def test_a_message_carries_the_moment_it_was_decided_at(database: Database) -> None:
    platform = LocalPlatform(database, Hub())
    message = outgoing("k1", "text", "早")
    await platform.text(message)

    async with database.reading() as unit:
        row = (await LocalPhones(unit.session).chat("lina"))[0]
    assert row.at == message.created_at


async def test_a_page_that_falls_behind_is_cut_off_and_the_others_go_on() -> None:
    hub = Hub()
    with hub.page() as slow, hub.page() as quick:
        for number in range(BEHIND + 1):
            hub.tell({"type": "clock", "now": str(number)})
            quick.get_nowait()
        assert len(hub) == 1
        last = [slow.get_nowait() for _ in range(slow.qsize())][-1]
    assert last is None


async def test_closing_the_hub_ends_every_line() -> None:
    hub = Hub()
    with hub.page() as events:
        hub.close()
        assert await asyncio.wait_for(events.get(), 1) is None
    assert len(hub) == 0
