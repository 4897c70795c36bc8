"""Whatever a phone records becomes the same WAV; whatever is no recording harms nothing."""

import wave
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest

from bot.senses import aside
from bot.senses.sound import LONGEST_SECONDS, RATE, Ending, NoSound, decode
from tests.fakes import voices

KINDS: dict[str, Callable[[float, float], bytes]] = {
    "amr": voices.amr,
    "mp3": voices.mp3,
    "m4a": voices.m4a,
    "ogg": voices.ogg,
    "webm": voices.webm,
    "wav": voices.wav,
    "silk": voices.silk,
    "silk without Tencent's byte": lambda seconds, pitch: voices.silk(seconds, pitch, tencent=False),
}
FRAME = b"\x04" + bytes(12)
"""The smallest AMR frame that FFmpeg decodes: 20 ms in 13 bytes."""


def heard(sound: bytes) -> tuple[float, float]:
    """Seconds and pitch of a WAV that is what transcribers want."""
    with wave.open(BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        samples = file.readframes(file.getnframes())
    return len(samples) / 2 / RATE, voices.pitch_of(samples)


def ending(recording: bytes) -> Ending:
    with pytest.raises(NoSound) as none:
        decode(recording)
    return none.value.ending


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_format_is_heard_at_its_length_and_pitch(kind: str) -> None:
    seconds, pitch = heard(decode(KINDS[kind](2.5, 523.0)))
    assert seconds == pytest.approx(2.5, abs=0.12)
    assert pitch == pytest.approx(523.0, abs=3)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_recording_that_breaks_off_gives_what_there_is(kind: str) -> None:
    whole = KINDS[kind](4.0, 440.0)
    if kind == "m4a":  # its index stands at the end: without it nothing can be played
        assert ending(whole[: len(whole) // 2]) is Ending.BROKEN
        return
    seconds, pitch = heard(decode(whole[: len(whole) // 2]))
    assert 1.0 < seconds < 3.5
    assert pitch == pytest.approx(440.0, abs=3)


@pytest.mark.parametrize(
    "recording",
    [
        b"",
        b"\x00" * 4000,
        b"#!AMR\n",
        b"#!AMR\n" + b"\xff" * 50,
        b"\x02#!SILK_V3",
        b"\x02#!SILK_V3\xff\xff",
        b"RIFF\xff\xff\xff\x7fWAVEfmt ",
        b"OggS" + b"\x00" * 100,
        b"\x1a\x45\xdf\xa3" + b"\x01" * 60,
        "这不是录音".encode() * 50,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
    ],
    ids=range(13),
)
def test_what_is_no_recording_is_told_apart(recording: bytes) -> None:
    assert ending(recording) is Ending.BROKEN


def test_ten_minutes_are_heard_and_more_are_not() -> None:
    for recording in (voices.amr(6.0), voices.silk(6.0)):
        assert heard(decode(voices.drawn_out(recording, 99)))[0] == pytest.approx(594, abs=5)
        assert ending(voices.drawn_out(recording, LONGEST_SECONDS // 6 + 1)) is Ending.LONG


def test_days_in_a_few_bytes_are_not_unpacked() -> None:
    assert ending(b"#!AMR\n" + FRAME * 500_000) is Ending.LONG
    assert ending(b"\x02#!SILK_V3" + b"\x00\x00" * 5_000_000) is Ending.LONG


def test_silence_is_no_words_that_a_model_could_make_up() -> None:
    held = BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.random.default_rng(1).integers(-30, 30, 32_000).astype("<i2").tobytes())
    assert ending(held.getvalue()) is Ending.SILENT


async def test_beside_the_bot_it_is_the_same_sound() -> None:
    recording = voices.amr(1.0)
    done = await aside.run("bot.senses.sound", recording, seconds=60, memory=1 << 30)
    assert (done.status, done.output) == (Ending.WELL, decode(recording))
    done = await aside.run("bot.senses.sound", b"broken", seconds=60, memory=1 << 30)
    assert (done.status, done.output) == (Ending.BROKEN, b"")


async def test_a_decoder_that_takes_too_long_or_too_much_is_ended_and_the_bot_goes_on() -> None:
    slow = await aside.run("bot.senses.sound", voices.amr(1.0), seconds=0.001, memory=1 << 30)
    assert slow == aside.Done(aside.KILLED, b"")
    large = await aside.run("bot.senses.sound", voices.wav(500.0), seconds=60, memory=200 << 20)
    assert large.status not in (Ending.WELL, aside.KILLED)
    assert large.output == b""


async def test_what_decodes_a_strangers_file_has_none_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("BAIFANG_ENCRYPTION_KEYS", "secret-of-ours")
    done = await aside.run("tests.fakes.environment", b"", seconds=60, memory=1 << 30)
    assert done.status == 0
    assert b"PYTHONPATH" in done.output
    assert b"secret-of-ours" not in done.output
