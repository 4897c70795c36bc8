"""The playground's routes on a real server, with the real inbox, outbox and files behind them."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from bot.clock import MovableClock, SystemClock
from bot.intake import Intake
from bot.platforms.local.client import LocalPlatform
from bot.platforms.local.hub import Hub
from bot.platforms.local.inbound import MAX_JSON, MAX_TEXT
from bot.sender import Sender
from bot.wake import LocalWake
from bot.web.playground import MORNING, Owner, Playground, routes
from cards.actions import SaveVisit, encode
from cards.model import Button, Card, dump
from handlers.kernel.update import Clicked, Joined, Said, Sent, Spoke, Update, load
from storage.database import Database
from storage.local import LocalPhones
from storage.models.engine import InboxUpdate
from storage.schema import upgrade
from storage.secrets import Keyring

ZONE = ZoneInfo("Asia/Shanghai")
OWNERS = (Owner("lina", "李娜", "销售"), Owner("zhouqiang", "周强", "销售经理"))
CARD = Card(kind="visit.draft", title="鼎盛机械", buttons=(Button("保存", SaveVisit(1, 1, 1)),))
SAVED = Card(kind="visit.saved", title="✓ 鼎盛机械记好了", done=True)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\0" * 40
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@dataclass
class Stage:
    """The page's server, its browser, and what is behind them."""

    database: Database
    client: "TestClient[web.Request, web.Application]"
    hub: Hub
    clock: MovableClock
    wake: LocalWake
    archive: dict[str, Any] = field(default_factory=dict)

    async def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.client.post(path, data=io.BytesIO(raw), headers=headers) as response:
            return response.status, await response.json()

    async def upload(self, path: str, content: bytes, name: str, **fields: str) -> tuple[int, dict[str, Any]]:
        # Browsers send a file's name as it is.
        form = FormData({"phone": "lina", "id": "file1234"} | fields, quote_fields=False)
        form.add_field("file", content, filename=name, content_type="application/octet-stream")
        async with self.client.post(path, data=form) as response:
            return response.status, await response.json()

    async def get(self, path: str) -> dict[str, Any]:
        async with self.client.get(path) as response:
            assert response.status == 200
            found: dict[str, Any] = await response.json()
            return found

    async def inbox(self) -> list[Update]:
        """What is durably waiting, in order, whichever conversation it belongs to."""
        found: list[Update] = []
        now = self.clock.now()
        async with self.database.unit() as unit:
            while claimed := await unit.inbox.claim_lane("test", now, 60):
                row: InboxUpdate | None = claimed[1]
                lane = claimed[1].lane
                while row is not None:
                    found.append(load(row.kind, row.payload))
                    await unit.inbox.done(row, "test", now)
                    row = await unit.inbox.next_or_release(lane, "test", now)
        return found

    async def chat(self, address: str = "lina") -> list[tuple[str, str, int]]:
        async with self.database.reading() as unit:
            rows = await LocalPhones(unit.session).chat(address)
        return [(each.direction, each.kind, each.revision) for each in rows]

    async def say(self, text: str = "去了鼎盛", id: str = "said1234", phone: str = "lina") -> None:
        status, _ = await self.post("/play/say", {"phone": phone, "id": id, "text": text})
        assert status == 200


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Stage]:
    clock, hub, wake = MovableClock(database, SystemClock(ZONE)), Hub(), LocalWake()
    archive: dict[str, Any] = {"customers": [], "visits": [], "tasks": [], "trail": []}

    async def owners() -> Sequence[Owner]:
        return OWNERS

    async def read_archive() -> Mapping[str, object]:
        return archive

    playground = Playground(
        database=database,
        files=database.files,
        intake=Intake(database, wake, clock),
        clock=clock,
        hub=hub,
        owners=owners,
        archive=read_archive,
        move=clock.move,
        zone=ZONE.key,
        company="凌云自动化",
    )
    app = web.Application()
    app.add_routes(routes(playground))
    async with TestClient(TestServer(app)) as client:
        yield Stage(database, client, hub, clock, wake, archive)
        hub.close()


