"""Fetches what members sent to the self-built app: it lies with WeCom for three days."""

from bot.platforms import TryLater
from bot.platforms.wecom.api import Api
from bot.platforms.wecom.errors import Kind, WeComError


class WeComMedia:
    """The `Media` of the self-built app."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def fetch(self, ref: str) -> bytes | None:
        try:
            return await self._api.download(ref)
        except WeComError as error:
            if error.kind in (Kind.GONE, Kind.LOST):
                return None
            raise TryLater(str(error)) from error
