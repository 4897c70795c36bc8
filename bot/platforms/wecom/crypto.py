"""Opens what WeCom sealed: freshness, signature, AES and receive id, by wechatpy's crypto."""

from collections.abc import Mapping

from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException
from wechatpy.exceptions import InvalidSignatureException

FRESH_SECONDS = 300
"""How far a callback's time may be from ours: a recorded one can't be played again later."""
MILLISECONDS = 10**11
"""A time that is larger counts milliseconds."""
NAMES = ("msg_signature", "timestamp", "nonce")
LONGEST = 128
"""Characters of a signature, a time or a nonce."""


class Refusal(Exception):
    """A request that is not answered. `reason` is a word for the counters; nothing of the request is kept."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Gate:
    """What one callback address is protected by. `receive_id`: the corp id; "" for a smart bot."""

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        self._crypto = WeChatCrypto(token, aes_key, receive_id)

    def open(self, query: Mapping[str, str], sealed: str, now: float) -> str:
        """The text inside. Raises Refusal."""
        signature, timestamp, nonce = (_short(query, name) for name in NAMES)
        if not timestamp.isascii() or not timestamp.isdigit():
            raise Refusal("timestamp")
        if abs(now - _seconds(int(timestamp))) > FRESH_SECONDS:
            raise Refusal("stale", 403)
        try:
            opened = self._crypto.decrypt_message({"Encrypt": sealed}, signature, timestamp, nonce)
        except InvalidSignatureException:
            raise Refusal("signature", 403) from None
        except InvalidCorpIdException:
            raise Refusal("receive_id", 403) from None
        except Exception:  # noqa: BLE001 (wechatpy raises whatever bad bytes lead to)
            raise Refusal("cipher", 403) from None
        return str(opened)


def _seconds(timestamp: int) -> float:
    """WeCom counts seconds, DingTalk, which seals its events the same way, milliseconds."""
    return timestamp / 1000 if timestamp > MILLISECONDS else timestamp


def _short(query: Mapping[str, str], name: str) -> str:
    found = query.get(name, "")
    if not 0 < len(found) <= LONGEST:
        raise Refusal(f"no {name}")
    return found
