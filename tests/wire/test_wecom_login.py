"""Signing in on `/m/` pages by WeCom: who holds the phone, and nobody else."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.app import App, build
from bot.clock import FixedClock
from tests.fakes.wecom import TUESDAY, Phone
from tests.fakes.wecom import WeCom as FarSide
from tests.wire.wecom_bot import Stage, settings_for


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Stage, str]]:
    """The bot with a page that says who reads it, at the address that its links carry."""
    clock = FixedClock(TUESDAY)
    site, home = web.Application(), free_url()
    server = TestServer(site, port=URL(home).port)
    async with FarSide(clock=clock) as far:
        far.member("li.na", "李娜")
        far.member("chen.hao", "陈浩")
        async with build(settings_for(folder, far, public_url=home), clock=clock) as app:
            site.add_routes([*app.routes, web.get("/m/who", page(app)), web.get("/m/", page(app))])
            await server.start_server()
            stage = Stage(app, far, clock, home)
            far.settles = stage.settles
            await far.saves_callback(f"{home}/wecom/callback")
            yield stage, home
            await server.close()
        assert far.problems == []


def free_url() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def page(app: App) -> object:
    async def who(request: web.Request) -> web.Response:
        person = await app.login.person(request)
        return web.Response(text=f"{person.name} {request.query_string}")

    return who


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[tuple[Stage, str]]:
    async with served(tmp_path) as built:
        yield built


async def known(stage: Stage, member: str) -> Phone:
    phone = stage.wecom.phone(member)
    await phone.says("你好")
    return phone


async def test_a_link_on_a_card_opens_the_readers_own_page(site: tuple[Stage, str]) -> None:
    stage, home = site
    li, chen = await known(stage, "li.na"), await known(stage, "chen.hao")
    assert (await li.opens(f"{home}/m/who?a=1&b=2")).text == "李娜 a=1&b=2"
    assert (await chen.opens(f"{home}/m/who")).text == "陈浩 "
    before = stage.wecom.count("auth/getuserinfo")
    assert (await li.opens(f"{home}/m/who")).text == "李娜 "
    assert stage.wecom.count("auth/getuserinfo") == before  # remembered


async def test_a_session_ends_after_a_day_and_with_the_account(site: tuple[Stage, str]) -> None:
    stage, home = site
    li = await known(stage, "li.na")
    await li.opens(f"{home}/m/who")
    await stage.passes(hours=13)
    before = stage.wecom.count("auth/getuserinfo")
    assert (await li.opens(f"{home}/m/who")).text == "李娜 "
    assert stage.wecom.count("auth/getuserinfo") == before + 1
    await stage.wecom.leaves("li.na")
    await stage.settles()
    assert (await li.opens(f"{home}/m/who")).status == 403


async def test_who_never_wrote_is_asked_to(site: tuple[Stage, str]) -> None:
    stage, home = site
    found = await stage.wecom.phone("li.na").opens(f"{home}/m/who")
    assert (found.status, "先在聊天里跟我说一句话" in found.text) == (403, True)


async def test_a_login_that_somebody_else_began_is_not_finished(site: tuple[Stage, str]) -> None:
    """A link with another's code and state signs nobody in: the state belongs to one browser."""
    stage, home = site
    await known(stage, "chen.hao")
    code = stage.wecom.oauth.grant("chen.hao", stage.wecom.app)
    async with ClientSession() as browser:
        for state in ("", "guessed"):
            target = f"{home}/m/login/wecom?code={code}&state={state}"
            async with browser.get(target, allow_redirects=False) as answer:
                assert answer.status == 400
                assert "baifang_session" not in answer.cookies


async def test_a_code_counts_once(site: tuple[Stage, str]) -> None:
    stage, home = site
    await known(stage, "li.na")
    async with ClientSession(headers={"User-Agent": "wxwork/4.1"}) as browser:
        async with browser.get(f"{home}/m/login", allow_redirects=False) as answer:
            state = URL(answer.headers["Location"]).query["state"]
            errand = answer.cookies["baifang_login"].value
        code = stage.wecom.oauth.grant("li.na", stage.wecom.app)
        target = f"{home}/m/login/wecom?code={code}&state={state}"
        statuses = []
        for _ in range(2):
            cookies = {"baifang_login": errand}
            async with (
                ClientSession(cookies=cookies) as other,
                other.get(target, allow_redirects=False) as got,
            ):
                statuses.append(got.status)
    assert statuses == [302, 403]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/m/",
        "/m/\\evil",
        "/m/login?next=/m/login",
        "/c/x",
        "/m/\n",
        "",
    ],
)
async def test_no_link_leads_out_of_the_house(site: tuple[Stage, str], target: str) -> None:
    stage, home = site
    li = await known(stage, "li.na")
    found = await li.opens(str(URL(f"{home}/m/login").with_query(next=target)))
    assert found.text == "李娜 "
    assert URL(found.url).path == "/m/"


@pytest.mark.parametrize("cookie", ["", "x", "A" * 500, "é".encode("latin-1").decode("latin-1")])
async def test_a_cookie_that_we_did_not_make_is_none(site: tuple[Stage, str], cookie: str) -> None:
    _, home = site
    async with ClientSession(cookies={"baifang_session": cookie}) as browser:
        answer = await browser.get(f"{home}/m/who", allow_redirects=False)
        assert answer.status == 302
        assert answer.headers["Location"].startswith("/m/login?next=")


async def test_the_platform_that_is_away_is_said_so(site: tuple[Stage, str]) -> None:
    stage, home = site
    li = await known(stage, "li.na")
    stage.wecom.goes_wrong("auth/getuserinfo", status=500)
    found = await li.opens(f"{home}/m/who")
    assert (found.status, "过一会儿再点一次" in found.text) == (503, True)
