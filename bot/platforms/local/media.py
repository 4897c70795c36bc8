"""Tells pictures and recordings by their first bytes, so that no declared type has to be believed."""

OTHER = "application/octet-stream"

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x1a\x45\xdf\xa3", "audio/webm"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"#!AMR", "audio/amr"),
    (b"fLaC", "audio/flac"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}


def kind_of(content: bytes) -> str:
    """The MIME type of a picture or a recording that a browser shows; `OTHER` for anything else."""
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12], OTHER)
    if content[4:8] == b"ftyp":
        return "audio/mp4"
    return next((mime for start, mime in _STARTS if content.startswith(start)), OTHER)