@asynccontextmanager
async def on(url: str, folder: Path) -> AsyncIterator[Stage]:
    await upgrade(url)
    database = Database(url, Keyring([b"k" * 32]), folder / "files")
    async with opened(database) as made:
        yield made
    await database.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on(f"sqlite+aiosqlite:///{tmp_path / 'stage.db'}", tmp_path) as made:
        yield made


@pytest.fixture
async def any_stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """On each kind of database, for what stands on its promises."""
    async with on(database_url, tmp_path) as made:
        yield made


async def send(stage: Stage, kind: str, content: str, key: str, thread: str = "draft:1") -> None:
    """Through the outbox and the real sender to 李娜's phone."""
    now = stage.clock.now()
    async with stage.database.unit() as unit:
        await unit.outbox.put(
            key=key, person_id=1, platform="local", address="lina", kind=kind, content=content,
            at=now, thread=thread,
        )  # fmt: skip
    platform = LocalPlatform(stage.database, stage.hub)
    sender = Sender(stage.database, {"local": platform}, stage.wake, stage.clock, owner="test")
    running = asyncio.create_task(sender.run())
    await until(lambda: _depth(stage))
    await sender.stop()
    await running


async def _depth(stage: Stage) -> int:
    async with stage.database.reading() as unit:
        return await unit.outbox.depth()


async def until(left: Callable[[], Awaitable[int]]) -> None:
    """Waits until nothing is left."""
    for _ in range(500):
        if await left() == 0:
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


# -- what is said ------------------------------------------------------------------------------------


async def test_what_is_said_is_in_the_inbox_and_on_the_phone_before_the_answer(any_stage: Stage) -> None:
    status, answer = await any_stage.post(
        "/play/say", {"phone": "lina", "id": "said1234", "text": "去了鼎盛"}
    )

    assert (status, answer["ok"]) == (200, True)
    assert answer["message"]["client"] == "said1234"
    (update,) = await any_stage.inbox()
    assert isinstance(update, Said)
    assert (update.update_id, update.lane, update.text) == ("local:said1234", "local:lina", "去了鼎盛")
    assert await any_stage.chat() == [("in", "text", 1)]


async def test_the_same_message_again_is_taken_and_changes_nothing(any_stage: Stage) -> None:
    await any_stage.say()
    await asyncio.gather(*(any_stage.say("去了鼎盛") for _ in range(10)))

    assert len(await any_stage.inbox()) == 1
    assert await any_stage.chat() == [("in", "text", 1)]


async def test_a_message_that_was_handled_long_ago_stays_a_no_op(stage: Stage) -> None:
    await stage.say()
    assert len(await stage.inbox()) == 1
    await stage.say()

    assert await stage.inbox() == []


async def test_another_phone_can_not_take_a_name_that_is_used(stage: Stage) -> None:
    await stage.say()
    status, answer = await stage.post("/play/say", {"phone": "zhouqiang", "id": "said1234", "text": "好"})

    assert (status, answer["ok"]) == (409, False)
    assert len(await stage.inbox()) == 1


async def test_every_other_kind_of_message_becomes_its_update(stage: Stage) -> None:
    head = {"phone": "lina"}
    sent: list[tuple[str, dict[str, Any]]] = [
        ("/play/say", {"id": "id01", "text": "明天去天虹", "spoken": True}),
        ("/play/place", {"id": "id02", "name": "宏远包装", "address": "昆山"}),
        ("/play/join", {"id": "id03"}),
        ("/play/other", {"id": "id04", "kind": "link", "name": "网页"}),
        ("/play/sticker", {"id": "id05"}),
    ]
    for path, body in sent:
        assert (await stage.post(path, head | body))[0] == 200

    said, place, joined, link, sticker = await stage.inbox()
    assert isinstance(said, Said)
    assert said.spoken
    assert isinstance(place, Sent)
    assert (place.kind, place.text) == ("location", "宏远包装 昆山")
    assert isinstance(joined, Joined)
    assert isinstance(link, Sent)
    assert isinstance(sticker, Sent)
    assert (link.kind, sticker.kind) == ("link", "sticker")
    kinds = [kind for _, kind, _ in await stage.chat()]
    assert kinds == ["voice", "location", "other", "other"]


