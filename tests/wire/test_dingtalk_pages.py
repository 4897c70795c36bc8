"""Signing in on our pages inside DingTalk: by its own page, known at once, and nobody else."""

from pathlib import Path

from tests.wire.dingtalk_bot import by_http


async def test_a_link_opens_the_page_of_whoever_holds_the_phone(tmp_path: Path) -> None:
    async with by_http(tmp_path) as stage:
        await stage.ding.say("li.na", "你好")
        await stage.settles()
        page = await stage.ding.phone("li.na").opens(f"{stage.url}/m/")
        assert page.status == 200
        assert "李娜" in page.text
        assert stage.ding.count("/v1.0/oauth2/userAccessToken") == 1
        await stage.ding.phone("li.na").opens(f"{stage.url}/m/")
        assert stage.ding.count("/v1.0/oauth2/userAccessToken") == 1  # the cookie knows

        stranger = await stage.ding.phone("zhou.qiang").opens(f"{stage.url}/m/")
        assert stranger.status == 200  # met as Li Na's manager
        stage.ding.join("guest", "外人", external=True)
        guest = await stage.ding.phone("guest").opens(f"{stage.url}/m/")
        assert guest.status == 403


async def test_a_code_is_good_once_and_for_its_own_errand(tmp_path: Path) -> None:
    async with by_http(tmp_path) as stage:
        await stage.ding.say("li.na", "你好")
        await stage.settles()
        code = stage.ding.oauth.code("li.na", stage.ding.app, browser=True)
        back = f"{stage.url}/m/login/dingtalk?authCode={code}&state=forged"
        assert (await stage.ding.phone("zhou.qiang").opens(back)).status != 200
