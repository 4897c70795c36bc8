"""Puts the DingTalk channel together from the settings: one robot, by Stream or by callbacks."""

from collections.abc import Awaitable, Callable

from aiohttp import ClientSession

from bot.clock import Clock
from bot.intake import Intake
from bot.platforms import Channel, TryLater
from bot.platforms.dingtalk import NAME
from bot.platforms.dingtalk.answers import Answers
from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.client import PACE, DingTalkPlatform, Fill
from bot.platforms.dingtalk.codes import Codes
from bot.platforms.dingtalk.directory import DingTalkDirectory
from bot.platforms.dingtalk.door import DingTalkDoor
from bot.platforms.dingtalk.ear import Ear
from bot.platforms.dingtalk.errors import DingError
from bot.platforms.dingtalk.hooks import Hooks
from bot.platforms.dingtalk.http import Callbacks
from bot.platforms.dingtalk.media import DingTalkMedia
from bot.platforms.dingtalk.meter import Meter
from bot.platforms.dingtalk.render import Pen
from bot.platforms.dingtalk.stream import StreamLine
from bot.platforms.dingtalk.template import PRESET, params, preset_params
from bot.platforms.keeping import Keeping
from config.settings import DingTalk, Settings
from storage.cache import Cache
from storage.database import Database


def dingtalk_channels(
    settings: Settings,
    http: ClientSession,
    database: Database,
    intake: Intake,
    clock: Clock,
    cache: Cache,
) -> list[Channel]:
    """What of DingTalk is configured; nothing is called yet."""
    ding = settings.dingtalk
    if not ding.has_app:
        return []
    meter = Meter(database, clock, ding.monthly_calls)
    api = Api(http, ding, cache, meter)
    hooks, answers, codes = Hooks(cache), Answers(), Codes(database, clock)
    keeping = Keeping(intake)
    ear = Ear(api, intake, clock, hooks, answers, keeping)
    line = callbacks = None
    if ding.mode == "stream":
        line = StreamLine(http, api, ear, keeping, database, clock)
    else:
        callbacks = Callbacks(api, ear, clock, ding, settings.public_url)
    template, fill = _template(ding)
    platform = DingTalkPlatform(
        api,
        Pen(settings.home),
        database,
        clock,
        hooks,
        meter,
        answers,
        codes,
        template=template,
        fill=fill,
        calling=callbacks.calling if callbacks is not None else _by_stream,
    )
    return [
        Channel(
            NAME,
            platform,
            pace=PACE,
            directory=DingTalkDirectory(api),
            media=DingTalkMedia(api),
            routes=callbacks.routes() if callbacks is not None else (),
            line=line,
            door=DingTalkDoor(api),
            taps=codes.meant,
            fault=_fault(api, line),
        )
    ]


def _template(ding: DingTalk) -> tuple[str, Fill | None]:
    """Which template cards are made from; "" for none."""
    if ding.card_template_id is not None:
        return ding.card_template_id, params
    return (PRESET, preset_params) if ding.preset_cards else ("", None)


async def _by_stream() -> dict[str, str]:
    return {"callbackType": "STREAM"}


def _fault(api: Api, line: StreamLine | None) -> Callable[[], Awaitable[str]]:
    """A valid token is the cheapest sign that DingTalk takes us."""

    async def fault() -> str:
        try:
            await api.token()
        except DingError as error:
            return error.mend or str(error)
        except TryLater as away:
            return str(away)
        return line.fault if line is not None else ""

    return fault
