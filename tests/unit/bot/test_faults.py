"""A bug is described by where it is, never by what it says."""

import pytest

from bot.faults import frames_of, place_of


def fail() -> None:
    try:
        dict[str, str]()["13800138000"]
    except KeyError as cause:
        raise ValueError("张总") from cause


def test_a_bug_is_described_without_its_message() -> None:
    with pytest.raises(ValueError) as caught:
        fail()

    told = [place_of(caught.value), *frames_of(caught.value)]
    assert place_of(caught.value).startswith("ValueError @ ")
    assert "KeyError" in told
    assert not any("138" in each or "张总" in each for each in told)


def test_a_bug_that_was_never_raised_has_a_name_at_least() -> None:
    assert place_of(ValueError("张总")) == "ValueError"
