"""Signatures and seals of the HTTP modes, from the published layout; nothing is shared with the bot."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class CryptoError(ValueError):
    """What came back cannot have been made with our key, or for us."""


def robot_sign(secret: str, timestamp: int) -> str:
    """The `sign` header of a robot's message: over the time alone, never over the body."""
    return hmac_sign(secret, f"{timestamp}\n{secret}")


def hmac_sign(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Sealed:
    encrypt: str
    signature: str
    timestamp: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Token, aes_key (43 characters) and owner (AppKey of an internal app) of event callbacks."""

    token: str
    aes_key: str
    owner: str

    @property
    def key(self) -> bytes:
        return base64.b64decode(self.aes_key + "=")

    def close(self, text: str, timestamp: int) -> Sealed:
        """Encrypted with fresh random bytes and a fresh nonce; the length counts bytes."""
        raw = text.encode()
        plain = secrets.token_bytes(16) + len(raw).to_bytes(4, "big") + raw + self.owner.encode()
        pad = BLOCK - len(plain) % BLOCK
        encryptor = Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16])).encryptor()
        cipher = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
        encrypt, nonce = base64.b64encode(cipher).decode(), secrets.token_hex(6)
        return Sealed(encrypt, self.sign(str(timestamp), nonce, encrypt), str(timestamp), nonce)

    def open(self, sealed: Sealed) -> str:
        """The text. Raises CryptoError for a wrong signature, padding or owner."""
        if self.sign(sealed.timestamp, sealed.nonce, sealed.encrypt) != sealed.signature:
            raise CryptoError("wrong signature")
        cipher = base64.b64decode(sealed.encrypt, validate=True)
        decryptor = Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16])).decryptor()
        plain = decryptor.update(cipher) + decryptor.finalize()
        pad = plain[-1]
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise CryptoError("wrong padding")
        end = 20 + int.from_bytes(plain[16:20], "big")
        if plain[end:-pad].decode() != self.owner:
            raise CryptoError(f"sealed for {plain[end:-pad]!r}, not {self.owner!r}")
        return plain[20:end].decode()

    def sign(self, timestamp: str, nonce: str, encrypt: str) -> str:
        return hashlib.sha1("".join(sorted([self.token, timestamp, nonce, encrypt])).encode()).hexdigest()
