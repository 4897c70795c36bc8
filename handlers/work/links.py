"""Links that we hand out: what they open, for whom, until when; nobody can read or make one without the keys.

A link is an encrypted token whose purpose is bound to it: one that opens a page opens no other.
"""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from pydantic import TypeAdapter, ValidationError

from handlers.work import consent
from handlers.work.context import Desk
from storage.models.migration import Newcomer
from storage.secrets import Keyring, SecretsError

CONSENT = "link.consent"
LONGEST = 400
"""Characters of a token; whatever is longer is none of ours."""


@dataclass(frozen=True, slots=True)
class Link:
    """`id` names it in the evidence, `what` is the row it is about."""

    id: str
    what: int
    until: datetime


_ADAPTER: TypeAdapter[Link] = TypeAdapter(Link)


def write(keyring: Keyring, purpose: str, link: Link) -> str:
    return keyring.encrypt(_ADAPTER.dump_json(link).decode(), purpose)


def read(keyring: Keyring, purpose: str, token: str) -> Link | None:
    """What the token says, run out or not; None for anything that we did not write for this purpose."""
    if len(token) > LONGEST:
        return None
    try:
        return _ADAPTER.validate_json(keyring.decrypt(token, purpose))
    except (SecretsError, ValidationError, UnicodeDecodeError):
        return None


def consent_path(desk: Desk, newcomer: Newcomer) -> str:
    """The page on which a customer reads how his data are used, and says yes, no or no longer."""
    link = Link(token_hex(6), newcomer.id, desk.now + consent.link_life(desk))
    return f"/c/{write(desk.unit.keyring, CONSENT, link)}"
