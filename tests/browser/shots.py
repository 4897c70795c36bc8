"""Takes the screenshots in docs/screenshots anew: `python -m tests.browser.shots`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.playing import DESKTOP, PATIENCE_MS, PHONE, THE_LINE, Play, button, launch
from tests.servers import find_chromium
from tests.stories.processes import ROOT, Demo

FOLDER = ROOT / "docs" / "screenshots"
MORNINGS = 7
"""From the Tuesday of the note to the morning before the promised Wednesday."""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    demo = Demo()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = launch(playwright, find_chromium(), Path(home))
        try:
            demo.start()
            demo.move_to_an_ordinary_tuesday()
            demo.settle()
            take(browser, demo)
        finally:
            browser.close()
            demo.remove()


def take(browser: Browser, demo: Demo) -> None:
    play = Play(browser.new_context(viewport=DESKTOP, locale="zh-CN"), demo.url).open()
    play.say(THE_LINE)
    card = play.card("宏远包装", kind="visit.draft")
    expect(card).to_be_visible()
    shoot(play, "playground-card")
    on_phones(browser, demo)
    button(card, "保存并建档").click()
    expect(play.card("✓ 宏远包装记好了")).to_be_visible()
    expect(play.visits("宏远包装")).to_have_count(1)
    shoot(play, "playground")
    for _ in range(MORNINGS):
        play.until_morning()
        demo.settle()
    expect(play.card("该给宏远包装", kind="task.due")).to_be_visible(timeout=4 * PATIENCE_MS)
    shoot(play, "playground-reminder")


def on_phones(browser: Browser, demo: Demo) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(
            viewport=PHONE, color_scheme=scheme, locale="zh-CN", has_touch=True, is_mobile=True
        )
        play = Play(context, demo.url).open()
        shoot(play, f"phone-{scheme}")
        context.close()


def shoot(play: Play, name: str) -> None:
    """As it is once nothing moves any more."""
    play.page.mouse.move(0, 0)
    play.page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
    print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
