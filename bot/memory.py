"""How often Python looks for garbage, once everything that stays is there."""

import gc

YOUNG, MIDDLE, OLD = 50_000, 20, 50
"""gc's thresholds: its own are meant for small programs, and cost this one a tenth of its time."""


def settle() -> None:
    """What was imported and loaded up to now is never looked through again. Call it once, when started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
