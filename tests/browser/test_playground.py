"""The playground in a real browser: a note becomes a card, a tap files it, its day brings the reminder."""

import io
import re
import wave
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, TimeoutError, expect  # noqa: A004

from tests.browser.conftest import Window
from tests.browser.playing import PATIENCE_MS, PHONE, THE_LINE, Play, button, facts
from tests.stories.processes import Demo


@pytest.fixture
def play(window: Window, demo: Demo) -> Play:
    return window(demo)


def next_wednesday(demo: Demo) -> datetime:
    """下周三, said on the demo's Tuesday."""
    return datetime.fromisoformat(demo.state()["now"]) + timedelta(days=8)


MET = {
    "恒通电子": "王总",
    "瑞丰塑胶": "李总",
    "永盛模具": "赵总",
    "德力电机": "孙总",
    "安平仪表": "周总",
    "长河五金": "吴总",
    "天元建材": "郑总",
}
"""Each test's own customer, and whom to meet there."""


def drafted(play: Play, customer: str, who: str = "li") -> Locator:
    """The card of a note about the customer, in the row that it keeps whatever it becomes."""
    play.say(f"今天下午拜访了{customer}的{MET[customer]}，他们预算十一万，下周三之前要报价单", who)
    expect(play.card(customer, who, "visit.draft")).to_be_visible()
    row = play.phone(who).locator(".row.out").filter(has_text=customer).last
    return play.phone(who).locator(f'[data-message="{row.get_attribute("data-message")}"]')


def test_the_line_of_the_issue_is_filed_by_one_tap_and_its_day_brings_the_reminder(
    own_demo: Demo, window: Window
) -> None:
    play, due = window(own_demo), next_wednesday(own_demo)
    play.say(THE_LINE)
    card = play.card("宏远包装", kind="visit.draft")
    expect(card).to_be_visible()
    shown = facts(card)
    assert shown["预算"].startswith("约30万元")
    assert shown["下一步"].startswith(f"{due:%Y-%m-%d}")
    assert "13812345678" not in card.inner_text()
    assert "138****5678" in card.inner_text()
    button(card, "保存并建档").click()

    expect(play.card("✓ 宏远包装记好了")).to_be_visible()
    expect(play.visits("宏远包装")).to_have_count(1)
    expect(play.tasks("报价单").filter(has_text="宏远包装")).to_contain_text(f"{due.month}月{due.day}日前")

    wednesday = f"{due.year}年{due.month}月{due.day}日 周三"
    for _ in range(8):
        play.until_morning()
    expect(play.clock).to_contain_text(wednesday)
    reminder = play.card("该给宏远包装", kind="task.due")
    # Every half hour of the moved days is gone through first, one after the other.
    expect(reminder).to_contain_text("报价单", timeout=4 * PATIENCE_MS)
    button(reminder, "办完了").click()
    expect(play.tasks("报价单").filter(has_text="宏远包装")).to_have_attribute(
        "data-state", re.compile("办完")
    )


def test_a_tap_replaces_the_card_in_its_place(play: Play) -> None:
    row = drafted(play, "恒通电子")
    button(row, "保存并建档").click()
    expect(row).to_contain_text("✓ 恒通电子记好了")
    expect(play.phone().locator(".row.out").filter(has_text="恒通电子")).to_have_count(1)


def test_a_double_tap_files_once(play: Play) -> None:
    row = drafted(play, "瑞丰塑胶")
    button(row, "保存并建档").dblclick()
    expect(row).to_contain_text("✓ 瑞丰塑胶记好了")
    expect(play.visits("瑞丰塑胶")).to_have_count(1)


def test_two_windows_that_tap_the_same_card_file_once(play: Play, window: Window, demo: Demo) -> None:
    row = drafted(play, "永盛模具")
    other = window(demo)
    taps = [button(row, "保存并建档"), button(other.card("永盛模具"), "保存并建档")]
    taps[0].dispatch_event("click")  # dispatched without waiting for the card to stand still
    with suppress(TimeoutError):  # the first tap may have replaced the card there already
        taps[1].dispatch_event("click", timeout=2000)
    for each in (play, other):
        expect(each.card("✓ 永盛模具记好了")).to_be_visible()
        expect(each.visits("永盛模具")).to_have_count(1)


