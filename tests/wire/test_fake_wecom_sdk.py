"""The official smart-bot SDK, as it is installed, works against the fake WeCom: real TLS, real frames."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest

from tests.fakes.wecom import Bot, WeCom
from tests.wire.wecom_app import card

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the SDK imports names that websockets is to drop
    import aibot
    import aibot.ws

BUTTONS = [{"text": "保存", "key": "save:1"}]
CARD = {key: value for key, value in card(button_list=BUTTONS).items() if key != "action_menu"}


class Quiet:
    """The SDK's logger prints; the tests do not want that."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def _keep(self, message: str, *_: Any) -> None:
        self.lines.append(message)

    debug = info = warn = error = _keep


class Heard:
    """What the SDK emitted, by event, to be waited for."""

    def __init__(self, client: Any, *events: str) -> None:
        self.queues: dict[str, asyncio.Queue[Any]] = {each: asyncio.Queue() for each in events}
        for name, queue in self.queues.items():
            client.on(name, lambda *args, queue=queue: queue.put_nowait(args[0] if args else None))

    async def next(self, event: str) -> Any:
        return await asyncio.wait_for(self.queues[event].get(), 5)


EVENTS = (
    *("connected", "authenticated", "disconnected", "reconnecting", "error"),
    *("message.text", "message.file", "event.enter_chat", "event.template_card_event"),
    "event.disconnected_event",
)
Stage = tuple[WeCom, Bot, Any, Heard]


@pytest.fixture
async def wecom() -> AsyncIterator[WeCom]:
    """The SDK takes wss only, so the fake speaks TLS and the SDK's own context trusts its certificate."""
    async with WeCom(tls=True) as wecom:
        wecom.member("li.na", "李娜")
        module: ModuleType = aibot.ws
        module._SSL_CONTEXT.load_verify_locations(cadata=wecom.ca)
        yield wecom


@asynccontextmanager
async def client(
    wecom: WeCom, secret: str = "bot-secret", **options: Any
) -> AsyncIterator[tuple[Any, Heard]]:
    chosen = aibot.WSClientOptions(
        bot_id="aibX", secret=secret, ws_url=wecom.wss_url, reconnect_interval=10, logger=Quiet(), **options
    )
    found = aibot.WSClient(chosen)
    heard = Heard(found, *EVENTS)
    await found.connect()
    yield found, heard
    found.disconnect()
    await found._ws_manager._cleanup_ws()


@pytest.fixture
async def stage(wecom: WeCom) -> AsyncIterator[Stage]:
    bot = wecom.bot()
    async with client(wecom) as (sdk, heard):
        await heard.next("authenticated")
        yield wecom, bot, sdk, heard


async def test_it_answers_with_a_stream(stage: Stage) -> None:
    wecom, bot, sdk, heard = stage
    phone = wecom.phone("li.na", bot)
    await phone.says("今天去了鼎盛")
    frame = await heard.next("message.text")
    assert frame["body"]["text"]["content"] == "今天去了鼎盛"
    for text, finish in [("正在看", False), ("正在看…", False), ("记下了", True)]:
        answer = await sdk.reply_stream(frame, "st-1", text, finish)
        assert answer["errcode"] == 0
    assert [each.text for each in phone.history] == ["正在看", "正在看…", "记下了"]
    with pytest.raises(RuntimeError, match="846608"):
        await sdk.reply_stream(frame, "st-1", "再改")


async def test_it_welcomes_sends_cards_and_replaces_them(stage: Stage) -> None:
    wecom, bot, sdk, heard = stage
    phone = wecom.phone("li.na", bot)
    await phone.joins()
    entered = await heard.next("event.enter_chat")
    await sdk.reply_welcome(entered, {"msgtype": "text", "text": {"content": "您好"}})
    await phone.says("去了鼎盛")
    await sdk.reply_template_card(await heard.next("message.text"), CARD)
    await phone.taps("保存", picks="模具")
    tapped = await heard.next("event.template_card_event")
    assert tapped["body"]["event"]["template_card_event"]["event_key"] == "save:1"
    await sdk.update_template_card(tapped, {**CARD, "main_title": {"title": "记好了"}})
    await sdk.send_message("li.na", {"msgtype": "markdown", "markdown": {"content": "明天见"}})
    assert [each.title for each in phone.shown] == ["您好", "记好了", "明天见"]
    with pytest.raises(RuntimeError, match="846605"):
        await sdk.reply_stream(entered, "st-1", "x")


async def test_it_downloads_and_decrypts(stage: Stage) -> None:
    _, bot, sdk, heard = stage
    await bot.file("li.na", "file", b"a quote", "报价.xlsx")
    fields = (await heard.next("message.file"))["body"]["file"]
    assert await sdk.download_file(fields["url"], fields["aeskey"]) == (b"a quote", "报价.xlsx")


async def test_its_pings_are_answered(wecom: WeCom) -> None:
    bot = wecom.bot()
    async with client(wecom, heartbeat_interval=10) as (sdk, heard):
        await heard.next("authenticated")
        await bot.pinged(4)
        assert sdk.is_connected
        assert sdk._ws_manager._missed_pong_count <= 1


async def test_a_wrong_secret_is_an_error_and_the_connection_stays(wecom: WeCom) -> None:
    wecom.bot()
    async with client(wecom, secret="no") as (sdk, heard):
        assert "853000" in str(await heard.next("error"))
        assert sdk.is_connected


async def test_it_comes_back_after_a_break(stage: Stage) -> None:
    wecom, bot, _, heard = stage
    bot.abort()
    await heard.next("disconnected")
    await heard.next("reconnecting")
    await heard.next("authenticated")
    await wecom.phone("li.na", bot).says("还在吗")
    assert (await heard.next("message.text"))["body"]["text"]["content"] == "还在吗"


async def test_a_clean_close_is_never_noticed(stage: Stage) -> None:
    """The SDK's defect, that whoever uses it must watch for."""
    _, bot, sdk, heard = stage
    receiving = sdk._ws_manager._receive_task
    await bot.close(1000)
    await asyncio.wait_for(receiving, 5)
    assert heard.queues["disconnected"].empty() and heard.queues["reconnecting"].empty()
    assert not sdk.is_connected and not bot.connected


async def test_a_second_client_kicks_the_first(stage: Stage) -> None:
    wecom, _, first, heard = stage
    async with client(wecom) as (_, second):
        await second.next("authenticated")
        await heard.next("event.disconnected_event")
        assert first.is_connected
