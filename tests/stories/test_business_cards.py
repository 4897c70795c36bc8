"""A picture of a business card becomes a contact by one tap; any other picture is evidence for the visit."""

import sys
from importlib.util import find_spec

import pytest
from PIL import Image

from bot.platforms.local import inbound
from storage.files import FileMissing
from storage.models.changes import Approval
from storage.models.customers import Contact, Customer
from storage.models.visits import SaidNote, StoredFile, Visit
from tests.fakes import printed
from tests.stories.conftest import Build
from tests.stories.phones import Phone, World

pytestmark = pytest.mark.skipif(find_spec("rapidocr") is None, reason="the extra ocr is not installed")

VISIT = "今天去鼎盛机械，见了张伟，预算十二万八"


async def pictures(phone: Phone, picture: bytes) -> str:
    """The phone sends a picture; the file's key."""
    key = await phone.world.app.database.files.save(picture)
    await phone.sends(lambda head: inbound.sent_file(head, "image", key, "IMG_0421.jpg"))
    return key


async def test_a_card_of_a_new_customer_opens_a_file_with_its_contact(world: World, li: Phone) -> None:
    picture = printed.degraded(printed.vertical().picture, 1)
    key = await pictures(li, picture)
    assert li.card.title == "杭州青禾文化传播有限公司 · 名片，你看对不对"
    assert li.card.subtitle == "2026-04-21 周二 · 欧阳文静，总经理"
    assert li.card.lines == [
        ("地址", "杭州市西湖区文三路90号东部软件园2幢"),
        ("新电话", "139****3456"),
        ("新电话", "0571-****4321"),
    ]
    assert li.card.buttons == ["记下并建档", "其实是老客户", "改一改", "不用记"]
    assert not any(each.name == "欧阳文静" for each in await world.there(Contact))
    await li.taps("记下并建档")
    assert li.card.title == "✓ 杭州青禾文化传播有限公司记下了"
    customer = await world.customer("杭州青禾文化传播有限公司")
    contact = await world.contact("欧阳文静")
    assert (contact.customer_id, contact.title, contact.phone) == (customer.id, "总经理", "13957123456")
    assert (customer.phone, customer.address) == ("0571-87654321", "杭州市西湖区文三路90号东部软件园2幢")
    assert customer.last_interaction_at is None  # a card is no visit
    assert await world.app.database.files.load(key) == picture
    await li.taps("撤销")
    assert not any(each.name == "欧阳文静" for each in await world.there(Contact))
    assert not any(each.id == customer.id for each in await world.there(Customer))


async def test_a_card_of_a_known_contact_asks_before_the_number_changes(
    world: World, li: Phone, zhou: Phone
) -> None:
    await pictures(li, printed.clean(printed.plain().picture))
    assert li.card.title == "鼎盛机械 · 名片，你看对不对"
    assert li.card.line("新电话") == "138****8000，存后等周强点头"
    assert li.card.line("邮箱") == "zhangwei@dingsheng.example"
    assert li.card.buttons == ["记下", "改一改", "换客户", "不用记"]
    await li.taps("记下")
    assert (await world.contact("张伟")).email == "zhangwei@dingsheng.example"
    assert (await world.contact("张伟")).phone == "13800135678"
    assert len(await world.rows(Approval)) == 1
    assert zhou.cards("approval")
    assert len([each for each in await world.there(Contact) if each.name == "张伟"]) == 1


async def test_a_card_of_a_colleagues_customer_shows_who_looks_after_it(world: World, li: Phone) -> None:
    card = printed.Pen(printed.WIDE)
    card.write(60, 60, "深圳启明教育集团", 44)
    card.write(60, 200, "曹雪梅 教务主任", 52)
    card.write(60, 400, "手机：13412340099", 30)
    await pictures(li, printed.clean(card.image))
    assert li.card.kind == "customer.duplicates"
    assert "陈浩" in li.card.words
    assert "问问陈浩" in li.card.buttons


async def test_any_other_picture_is_evidence_for_the_visit_just_made(world: World, li: Phone) -> None:
    await li.says(VISIT)
    await li.taps("保存")
    sign = printed.Pen((800, 400), "#aa2222")
    sign.write(80, 120, "鼎盛机械二号车间", 70, "#ffffff")
    await pictures(li, printed.clean(sign.image))
    assert li.card.title == "图收到了，挂在鼎盛机械 4月21日那次"
    visit = await world.newest(Visit)
    assert (await world.newest(StoredFile)).visit_id == visit.id
    await pictures(li, printed.clean(Image.new("RGB", (64, 64), "gray")))
    assert li.card.title == "图收到了，挂在鼎盛机械 4月21日那次"


async def test_a_card_that_is_not_wanted_is_forgotten_with_its_picture(world: World, li: Phone) -> None:
    key = await pictures(li, printed.clean(printed.vertical().picture))
    await li.taps("不用记")
    await world.moves_to(23, 1)
    note = next(each for each in await world.rows(SaidNote) if each.kind == "card")
    assert (note.text, note.file) == ("", "")
    with pytest.raises(FileMissing):
        await world.app.database.files.load(key)


async def test_without_the_extra_a_card_is_a_picture_like_any_other(
    worlds: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    async with worlds() as world:
        li = world.phones["li"]
        await li.says(VISIT)
        await li.taps("保存")
        await pictures(li, printed.clean(printed.plain().picture))
        assert li.card.title == "图收到了，挂在鼎盛机械 4月21日那次"