def test_a_correction_by_talking_changes_its_line_and_no_other(play: Play) -> None:
    row = drafted(play, "德力电机")
    before = facts(row)
    play.say("预算改成50万")
    expect(row).to_contain_text("50万元")
    after = facts(row)
    assert {each for each in before | after if before.get(each) != after.get(each)} == {"预算"}
    button(row, "保存并建档").click()
    expect(play.visits("德力电机")).to_contain_text("50万元")


def test_a_filed_visit_is_taken_back_and_restored(play: Play) -> None:
    row = drafted(play, "安平仪表")
    button(row, "保存并建档").click()
    button(row, "撤销").click()
    expect(row).to_contain_text("撤了，档案里没有这条了")
    expect(play.visits("安平仪表")).to_have_count(0)
    button(row, "恢复").click()
    expect(row).to_contain_text("✓ 安平仪表记好了")
    expect(play.visits("安平仪表")).to_have_count(1)


MARKUP = """今天拜访了<script>alert("1")</script>的'陈老板'，他说<img src=x onerror="alert(2)">&amp;先看看"""


def test_what_looks_like_markup_is_shown_as_the_text_it_is(play: Play) -> None:
    play.say(MARKUP, "chen")
    said = play.phone("chen").locator(".row.in").last
    assert said.locator(".words").inner_text() == MARKUP
    expect(play.phone("chen").locator(".row.in + .row.out").last).to_be_visible()
    assert play.phone("chen").locator(".messages script, .messages img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_all_fits_and_a_thumb_hits_every_button(window: Window, demo: Demo, scheme: str) -> None:
    play = window(demo, viewport=PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    customer = {"light": "长河五金", "dark": "天元建材"}[scheme]
    row = drafted(play, customer)
    small = [
        f"{each.inner_text()}: {box['height']:.0f} px"
        for each in row.locator("button, summary, a").all()
        if (box := each.bounding_box()) is not None and round(box["height"]) < 44
    ]
    assert not small
    for pane in ("chen", "archive", "li"):
        play.page.locator(f'[data-tab="{pane}"]').tap()
        expect(play.page.locator(".stage > .open")).to_have_attribute("data-pane", pane)
        expect(play.page.locator(".stage > :visible")).to_have_count(1)
        assert play.page.evaluate(_TOO_WIDE) == []
    button(row, "保存并建档").tap()
    expect(row).to_contain_text(f"✓ {customer}记好了")


_TOO_WIDE = """() => [
  ...(document.documentElement.scrollWidth > innerWidth ? ["the page"] : []),
  ...[...document.querySelectorAll(".card, .card *, .bubble, .composer, .archive, .entry, .tabs")]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth + 0.5)
    .map((each) => each.className),
]"""


def recording() -> bytes:
    """Half a second of silence."""
    held = io.BytesIO()
    with wave.open(held, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))
    return held.getvalue()


def test_a_recording_is_kept_and_answered_kindly_where_nothing_can_listen(play: Play) -> None:
    sound = recording()
    upload = play.phone().locator('input[type="file"][accept^="audio"]')
    upload.set_input_files({"name": "路上.wav", "mimeType": "audio/wav", "buffer": sound})
    expect(play.card("语音收到了，可我这边听不了")).to_be_visible()
    kept = play.phone().locator('.row.in[data-kind="voice"]:not(.pending) audio').last
    answer = play.context.request.get(play.url + (kept.get_attribute("src") or ""))
    assert answer.body() == sound


def test_typed_words_can_be_sent_as_spoken_ones(play: Play) -> None:
    play.say("嗯刚从鼎盛机械出来，见了张伟，聊得不错，他们预算六十一万", spoken=True)
    expect(play.rows("嗯刚从鼎盛").first).to_have_attribute("data-kind", "voice")
    expect(play.card("鼎盛机械", kind="visit.draft")).to_contain_text("61万元")
