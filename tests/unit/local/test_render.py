"""The page gets every part of a card, and nothing that the card does not hold."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.local import media, render
from cards.actions import SaveVisit, encode
from cards.model import Button, Card, Line, Mark, Quote, dump
from storage.models.local import LocalMessage
from tests.unit.local.stage import draft, everything

AT = datetime(2026, 4, 21, 10, 20, tzinfo=UTC)


def row(kind: str, content: str, direction: str = "out") -> LocalMessage:
    return LocalMessage(
        id=7, key="in:abcd1234", address="lina", direction=direction, kind=kind, content=content, at=AT
    )


def texts(value: Any) -> list[str]:
    """Every string in a drawn card."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [found for each in value.values() for found in texts(each)]
    if isinstance(value, list | tuple):
        return [found for each in value for found in texts(each)]
    return []


def test_every_part_of_the_model_is_drawn() -> None:
    drawn = render.card(everything())

    assert set(drawn) == {each.name for each in fields(Card)}
    assert all(drawn[each.name] for each in fields(Card) if each.name != "done")
    assert json.loads(json.dumps(drawn)) == drawn


def test_every_word_of_the_card_is_drawn() -> None:
    drawn = texts(render.card(everything()))
    said = texts(json.loads(dump(everything())))

    whole = everything().quote
    assert whole is not None
    missing = {each for each in said if each not in drawn} - {whole.text, whole.whole}
    assert missing == set()


def test_a_card_draws_nothing_that_it_does_not_hold() -> None:
    drawn = render.card(Card(kind="help", title="跟我说话就行"))

    assert [each for each in texts(drawn) if each] == ["help", "跟我说话就行"]
    assert drawn["quote"] is drawn["picture"] is drawn["choice"] is drawn["form"] is None


def test_used_words_are_marked_in_the_quote_and_in_the_whole_note() -> None:
    drawn: Any = render.card(draft())["quote"]

    assert [each["text"] for each in drawn["parts"] if each["used"]] == ["十二万八", "下周三前"]
    assert [each["text"] for each in drawn["whole"] if each["used"]] == ["十二万八", "下周三前"]
    quote = draft().quote
    assert quote is not None
    assert "".join(each["text"] for each in drawn["parts"]) == quote.text
    assert "".join(each["text"] for each in drawn["whole"]) == quote.whole


def test_words_said_twice_are_marked_where_the_quote_has_them() -> None:
    quote = Quote("预算五万…定金五万", (Mark(2, 4), Mark(7, 9)), "他说预算五万，先付定金五万，五万")
    drawn: Any = render.card(Card(kind="x", title="x", quote=quote))["quote"]

    used = [(index, each["text"]) for index, each in enumerate(drawn["whole"]) if each["used"]]
    assert used == [(1, "五万"), (3, "五万")]


@given(
    text=st.text(max_size=30),
    marks=st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40)), max_size=5),
)
def test_segments_are_the_text_and_hold_exactly_the_marked_characters(
    text: str, marks: list[tuple[int, int]]
) -> None:
    parts: Any = render.segments(text, [Mark(*each) for each in marks])

    assert "".join(each["text"] for each in parts) == text
    assert all(each["text"] for each in parts)
    used = [each["used"] for each in parts for _ in each["text"]]
    assert used == [any(start <= at < end for start, end in marks) for at in range(len(text))]


@pytest.mark.parametrize(
    ("link", "safe"),
    [
        ("/m/customer/1", True),
        ("https://example.com/a", True),
        ("http://127.0.0.1:8080/m/1", True),
        ("tel:051288886688", True),
        ("", True),
        ("javascript:alert(1)", False),
        ("JAVASCRIPT:alert(1)", False),
        ("java\nscript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//elsewhere.example/a", False),
        ("/\\elsewhere.example/a", False),
        ("http://[", False),
    ],
)
def test_a_link_that_could_run_something_is_dropped(link: str, safe: bool) -> None:
    assert render.safe_link(link) == (link if safe else "")
    drawn: Any = render.card(Card(kind="x", title="x", lines=(Line("看", "看", link=link),)))
    assert drawn["lines"][0]["link"] == (link if safe else "")


def test_a_card_of_an_earlier_version_keeps_its_title_and_its_taps() -> None:
    stored = json.loads(dump(draft()))
    stored["buttons"][0]["action"] = "SaveEverything.7.1.1.1"
    drawn: Any = render.message(row("card", json.dumps(stored)))["content"]

    assert drawn["title"] == draft().title
    assert drawn["body"] == render.OLD_CARD
    assert next(each["action"] for each in drawn["buttons"]) == "SaveEverything.7.1.1.1"


def test_a_message_names_its_client_only_where_the_phone_said_it() -> None:
    said = render.message(row("text", "去了鼎盛", "in"))
    answered = render.message(row("text", "好"))

    assert said["client"] == "abcd1234"
    assert answered["client"] == ""
    assert said["content"] == "去了鼎盛"


def test_a_voice_note_is_drawn_with_its_file() -> None:
    assert render.message(row("voice", '{"file": "k", "seconds": 3.2}'))["content"] == {
        "file": "k",
        "seconds": 3.2,
    }


def test_buttons_carry_the_encoded_intention() -> None:
    action = SaveVisit(1, 2, 3)
    drawn: Any = render.card(Card(kind="x", title="x", buttons=(Button("保存", action),)))

    assert drawn["buttons"] == [{"label": "保存", "action": encode(action), "weight": "normal", "link": ""}]


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"RIFF....WAVEfmt ", "audio/wav"),
        (b"\x1a\x45\xdf\xa3...", "audio/webm"),
        (b"OggS...", "audio/ogg"),
        (b"....ftypM4A ", "audio/mp4"),
        (b"#!AMR\n", "audio/amr"),
        (b"<svg onload=alert(1)>", media.OTHER),
        (b"<!doctype html>", media.OTHER),
        (b"", media.OTHER),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, mime: str) -> None:
    assert media.kind_of(content) == mime
