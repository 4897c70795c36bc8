"""Encrypts for the store, and indexes what must be found again; knows no table and no setting."""

import hmac
import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_VERSION = b"\x01"
_ID_BYTES = 5
_HEADER_BYTES = len(_VERSION) + _ID_BYTES
"""Six bytes are eight base64 characters, so that a token's start tells its key (see `prefix`)."""
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SEAL = re.compile(rf"([0-9a-f]{{{2 * _ID_BYTES}}})\.([0-9a-f]{{64}})")

PHONE = "phone"
"""What the blind index of every phone column is made for: one number, one index, whatever the table."""


class SecretsError(Exception):
    """A key is missing or malformed, or a token is not what was written; one line, without the secret."""


class _Key:
    """One company key and what is derived from it, so that no two uses share key material."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise SecretsError(f"每个加密密钥要正好 {KEY_BYTES} 字节，这里有一个是 {len(raw)} 字节")
        self.id = sha256(b"baifang key id" + raw).digest()[:_ID_BYTES]
        self.cipher = AESGCM(_derive(raw, b"encrypt"))
        self.blind = _derive(raw, b"blind")
        self.seal = _derive(raw, b"seal")


class Keyring:
    """The company's keys, newest first: the newest writes, all of them read.

    A token is base64url of version, key id, nonce and AES-256-GCM ciphertext. Its purpose
    ("contacts.phone") is authenticated with it, so that a value moved to another column is refused.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise SecretsError("没有加密密钥：请设置 BAIFANG_ENCRYPTION_KEYS")
        self._keys = tuple(_Key(raw) for raw in keys)
        self._newest = self._keys[0]
        self._by_id = {key.id: key for key in self._keys}

    @property
    def prefix(self) -> str:
        """How every token that the newest key wrote begins."""
        return _text(_VERSION + self._newest.id)

    def encrypt(self, text: str, purpose: str) -> str:
        return _text(self.encrypt_bytes(text.encode(), purpose))

    def decrypt(self, token: str, purpose: str) -> str:
        """The text of a token. Raises SecretsError for an unknown key, another purpose or a changed token."""
        return self.decrypt_bytes(_raw(token), purpose).decode()

    def encrypt_bytes(self, content: bytes, purpose: str) -> bytes:
        header = _VERSION + self._newest.id
        nonce = urandom(_NONCE_BYTES)
        return header + nonce + self._newest.cipher.encrypt(nonce, content, header + purpose.encode())

    def decrypt_bytes(self, sealed: bytes, purpose: str) -> bytes:
        """What `encrypt_bytes` was given; raises SecretsError as `decrypt` does."""
        if len(sealed) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != _VERSION:
            raise SecretsError(f"{purpose}：存的内容不是本程序加密的")
        header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        key = self._by_id.get(header[1:])
        if key is None:
            raise SecretsError(
                f"{purpose}：加密所用的密钥 {header[1:].hex()} 不在 BAIFANG_ENCRYPTION_KEYS 里"
            )
        try:
            return key.cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header + purpose.encode())
        except InvalidTag:
            raise SecretsError(f"{purpose}：存的内容被改动过，或放错了地方") from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the newest key encrypted these bytes."""
        return sealed.startswith(_VERSION + self._newest.id)

    def blind(self, value: str, purpose: str) -> str:
        """The index to write beside an encrypted value: equal values have equal ones, nothing else shows."""
        return _blind(self._newest, value, purpose)

    def blinds(self, value: str, purpose: str) -> tuple[str, ...]:
        """The indexes that a value may have been written under, for look-up while keys are being rotated."""
        return tuple(_blind(key, value, purpose) for key in self._keys)

    def phone_index(self, phone: str) -> str | None:
        """The index of a phone number by its digits; None where it has none."""
        number = digits(phone)
        return self.blind(number, PHONE) if number else None

    def phone_indexes(self, phone: str) -> tuple[str, ...]:
        """All indexes that a row with this phone number may carry; empty where it has no digit."""
        number = digits(phone)
        return self.blinds(number, PHONE) if number else ()

    def seal(self, content: bytes) -> str:
        """A signature that nobody without the keys can make."""
        return f"{self._newest.id.hex()}.{_sign(self._newest, content)}"

    def is_sealed(self, content: bytes, seal: str) -> bool:
        """Whether `seal` was made of this content. Raises SecretsError where its key is not known."""
        if (parts := _SEAL.fullmatch(seal)) is None:
            return False
        key_id, signature = parts.groups()
        key = self._by_id.get(bytes.fromhex(key_id))
        if key is None:
            raise SecretsError(f"封印所用的密钥 {key_id} 不在 BAIFANG_ENCRYPTION_KEYS 里")
        return hmac.compare_digest(_sign(key, content), signature)


def digits(phone: str) -> str:
    """The digits of a phone number, full-width ones too, without the country code of a Chinese mobile."""
    found = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", phone))
    return re.sub(r"^(?:00)?86(?=1[0-9]{10}$)", "", found)


def _derive(raw: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"baifang " + use).derive(raw)


def _blind(key: _Key, value: str, purpose: str) -> str:
    signed = hmac.digest(key.blind, purpose.encode() + b"\0" + value.encode(), "sha256")
    return _text(signed)


def _sign(key: _Key, content: bytes) -> str:
    return hmac.digest(key.seal, content, "sha256").hex()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str) -> bytes:
    """The bytes of base64url text; b"" for anything else, which no token is."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
