"""What the page sends becomes an update, or one line that says what is wrong with it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.local import inbound
from bot.platforms.local.inbound import MAX_JSON, MAX_TEXT, Malformed
from cards.actions import SaveVisit, encode
from handlers.kernel.update import Clicked, Joined, Said, Sender, Sent, Spoke, Update, dump, kind_of, load

AT = datetime(2026, 4, 21, 10, 20, tzinfo=UTC)
HEAD = {"phone": "lina", "id": "abcd1234"}
WHO: Any = ("local:abcd1234", Sender("local", "lina"), "local:lina", AT)
SAVE = SaveVisit(12, 3, 5, create=True)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("say", {"text": "去了鼎盛"}, Said(*WHO, "去了鼎盛")),
        ("say", {"text": "去了鼎盛", "spoken": True}, Said(*WHO, "去了鼎盛", spoken=True)),
        ("say", {"text": " 两行\n不变 "}, Said(*WHO, " 两行\n不变 ")),
        ("say", {"text": "x" * MAX_TEXT}, Said(*WHO, "x" * MAX_TEXT)),
        ("say", {"text": "空\x00字符"}, Said(*WHO, "空字符")),
        ("say", {"text": "半个\ud83d"}, Said(*WHO, "半个\ufffd")),
        ("place", {"name": "宏远包装"}, Sent(*WHO, "location", name="宏远包装", text="宏远包装")),
        (
            "place",
            {"name": "宏远包装", "address": "昆山前进路 1号"},
            Sent(*WHO, "location", name="宏远包装", text="宏远包装 昆山前进路 1号"),
        ),
        ("join", {}, Joined(*WHO)),
        ("other", {"kind": "link", "name": "一个网页"}, Sent(*WHO, "link", name="一个网页")),
        ("sticker", {}, Sent(*WHO, "sticker")),
        (
            "click",
            {"action": encode(SAVE), "picked": ["1", "2"], "typed": {"day": "2026-04-30"}},
            Clicked(*WHO, SAVE, encode(SAVE), ("1", "2"), {"day": "2026-04-30"}),
        ),
        ("click", {"action": "Gone.9.1.1.1"}, Clicked(*WHO, None, "Gone.9.1.1.1")),
        ("click", {"action": "SaveVisit.1.x.3.5.1"}, Clicked(*WHO, None, "SaveVisit.1.x.3.5.1")),
        ("click", {"action": "x" * 5000}, Clicked(*WHO, None, "x" * 128)),
    ],
)
def test_what_the_page_sends_becomes_an_update(kind: str, body: dict[str, Any], expected: Update) -> None:
    read = inbound.update(kind, HEAD | body, AT)

    assert read == expected
    assert load(kind_of(read), dump(read)) == read


def test_files_become_updates_that_name_their_key() -> None:
    head = inbound.envelope(HEAD, AT)

    assert inbound.spoke(head, "k1", "audio/webm") == Spoke(*WHO, "k1", "audio/webm")
    assert inbound.sent_file(head, "image", "k2", "门口.png") == Sent(*WHO, "image", "k2", "门口.png")


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("say", {}, 400),
        ("say", {"text": "  \n"}, 400),
        ("say", {"text": "\x00"}, 400),
        ("say", {"text": 5}, 400),
        ("say", {"text": "好", "spoken": "yes"}, 400),
        ("say", {"text": "x" * (MAX_TEXT + 1)}, 413),
        ("say", {"text": "好", "id": ""}, 400),
        ("say", {"text": "好", "id": "a b c d"}, 400),
        ("say", {"text": "好", "id": "x" * 65}, 400),
        ("say", {"text": "好", "id": 12345}, 400),
        ("say", {"text": "好", "phone": ""}, 400),
        ("say", {"text": "好", "phone": ["lina"]}, 400),
        ("place", {"name": " "}, 400),
        ("place", {"name": "x" * 501}, 400),
        ("other", {"kind": "<script>"}, 400),
        ("other", {"kind": None}, 400),
        ("click", {}, 400),
        ("click", {"action": ""}, 400),
        ("click", {"action": "A", "picked": "1"}, 400),
        ("click", {"action": "A", "picked": [1]}, 400),
        ("click", {"action": "A", "picked": ["1"] * 21}, 400),
        ("click", {"action": "A", "typed": []}, 400),
        ("click", {"action": "A", "typed": {"day": 3}}, 400),
        ("click", {"action": "A", "typed": {"day": "x" * 501}}, 400),
    ],
)
def test_what_is_malformed_is_refused_in_words(kind: str, body: dict[str, Any], status: int) -> None:
    with pytest.raises(Malformed) as refused:
        inbound.update(kind, HEAD | body, AT)

    assert refused.value.status == status
    assert any("\u4e00" <= each <= "\u9fff" for each in refused.value.words)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"9" * 5000, b"[" * 100_000])
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        inbound.parse(raw)

    assert refused.value.status == 400


def test_a_request_that_is_too_long_is_refused_and_the_longest_text_fits() -> None:
    with pytest.raises(Malformed) as refused:
        inbound.parse(b"x" * (MAX_JSON + 1))
    assert refused.value.status == 413

    longest = json.dumps(HEAD | {"text": "😀" * MAX_TEXT}).encode()
    assert inbound.parse(longest)["text"] == "😀" * MAX_TEXT


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_FIELDS = ["phone", "id", "text", "spoken", "action", "picked", "typed", "name", "address", "kind"]


@given(
    kind=st.sampled_from(["say", "click", "place", "join", "other", "video"]),
    body=st.dictionaries(st.sampled_from(_FIELDS), _VALUES),
)
def test_whatever_comes_is_an_update_or_refused(kind: str, body: dict[str, Any]) -> None:
    try:
        read = inbound.update(kind, HEAD | body, AT)
    except Malformed:
        return
    assert load(kind_of(read), dump(read)) == read
