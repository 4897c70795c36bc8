"""The far side's own crypto, from the published layout; it shares nothing with the client under test."""

import base64
import hashlib
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class CryptoError(ValueError):
    """What came back cannot have been made with our key, or for us."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One encrypted text with what goes beside it."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str

    @property
    def query(self) -> dict[str, str]:
        return {"msg_signature": self.signature, "timestamp": self.timestamp, "nonce": self.nonce}


@dataclass(frozen=True, slots=True)
class Seal:
    """Token, EncodingAESKey and the receiver's id: what both ends of a callback know."""

    token: str
    aes_key: str
    receiver: str

    @property
    def key(self) -> bytes:
        if len(self.aes_key) != 43 or not self.aes_key.isalnum():
            raise CryptoError("an EncodingAESKey has 43 characters")
        return base64.b64decode(self.aes_key + "=")

    def close(self, text: str, timestamp: int) -> Sealed:
        """Encrypted with fresh random bytes and a fresh nonce: no two deliveries look alike."""
        raw = text.encode()
        plain = secrets.token_bytes(16) + len(raw).to_bytes(4, "big") + raw + self.receiver.encode()
        encrypt = base64.b64encode(encrypted(plain, self.key)).decode()
        nonce = secrets.token_hex(6)
        return Sealed(encrypt, self.sign(str(timestamp), nonce, encrypt), str(timestamp), nonce)

    def open(self, sealed: Sealed) -> str:
        """The text. Raises CryptoError for a wrong signature, padding, length or receiver."""
        if self.sign(sealed.timestamp, sealed.nonce, sealed.encrypt) != sealed.signature:
            raise CryptoError("wrong signature")
        plain = decrypted(base64.b64decode(sealed.encrypt, validate=True), self.key)
        length = int.from_bytes(plain[16:20], "big")
        text, receiver = plain[20 : 20 + length], plain[20 + length :]
        if receiver.decode() != self.receiver:
            raise CryptoError(f"sealed for {receiver.decode(errors='replace')!r}, not {self.receiver!r}")
        return text.decode()

    def sign(self, timestamp: str, nonce: str, encrypt: str) -> str:
        return hashlib.sha1("".join(sorted([self.token, timestamp, nonce, encrypt])).encode()).hexdigest()


def pad_of(text: str, receiver: str) -> int:
    """The value of the padding bytes that the text will get, 1–32."""
    return BLOCK - (20 + len(text.encode()) + len(receiver.encode())) % BLOCK


def encrypted(plain: bytes, key: bytes) -> bytes:
    """AES-256-CBC with the key's first half as IV and padding to 32 bytes."""
    count = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return encryptor.update(plain + bytes([count]) * count) + encryptor.finalize()


def decrypted(cipher: bytes, key: bytes) -> bytes:
    if not cipher or len(cipher) % 16:
        raise CryptoError("not whole blocks")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = decryptor.update(cipher) + decryptor.finalize()
    count = plain[-1]
    if not 1 <= count <= BLOCK or plain[-count:] != bytes([count]) * count:
        raise CryptoError("wrong padding")
    return plain[:-count]
