"""Tries every WeCom setting for real, and says of each fault what mends it."""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit

import aiohttp
from pydantic import SecretStr
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.clock import Clock
from bot.finding import Finding
from bot.platforms import TryLater
from bot.platforms.wecom.api import Answer, Api
from bot.platforms.wecom.callback import CONTACT_PATH, PATH
from bot.platforms.wecom.channel import app_api, contact_api
from bot.platforms.wecom.crypto import FRESH_SECONDS
from bot.platforms.wecom.errors import WeComError
from bot.platforms.wecom.xml import read
from config.settings import Settings
from storage.cache import MemoryCache

CONTACT = "企业微信：客户联系"
NO_RIGHT = 48002
LINE = "企业微信：智能机器人的长连接"
CLOCK_SLACK = 60.0
TRY_SECONDS = 10.0
_TOKEN = re.compile(r"[A-Za-z0-9]{1,32}")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


async def examine_wecom(settings: Settings, clock: Clock, *, connected: bool) -> AsyncIterator[Finding]:
    """What is configured, in the order in which it is needed.

    `connected`: a running process has the smart bot's line; trying it would push that one off.
    """
    wecom = settings.wecom
    if not (wecom.has_app or wecom.has_bot or wecom.has_contact):
        return
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TRY_SECONDS)) as http:
        yield _address(settings)
        if wecom.has_app:
            async for each in _app(settings, http, clock):
                yield each
        async for each in _contact(settings, http, clock):
            yield each
        if wecom.has_bot:
            yield Finding(True, LINE) if connected else await _bot(settings, http)


def _address(settings: Settings) -> Finding:
    """Phones must be able to open what cards link to."""
    return Finding(
        settings.is_reachable,
        "企业微信：卡片里的链接",
        f"BAIFANG_PUBLIC_URL 是 {settings.public_url}，手机打不开：填 https:// 开头、手机能打开的域名",
    )


# -- the self-built app --------------------------------------------------------------------------------


async def _app(settings: Settings, http: aiohttp.ClientSession, clock: Clock) -> AsyncIterator[Finding]:
    shape = _shape(settings)
    yield shape
    api = app_api(settings, http, MemoryCache())
    token = await _asked("企业微信：CorpID 和 Secret", api.token())
    yield token
    if token.ok:
        yield await _time(settings, http, clock)
        async for each in _rights(settings, api):
            yield each
        if not settings.wecom.has_contact:
            yield await _serving(api, wanted=False)
    if shape.ok:
        what = "企业微信：接收消息的地址"
        yield await _callback(settings, http, clock, what, PATH, settings.wecom.token, settings.wecom.aes_key)


def _shape(settings: Settings) -> Finding:
    wecom = settings.wecom
    what = "企业微信：Token 和 EncodingAESKey 的样子"
    return _shaped(what, "BAIFANG_WECOM__{}", wecom.token, wecom.aes_key)


def _shaped(what: str, variable: str, token: SecretStr | None, aes_key: SecretStr | None) -> Finding:
    assert token is not None
    assert aes_key is not None
    if not _TOKEN.fullmatch(token.get_secret_value()):
        name = variable.format("TOKEN")
        return Finding(False, what, f"{name} 应是 32 位以内的字母和数字，和后台“接收消息”里的一样")
    ok = bool(_AES_KEY.fullmatch(aes_key.get_secret_value()))
    name = variable.format("AES_KEY")
    return Finding(ok, what, f"{name} 应是 43 位字母和数字，和后台“接收消息”里的一样")


async def _asked(what: str, call: object) -> Finding:
    try:
        await call  # type: ignore[misc]
    except WeComError as error:
        return Finding(
            False, what, error.mend or f"企业微信回了错误码 {error.code}，在它的错误码查询页上看原因"
        )
    except TryLater as away:
        return Finding(False, what, f"连不上（{away}）：检查 BAIFANG_WECOM__API_BASE、网络和代理")
    return Finding(True, what)


async def _time(settings: Settings, http: aiohttp.ClientSession, clock: Clock) -> Finding:
    """A callback more than five minutes from our own time is refused."""
    what = "企业微信：两边的时间"
    try:
        async with http.get(f"{settings.wecom.api_base}/cgi-bin/gettoken") as answer:
            theirs = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError):
        return Finding(True, what)
    apart = abs((_aware(theirs, clock) - clock.now()).total_seconds())
    mend = f"和企业微信差了 {apart:.0f} 秒，差 {FRESH_SECONDS} 秒以上就收不到消息：先校时（NTP）"
    return Finding(apart <= CLOCK_SLACK, what, mend)


def _aware(at: datetime, clock: Clock) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=clock.now().tzinfo)


async def _rights(settings: Settings, api: Api) -> AsyncIterator[Finding]:
    what = "企业微信：AgentId 和可信 IP"
    try:
        agent = await api.get("agent/get", agentid=str(settings.wecom.agent_id))
    except (WeComError, TryLater) as error:
        mend = error.mend if isinstance(error, WeComError) else str(error)
        yield Finding(False, what, mend or str(error))
        return
    yield Finding(True, what)
    yield Finding(agent.get("close") != 1, "企业微信：应用在用", "应用停用了：在“应用管理”里启用它")
    yield _range(agent)
    yield _domain(settings, agent)
    if member := _someone(agent):
        yield await _asked("企业微信：看得到同事", api.get("user/get", userid=member))


