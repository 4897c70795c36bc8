"""A voice note becomes a card by way of the transcriber, or a kind answer; its recording is kept."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from bot.platforms.local import inbound
from storage.files import FileMissing
from storage.models.engine import InboxUpdate
from storage.models.visits import Draft, SaidNote, StoredFile, Visit
from tests.fakes import asr, voices
from tests.stories.conftest import Build
from tests.stories.phones import Phone, World

VISIT = "刚从鼎盛出来，见了张伟，要两台贴标机，预算十二万八，让我下周三前发方案"


@pytest.fixture
async def far() -> AsyncIterator[asr.Transcriber]:
    async with asr.transcriber() as fake:
        fake.words = VISIT
        yield fake


@pytest.fixture
async def world(worlds: Build, far: asr.Transcriber) -> AsyncIterator[World]:
    async with worlds(asr=far.endpoint) as built:
        built.said.append(VISIT)
        yield built


async def records(phone: Phone, recording: bytes, mime: str = "audio/amr") -> str:
    """The phone sends a voice note; the file's key."""
    key = await phone.world.app.database.files.save(recording)
    await phone.sends(lambda head: inbound.spoke(head, key, mime))
    return key


async def test_a_recording_in_the_playground_becomes_a_visit(
    world: World, li: Phone, page: TestClient[Any, Any], far: asr.Transcriber
) -> None:
    form = FormData({"phone": "li", "id": "voice-0001", "seconds": "3.0"})
    recording = voices.webm(3.0, 523.0)
    form.add_field("file", recording, filename="note.webm", content_type="audio/webm")
    async with page.post("/play/voice", data=form) as answer:
        assert answer.status == 200, await answer.text()
    await world.settles()
    assert li.card.kind == "visit.draft"
    assert li.card.line("预算") == "12.8万元 ←“十二万八”"
    assert far.heard[0].seconds == pytest.approx(3.0, abs=0.1)
    await li.taps("保存")
    visit = await world.newest(Visit)
    note = next(each for each in await world.rows(SaidNote) if each.id == visit.note_id)
    assert (note.text, note.spoken, note.kind) == (VISIT, True, "note")
    assert await world.app.database.files.load(note.file) == recording


async def test_the_reps_own_customers_go_along_as_hints_the_last_met_first(
    world: World, li: Phone, chen: Phone, far: asr.Transcriber
) -> None:
    await li.says("今天去了天虹纺织，见了吴莉")
    await li.taps("保存")
    await records(li, voices.silk(1.0))
    names = far.heard[0].fields["prompt"].partition("：")[2].rstrip("。").split("、")
    assert names[0] == "天虹纺织"
    assert {"鼎盛机械", "天虹纺织", "华东机电"} <= set(names)
    assert "启明教育" not in names


async def test_the_same_recording_delivered_twice_is_one_note(
    world: World, li: Phone, far: asr.Transcriber
) -> None:
    key = await world.app.database.files.save(voices.amr(1.0))
    head = inbound.Envelope("li", "same-voice", world.now)
    await world.receives(inbound.spoke(head, key, "audio/amr"), inbound.spoke(head, key, "audio/amr"))
    assert len(far.heard) == 1
    assert [each.text for each in await world.rows(SaidNote)].count(VISIT) == 1


async def test_a_spoken_button_works_from_a_recording(world: World, li: Phone, far: asr.Transcriber) -> None:
    await li.says(VISIT)
    far.words = "保存。"
    await records(li, voices.amr(1.0))
    assert li.card.kind == "visit.saved"


async def test_what_was_not_heard_is_listened_to_again(world: World, li: Phone, far: asr.Transcriber) -> None:
    far.modes = ["401", "401", "words"]
    key = await records(li, voices.amr(1.0))
    first = li.card
    assert (first.title, first.buttons) == ("这段没听清", ["再听一次", "知道了"])
    await world.moves(days=1)
    await li.taps("再听一次")
    assert li.card.title == "这段没听清"
    assert (await world.newest(SaidNote)).text == ""
    second = li.card
    assert second.id == first.id
    await li.taps("再听一次", on=second)
    assert li.card.kind == "visit.draft"
    assert "2026-04-29" in li.card.line("下一步")  # counted from when it was said, a day before
    notes = [each for each in await world.rows(SaidNote) if each.file == key]
    assert [(each.text, each.kind) for each in notes] == [(VISIT, "note")]
    assert len([each for each in await world.rows(StoredFile) if each.key == key]) == 1


async def test_two_taps_listen_once(world: World, li: Phone, far: asr.Transcriber) -> None:
    far.modes = ["401", "words"]
    before = len(await world.rows(Draft))
    await records(li, voices.amr(1.0))
    card = li.card
    await li.taps("再听一次", on=card)
    await li.taps("再听一次", on=card)
    assert len(far.heard) == 2
    assert len(await world.rows(Draft)) == before + 1
    assert li.card.kind == "visit.draft"


@pytest.mark.parametrize(
    ("recording", "title"),
    [
        (b"#!AMR\n\xff\xff\xff", "这段语音放不出来"),
        (b"", "这段语音放不出来"),
        (voices.drawn_out(voices.silk(6.0), 101), "这段太长了，我一次听不完"),
    ],
    ids=["broken", "empty", "long"],
)
async def test_what_can_not_be_played_gets_a_kind_answer_and_is_kept(
    world: World, li: Phone, far: asr.Transcriber, recording: bytes, title: str
) -> None:
    key = await records(li, recording)
    assert (li.card.title, li.card.buttons) == (title, ["知道了"])
    assert far.heard == []
    assert (await world.newest(SaidNote)).file == key
    assert await world.app.database.files.load(key) == recording


async def test_without_a_transcriber_it_is_told_so_and_kept(worlds: Build) -> None:
    async with worlds() as world:
        li = world.phones["li"]
        recording = voices.amr(1.0)
        key = await records(li, recording)
        assert li.card.title == "语音收到了，可我这边听不了"
        assert await world.app.database.files.load(key) == recording


async def test_the_recording_goes_with_the_words_that_were_not_wanted(world: World, li: Phone) -> None:
    key = await records(li, voices.amr(1.0))
    await li.taps("不用记")
    await world.moves_to(23, 1)
    note = next(each for each in await world.rows(SaidNote) if each.spoken)
    assert (note.text, note.file) == ("", "")
    with pytest.raises(FileMissing):
        await world.app.database.files.load(key)
    stored = next(each for each in await world.rows(StoredFile) if each.key == key)
    assert stored.removed_at is not None


async def test_no_transaction_is_open_while_it_listens(world: World, li: Phone, far: asr.Transcriber) -> None:
    """SQLite has one writer: who listened in a transaction would hold up everybody."""
    far.modes = ["stuck"]
    key = await world.app.database.files.save(voices.amr(1.0))
    await world.app.intake.put(
        inbound.spoke(inbound.Envelope("li", "slow-voice", world.now), key, "audio/amr")
    )
    listening = asyncio.create_task(world.app.worker.once())
    await far.asked.wait()
    async with world.app.database.unit() as unit:
        await unit.marks.set("meanwhile", "written", world.now)
    assert not listening.done()
    far.free.set()
    await listening
    await world.settles()
    assert li.card.kind == "visit.draft"
    assert [each.state for each in await world.rows(InboxUpdate) if each.update_id == "local:slow-voice"] == [
        "done"
    ]
