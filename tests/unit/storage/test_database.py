"""What a database URL may be, and what opening one does not do."""

from pathlib import Path

import pytest

from storage.database import Database
from storage.dialect import make_engine
from storage.secrets import Keyring


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite:///a.db",
        "postgresql://h/d",
        "mysql://h/d",
    ],
)
def test_an_unfit_url_is_refused_in_one_line_that_says_how_to_mend_it(url: str) -> None:
    with pytest.raises(ValueError, match="BAIFANG_DATABASE_URL") as caught:
        make_engine(url)
    assert "\n" not in str(caught.value)


def test_opening_a_database_touches_no_disk(tmp_path: Path, keyring: Keyring) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/var/baifang.db", keyring)

    assert list(tmp_path.iterdir()) == []
    assert database.files.folder == tmp_path / "var" / "files"
