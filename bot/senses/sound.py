"""Turns a voice note into a WAV that every transcriber takes: 16 kHz, one channel, 16 bit.

As a program (`python -m bot.senses.sound`, by `aside.run`) it reads the recording on standard input and
writes the WAV; its exit status says why there is none. No ffmpeg has to be on the machine: PyAV brings
FFmpeg's libraries along, and SILK, which they can't read, has a library of its own.
"""

import sys
import wave
from collections.abc import Iterator
from enum import IntEnum
from io import BytesIO

from bot.senses.aside import confine

RATE = 16_000
WIDTH = 2
"""Bytes of a sample."""
LONGEST_SECONDS = 600
QUIETEST = 64
"""A recording whose loudest sample is not above this (of 32,767) holds nothing that anybody could hear."""

SILK = b"#!SILK_V3"
SILK_PACKET_SECONDS = 0.02
FORMATS = "amr,amrnb,amrwb,wav,mp3,aac,mov,ogg,matroska,flac,asf,aiff,caf"
"""What FFmpeg may take the bytes for. Left to itself it also follows playlists to other files."""


class Ending(IntEnum):
    """Exit statuses. 1 and 2 are Python's own."""

    WELL = 0
    LONG = 3
    BROKEN = 4
    SILENT = 5


class NoSound(Exception):
    """There is nothing to listen to, and why."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.name)
        self.ending = ending


def decode(recording: bytes) -> bytes:
    """The recording as WAV. A recording that breaks off gives what there is of it. Raises NoSound."""
    samples = bytearray()
    for piece in _silk(recording) if SILK in recording[:10] else _pieces(recording):
        samples += piece
        if len(samples) > LONGEST_SECONDS * RATE * WIDTH:
            raise NoSound(Ending.LONG)
    if not samples:
        raise NoSound(Ending.BROKEN)
    if _loudest(samples) <= QUIETEST:
        raise NoSound(Ending.SILENT)
    return _wav(samples)


def _silk(recording: bytes) -> Iterator[bytes]:
    """SILK v3, with Tencent's extra first byte or without."""
    import pysilk

    # Counted before anything is decoded: two bytes can stand for a packet of 640.
    packets = _packets(recording, recording.index(SILK) + len(SILK))
    if not packets:
        raise NoSound(Ending.BROKEN)
    if packets * SILK_PACKET_SECONDS > LONGEST_SECONDS:
        raise NoSound(Ending.LONG)
    pcm = BytesIO()
    try:
        pysilk.decode(BytesIO(recording), pcm, RATE)
    except pysilk.SilkError:
        if not pcm.tell():
            raise NoSound(Ending.BROKEN) from None
    yield pcm.getvalue()


def _packets(recording: bytes, at: int) -> int:
    count = 0
    while at + 2 <= len(recording):
        length = int.from_bytes(recording[at : at + 2], "little", signed=True)
        if length < 0:
            break
        at, count = at + 2 + length, count + 1
    return count


def _pieces(recording: bytes) -> Iterator[bytes]:
    """Everything that FFmpeg's libraries read."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": ""}
    heard = False
    try:
        with av.open(BytesIO(recording), "r", options=options, metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise NoSound(Ending.BROKEN)
            for frame in container.decode(audio=0):
                for each in resampler.resample(frame):
                    heard = True
                    yield bytes(each.planes[0])[: each.samples * WIDTH]
            for each in resampler.resample(None):
                yield bytes(each.planes[0])[: each.samples * WIDTH]
    except (av.FFmpegError, ValueError):
        if not heard:
            raise NoSound(Ending.BROKEN) from None


def _loudest(samples: bytearray) -> int:
    import numpy as np

    heard = np.frombuffer(samples[: len(samples) // WIDTH * WIDTH], dtype="<i2")
    return max(int(heard.max()), -int(heard.min()))


def _wav(samples: bytearray) -> bytes:
    held = BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(WIDTH)
        file.setframerate(RATE)
        file.writeframes(samples)
    return held.getvalue()


def main() -> int:
    confine(sys.argv)
    try:
        sys.stdout.buffer.write(decode(sys.stdin.buffer.read()))
    except NoSound as none:
        return none.ending
    except MemoryError:
        return Ending.BROKEN
    return Ending.WELL


if __name__ == "__main__":
    sys.exit(main())
