"""A keyring, and nothing else: what is tested here needs no database server."""

import pytest

from storage.secrets import Keyring


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([b"k" * 32])
