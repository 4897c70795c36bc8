"""The column types by themselves: what goes in and out, and where their keys come from."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from storage.models.columns import Encrypted, EncryptedJson, Moment, keyring_of, use_keyring
from storage.secrets import Keyring, SecretsError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def dialect() -> Dialect:
    made = sqlite.dialect()
    use_keyring(made, Keyring([b"k" * 32]))
    return made


@given(st.text())
def test_text_is_stored_as_a_token_and_comes_back(text: str) -> None:
    column, where = Encrypted("contacts.phone"), dialect()
    stored = column.process_bind_param(text, where)
    assert stored is not None
    assert stored.startswith(keyring_of(where).prefix)
    assert column.process_result_value(stored, where) == text


@given(JSON)
def test_any_json_value_comes_back(value: object) -> None:
    column, where = EncryptedJson("changes.before"), dialect()
    stored = column.process_bind_param(value, where)
    assert stored is not None
    assert column.process_result_value(stored, where) == value


def test_null_stays_null() -> None:
    where = dialect()
    assert Encrypted("p").process_bind_param(None, where) is None
    assert Encrypted("p").process_result_value(None, where) is None
    assert EncryptedJson("p").process_result_value(None, where) is None
    assert Moment().process_bind_param(None, where) is None
    assert Moment().process_result_value(None, where) is None


def test_a_token_of_another_column_is_refused() -> None:
    where = dialect()
    stored = Encrypted("contacts.phone").process_bind_param("13800138000", where)
    with pytest.raises(SecretsError):
        Encrypted("contacts.email").process_result_value(stored, where)


def test_without_a_keyring_nothing_is_written() -> None:
    with pytest.raises(SecretsError, match="密钥"):
        Encrypted("p").process_bind_param("13800138000", sqlite.dialect())


@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2900, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_a_moment_is_the_same_instant_on_both_databases(naive: datetime, minutes: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    both: tuple[Dialect, ...] = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]
    for where in both:
        read = Moment().process_result_value(Moment().process_bind_param(at, where), where)
        assert read == at
        assert read is not None
        assert read.tzinfo is UTC


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001
