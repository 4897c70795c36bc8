"""Files are kept encrypted, whole, and under keys that lead nowhere else."""

from pathlib import Path

import pytest

from storage.files import FileMissing, Files
from storage.secrets import Keyring, SecretsError


@pytest.fixture
def files(tmp_path: Path, keyring: Keyring) -> Files:
    return Files(tmp_path / "files", keyring)


def on_disk(files: Files) -> list[Path]:
    return sorted(path for path in files.folder.rglob("*") if path.is_file())


async def test_bytes_come_back_and_cannot_be_read_on_disk(files: Files) -> None:
    key = await files.save(b"spoken words")

    assert await files.load(key) == b"spoken words"
    (path,) = on_disk(files)
    assert b"spoken" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


async def test_the_same_bytes_are_two_files(files: Files) -> None:
    assert await files.save(b"a") != await files.save(b"a")


async def test_a_removed_file_is_missing_and_may_be_removed_again(files: Files) -> None:
    key = await files.save(b"a")
    await files.remove(key)
    await files.remove(key)
    with pytest.raises(FileMissing):
        await files.load(key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 32 + "\n", "0" * 32])
async def test_what_is_no_key_leads_nowhere(files: Files, key: str) -> None:
    with pytest.raises(FileMissing):
        await files.load(key)


async def test_swapped_or_changed_files_are_refused(files: Files) -> None:
    one, two = await files.save(b"one"), await files.save(b"two")
    first, second = (files.folder / key[:2] / key for key in (one, two))
    first.write_bytes(second.read_bytes())
    with pytest.raises(SecretsError):
        await files.load(one)
    second.write_bytes(second.read_bytes()[:-1])
    with pytest.raises(SecretsError):
        await files.load(two)


async def test_a_full_disk_leaves_no_half_file(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="space"):
        await files.save(b"a")
    assert on_disk(files) == []
