"""Signing in on `/m/` pages by WeCom: who holds the phone, and nobody else."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from bot.app import build
from bot.clock import FixedClock
from bot.web.login import COOKIE
from tests.fakes.wecom import TUESDAY, Phone
from tests.fakes.wecom import WeCom as FarSide
from tests.wire.wecom_bot import Stage, settings_for


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[Stage, str]]:
    """The bot at the address that its links carry; its first page says who reads it."""
    clock = FixedClock(TUESDAY)
    site, home = web.Application(), free_url()
    server = TestServer(site, port=URL(home).port)
    async with FarSide(clock=clock) as far:
        far.member("li.na", "李娜")
        far.member("chen.hao", "陈浩")
        async with build(settings_for(folder, far, public_url=home), clock=clock) as app:
            site.add_routes(app.routes)
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
    found = await li.opens(f"{home}/m/?find=ab&b=2")
    assert ("李娜" in found.text, URL(found.url).query_string) == (True, "find=ab&b=2")
    assert "陈浩" in (await chen.opens(f"{home}/m/")).text
    before = stage.wecom.count("auth/getuserinfo")
    assert "李娜" in (await li.opens(f"{home}/m/")).text
    assert stage.wecom.count("auth/getuserinfo") == before  # remembered


async def test_a_session_ends_after_a_day_and_with_the_account(site: tuple[Stage, str]) -> None:
    stage, home = site
    li = await known(stage, "li.na")
    await li.opens(f"{home}/m/")
    await stage.passes(hours=13)
    before = stage.wecom.count("auth/getuserinfo")
    assert "李娜" in (await li.opens(f"{home}/m/")).text
    assert stage.wecom.count("auth/getuserinfo") == before + 1
    await stage.wecom.leaves("li.na")
    await stage.settles()
    assert (await li.opens(f"{home}/m/")).status == 403


async def test_who_never_wrote_is_asked_to(site: tuple[Stage, str]) -> None:
    stage, home = site
    found = await stage.wecom.phone("li.na").opens(f"{home}/m/")
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
                assert COOKIE not in answer.cookies


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
    assert statuses == [303, 403]


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
    found = await li.opens(str(URL(f"{home}/m/login").with_query(back=target)))
    assert "李娜" in found.text
    assert URL(found.url).path == "/m/"


@pytest.mark.parametrize("cookie", ["", "x", "A" * 500, "é".encode("latin-1").decode("latin-1")])
async def test_a_cookie_that_we_did_not_make_is_none(site: tuple[Stage, str], cookie: str) -> None:
    _, home = site
    async with ClientSession(cookies={COOKIE: cookie}) as browser:
        answer = await browser.get(f"{home}/m/", allow_redirects=False)
        assert answer.status == 302
        assert "oauth2/authorize" in answer.headers["Location"]


async def test_the_platform_that_is_away_is_said_so(site: tuple[Stage, str]) -> None:
    stage, home = site
    li = await known(stage, "li.na")
    stage.wecom.goes_wrong("auth/getuserinfo", status=500)
    found = await li.opens(f"{home}/m/")
    assert (found.status, "过一会儿再点一次" in found.text) == (503, True)
