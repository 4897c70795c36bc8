"""The customer's own page: what may be asked, a yes with its words and time, and no longer at any time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.privacy import Privacy
from cards import consent as words
from handlers.chat.letters import letter
from handlers.policies.consent import Outgo
from handlers.work import consent, links
from handlers.work.links import Link
from storage.models.consents import Consent, ConsentText
from storage.models.migration import Newcomer
from tests.stories.customers import Customer, code_for
from tests.stories.phones import Phone, World
from tests.stories.sites import Site
from tests.stories.test_rights import desk_of


@pytest.fixture
async def site(world: World) -> AsyncIterator[Site]:
    """The customer's browser: no cookie, no name, only his link."""
    app = world.app
    server = web.Application()
    server.add_routes(Privacy(app.database, app.intake, app.clock, app.policy, app.forms).routes())
    async with TestClient(TestServer(server)) as client:
        yield Site(world, client)


@pytest.fixture
async def zhang(world: World, li: Phone) -> Customer:
    """张伟, welcomed and bound."""
    customer = Customer(world, "张伟", "13800135678")
    await customer.scans(await code_for(world, li, "张伟"))
    await li.taps("是他")
    return customer


async def may(world: World, what: Outgo) -> bool:
    async with world.app.database.reading() as unit:
        desk = await desk_of(world, unit, "li")
        contact = await unit.customers.contact((await world.contact("张伟")).id)
        assert contact is not None
        return await consent.check_out(desk, what, contact)


async def test_a_yes_with_nothing_ticked(world: World, li: Phone, zhang: Customer, site: Site) -> None:
    page = await site.opens(await zhang.link())
    for told in (
        "谁在用",
        "为什么",
        "用什么",
        "谁经手",
        "留多久",
        "您可以",
        "不收身份证号、银行卡、健康情况",
    ):
        assert told in page.words
    assert "不出境" not in page.words  # nobody said in the policy that it is true
    ticks = [each for form in page.forms for each in form.fields if each.kind == "checkbox"]
    assert [(each.value, each.checked) for each in ticks] == [("care", False), ("news", False)]
    assert not await may(world, Outgo.CARE)
    page = await page.presses("同意")
    assert words.THANKS in page.words
    rows = {each.scope: each for each in await world.rows(Consent)}
    assert {scope: row.answer for scope, row in rows.items()} == {
        "service": "given",
        "care": "declined",
        "news": "declined",
    }
    (text,) = await world.rows(ConsentText)
    row = rows["service"]
    assert (row.text_version, row.channel, row.at) == (text.version, "page", world.now)
    assert "不收身份证号、银行卡、健康情况" in text.text
    assert row.link
    made = [each for each in await world.trail("made") if each.subject == "consents"]
    assert len(made) == 3
    assert await may(world, Outgo.SERVICE)
    assert not await may(world, Outgo.CARE)
    assert not await may(world, Outgo.NEWS)


async def test_what_was_ticked_may_go_out_until_it_is_taken_back(
    world: World, li: Phone, zhang: Customer, site: Site
) -> None:
    page = await site.opens(await zhang.link())
    page = await page.presses("同意", scope=["care"])
    assert await may(world, Outgo.CARE)
    assert not await may(world, Outgo.NEWS)
    page = await page.presses("撤回同意")
    assert words.STOPPED in page.words
    assert not await may(world, Outgo.CARE)
    assert await may(world, Outgo.SERVICE)
    assert await may(world, Outgo.REPLY)
    assert not await may(world, Outgo.INVITE)
    assert li.card.title == "张伟撤回了同意"
    page = await page.presses("同意", scope=["care", "news"])  # and he may want it again
    assert await may(world, Outgo.NEWS)


async def test_a_no_is_as_easy_as_a_yes(world: World, li: Phone, zhang: Customer, site: Site) -> None:
    page = await site.opens(await zhang.link())
    page = await page.presses("不同意", scope=["care"])
    assert words.STOPPED in page.words
    assert {each.answer for each in await world.rows(Consent)} == {"declined"}
    assert not await may(world, Outgo.CARE)
    assert li.card.title == "张伟说不同意"


async def test_letters_go_past_what_he_allowed(world: World, li: Phone, zhang: Customer, site: Site) -> None:
    """No greeting without his yes; what he was promised goes as long as he is with the firm."""

    async def written(what: Outgo) -> list[str]:
        async with world.app.database.reading() as unit:
            desk = await desk_of(world, unit, "li")
            contact = await unit.customers.contact((await world.contact("张伟")).id)
            assert contact is not None
            told = await letter(desk, what, [contact], lambda to: "、".join(each.name for each in to))
        return [each.text for each in told]

    assert (await written(Outgo.SERVICE), await written(Outgo.CARE)) == (["张伟"], [])
    assert await written(Outgo.AGAIN) == ["张伟"]
    await (await site.opens(await zhang.link())).presses("不同意")
    assert (await written(Outgo.SERVICE), await written(Outgo.AGAIN)) == (["张伟"], [])
    await (await site.opens(await zhang.link())).presses("同意", scope=["care"])
    assert (await written(Outgo.CARE), await written(Outgo.NEWS)) == (["张伟"], [])
    async with world.app.database.unit() as unit:
        contact = await unit.customers.contact((await world.contact("张伟")).id)
        assert contact is not None
        contact.left_on = world.today
        await unit.add(contact)
    assert (await written(Outgo.SERVICE), await written(Outgo.CARE)) == ([""], [])


