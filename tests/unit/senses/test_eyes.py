"""Ten drawn business cards, clean and as a phone sees them: what matters is right in nine."""

import asyncio
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.senses import aside
from bot.senses.eyes import LOOK_MEMORY, PRINTS, Onlooker
from bot.senses.picture import UNREADABLE
from handlers.understanding.businesscard import BusinessCard, parse
from storage.files import Files
from storage.secrets import Keyring
from tests.extent import WHOLE, many
from tests.fakes import printed

pytestmark = pytest.mark.skipif(find_spec("rapidocr") is None, reason="the extra ocr is not installed")


def found(card: BusinessCard | None) -> tuple[str, ...]:
    if card is None:
        return ()
    parts = (card.name, card.company, card.title, next(iter(card.phones), None))
    return tuple(each.value if each else "" for each in parts)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["clean", "degraded"] if WHOLE else ["degraded"])
def test_nine_cards_of_ten_are_read_right(kind: str) -> None:
    from bot.senses.picture import read

    wrong = []
    cards = printed.CARDS[: many(3, 10)]
    for seed, draw in enumerate(cards):
        card = draw()
        picture = printed.clean(card.picture) if kind == "clean" else printed.degraded(card.picture, seed)
        want = (card.name, card.company, card.title, card.phone)
        if (have := found(parse(read(picture)))) != want:
            wrong.append((draw.__name__, have, want))
    assert len(printed.CARDS) == 10
    assert len(wrong) <= len(cards) // 10, wrong


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files", Keyring([b"k" * 32]))


async def test_beside_the_bot_a_picture_is_read_from_the_file_store(files: Files) -> None:
    key = await files.save(printed.clean(printed.plain().picture))
    assert found(parse(await Onlooker(files).look(key)))[0] == "张伟"
    assert await Onlooker(files).look("0" * 32) == ()


async def test_a_phones_picture_that_lies_on_its_side_is_turned(files: Files) -> None:
    held, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 6  # turned by a quarter, as most phones write it
    side = printed.plain().picture.rotate(90, expand=True)
    side.save(held, "JPEG", exif=exif)
    assert found(parse(await Onlooker(files).look(await files.save(held.getvalue()))))[0] == "张伟"


def _png(width: int, height: int) -> bytes:
    held = BytesIO()
    Image.new("1", (width, height)).save(held, "PNG")
    return held.getvalue()


@pytest.mark.parametrize(
    "picture",
    [b"", b"no picture", printed.clean(printed.plain().picture)[:2000], _png(30_000, 20_000)],
    ids=["empty", "words", "cut", "bomb"],
)
async def test_what_is_no_picture_or_too_much_of_one_is_not_read(picture: bytes) -> None:
    done = await aside.run("bot.senses.picture", picture, seconds=60, memory=LOOK_MEMORY)
    assert (done.status, done.output) == (UNREADABLE, b"")


async def test_a_picture_without_print_has_no_lines() -> None:
    held = BytesIO()
    Image.new("RGB", (640, 480), "#7799bb").save(held, "JPEG")
    done = await aside.run("bot.senses.picture", held.getvalue(), seconds=60, memory=LOOK_MEMORY)
    assert PRINTS.validate_json(done.output) == ()


async def test_one_picture_at_a_time(files: Files) -> None:
    eyes = Onlooker(files)
    key = await files.save(b"no picture")
    assert await asyncio.gather(*(eyes.look(key) for _ in range(3))) == [(), (), ()]