async def test_the_longest_text_is_taken_and_a_longer_one_refused(stage: Stage) -> None:
    await stage.say("长" * MAX_TEXT)
    status, answer = await stage.post(
        "/play/say", {"phone": "lina", "id": "b123", "text": "长" * (MAX_TEXT + 1)}
    )

    assert status == 413
    assert answer["words"]
    assert len(await stage.inbox()) == 1


async def test_an_oversized_body_is_refused(stage: Stage) -> None:
    status, answer = await stage.post("/play/say", b"x" * (MAX_JSON + 1))

    assert (status, answer["ok"]) == (413, False)
    assert await stage.inbox() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe\x00"])
async def test_what_is_no_json_is_refused_in_words(stage: Stage, body: bytes) -> None:
    status, answer = await stage.post("/play/say", body)

    assert status == 400
    assert any("\u4e00" <= each <= "\u9fff" for each in answer["words"])
    assert await stage.inbox() == []


async def test_a_phone_that_nobody_has_is_refused(stage: Stage) -> None:
    status, _ = await stage.post("/play/say", {"phone": "nobody", "id": "said1234", "text": "好"})

    assert status == 404
    assert await stage.inbox() == []


# -- files -------------------------------------------------------------------------------------------


async def test_a_recording_is_kept_and_played_back(stage: Stage) -> None:
    status, answer = await stage.upload("/play/voice", WAV, "会后.wav", seconds="3.2")

    assert status == 200
    content = answer["message"]["content"]
    assert (answer["message"]["kind"], content["seconds"]) == ("voice", 3.2)
    (update,) = await stage.inbox()
    assert isinstance(update, Spoke)
    assert (update.file, update.mime) == (content["file"], "audio/wav")
    async with stage.client.get(f"/play/file/{content['file']}") as response:
        assert (await response.read(), response.content_type) == (WAV, "audio/wav")


async def test_an_upload_that_is_sent_again_keeps_one_file(stage: Stage, tmp_path: Path) -> None:
    first = (await stage.upload("/play/photo", PNG, "门口.png"))[1]
    again = (await stage.upload("/play/photo", PNG, "门口.png"))[1]

    assert again == first
    (update,) = await stage.inbox()
    assert isinstance(update, Sent)
    assert (update.kind, update.name, update.file) == (
        "image",
        "门口.png",
        first["message"]["content"]["file"],
    )
    assert len([each for each in (tmp_path / "files").rglob("*") if each.is_file()]) == 1


async def test_what_is_no_picture_is_passed_on_as_a_file_and_never_shown(stage: Stage) -> None:
    status, answer = await stage.upload("/play/photo", b"<script>alert(1)</script>", "x.html")

    assert (status, answer["message"]["kind"]) == (200, "file")
    async with stage.client.get(f"/play/file/{answer['message']['content']['file']}") as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_form_without_a_file_and_one_that_is_too_big_are_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.local.requests.MAX_FILE", 100)

    assert (await stage.upload("/play/voice", b"", "x.wav"))[0] == 400
    assert (await stage.upload("/play/voice", WAV * 3, "x.wav"))[0] == 413
    assert (await stage.post("/play/voice", {"phone": "lina", "id": "x123"}))[0] == 400
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await stage.post("/play/voice", b"--x\r\nbroken", **broken))[0] == 400
    assert (await stage.post("/play/voice", b"x", **{"Content-Type": "multipart/form-data"}))[0] == 400
    assert await stage.inbox() == []


@pytest.mark.parametrize("key", ["0" * 32, "..%2F..%2Fetc%2Fpasswd", "x"])
async def test_a_file_that_is_not_there_is_not_found(stage: Stage, key: str) -> None:
    async with stage.client.get(f"/play/file/{key}") as response:
        assert response.status == 404


# -- cards and taps ----------------------------------------------------------------------------------


