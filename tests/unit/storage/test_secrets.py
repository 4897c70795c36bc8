"""Secrets come back whole, or not at all."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.secrets import Keyring, SecretsError, digits

OLD, NEW = b"o" * 32, b"n" * 32
RING = Keyring([NEW, OLD])


@given(st.text(), st.text(max_size=20))
def test_what_was_encrypted_comes_back(text: str, purpose: str) -> None:
    assert RING.decrypt(RING.encrypt(text, purpose), purpose) == text


@given(st.binary(), st.text(max_size=20))
def test_bytes_come_back(content: bytes, purpose: str) -> None:
    assert RING.decrypt_bytes(RING.encrypt_bytes(content, purpose), purpose) == content


@given(st.text(), st.data())
def test_any_changed_bit_is_noticed(text: str, data: st.DataObject) -> None:
    token = RING.encrypt(text, "contacts.phone")
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8

    with pytest.raises(SecretsError):
        RING.decrypt(urlsafe_b64encode(raw).decode(), "contacts.phone")


@given(st.text())
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(SecretsError):
        RING.decrypt(text, "contacts.phone")


def test_a_value_moved_to_another_column_is_refused() -> None:
    token = RING.encrypt("13800138000", "contacts.phone")
    with pytest.raises(SecretsError, match=r"contacts\.email"):
        RING.decrypt(token, "contacts.email")


def test_equal_values_look_different() -> None:
    assert RING.encrypt("a", "p") != RING.encrypt("a", "p")


def test_the_newest_key_writes_and_all_keys_read() -> None:
    old = Keyring([OLD])
    assert RING.decrypt(old.encrypt("a", "p"), "p") == "a"
    assert RING.encrypt("a", "p").startswith(RING.prefix)
    with pytest.raises(SecretsError, match="不在 BAIFANG_ENCRYPTION_KEYS"):
        old.decrypt(RING.encrypt("a", "p"), "p")


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, b""]])
def test_a_malformed_key_is_named_without_showing_it(keys: list[bytes]) -> None:
    with pytest.raises(SecretsError) as caught:
        Keyring(keys)
    assert "\n" not in str(caught.value)
    assert "short" not in str(caught.value)


def test_an_index_is_the_same_for_the_same_value_and_purpose_and_key() -> None:
    assert RING.blind("a", "p") == RING.blind("a", "p")
    assert (
        len(
            {RING.blind("a", "p"), RING.blind("b", "p"), RING.blind("a", "q"), Keyring([OLD]).blind("a", "p")}
        )
        == 4
    )


def test_what_the_old_key_indexed_is_still_looked_up() -> None:
    assert Keyring([OLD]).blind("a", "p") in RING.blinds("a", "p")
    assert RING.blind("a", "p") == RING.blinds("a", "p")[0]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("\uff11\uff13\uff18\uff10\uff10\uff11\uff13\uff18\uff10\uff10\uff10", "13800138000"),
        ("0512-66668888", "051266668888"),
        ("8613800", "8613800"),
        ("微信同号", ""),
    ],
)
def test_a_phone_is_its_digits(written: str, number: str) -> None:
    assert digits(written) == number


def test_a_phone_without_digits_has_no_index() -> None:
    assert RING.phone_index("无") is None
    assert RING.phone_indexes("无") == ()


def test_a_seal_is_made_by_a_key_and_of_a_content() -> None:
    seal = RING.seal(b"entry")
    assert RING.is_sealed(b"entry", seal)
    assert Keyring([OLD, NEW]).is_sealed(b"entry", seal)
    assert not RING.is_sealed(b"other", seal)
    assert not RING.is_sealed(b"entry", seal[:-1] + ("0" if seal[-1] != "0" else "1"))
    assert not RING.is_sealed(b"entry", "nonsense")
    assert not RING.is_sealed(b"entry", "")
    with pytest.raises(SecretsError, match="密钥"):
        Keyring([OLD]).is_sealed(b"entry", seal)
