"""Tries every DingTalk setting for real, and says of each fault what mends it. Nobody is written to."""

import hmac
import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable
from hashlib import sha256
from typing import Any

import aiohttp

from bot.clock import Clock
from bot.finding import Finding
from bot.platforms import TryLater
from bot.platforms.dingtalk.api import Api
from bot.platforms.dingtalk.errors import DingError, Kind
from bot.platforms.dingtalk.http import ROBOT
from bot.platforms.dingtalk.render import Pen
from bot.platforms.dingtalk.stream import OPEN, SUBSCRIPTIONS
from bot.platforms.dingtalk.template import params
from cards.model import Card
from config.settings import DingTalk, Settings
from storage.cache import MemoryCache

TRY_SECONDS = 10.0
NOBODY = "baifang-doctor"
"""No company has such a member: what is sent to him tells of our rights and reaches nobody."""
LINE = "钉钉：长连接（Stream）"
NOT_STREAM = (
    "开不了长连接：在应用的“机器人”页把消息接收模式选成 Stream，“事件与回调”里也选 Stream，再发布一版"
)
NO_TEMPLATE = "BAIFANG_DINGTALK__CARD_TEMPLATE_ID 不对或没绑定这个应用：到卡片平台复制模板 ID；先不用就清空它"


async def examine_dingtalk(settings: Settings, clock: Clock, *, connected: bool) -> AsyncIterator[Finding]:
    """What is configured, in the order in which it is needed.

    `connected`: a running process has the line, which proves it better than a second one could.
    """
    ding = settings.dingtalk
    if not ding.has_app:
        return
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TRY_SECONDS)) as http:
        api = Api(http, ding, MemoryCache(), None)
        token = await _asked("钉钉：Client ID 和 Client Secret", api.token())
        yield token
        if token.ok:
            yield await _robot(api)
            yield await _people(api)
            yield await _departments(api)
            if ding.card_template_id is not None:
                yield await _template(api, ding, settings.public_url)
        if ding.mode == "http":
            yield await _address(settings, http, api, clock)
        else:
            yield Finding(True, LINE) if connected else await _line(api)


async def _asked(what: str, call: Awaitable[Any], *fine: Kind, mend: str = "") -> Finding:
    """`fine`: kinds of error that only say that there is no such thing, as was to be expected."""
    try:
        await call
    except DingError as error:
        told = error.mend or mend or f"钉钉回了错误码 {error.code}，在开放平台的错误码页上看原因"
        return Finding(error.kind in fine, what, told)
    except TryLater as away:
        where = "BAIFANG_DINGTALK__API_BASE、OAPI_BASE、网络和代理"
        return Finding(False, what, f"连不上（{away}）：检查 {where}")
    return Finding(True, what)


async def _robot(api: Api) -> Finding:
    """Writes to nobody: robot code, permission and a published version are all asked for by that."""
    body = {"robotCode": api.robot, "userIds": [NOBODY], "msgKey": "sampleText"}
    body["msgParam"] = json.dumps({"content": "-"})
    call = api.post("/v1.0/robot/oToMessages/batchSend", body)
    return await _asked("钉钉：机器人能发消息", call, Kind.GONE)


async def _people(api: Api) -> Finding:
    call = api.old("/topapi/v2/user/get", {"userid": NOBODY})
    return await _asked("钉钉：看得到同事（qyapi_get_member）", call, Kind.GONE)


async def _departments(api: Api) -> Finding:
    call = api.old("/topapi/v2/department/get", {"dept_id": 1})
    return await _asked("钉钉：看得到部门（qyapi_get_department_list）", call)


async def _template(api: Api, ding: DingTalk, public_url: str) -> Finding:
    """Makes a card that is put nowhere."""
    filled = params(Card("doctor", "试一试"), Pen(f"{public_url}/m/"))
    body = {
        "cardTemplateId": ding.card_template_id,
        "outTrackId": f"{NOBODY}-{secrets.token_hex(6)}",
        "cardData": {"cardParamMap": filled},
    }
    call = api.post("/v1.0/card/instances", body)
    return await _asked("钉钉：卡片模板和权限（Card.Instance.Write）", call, mend=NO_TEMPLATE)


async def _line(api: Api) -> Finding:
    """Asks for a ticket and lets it run out."""
    told = {"clientId": api.client_id, "clientSecret": api.secret, "subscriptions": SUBSCRIPTIONS}
    return await _asked(LINE, api.bare(OPEN, told), mend=NOT_STREAM)


async def _address(settings: Settings, http: aiohttp.ClientSession, api: Api, clock: Clock) -> Finding:
    """Calls our own address as DingTalk does: the way there, the running server, and the same secret."""
    what, url = "钉钉：接收消息的地址", f"{settings.public_url}{ROBOT}"
    timestamp = str(round(clock.now().timestamp() * 1000))
    signed = hmac.new(api.secret.encode(), f"{timestamp}\n{api.secret}".encode(), sha256).digest()
    headers = {"timestamp": timestamp, "sign": b64encode(signed).decode()}
    try:
        async with http.post(url, json={}, headers=headers) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        mend = f"{url} 打不开（{type(error).__name__}）：先让 baifang run 跑着，再检查域名、证书和转发"
        return Finding(False, what, mend)
    if status == 403:
        return Finding(False, what, "在跑的进程用的 Client Secret 或时间和这里不一样：改好后重启它")
    return Finding(status == 200, what, f"{url} 回的是 {status}，不是我们的回答：检查转发到了哪里")
