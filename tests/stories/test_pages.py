"""The phone pages: signed in or not, one's own or not, and every form by the same inbox as the chat."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.web.forms import Forms
from bot.web.login import COOKIE, Sessions
from handlers.kernel.update import Sender
from storage.models.engine import InboxUpdate
from storage.models.migration import Invite
from storage.models.visits import Draft, Visit
from tests.stories.customers import Customer, code_for
from tests.stories.phones import Phone, World
from tests.stories.sites import Site, browser

NOTE = "今天去鼎盛见了张伟，要两台贴标机，预算十二万八，下周三前发方案"
SECRETS = ("张伟", "5678", "贴标机", "12.8万元", "苏州鼎盛")


@pytest.fixture
async def site(world: World) -> AsyncIterator[Site]:
    async with browser(world) as site:
        yield site


async def filed(world: World, li: Phone) -> int:
    await li.says(NOTE)
    await li.taps("保存")
    return (await world.customer("鼎盛机械")).id


async def test_nobody_reads_without_being_known(world: World, li: Phone, site: Site) -> None:
    customer = await filed(world, li)
    for path in ("/m/", f"/m/customer/{customer}", "/m/migration", "/m/visit/1", "/m/handover/1"):
        page = await site.opens(path)
        assert "你是谁" in page.words, path
        assert not any(each in page.words for each in SECRETS), path


async def test_where_no_platform_tells_nobody_gets_in(world: World) -> None:
    server = web.Application()
    server.add_routes(world.app.routes)  # as outside the demo: no picker
    async with TestClient(TestServer(server)) as client:
        page = await Site(world, client).opens("/m/")
        assert page.status == 403
        assert "从聊天里打开这一页" in page.words
        assert not any(each in page.words for each in ("李娜", "周强"))
        taken = await Site(world, client).sends("/m/login", [("address", "li")])
        assert "回到聊天里再点一次" in taken.words


async def test_the_file(world: World, li: Phone, site: Site) -> None:
    customer = await filed(world, li)
    home = await site.signs_in("李娜")
    assert "李娜 · 换人" in home.words
    assert "鼎盛机械" in home.words
    page = await site.opens(f"/m/customer/{customer}")
    for words in ("苏州鼎盛机械有限公司", "A级", "张伟", "采购经理", "138****5678", "贴标机", "12.8万元"):
        assert words in page.words, words
    assert "发方案" in page.words
    assert "2026-04-29" in page.words
    assert "13800135678" not in page.html
    after = await page.presses("看号码")
    assert "办好了，结果在聊天里" in after.words
    assert "13800135678" in li.card.title
    assert [each.details for each in await world.trail("looked")] == [{"field": "phone"}]


@pytest.mark.parametrize(
    ("who", "sees", "never"),
    [
        ("周强", ("张伟", "12.8万元", "138****5678"), ()),
        ("郑洁", ("张伟", "12.8万元"), ()),
        ("陈浩", (), SECRETS),
    ],
)
async def test_a_file_shows_what_the_role_may_see(
    world: World, li: Phone, site: Site, who: str, sees: tuple[str, ...], never: tuple[str, ...]
) -> None:
    customer = await filed(world, li)
    await site.signs_in(who)
    page = await site.opens(f"/m/customer/{customer}")
    assert all(each in page.words for each in sees)
    assert not any(each in page.words for each in never)
    assert page.status == (200 if sees else 404)


@pytest.mark.parametrize(
    ("role", "sees", "never"),
    [
        ("finance", ("12.8万元",), ("张伟", "5678", "贴标机", "看号码")),
        ("service", ("张伟", "138****5678", "贴标机"), ("12.8万元",)),
        ("partner", (), SECRETS),
    ],
)
async def test_other_roles(
    world: World, li: Phone, site: Site, role: str, sees: tuple[str, ...], never: tuple[str, ...]
) -> None:
    customer = await filed(world, li)
    async with world.app.database.unit() as unit:
        person = await unit.people.at("local", "chen")
        assert person is not None
        person.role = role
        await unit.add(person)
    await site.signs_in("陈浩")
    page = await site.opens(f"/m/customer/{customer}")
    assert all(each in page.words for each in sees), page.words
    assert not any(each in page.words for each in never), page.words


async def test_the_visit_form(world: World, li: Phone, site: Site) -> None:
    await li.says(NOTE)
    draft = await world.newest(Draft)
    await site.signs_in("李娜")
    page = await site.opens(f"/m/visit/{draft.id}")
    assert NOTE in page.words
    needs = li.card.line("要什么")
    steps = {"step0.due": "2026-04-30", "step0.what": "发方案和样册"}
    after = await page.presses("存下改动", sum0="150000", contacts="张薇", **steps)
    assert "办好了" in after.words
    card = li.cards("visit.draft")[-1]
    assert card.line("预算") == "15万元"
    assert card.line("下一步").startswith("2026-04-30前发方案和样册")
    assert "张薇，设备主管" in card.subtitle
    assert card.line("要什么") == needs  # what was not touched keeps its words
    await li.taps("保存")
    assert (await world.newest(Visit)).day.isoformat() == "2026-04-21"


async def test_what_does_not_fit_changes_nothing(world: World, li: Phone, site: Site) -> None:
    await li.says(NOTE)
    draft = await world.newest(Draft)
    await site.signs_in("李娜")
    for wrong in ({"sum0": "很多"}, {"sum0": "-3"}, {"sum0": "1e999"}, {"day": "下周三"}, {"hour": "25:99"}):
        page = await site.opens(f"/m/visit/{draft.id}")
        await page.presses("存下改动", **wrong)
        assert li.card.text.startswith("没改成："), wrong
    assert (await world.newest(Draft)).content == draft.content


async def test_an_old_form_changes_nothing(world: World, li: Phone, site: Site) -> None:
    await li.says(NOTE)
    draft = await world.newest(Draft)
    await site.signs_in("李娜")
    old = await site.opens(f"/m/visit/{draft.id}")
    await li.says("预算改成二十万")
    await old.presses("存下改动", sum0="1")
    assert li.cards("visit.draft")[-1].line("预算").startswith("20万元")
    await li.taps("保存")
    closed = await site.opens(f"/m/visit/{draft.id}")
    assert "已经存过" in closed.words
    assert not any(label == "存下改动" for form in closed.forms for label, *_ in form.buttons)


async def test_another_reps_draft_is_nobodys_form(world: World, li: Phone, site: Site) -> None:
    await li.says(NOTE)
    draft = await world.newest(Draft)
    for who in ("陈浩", "周强"):
        await site.signs_in(who)
        page = await site.opens(f"/m/visit/{draft.id}")
        assert page.status == 404
        assert not any(each in page.words for each in SECRETS)
        home = await site.opens("/m/")
        await home.presses(f"{who} · 换人")


async def test_a_form_that_is_sent_twice_is_one_update(world: World, li: Phone, site: Site) -> None:
    await site.signs_in("李娜")
    page = await site.opens("/m/migration")
    for _ in range(2):
        await page.presses("加上", text="张伟 鼎盛机械\n吴莉 天虹纺织\n某某")
    assert len(li.cards("migration.listed")) == 1
    assert len(await world.rows(Invite)) == 3


async def test_the_migration_board(world: World, li: Phone, site: Site) -> None:
    await site.signs_in("李娜")
    page = await site.opens("/m/migration")
    page = await page.presses("加上", file=("好友.csv", "姓名,电话\n张伟,13800135678\n老同学,\n".encode()))
    assert "张伟" in page.words
    assert "没对上的" in page.words
    assert "老同学" in page.words
    page = await page.presses("请他")
    assert li.card.title == "给张伟的话，你自己发"
    empty = await page.presses("加上")
    assert empty.status == 400
    assert "粘点什么" in empty.words


async def test_the_played_customer_deletes_the_rep(world: World, li: Phone, site: Site) -> None:
    zhang = Customer(world, "张伟", "13800135678")
    await zhang.scans(await code_for(world, li, "张伟"))
    await li.taps("是他")
    page = await site.opens("/play/wechat")
    page = await page.presses("删掉李娜")
    assert li.card.title == "张伟把你的工作微信删了"
    assert "删掉李娜" not in page.words


async def test_the_managers_board(world: World, li: Phone, zhou: Phone, site: Site) -> None:
    await li.says("我微信里有鼎盛的张伟")
    await site.signs_in("周强")
    page = await site.opens("/m/migration")
    assert "团队" in page.words
    assert "李娜" in page.words
    assert "张伟" not in page.words  # the list is the rep's


async def test_the_handover_list(world: World, li: Phone, zhou: Phone, chen: Phone, site: Site) -> None:
    await zhou.says("李娜的客户都交给陈浩")
    number = int(zhou.having("交给陈浩").card.buttons[0].action.what)  # type: ignore[union-attr]
    await site.signs_in("周强")
    page = await site.opens(f"/m/handover/{number}")
    assert "李娜 → 陈浩" in page.words
    ticks = [each for form in page.forms for each in form.fields if each.name == "picked"]
    assert len(ticks) == 5
    page = await page.presses("就这些", picked=[ticks[0].value, ticks[2].value])
    checked = [each.checked for form in page.forms for each in form.fields if each.name == "picked"]
    assert checked == [True, False, True, False, False]
    assert zhou.cards("handover.request")[-1].title.startswith("李娜的 2 家")


async def test_a_handover_is_nobody_elses(world: World, zhou: Phone, site: Site) -> None:
    await zhou.says("李娜的鼎盛机械交给郑洁")
    await site.signs_in("陈浩")
    assert (await site.opens("/m/handover/1")).status == 404


# -- what no form may do ---------------------------------------------------------------------------------


async def test_a_form_from_another_site_is_refused(world: World, li: Phone, site: Site) -> None:
    await site.signs_in("李娜")
    page = await site.opens("/m/migration")
    form = next(each for each in page.forms if each.action == "/m/migration")
    fields = [(each.name, each.value) for each in form.fields if each.kind == "hidden"]
    before = len(await world.rows(InboxUpdate))
    there = await site.sends(
        "/m/migration", [*fields, ("text", "张伟")], multipart=True, origin="https://elsewhere.test"
    )
    assert there.status == 403
    for token in (
        "",
        "x",
        "A" * 900,
        Forms(world.app.database.keyring, world.app.clock.now).token("local:chen"),
    ):
        stolen = [("token", token), ("once", "abcdefgh12"), ("text", "张伟")]
        assert (await site.sends("/m/migration", stolen, multipart=True)).status == 403
    assert len(await world.rows(InboxUpdate)) == before


async def test_a_form_that_lay_open_overnight(world: World, li: Phone, site: Site) -> None:
    await site.signs_in("李娜")
    page = await site.opens("/m/migration")
    await world.moves(hours=13)
    refused = await page.presses("加上", text="张伟")
    assert "你是谁" in refused.words  # the session ran out as well


async def test_whoever_left_is_signed_in_no_more(world: World, li: Phone, site: Site) -> None:
    await site.signs_in("李娜")
    async with world.app.database.unit() as unit:
        person = await unit.people.at("local", "li")
        assert person is not None
        person.active = False
        await unit.add(person)
    assert "你是谁" in (await site.opens("/m/")).words


async def test_no_cookie_can_be_made_up(world: World, site: Site) -> None:
    keyring = world.app.database.keyring
    made = keyring.encrypt('{"platform":"local","address":"li","until":"2099-01-01T00:00:00Z"}', "web.form")
    for value in (made, "x", "A" * 1000, ""):
        site.client.session.cookie_jar.clear()
        site.client.session.cookie_jar.update_cookies({COOKIE: value})
        assert "你是谁" in (await site.opens("/m/")).words


async def test_nobody_is_led_away(world: World, site: Site) -> None:
    for back in (
        "https://elsewhere.test/",
        "//elsewhere.test",
        "/m/\\elsewhere",
        "/play",
        "/m//elsewhere.test",
    ):
        page = await site.opens("/m/login")
        page.forms[0].fields = [each for each in page.forms[0].fields if each.name != "back"]
        sent = [(each.name, each.value) for each in page.forms[0].fields]
        after = await site.sends("/m/login", [*sent, ("back", back), ("address", "li")])
        assert after.path == "/m/", back
        site.client.session.cookie_jar.clear()


async def test_every_page_says_what_a_browser_may_do(world: World, site: Site) -> None:
    await site.signs_in("李娜")
    for path in ("/m/", "/m/migration", "/m/customer/1", "/m/customer/999999", "/c/nothing", "/play/wechat"):
        headers = (await site.opens(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
    for name in ("../base.css", "main.js", "index.html"):
        assert (await site.opens(f"/m/static/{name}")).status == 404


async def test_the_session_cookie_is_guarded(world: World) -> None:
    answer = web.Response()
    Sessions(world.app.database.keyring, world.app.clock.now, secure=True).let_in(
        answer, Sender("local", "li")
    )
    cookie = answer.cookies[COOKIE].OutputString()
    for flag in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/m"):
        assert flag in cookie
