"""Puts the WeCom channels together from the settings: the self-built app, the smart bot, or both."""

from functools import partial

from aiohttp import ClientSession, web
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from bot.clock import Clock
from bot.intake import Intake
from bot.platforms import Channel, TryLater
from bot.platforms.wecom import APP, BOT, befriending, inbound
from bot.platforms.wecom.api import Api
from bot.platforms.wecom.callback import CONTACT_PATH, PATH, Callback, counter
from bot.platforms.wecom.client import PACE, WeComPlatform
from bot.platforms.wecom.crypto import Gate
from bot.platforms.wecom.customers import WeComCustomers
from bot.platforms.wecom.directory import WeComDirectory
from bot.platforms.wecom.door import WeComDoor
from bot.platforms.wecom.errors import WeComError
from bot.platforms.wecom.line import BotLine
from bot.platforms.wecom.media import WeComMedia
from bot.platforms.wecom.render import Pen
from bot.platforms.wecom.smartbot import BotDirectory, BotMedia, SmartBot
from bot.wake import Wake
from config.settings import Settings, WeCom
from storage.cache import Cache
from storage.database import Database


def wecom_channels(
    settings: Settings,
    http: ClientSession,
    database: Database,
    intake: Intake,
    clock: Clock,
    cache: Cache,
    wake: Wake,
    registry: CollectorRegistry,
) -> list[Channel]:
    """What of WeCom is configured; nothing is called yet."""
    found = []
    if settings.wecom.has_app:
        found.append(_app(settings, http, database, intake, clock, cache, registry))
    if settings.wecom.has_bot:
        found.append(_bot(settings, http, database, intake, clock, cache, wake))
    return found


def _app(
    settings: Settings,
    http: ClientSession,
    database: Database,
    intake: Intake,
    clock: Clock,
    cache: Cache,
    registry: CollectorRegistry,
) -> Channel:
    wecom = settings.wecom
    assert wecom.agent_id is not None
    api = app_api(settings, http, cache)
    contacts = contact_api(settings, http, cache) if wecom.has_contact else api
    return Channel(
        APP,
        WeComPlatform(api, contacts, wecom.agent_id, Pen(settings.home), database, clock),
        pace=PACE,
        directory=WeComDirectory(api, _family(settings)),
        media=WeComMedia(api),
        routes=_routes(wecom, intake, clock, registry),
        door=WeComDoor(api, wecom.corp_id or "", wecom.agent_id),
        fault=lambda: _fault(api),
    )


def _routes(wecom: WeCom, intake: Intake, clock: Clock, registry: CollectorRegistry) -> list[web.RouteDef]:
    """The app's address, and customer contact's where it has keys of its own."""
    answers = counter(registry)
    assert wecom.agent_id is not None
    app = partial(inbound.update, wecom.agent_id, contacts=not wecom.has_contact)
    routes = Callback(PATH, _gate(wecom, wecom.token, wecom.aes_key), app, intake, clock, answers).routes()
    if wecom.has_contact:
        gate = _gate(wecom, wecom.contact_token, wecom.contact_aes_key)
        routes += Callback(CONTACT_PATH, gate, befriending.update, intake, clock, answers).routes()
    return routes


def _gate(wecom: WeCom, token: SecretStr | None, aes_key: SecretStr | None) -> Gate:
    assert token is not None
    assert aes_key is not None
    return Gate(token.get_secret_value(), aes_key.get_secret_value(), wecom.corp_id or "")


def _bot(
    settings: Settings,
    http: ClientSession,
    database: Database,
    intake: Intake,
    clock: Clock,
    cache: Cache,
    wake: Wake,
) -> Channel:
    wecom = settings.wecom
    assert wecom.bot_id is not None
    assert wecom.bot_secret is not None
    secret = wecom.bot_secret.get_secret_value()
    line = BotLine(http, wecom.bot_url, wecom.bot_id, secret, database, clock, wake)
    pen = Pen(settings.home, bot=True)
    app = app_api(settings, http, cache) if wecom.has_app else None
    bot = SmartBot(line, pen, database, intake, clock)
    if app is not None:
        contacts = contact_api(settings, http, cache) if wecom.has_contact else app
        bot = ContactBot(contacts, line, pen, database, intake, clock)

    async def fault() -> str:
        return line.fault

    return Channel(
        BOT,
        bot,
        pace=PACE,
        directory=WeComDirectory(app, _family(settings)) if app is not None else BotDirectory(),
        media=BotMedia(http),
        line=bot,
        fault=fault,
    )


class ContactBot(WeComCustomers, SmartBot):
    """The smart bot beside the app: what it can't do for customers, the app's access does."""

    def __init__(
        self, contacts: Api, line: BotLine, pen: Pen, database: Database, intake: Intake, clock: Clock
    ) -> None:
        WeComCustomers.__init__(self, contacts, pen.home)
        SmartBot.__init__(self, line, pen, database, intake, clock)


def _family(settings: Settings) -> tuple[str, ...]:
    """The app first: there a card can be replaced for days, and a person be spoken to unasked."""
    return tuple(name for name, on in ((APP, settings.wecom.has_app), (BOT, settings.wecom.has_bot)) if on)


def app_api(settings: Settings, http: ClientSession, cache: Cache) -> Api:
    """The self-built app's access."""
    wecom = settings.wecom
    assert wecom.secret is not None
    return Api(http, wecom.api_base, wecom.corp_id or "", wecom.secret.get_secret_value(), cache)


def contact_api(settings: Settings, http: ClientSession, cache: Cache) -> Api:
    """Customer contact's own access."""
    wecom = settings.wecom
    assert wecom.contact_secret is not None
    return Api(http, wecom.api_base, wecom.corp_id or "", wecom.contact_secret.get_secret_value(), cache)


async def _fault(api: Api) -> str:
    """A valid token is the cheapest sign that WeCom takes us."""
    try:
        await api.token()
    except WeComError as error:
        return str(error)
    except TryLater as away:
        return str(away)
    return ""
