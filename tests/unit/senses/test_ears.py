"""Recordings go through decoding and the transcriber's HTTP interface, and come back as words or a reason."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.senses.ears import HINT_CHARS, Transcriber, hint
from config.settings import Endpoint
from handlers.kernel.senses import Unheard, Why
from storage.files import Files
from storage.secrets import Keyring
from tests.extent import many
from tests.fakes import asr, voices

TWENTY = many(5, 20)
LENGTHS = [0.6 + 0.35 * each for each in range(TWENTY)]
PITCHES = [300.0 + 40 * each for each in range(TWENTY)]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", Keyring([b"k" * 32]))


@pytest.fixture
async def far() -> AsyncIterator[asr.Transcriber]:
    async with asr.transcriber() as fake:
        yield fake


@pytest.fixture
def ears(files: Files, far: asr.Transcriber) -> Transcriber:
    return Transcriber(files, far.endpoint, pauses=(0.0, 0.0))


async def unheard(ears: Transcriber, files: Files, recording: bytes) -> Why:
    with pytest.raises(Unheard) as none:
        await ears.transcribe(await files.save(recording), ())
    return none.value.why


def _silk(seconds: float, pitch: float) -> bytes:
    """Every other one with Tencent's byte."""
    return voices.silk(seconds, pitch, tencent=int(pitch) % 80 == 60)


@pytest.mark.parametrize("record", [voices.amr, _silk], ids=["amr", "silk"])
async def test_twenty_recordings_arrive_as_the_sound_that_was_made(
    ears: Transcriber, files: Files, far: asr.Transcriber, record: Callable[[float, float], bytes]
) -> None:
    recordings = [record(seconds, pitch) for seconds, pitch in zip(LENGTHS, PITCHES, strict=True)]
    assert len(set(recordings)) == TWENTY
    far.words = lambda heard: f"音高{voices.pitch_of(heard.samples):.0f}"
    words = [await ears.transcribe(await files.save(each), ("鼎盛机械",)) for each in recordings]
    assert len(far.heard) == TWENTY
    for each, said, seconds, pitch in zip(far.heard, words, LENGTHS, PITCHES, strict=True):
        assert (each.rate, each.channels, each.width) == (16_000, 1, 2)
        assert each.seconds == pytest.approx(seconds, abs=0.1)
        assert float(said.removeprefix("音高")) == pytest.approx(pitch, abs=4)


async def test_the_request_is_what_the_interface_asks_for(
    ears: Transcriber, files: Files, far: asr.Transcriber
) -> None:
    assert (
        await ears.transcribe(await files.save(voices.amr()), ("鼎盛机械", "天虹纺织")) == "今天去了鼎盛机械"
    )
    (heard,) = far.heard
    assert heard.authorization == f"Bearer {asr.KEY}"
    assert heard.name == "note.wav"
    assert heard.fields == {
        "model": "whisper-1",
        "language": "zh",
        "response_format": "json",
        "prompt": "以下是销售拜访客户后的口述。可能提到的客户：鼎盛机械、天虹纺织。",
    }


def test_hints_keep_the_likeliest_names_and_stay_short() -> None:
    names = [f"第{each}家客户" for each in range(200)]
    assert hint(()) == ""
    assert hint(names).count("第0家客户") == 1
    assert len(hint(names)) <= HINT_CHARS
    assert len(hint(names)) > HINT_CHARS - 10
    assert hint(("鼎盛", "鼎盛")).count("鼎盛") == 1


@pytest.mark.parametrize("fault", ["429", "500", "503", "garbled"])
async def test_a_fault_that_passes_costs_another_try(
    ears: Transcriber, files: Files, far: asr.Transcriber, fault: str
) -> None:
    far.modes = [fault, fault, "words"]
    assert await ears.transcribe(await files.save(voices.amr()), ()) == "今天去了鼎盛机械"
    assert len(far.heard) == 3


@pytest.mark.parametrize("fault", ["429", "500", "garbled"])
async def test_a_fault_that_stays_is_given_up(
    ears: Transcriber, files: Files, far: asr.Transcriber, fault: str
) -> None:
    far.modes = [fault]
    assert await unheard(ears, files, voices.amr()) is Why.UNCLEAR
    assert len(far.heard) == 3


async def test_a_wrong_key_is_not_tried_again(ears: Transcriber, files: Files, far: asr.Transcriber) -> None:
    far.modes = ["401"]
    assert await unheard(ears, files, voices.amr()) is Why.UNCLEAR
    assert len(far.heard) == 1


@pytest.mark.parametrize("mode", ["empty", "echo"])
async def test_words_that_nobody_said_are_no_words(
    ears: Transcriber, files: Files, far: asr.Transcriber, mode: str
) -> None:
    far.modes = [mode]
    with pytest.raises(Unheard) as none:
        await ears.transcribe(await files.save(voices.amr()), ("鼎盛机械",))
    assert none.value.why is Why.UNCLEAR


async def test_a_transcriber_that_never_answers_is_left(files: Files, far: asr.Transcriber) -> None:
    far.modes = ["stuck"]
    ears = Transcriber(files, far.endpoint, seconds=0.05)
    assert await unheard(ears, files, voices.amr()) is Why.UNCLEAR


async def test_a_transcriber_that_is_not_there_is_left(files: Files, far: asr.Transcriber) -> None:
    endpoint = Endpoint.model_validate({"base_url": "http://127.0.0.1:9/v1", "model": "any"})
    assert await unheard(Transcriber(files, endpoint, pauses=(0.0,)), files, voices.amr()) is Why.UNCLEAR


@pytest.mark.parametrize(
    ("recording", "why"),
    [
        (b"no sound", Why.BROKEN),
        (voices.amr()[:10], Why.BROKEN),
        (voices.drawn_out(voices.silk(6.0), 101), Why.LONG),
    ],
    ids=["broken", "cut", "long"],
)
async def test_what_can_not_be_played_is_never_sent(
    ears: Transcriber, files: Files, far: asr.Transcriber, recording: bytes, why: Why
) -> None:
    assert await unheard(ears, files, recording) is why
    assert far.heard == []


async def test_a_file_that_is_gone_is_no_fault_of_ours(ears: Transcriber, far: asr.Transcriber) -> None:
    with pytest.raises(Unheard) as none:
        await ears.transcribe("0" * 32, ())
    assert none.value.why is Why.BROKEN


async def test_without_an_endpoint_it_is_deaf(files: Files) -> None:
    assert await unheard(Transcriber(files, Endpoint()), files, voices.amr()) is Why.DEAF


async def test_while_one_is_decoded_the_others_go_on(
    ears: Transcriber, files: Files, far: asr.Transcriber
) -> None:
    keys = [await files.save(voices.amr(1.0, pitch)) for pitch in PITCHES[:4]]
    assert await asyncio.gather(*(ears.transcribe(each, ()) for each in keys)) == ["今天去了鼎盛机械"] * 4
