"""Every intention is routed, and what a card or a help text promises is there."""

from pathlib import Path

import pytest

from bot.app import App
from cards.actions import ACTIONS, decode, encode
from handlers.chat.hearing import PROVIDED
from handlers.kernel.router import Router
from handlers.kernel.update import Clicked, Sender
from handlers.routes import ROUTES
from tests.stories.phones import Phone, World

NOT_YET = {
    "TellService",  # needs the service group of a real platform
}
"""No card that is sent has these taps yet; `every_tap` would find one that does."""

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_every_intention_is_routed_or_known_not_to_be(world_free_router: Router, name: str) -> None:
    action = ACTIONS[name](1, 1, 1)
    assert decode(encode(action)) == action
    from datetime import UTC, datetime

    click = Clicked("x", Sender("local", "li"), "local:li", datetime.now(UTC), action)
    route, _ = world_free_router.find(click)
    assert (route.name == "asides.unknown_tap") == (name in NOT_YET)


@pytest.fixture(scope="module")
def world_free_router() -> Router:
    return Router(ROUTES, PROVIDED)


async def test_the_first_minute(world: World, li: Phone) -> None:
    await li.joins()
    assert li.card.title == "李娜你好，我是拜访"
    await li.joins()
    assert len(li.cards("first.contact")) == 1
    await li.taps("看个例子")
    assert "例子" in li.card.words
    assert "保存" not in li.card.buttons
    await li.taps("照着说一句")
    assert li.card.title == "说吧，我在听"
    await li.taps("晚点再试")
    assert any(each.title == "好，想试了说“帮助”" for each in li.news)


REP_HELP = ("记拜访", "改一处", "查一查", "提醒", "交客户")


async def test_what_help_offers_to_a_rep_is_understood(world: World, li: Phone) -> None:
    await li.says("今天去鼎盛见了张伟，下周三前发方案")
    await li.says("帮助")
    offered = li.card
    assert offered.title == "跟我说话就行"
    for label in REP_HELP:
        await li.says(offered.line(label).strip("“”"))
        assert li.card.kind not in ("small_talk", "error.not_understood"), label


async def test_saying_that_one_arrived_shows_the_file(world: World, li: Phone) -> None:
    await li.says("到了鼎盛")
    assert li.card.kind in ("brief.arrival", "customer.archive")


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("要我批的", ("said.nothing_pending", "approval")),
        ("久没动的有哪些", ("answer.dormant",)),
        ("漏斗", ("answer.pipeline",)),
    ],
)
async def test_what_help_offers_to_a_manager_is_understood(
    world: World, zhou: Phone, said: str, kinds: tuple[str, ...]
) -> None:
    await zhou.says("帮助")
    assert f"“{said}”" in zhou.card.words
    await zhou.says(said)
    assert zhou.card.kind.startswith(kinds)


async def test_help_leads_on(world: World, li: Phone, zheng: Phone) -> None:
    await li.says("帮助")
    await li.taps("找管理员")
    assert li.card.title == "跟郑洁说了，他会找你"
    assert zheng.card.title == "李娜找你帮忙"
    await li.taps("少提醒我")
    await li.taps("知道了")
    assert li.card.title == "好"


async def test_a_dismissed_question_takes_no_other_card_with_it(world: World, li: Phone) -> None:
    for said in ("我觉得今天天气还行但是路上有点堵不知道明天怎么样",) * 4:
        await li.says(said)
    open_cards = [each.id for each in li.cards("error.not_understood")]
    await li.says("。。")
    await li.taps("知道了")
    assert [each.id for each in li.cards("error.not_understood")] == open_cards


async def test_the_app_is_the_real_one(world: World) -> None:
    assert isinstance(world.app, App)
    assert world.now.isoformat() == "2026-04-21T18:20:00+08:00"
