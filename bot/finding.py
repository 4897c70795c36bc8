"""What the doctor found of one thing that he tried."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` says what to do where it is not `ok`."""

    ok: bool
    what: str
    mend: str = ""