async def test_a_card_goes_through_the_sender_and_its_tap_comes_back(any_stage: Stage) -> None:
    await send(any_stage, "post", dump(CARD), "k1")
    (message,) = (await any_stage.get("/play/state"))["phones"][0]["messages"]
    button = message["content"]["buttons"][0]
    tap = {"phone": "lina", "id": "tap12345", "message": message["id"], "action": button["action"]}
    assert (await any_stage.post("/play/click", tap))[0] == 200
    assert (await any_stage.post("/play/click", tap))[0] == 200

    (update,) = await any_stage.inbox()
    assert isinstance(update, Clicked)
    assert update.action == SaveVisit(1, 1, 1)
    assert message["thread"] == "draft:1"


async def test_a_replaced_card_stands_in_its_place(any_stage: Stage) -> None:
    await send(any_stage, "post", dump(CARD), "k1")
    await send(any_stage, "text", "后来的", "k2", thread="")
    await send(any_stage, "replace", dump(SAVED), "k3")

    card, text = (await any_stage.get("/play/state"))["phones"][0]["messages"]
    assert (card["content"]["title"], card["revision"]) == (SAVED.title, 2)
    assert text["content"] == "后来的"


async def test_a_tap_on_an_old_button_is_taken(stage: Stage) -> None:
    await send(stage, "post", dump(CARD), "k1")
    await send(stage, "replace", dump(SAVED), "k2")
    old = {"phone": "lina", "id": "tap12345", "message": 1, "action": "SaveEverything.9.1.1.1"}

    assert (await stage.post("/play/click", old))[0] == 200
    (update,) = await stage.inbox()
    assert isinstance(update, Clicked)
    assert (update.action, update.raw) == (None, "SaveEverything.9.1.1.1")


@pytest.mark.parametrize(
    ("phone", "message"), [("zhouqiang", 1), ("lina", 99), ("lina", "1"), ("lina", 2**70)]
)
async def test_a_tap_on_a_card_that_the_phone_does_not_hold_is_refused(
    stage: Stage, phone: str, message: object
) -> None:
    await send(stage, "post", dump(CARD), "k1")
    tap = {"phone": phone, "id": "tap12345", "message": message, "action": encode(SaveVisit(1, 1, 1))}

    assert (await stage.post("/play/click", tap))[0] == 404
    assert await stage.inbox() == []


# -- the clock ---------------------------------------------------------------------------------------


async def test_the_clock_moves_forward_to_the_next_morning(stage: Stage) -> None:
    before = stage.clock.now()
    status, answer = await stage.post("/play/clock", {"to": "morning"})
    now = datetime.fromisoformat(answer["now"])

    assert status == 200
    assert now.astimezone(ZONE).replace(second=0, microsecond=0).time() == MORNING
    assert timedelta() < now - before <= timedelta(days=1, seconds=5)


@pytest.mark.parametrize(
    ("body", "moved"),
    [
        ({"hours": 1}, timedelta(hours=1)),
        ({"days": 7}, timedelta(days=7)),
        ({"days": 1, "hours": 2}, timedelta(hours=26)),
    ],
)
async def test_the_clock_moves_by_hours_and_days(stage: Stage, body: Any, moved: timedelta) -> None:
    before = stage.clock.now()
    assert (await stage.post("/play/clock", body))[0] == 200

    assert timedelta() <= stage.clock.now() - before - moved < timedelta(seconds=5)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"days": 0},
        {"days": -1},
        {"days": 1.5},
        {"days": True},
        {"days": 401},
        {"days": 10**9},
        {"to": "soon"},
        {"to": "2020-01-01T08:30"},
    ],
)
async def test_the_clock_does_not_move_otherwise(stage: Stage, body: Any) -> None:
    before = stage.clock.now()
    assert (await stage.post("/play/clock", body))[0] == 400

    assert stage.clock.now() - before < timedelta(seconds=5)


# -- the live line -----------------------------------------------------------------------------------


