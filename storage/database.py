"""Opens transactions on the company's database; knows SQL dialects only through `storage.dialect`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.audit import AuditedSession
from storage.dialect import WRITES, is_sqlite, make_engine
from storage.files import Files
from storage.models.columns import use_keyring
from storage.repository import Context, give_context
from storage.secrets import Keyring
from storage.unit import Unit


class Database:
    """One database with its keys and its folder of files. Opens no connection until it is used.

    `files` is where encrypted files are kept; next to a SQLite database, or `var/files`, by default.
    """

    def __init__(self, url: str, keyring: Keyring, files: Path | None = None) -> None:
        self.url = url
        self.keyring = keyring
        self.engine = make_engine(url)
        use_keyring(self.engine.sync_engine.dialect, keyring)
        self.files = Files(files or _files_beside(self.engine), keyring)
        self._writer = self.engine.execution_options(**{WRITES: True})
        # SQLite has one writer; taking turns here is fair, its own waiting is not.
        self._turn = asyncio.Lock() if is_sqlite(url) else None
        self._turn_of: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def unit(
        self,
        actor_id: int | None = None,
        deed: str = "",
        update_id: str = "",
        at: datetime | None = None,
    ) -> AsyncIterator[Unit]:
        """One transaction: kept when the block ends, taken back when it raises.

        Who, which deed, which message and when go to the trail. Objects stay usable afterwards.
        Keep it short and wait for nobody in it: on SQLite every other writer waits for its end.
        """
        context = Context(self.keyring, True, actor_id, deed, update_id, at)
        async with AsyncExitStack() as stack:
            if self._turn is not None:
                await stack.enter_async_context(self._taking_turns(self._turn))
            session = await stack.enter_async_context(self._session(self._writer, context))
            yield Unit(session, self.files)
            await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Unit]:
        """One transaction that only reads: it waits for nobody. Changing a row in it raises ReadOnly."""
        async with self._session(self.engine, Context(self.keyring, False)) as session:
            yield Unit(session, self.files)

    async def ping(self) -> None:
        """Raises what the driver raises where the database can't be reached."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine, context: Context) -> AsyncIterator[AsyncSession]:
        session = AsyncSession(engine, sync_session_class=AuditedSession, expire_on_commit=False)
        give_context(session, context)
        try:
            yield session
        finally:
            # Shielded: a cancelled task must still give its connection back rolled back.
            await asyncio.shield(session.close())

    @asynccontextmanager
    async def _taking_turns(self, turn: asyncio.Lock) -> AsyncIterator[None]:
        me = asyncio.current_task()
        if me is not None and self._turn_of is me:
            raise RuntimeError("a unit inside a unit of the same task would wait for itself for ever")
        async with turn:
            self._turn_of = me
            try:
                yield
            finally:
                self._turn_of = None


def _files_beside(engine: AsyncEngine) -> Path:
    database = engine.url.database if engine.dialect.name == "sqlite" else None
    return Path(database).parent / "files" if database else Path("var/files")
