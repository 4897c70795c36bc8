"""Three kinds of failure, three reactions.

Refused    the person can mend it: say what and how, done
TryLater   a platform, the network or a lock: again with backoff, quietly
the rest   a bug: logged with the update's id, parked, replayable, one apology
"""

from handlers.kernel.reply import Shown


class Refused(Exception):
    """Nothing was changed, and `replies` tell the person how to go on."""

    def __init__(self, *replies: Shown) -> None:
        super().__init__(f"refused with {len(replies)} replies")
        self.replies = replies


class TryLater(Exception):
    """Nothing was changed; the same update is handled again after `seconds` (None: backoff)."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds
