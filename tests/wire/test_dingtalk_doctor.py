"""baifang doctor tries DingTalk for real, and says what mends each fault."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.clock import FixedClock
from bot.doctor import examine
from bot.finding import Finding
from bot.platforms.dingtalk.doctor import examine_dingtalk
from tests.fakes.dingtalk import TUESDAY, DingTalk
from tests.wire.dingtalk_bot import OURS, by_http, listening, on_dingtalk, peopled, settings_for


async def found(far: DingTalk, folder: Path, **ding: Any) -> list[Finding]:
    settings = settings_for(folder, far, **ding)
    clock = FixedClock(TUESDAY)
    return [each async for each in examine_dingtalk(settings, clock, connected=False)]


def faults(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.what, each.mend) for each in findings if not each.ok]


async def test_all_is_well_and_nobody_hears_of_it(tmp_path: Path) -> None:
    async with peopled(FixedClock(TUESDAY)) as far:
        findings = await found(far, tmp_path, card_template_id=OURS)
        assert faults(findings) == []
        assert len(findings) == 6
        assert far.shown("li.na") == []
        assert far.gateway.connections == []
        assert far.problems == []


def secret(far: DingTalk) -> None:
    far.app.client_secret = "another"


def address_list(far: DingTalk) -> None:
    far.app.ips = {"203.0.113.200"}


def no_sending(far: DingTalk) -> None:
    far.app.scopes = {"qyapi_base", "qyapi_get_member", "qyapi_get_department_list", "Card.Instance.Write"}


def no_book(far: DingTalk) -> None:
    far.app.scopes = {"qyapi_base", "qyapi_robot_sendmsg", "Card.Instance.Write"}


def other_robot(far: DingTalk) -> None:
    far.app.robot_code = "another-robot"


def no_template(far: DingTalk) -> None:
    far.cards.templates.pop(OURS)


def not_stream(far: DingTalk) -> None:
    far.goes_wrong("/v1.0/gateway/connections/open", code="invalidParameter.mode", status=400)


def away(far: DingTalk) -> None:
    far.goes_wrong("/v1.0/oauth2/accessToken", status=502)


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (secret, ["CLIENT_SECRET", "CLIENT_SECRET"]),
        (address_list, ["服务器出口IP"] * 4),
        (no_sending, ["qyapi_robot_sendmsg"]),
        (no_book, ["权限管理", "权限管理"]),
        (other_robot, ["ROBOT_CODE"]),
        (no_template, ["CARD_TEMPLATE_ID"]),
        (not_stream, ["选成 Stream"]),
        (away, ["API_BASE"]),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
async def test_each_fault_has_its_sentence(
    tmp_path: Path, breaks: Callable[[DingTalk], None], words: list[str]
) -> None:
    async with peopled(FixedClock(TUESDAY)) as far:
        breaks(far)
        told = faults(await found(far, tmp_path, card_template_id=OURS))
        assert len(told) == len(words)
        assert all(word in mend for word, (_, mend) in zip(words, told, strict=True))


async def test_a_running_process_proves_its_line(tmp_path: Path) -> None:
    async with on_dingtalk(tmp_path) as stage:
        asked = len(stage.ding.gateway.asked)
        settings, clock = stage.app.settings, stage.clock
        assert faults([each async for each in examine_dingtalk(settings, clock, connected=True)]) == []
        assert len(stage.ding.gateway.asked) == asked
        findings = await examine(settings)  # as the command does, with all else
        assert [each for each in findings if "钉钉" in each.what and not each.ok] == []


async def test_by_http_our_own_address_is_called(tmp_path: Path) -> None:
    async with by_http(tmp_path) as stage, listening(stage.app):
        settings, clock = stage.app.settings, stage.clock
        assert faults([each async for each in examine_dingtalk(settings, clock, connected=False)]) == []
        stopped = settings.model_copy(update={"public_url": "http://127.0.0.1:9"})
        told = faults([each async for each in examine_dingtalk(stopped, clock, connected=False)])
        assert [("打不开" in mend) for _, mend in told] == [True]
