"""How much tests do: usually what finds most faults in minutes; with WHOLE set, all that was promised.

`make test-whole` sets it: every story on every platform, and each count as its issue asks for it.
"""

import os

WHOLE = bool(os.environ.get("WHOLE"))


def many(usual: int, whole: int) -> int:
    """How many: examples, rounds, kills."""
    return whole if WHOLE else usual
