"""The official Stream SDK, as it is installed, works against the fake DingTalk: real sockets, real frames."""

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

import dingtalk_stream
import dingtalk_stream.card_replier
import dingtalk_stream.chatbot
import dingtalk_stream.stream
import pytest

from tests.fakes.dingtalk import DingTalk, Phone, listed

TEMPLATE = "baifang.schema"
OWN_ADDRESS = "socket.connect: ('8.8.8.8', 80)"
"""How the SDK looks for its own address, sending nothing; it goes on without where it may not."""
QUIET = logging.getLogger("quiet-dingtalk")
QUIET.setLevel(logging.CRITICAL + 1)


class Heard:
    """What a handler of the SDK was given, to be waited for from the test's own thread."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()

    def keep(self, message: Any) -> None:
        self._queue.put(message)

    async def next(self) -> Any:
        return await asyncio.to_thread(self._queue.get, timeout=5)


class Robot(dingtalk_stream.ChatbotHandler):
    def __init__(self) -> None:
        super().__init__()
        self.logger = QUIET
        self.heard = Heard()
        self.answers: Callable[[Any], Any] = lambda message: None

    async def process(self, callback: Any) -> tuple[int, str]:
        message = dingtalk_stream.ChatbotMessage.from_dict(callback.data)
        self.answers(message)
        self.heard.keep(message)
        return dingtalk_stream.AckMessage.STATUS_OK, "OK"


class Cards(dingtalk_stream.CallbackHandler):
    def __init__(self) -> None:
        super().__init__()
        self.heard = Heard()

    async def process(self, callback: Any) -> tuple[int, dict[str, Any]]:
        self.heard.keep(dingtalk_stream.CardCallbackMessage.from_dict(callback.data))
        values = {"title": "记好了", "buttons": "[]"}
        answer = {"cardUpdateOptions": {"updateCardDataByKey": True}, "cardData": {"cardParamMap": values}}
        return dingtalk_stream.AckMessage.STATUS_OK, answer


class Events(dingtalk_stream.EventHandler):
    def __init__(self) -> None:
        super().__init__()
        self.heard = Heard()

    async def process(self, event: Any) -> tuple[int, str]:
        self.heard.keep(event)
        return dingtalk_stream.AckMessage.STATUS_OK, "ok"


class Client:
    """The SDK's client in a thread and loop of its own: it blocks where it calls."""

    def __init__(self, secret: str = "ding-secret") -> None:
        credential = dingtalk_stream.Credential("dingkey0001", secret)
        self.sdk = dingtalk_stream.DingTalkStreamClient(credential, logger=QUIET)
        self.robot, self.cards, self.events = Robot(), Cards(), Events()
        self.sdk.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, self.robot)
        self.sdk.register_callback_handler(dingtalk_stream.CallbackHandler.TOPIC_CARD_CALLBACK, self.cards)
        self.sdk.register_all_event_handler(self.events)
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self.sdk.start())
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            rest = asyncio.all_tasks(self._loop)
            for each in rest:
                each.cancel()
            self._loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        self._loop.close()

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """It swallows a cancellation, so it is told until it ends."""
        while self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
            await asyncio.to_thread(self._thread.join, 0.05)


@pytest.fixture
async def dingtalk(monkeypatch: pytest.MonkeyPatch, nothing_leaves: list[str]) -> AsyncIterator[DingTalk]:
    """Where the SDK calls is read from the environment at its import; each test has another port."""
    async with DingTalk() as dingtalk:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for module in (dingtalk_stream.stream, dingtalk_stream.chatbot, dingtalk_stream.card_replier):
            monkeypatch.setattr(module, "DINGTALK_OPENAPI_ENDPOINT", dingtalk.api_base)
        tickets = f"{dingtalk.api_base}/v1.0/gateway/connections/open"
        monkeypatch.setattr(dingtalk_stream.DingTalkStreamClient, "OPEN_CONNECTION_API", tickets)
        dingtalk.join("li", "李娜")
        yield dingtalk
        assert dingtalk.problems == []
    nothing_leaves[:] = [each for each in nothing_leaves if each != OWN_ADDRESS]