async def test_every_page_hears_what_happens_at_once(stage: Stage) -> None:
    async with stage.client.ws_connect("/play/live") as one, stage.client.ws_connect("/play/live") as two:
        await stage.say()
        for page in (one, two):
            event = await page.receive_json(timeout=5)
            assert (event["type"], event["message"]["client"]) == ("message", "said1234")
        await stage.post("/play/clock", {"hours": 1})
        assert (await one.receive_json(timeout=5))["type"] == "clock"


async def test_the_archive_is_told_when_it_changed_and_not_otherwise(stage: Stage) -> None:
    async with stage.client.ws_connect("/play/live") as page:
        stage.hub.stir()
        assert (await page.receive_json(timeout=5))["archive"] == stage.archive
        stage.hub.stir()
        stage.archive["visits"] = [{"id": 1, "customer": "鼎盛机械"}]
        await asyncio.sleep(0.05)
        stage.hub.stir()
        event = await page.receive_json(timeout=5)
        assert event["archive"]["visits"] == [{"id": 1, "customer": "鼎盛机械"}]


async def test_a_page_that_leaves_is_forgotten_and_a_closing_server_lets_go(stage: Stage) -> None:
    async with stage.client.ws_connect("/play/live") as page:
        await stage.say()
        await page.receive_json(timeout=5)
        assert len(stage.hub) == 1

    async def pages() -> int:
        return len(stage.hub)

    await until(pages)
    async with stage.client.ws_connect("/play/live") as page:
        await stage.say("再说", "said5678")
        await page.receive_json(timeout=5)
        stage.hub.close()
        assert (await page.receive(timeout=5)).data in (1000, None)


# -- who is let in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "rebound.example"},
        {"Host": "localhost:80; script-src *"},
        {"Host": "[::1"},
    ],
)
async def test_what_comes_from_another_site_is_refused(stage: Stage, headers: dict[str, str]) -> None:
    body = {"phone": "lina", "id": "said1234", "text": "好"}

    assert (await stage.post("/play/say", body, **headers))[0] in (400, 403)
    assert (await stage.post("/play/clock", {"days": 1}, **headers))[0] in (400, 403)
    async with stage.client.get("/play/live", headers=headers) as response:
        assert response.status in (400, 403)
    assert await stage.inbox() == []


async def test_the_pages_own_requests_are_taken(stage: Stage) -> None:
    host = f"127.0.0.1:{stage.client.port}"
    body = {"phone": "lina", "id": "said1234", "text": "好"}

    assert (await stage.post("/play/say", body, Origin=f"http://{host}"))[0] == 200
    async with stage.client.ws_connect("/play/live", origin=f"http://{host}") as page:
        assert not page.closed


async def test_the_page_runs_only_its_own_scripts(stage: Stage) -> None:
    async with stage.client.get("/") as response:
        policy = response.headers["Content-Security-Policy"]
        page = await response.text()

    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "<script>" not in page
    assert "style=" not in page
    for part in page.split('="/play/static/')[1:]:
        async with stage.client.get(f"/play/static/{part.split(chr(34))[0]}") as response:
            assert response.status == 200


@pytest.mark.parametrize("name", ["index.html", "..%2Fplayground.py", "nothing.js", "playground.py"])
async def test_nothing_but_the_pages_own_files_is_served(stage: Stage, name: str) -> None:
    async with stage.client.get(f"/play/static/{name}") as response:
        assert response.status == 404


async def test_the_state_holds_the_phones_the_clock_and_the_archive(stage: Stage) -> None:
    await stage.say("去了<script>alert(1)</script>")
    state = await stage.get("/play/state")

    assert [(each["address"], each["name"], each["role"]) for each in state["phones"]] == [
        ("lina", "李娜", "销售"),
        ("zhouqiang", "周强", "销售经理"),
    ]
    assert state["phones"][0]["messages"][0]["content"] == "去了<script>alert(1)</script>"
    assert (state["company"], state["zone"], state["archive"]) == (
        "凌云自动化",
        "Asia/Shanghai",
        stage.archive,
    )
    assert datetime.fromisoformat(state["now"]).utcoffset() == timedelta(hours=8)
