"""Lets a bot do by hand what its own loops would do."""

from bot.app import App


async def settle(app: App) -> None:
    """Until nothing is due in the inbox and nothing in the outbox."""
    await app.worker.once()
    while await app.sender.once() and await app.worker.once():
        pass
