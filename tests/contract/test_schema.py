"""The migrations and the models are the same schema, on both databases."""

import asyncio

from storage.schema import differences, is_current, upgrade


async def test_migrated_database_is_what_the_models_say(database_url: str) -> None:
    await upgrade(database_url)

    assert await differences(database_url) == []


async def test_an_empty_database_is_not_current_and_a_migrated_one_is(database_url: str) -> None:
    assert not await is_current(database_url)

    await upgrade(database_url)

    assert await is_current(database_url)


async def test_two_processes_may_migrate_together_and_again(database_url: str) -> None:
    await asyncio.gather(upgrade(database_url), upgrade(database_url))
    await upgrade(database_url)

    assert await is_current(database_url)
