"""Recordings as phones and chat platforms make them, with tones that can be told apart."""

import wave
from fractions import Fraction
from io import BytesIO

import av
import numpy as np
import pysilk

Samples = "np.ndarray[tuple[int], np.dtype[np.int16]]"


def tone(seconds: float, pitch: float, rate: int) -> "Samples":
    """A tone with silence now and then, about as loud as somebody who speaks."""
    at = np.arange(int(seconds * rate)) / rate
    on = np.sin(2 * np.pi * 1.5 * at) > -0.5
    return (8000 * np.sin(2 * np.pi * pitch * at) * on).astype("<i2")


def amr(seconds: float = 3.0, pitch: float = 440.0) -> bytes:
    """AMR-NB, as WeCom and DingTalk deliver it."""
    return encoded(tone(seconds, pitch, 8000), 8000, "amr", "libopencore_amrnb", bit_rate=12_200)


def mp3(seconds: float = 3.0, pitch: float = 440.0) -> bytes:
    return encoded(tone(seconds, pitch, 44_100), 44_100, "mp3", "libmp3lame", "s16p")


def m4a(seconds: float = 3.0, pitch: float = 440.0) -> bytes:
    return encoded(tone(seconds, pitch, 44_100), 44_100, "ipod", "aac", "fltp")


def ogg(seconds: float = 3.0, pitch: float = 440.0) -> bytes:
    return encoded(tone(seconds, pitch, 48_000), 48_000, "ogg", "libopus")


def webm(seconds: float = 3.0, pitch: float = 440.0) -> bytes:
    """As a browser's recorder makes it."""
    return encoded(tone(seconds, pitch, 48_000), 48_000, "webm", "libopus")


def wav(seconds: float = 3.0, pitch: float = 440.0, rate: int = 44_100) -> bytes:
    held = BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tone(seconds, pitch, rate).tobytes())
    return held.getvalue()


def silk(seconds: float = 3.0, pitch: float = 440.0, *, tencent: bool = True, rate: int = 24_000) -> bytes:
    """SILK v3, as WeChat records it: with Tencent's extra first byte, or without."""
    out = BytesIO()
    pysilk.encode(BytesIO(tone(seconds, pitch, rate).tobytes()), out, rate, rate, tencent=tencent)
    return out.getvalue()


def drawn_out(recording: bytes, times: int) -> bytes:
    """A recording of AMR or SILK played so often in a row: both are a heading and frames."""
    heading = 6 if recording.startswith(b"#!AMR") else recording.index(b"SILK_V3") + len(b"SILK_V3")
    return recording[:heading] + recording[heading:] * times


def pitch_of(samples: bytes, rate: int = 16_000) -> float:
    """The strongest pitch of a WAV's samples, in hertz."""
    heard = np.frombuffer(samples, dtype="<i2").astype(float)
    strengths = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    return float(np.fft.rfftfreq(len(heard), 1 / rate)[int(strengths.argmax())])


def encoded(
    samples: "Samples", rate: int, container: str, codec: str, form: str = "s16", bit_rate: int = 64_000
) -> bytes:
    held = BytesIO()
    with av.open(held, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout, stream.format, stream.bit_rate = "mono", form, bit_rate
        stream.time_base = Fraction(1, rate)
        resampler = av.AudioResampler(
            format=form, layout="mono", rate=rate, frame_size=stream.frame_size or 960
        )
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            for packet in stream.encode(piece):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return held.getvalue()
