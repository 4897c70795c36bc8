"""Voice notes and pictures as encrypted files under one folder; knows no table and no file name."""

import asyncio
import os
import re
from pathlib import Path
from secrets import token_hex

from storage.secrets import Keyring

_KEY = re.compile(r"[0-9a-f]{32}")


class FileMissing(Exception):
    """No file is kept under this key, or it is no key."""


class Files:
    """Bytes by a random key. The key is authenticated with the bytes: swapped files are refused."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self.folder = folder
        self._keyring = keyring

    async def save(self, content: bytes) -> str:
        """Keeps bytes, safe on disk when this returns; their key."""
        return await asyncio.to_thread(self._save, content)

    async def load(self, key: str) -> bytes:
        """The bytes of a key. Raises FileMissing, and SecretsError where the file was tampered with."""
        return await asyncio.to_thread(self._load, key)

    async def remove(self, key: str) -> None:
        """Forgets the bytes; nothing happens where they are gone already."""
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def rotate(self) -> int:
        """Rewrites what an older key encrypted under the newest one; how many files."""
        return await asyncio.to_thread(self._rotate)

    def _rotate(self) -> int:
        done = 0
        for path in self.folder.glob("*/*"):
            if _KEY.fullmatch(path.name):
                sealed = path.read_bytes()
                if not self._keyring.is_newest(sealed):
                    self._replace(path, self._keyring.decrypt_bytes(sealed, _purpose(path.name)))
                    done += 1
        return done

    def _save(self, content: bytes) -> str:
        key = token_hex(16)
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._replace(path, content)
        return key

    def _replace(self, path: Path, content: bytes) -> None:
        """All of the new content, or the file as it was."""
        new = path.with_suffix(".new")
        try:
            _write(new, self._keyring.encrypt_bytes(content, _purpose(path.name)))
            new.rename(path)
        finally:
            new.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def _load(self, key: str) -> bytes:
        try:
            sealed = self._path(key).read_bytes()
        except FileNotFoundError:
            raise FileMissing(key) from None
        return self._keyring.decrypt_bytes(sealed, _purpose(key))

    def _path(self, key: str) -> Path:
        # Keys arrive from outside (links, callbacks): nothing but our own form may become a path.
        if not _KEY.fullmatch(key):
            raise FileMissing("not a key")
        return self.folder / key[:2] / key


def _purpose(key: str) -> str:
    return f"files.{key}"


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes a rename in the folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
