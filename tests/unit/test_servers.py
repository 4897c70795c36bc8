"""The servers that the tests start themselves."""

import socket
import urllib.request
from contextlib import suppress

import asyncpg
import pytest
from redis.asyncio import Redis as Client

from tests.servers import Missing, Postgres, Redis, Server, find


async def test_a_fresh_database_is_empty_and_writable(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        return
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.execute("CREATE TABLE t (name text)")
    await connection.close()


async def test_redis_is_empty_for_each_test(redis_url: str) -> None:
    async with Client.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("a", "1")


@pytest.mark.parametrize("name", ["redis_server", "postgres_server"])
def test_a_killed_server_comes_back_on_the_same_port(name: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(name)
    port = server.port
    server.kill()
    server.start()
    assert server.port == port
    assert server.answers()


def test_a_database_can_be_made_from_a_template(postgres_server: Postgres) -> None:
    template = postgres_server.create_database()
    postgres_server.execute("CREATE TABLE t (name text)", template)
    copy = postgres_server.create_database(template)
    postgres_server.execute("SELECT * FROM t", copy)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(Missing, match="no-such-program not found"):
        find("no-such-program")


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 80)])
def test_nothing_leaves_the_machine(address: tuple[str, int], nothing_leaves: list[str]) -> None:
    with pytest.raises(RuntimeError, match="tried to reach"):
        socket.create_connection(address, timeout=1)
    assert nothing_leaves.pop()


def test_loopback_is_reached(redis_server: Redis) -> None:
    with socket.create_connection(("localhost", redis_server.port), timeout=1):
        pass


def test_swallowed_attempts_are_seen(nothing_leaves: list[str]) -> None:
    with suppress(Exception):  # as careless code would
        urllib.request.urlopen("http://example.org/", timeout=1)
    assert nothing_leaves.pop()
