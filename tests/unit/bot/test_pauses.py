"""Pauses between attempts: doubling, capped, and spread."""

from hypothesis import given
from hypothesis import strategies as st

from bot.sender import FIRST_PAUSE_SECONDS, JITTER, LONGEST_PAUSE_SECONDS, backoff


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_a_pause_stays_between_the_first_and_the_longest(attempts: int, chance: float) -> None:
    pause = backoff(attempts, lambda: chance)
    assert FIRST_PAUSE_SECONDS * (1 - JITTER) <= pause <= LONGEST_PAUSE_SECONDS * (1 + JITTER)


def test_pauses_double() -> None:
    assert [backoff(attempts, lambda: 0.5) for attempts in range(4)] == [2, 4, 8, 16]