Stage = tuple[DingTalk, Client, Phone]


@pytest.fixture
async def stage(dingtalk: DingTalk) -> AsyncIterator[Stage]:
    async with Client() as client:
        await dingtalk.gateway.connected()
        yield dingtalk, client, dingtalk.phone("li")


async def test_it_hears_text_and_answers_through_the_session(stage: Stage) -> None:
    dingtalk, client, phone = stage
    client.robot.answers = lambda message: threading.Thread(
        target=client.robot.reply_text, args=("记下了", message)
    ).start()
    push = await phone.says("今天去了鼎盛")
    message = await client.robot.heard.next()
    assert (message.text.content, message.sender_staff_id) == ("今天去了鼎盛", "li")
    assert push.acked and push.ack.data == {"response": "OK"}
    assert (await phone.next()).text == "记下了"
    assert dingtalk.meter.spent == {"push": 1, "/robot/sendBySession": 1}


async def test_it_hears_a_voice_with_its_words(stage: Stage) -> None:
    _, client, phone = stage
    await phone.speaks("明天下午三点回访王总", duration=True)
    message = await client.robot.heard.next()
    content = message.extensions["content"]
    assert message.message_type == "audio" and content["duration"] == 4000
    assert content["recognition"] == "明天下午三点回访王总"
    url = await asyncio.to_thread(client.robot.get_image_download_url, content["downloadCode"])
    assert url.startswith("http://127.0.0.1")


async def test_a_tap_on_its_card_is_answered_at_once(stage: Stage) -> None:
    dingtalk, client, phone = stage
    dingtalk.template(TEMPLATE, buttons=listed("buttons"))
    await phone.says("去了鼎盛")
    replier = dingtalk_stream.CardReplier(client.sdk, await client.robot.heard.next())
    values = {"title": "存吗", "buttons": '[{"text":"保存","id":"save","params":{"rev":"3"}}]'}
    await asyncio.to_thread(
        replier.create_and_deliver_card, TEMPLATE, values, callback_type="STREAM", at_sender=False
    )
    card = await phone.next_card()
    assert (card.title, card.buttons) == ("存吗", ["保存"])
    await phone.taps("保存")
    tapped = await client.cards.heard.next()
    assert tapped.content["cardPrivateData"] == {"actionIds": ["save"], "params": {"rev": "3"}}
    assert [(each.title, each.buttons) for each in phone.shown] == [("记好了", [])]


async def test_it_hears_of_people(stage: Stage) -> None:
    dingtalk, client, _ = stage
    await dingtalk.leaves("li")
    event = await client.events.heard.next()
    assert (event.headers.event_type, event.data["userId"]) == ("user_leave_org", ["li"])
    assert dingtalk.gateway.pushes[-1].acked


async def test_it_comes_back_after_a_disconnect_frame_and_a_clean_close(stage: Stage) -> None:
    dingtalk, client, phone = stage
    await dingtalk.gateway.ping()
    await dingtalk.gateway.until(lambda: len(dingtalk.gateway.acks) == 1)
    await dingtalk.gateway.ends("disconnect")
    await dingtalk.gateway.connected(2)
    await dingtalk.gateway.ends("clean")
    await dingtalk.gateway.connected(3)
    await phone.says("还在吗")
    assert (await client.robot.heard.next()).text.content == "还在吗"
    assert dingtalk.gateway.connections[0].code == 1000


async def test_a_wrong_secret_gets_no_ticket(dingtalk: DingTalk) -> None:
    async with Client(secret="no"):
        await dingtalk.gateway.until(lambda: bool(dingtalk.calls and dingtalk.calls[0].status))
        assert dingtalk.calls[0].answer["code"] == "authFailed"
        assert dingtalk.gateway.tickets == {}
