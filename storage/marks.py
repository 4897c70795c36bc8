"""Small facts that the engine keeps across restarts, by name; JSON values, no personal data."""

import json
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from storage.dialect import insert
from storage.models.engine import Mark
from storage.repository import Repository


class Marks(Repository):
    async def get(self, key: str) -> Any:
        """The value; None where it was never set."""
        found = (await self.session.exec(select(Mark.value).where(col(Mark.key) == key))).first()
        return None if found is None else json.loads(found)

    async def set(self, key: str, value: Any, at: datetime) -> None:
        what = {"value": json.dumps(value, ensure_ascii=False), "at": at}
        await self.session.exec(
            insert(self.session, Mark)
            .values(key=key, **what)
            .on_conflict_do_update(index_elements=["key"], set_=what)
        )

    async def lock(self, key: str, at: datetime) -> Any:
        """The value, held against every other transaction until this one ends; None where never set."""
        await self.session.exec(
            insert(self.session, Mark)
            .values(key=key, value="null", at=at)
            .on_conflict_do_nothing(index_elements=["key"])
        )
        found = await self.session.exec(select(Mark.value).where(col(Mark.key) == key).with_for_update())
        return json.loads(found.one())