async def test_silence_is_no_consent(world: World, zhang: Customer) -> None:
    await world.jumps(days=40)
    assert await world.rows(Consent) == []
    assert not await may(world, Outgo.CARE)
    assert not await may(world, Outgo.NEWS)
    assert await may(world, Outgo.SERVICE)


async def test_an_expired_link_still_takes_back(world: World, li: Phone, zhang: Customer, site: Site) -> None:
    path = await zhang.link()
    fresh = await site.opens(path)
    await fresh.presses("同意", scope=["news"])
    await world.jumps(days=31)
    page = await site.opens(path)
    assert "这个链接过期了" in page.words
    assert not any(label == "同意" for form in page.forms for label, *_ in form.buttons)
    form = next(each for each in page.forms if each.fields)
    token = next(each.value for each in form.fields if each.name == "token")
    sent = [("token", token), ("once", "abcdefgh12"), ("answer", "give"), ("scope", "care")]
    refused = await site.sends(path, sent)
    assert refused.status == 403
    assert not await may(world, Outgo.CARE)
    page = await page.presses("撤回同意")
    assert words.STOPPED in page.words
    assert not await may(world, Outgo.NEWS)


async def test_a_link_opens_one_thing_only(world: World, zhang: Customer, site: Site) -> None:
    keyring = world.app.database.keyring
    link = Link("abc", (await world.newest(Newcomer)).id, world.now + timedelta(days=1))
    path = await zhang.link()
    for token in (
        links.write(keyring, "link.other", link),
        links.write(keyring, links.CONSENT, Link("abc", 99, link.until)),
        path.removeprefix("/c/")[:-12] + ("B" if path[-12] == "A" else "A") + path[-11:],
        keyring.encrypt("nonsense", links.CONSENT),
        "A" * 1200,
        "0",
    ):
        page = await site.opens(f"/c/{token}")
        assert page.status == 404, token
        assert "这个链接打不开了" in page.words
        assert "张伟" not in page.words


async def test_the_page_names_nobody(world: World, zhang: Customer, site: Site) -> None:
    """Whoever gets hold of the link learns nothing of the customer, nor what was noted of him."""
    page = await site.opens(await zhang.link())
    for secret in ("张伟", "5678", "鼎盛", "李娜"):
        assert secret not in page.html


async def test_a_form_of_one_link_does_not_fit_another(
    world: World, li: Phone, zhang: Customer, site: Site
) -> None:
    other = Customer(world, "吴莉", "13700137711")
    await other.scans(await code_for(world, li, "吴莉"))
    mine, theirs = await zhang.link(), await other.link()
    page = await site.opens(mine)
    token = next(each.value for form in page.forms for each in form.fields if each.name == "token")
    refused = await site.sends(theirs, [("token", token), ("once", "abcdefgh13"), ("answer", "withdraw")])
    assert refused.status == 403
    cross = await site.sends(
        mine, [("token", token), ("once", "abcdefgh14"), ("answer", "give")], origin="https://elsewhere.test"
    )
    assert cross.status == 403
    assert await world.rows(Consent) == []


async def test_a_yes_before_anybody_said_who_he_is(world: World, li: Phone, site: Site) -> None:
    """He reads at once; the rep taps later: the answer is his all the same."""
    zhang = Customer(world, "张伟", "13800135678")
    await zhang.scans(await code_for(world, li, "张伟"))
    page = await site.opens(await zhang.link())
    await page.presses("同意", scope=["care"])
    assert not await may(world, Outgo.CARE)
    await li.taps("是他")
    assert li.card.line("同意") == "信息说明他看过，同意了"
    assert await may(world, Outgo.CARE)


async def test_a_wish_passed_on_and_a_later_yes(world: World, li: Phone, zhang: Customer, site: Site) -> None:
    page = await site.opens(await zhang.link())
    page = await page.presses("同意", scope=["news"])
    await li.says("张伟不想收新品")
    assert not await may(world, Outgo.NEWS)
    page = await site.opens(await zhang.link())
    ticks = [each.checked for form in page.forms for each in form.fields if each.kind == "checkbox"]
    assert ticks == [False, False]


async def test_a_form_that_is_sent_twice_is_one_answer(
    world: World, li: Phone, zhang: Customer, site: Site
) -> None:
    page = await site.opens(await zhang.link())
    for _ in range(2):
        await page.presses("撤回同意")
    assert len(await world.rows(Consent)) == 3
    before = len(li.cards("consent.withdrawn"))
    await (await site.opens(await zhang.link())).presses("撤回同意")  # he makes sure
    assert len(await world.rows(Consent)) == 6
    assert len(li.cards("consent.withdrawn")) == before == 1