def _range(agent: Answer) -> Finding:
    names = ("allow_userinfos", "allow_partys", "allow_tags")
    seen = any(any((agent.get(each) or {}).values()) for each in names)
    return Finding(seen, "企业微信：可见范围", "应用的“可见范围”里还没有人：在应用页面加上要用的同事或部门")


def _someone(agent: Answer) -> str:
    users = (agent.get("allow_userinfos") or {}).get("user") or []
    return str(users[0].get("userid", "")) if users else ""


def _domain(settings: Settings, agent: Answer) -> Finding:
    """Pages sign in by OAuth, which WeCom does for one domain of the app."""
    told, mine = agent.get("redirect_domain"), urlsplit(settings.public_url)
    ok = told is None or told in (mine.netloc, mine.hostname)
    mend = f"应用的“网页授权及JS-SDK”里，可信域名要和 BAIFANG_PUBLIC_URL 的 {mine.netloc} 一样"
    return Finding(ok, "企业微信：网页授权的可信域名", mend)


async def _callback(
    settings: Settings,
    http: aiohttp.ClientSession,
    clock: Clock,
    what: str,
    path: str,
    token: SecretStr | None,
    aes_key: SecretStr | None,
) -> Finding:
    """Asks our own address as the console does: the way there, the running server, and the same keys."""
    assert token is not None
    assert aes_key is not None
    url, echo = f"{settings.public_url}{path}", secrets.token_hex(8)
    crypto = WeChatCrypto(token.get_secret_value(), aes_key.get_secret_value(), settings.wecom.corp_id or "")
    try:
        async with http.get(f"{url}?{_sealed(crypto, echo, clock)}") as answer:
            status, text = answer.status, await answer.text()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        mend = f"{url} 打不开（{type(error).__name__}）：先让 baifang run 跑着，再检查域名、证书和转发"
        return Finding(False, what, mend)
    if status == 403:
        return Finding(False, what, "在跑的进程用的 Token、EncodingAESKey 或时间和这里不一样：改好后重启它")
    return Finding(
        status == 200 and text == echo, what, f"{url} 回的是 {status}，不是我们的回答：检查转发到了哪里"
    )


def _sealed(crypto: WeChatCrypto, echo: str, clock: Clock) -> str:
    timestamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(8)
    fields = read(crypto.encrypt_message(echo, nonce, timestamp))
    query = {"msg_signature": fields["MsgSignature"], "timestamp": timestamp, "nonce": nonce}
    query["echostr"] = fields["Encrypt"]
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


# -- customer contact ----------------------------------------------------------------------------------


async def _contact(settings: Settings, http: aiohttp.ClientSession, clock: Clock) -> AsyncIterator[Finding]:
    """By keys of its own it has to work; by the app's it is a wish that nobody needs to have."""
    wecom = settings.wecom
    if wecom.has_contact and not wecom.has_app:
        yield Finding(
            False, CONTACT, "客户联系要和自建应用一起用：把 BAIFANG_WECOM__AGENT_ID、SECRET 等也填上"
        )
    elif wecom.has_contact:
        yield await _serving(contact_api(settings, http, MemoryCache()), wanted=True)
        what = "企业微信：客户联系的 Token 和 EncodingAESKey 的样子"
        keys = wecom.contact_token, wecom.contact_aes_key
        shape = _shaped(what, "BAIFANG_WECOM__CONTACT_{}", *keys)
        yield shape
        if shape.ok:
            what = "企业微信：客户联系事件的地址"
            yield await _callback(settings, http, clock, what, CONTACT_PATH, *keys)


async def _serving(api: Api, *, wanted: bool) -> Finding:
    """Whether we may ask for customers at all, and whether anybody of the company may have some."""
    try:
        answer = await api.get("externalcontact/get_follow_user_list")
    except WeComError as error:
        if not wanted:
            return Finding(True, f"{CONTACT}（没有开）" if error.code == NO_RIGHT else CONTACT)
        mend = error.mend.replace("BAIFANG_WECOM__SECRET", "BAIFANG_WECOM__CONTACT_SECRET")
        return Finding(False, CONTACT, mend or f"企业微信回了错误码 {error.code}，在它的错误码查询页上看原因")
    except TryLater as away:
        return Finding(not wanted, CONTACT, f"连不上（{away}）：检查 BAIFANG_WECOM__API_BASE、网络和代理")
    mend = "还没有人能用客户联系：在“客户联系”的“权限配置”里，把要用的同事加进“使用范围”"
    return Finding(bool(answer.get("follow_user")) or not wanted, CONTACT, mend)


# -- the smart bot -------------------------------------------------------------------------------------


async def _bot(settings: Settings, http: aiohttp.ClientSession) -> Finding:
    """Signs in once, and goes."""
    wecom, what = settings.wecom, LINE
    assert wecom.bot_secret is not None
    body = {"bot_id": wecom.bot_id, "secret": wecom.bot_secret.get_secret_value()}
    frame = {"cmd": "aibot_subscribe", "headers": {"req_id": f"aibot_subscribe_{secrets.token_hex(6)}"}}
    try:
        async with http.ws_connect(wecom.bot_url) as ws:
            await ws.send_json({**frame, "body": body})
            answer = await ws.receive_json(timeout=TRY_SECONDS)
    except (aiohttp.ClientError, TimeoutError, OSError, TypeError, ValueError) as error:
        return Finding(
            False, what, f"连不上（{type(error).__name__}）：检查 BAIFANG_WECOM__BOT_URL、网络和代理"
        )
    code = answer.get("errcode", 0)
    mend = WeComError(code, "aibot_subscribe").mend or f"企业微信回了错误码 {code}"
    return Finding(code == 0, what, mend)
