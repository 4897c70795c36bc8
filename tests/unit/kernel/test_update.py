"""An update that the inbox keeps comes back as it was, whatever it holds."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cards.actions import LARGEST, ChooseCustomer, HintEdit, SaveVisit
from handlers.kernel.update import (
    KINDS,
    Clicked,
    Joined,
    Said,
    Sender,
    Sent,
    Spoke,
    Ticked,
    Update,
    dump,
    kind_of,
    load,
)

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
ZONES = st.sampled_from([timezone(timedelta(hours=each)) for each in (-7, 0, 8)])
MOMENTS = st.datetimes(timezones=ZONES)
SENDERS = st.builds(Sender, TEXTS, TEXTS)
IDS = st.integers(0, LARGEST)
ACTIONS = st.one_of(
    st.none(),
    st.builds(SaveVisit, IDS, IDS, IDS, st.booleans()),
    st.builds(ChooseCustomer, IDS, IDS, IDS, IDS),
    st.builds(HintEdit, IDS, IDS, IDS, st.sampled_from(["draft", "visit"])),
)
WHO = (TEXTS, SENDERS, TEXTS, MOMENTS)
UPDATES: st.SearchStrategy[Update] = st.one_of(
    st.builds(Said, *WHO, TEXTS, st.booleans(), TEXTS),
    st.builds(Spoke, *WHO, TEXTS, TEXTS),
    st.builds(Sent, *WHO, TEXTS, TEXTS, TEXTS, TEXTS),
    st.builds(
        Clicked, *WHO, ACTIONS, TEXTS, st.lists(TEXTS, max_size=3).map(tuple), st.dictionaries(TEXTS, TEXTS)
    ),
    st.builds(Ticked, TEXTS, TEXTS, MOMENTS, TEXTS),
    st.builds(Joined, *WHO),
)


@given(UPDATES)
def test_what_is_dumped_is_loaded_as_it_was(update: Update) -> None:
    back = load(kind_of(update), dump(update))
    assert back == update
    assert type(back) is type(update)
    assert back.at.utcoffset() == update.at.utcoffset()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("payload", ["", "null", "[]", "{}", '{"update_id": 1}', "不是 JSON", '"'])
def test_anything_else_is_refused(kind: str, payload: str) -> None:
    with pytest.raises(ValidationError):
        load(kind, payload)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        load("shouted", "{}")
