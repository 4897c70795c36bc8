"""The page outlives its server: what was said meanwhile waits on the page, and goes through once."""

from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.browser.playing import OFFLINE, button
from tests.stories.processes import Demo

NOTE = "今天下午拜访了宏远包装的陈老板，他们预算三十万左右"


def test_a_message_typed_while_the_server_is_dead_goes_through_once(own_demo: Demo, window: Window) -> None:
    play = window(own_demo, besides=OFFLINE)
    own_demo.kill()
    expect(play.page.locator("html")).to_have_class("offline")
    play.say(NOTE)
    waiting = play.phone().locator(".row.pending")
    expect(waiting).to_contain_text("连上就发")

    own_demo.start()
    card = play.card("宏远包装", kind="visit.draft")
    expect(card).to_be_visible()
    expect(waiting).to_have_count(0)
    expect(play.page.locator("html")).not_to_have_class("offline")

    own_demo.kill()
    button(card, "保存并建档").click()
    expect(card).to_contain_text("连上就办")
    own_demo.start()
    expect(play.card("✓ 宏远包装记好了")).to_be_visible()
    assert [each["content"] for each in own_demo.messages("li") if each["direction"] == "in"] == [NOTE]
    assert [each["customer"] for each in own_demo.state()["archive"]["visits"]].count("宏远包装") == 1
