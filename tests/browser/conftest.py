"""A browser, and demos for it: one that tests share, and windows that tell what the browser complained of."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.playing import DESKTOP, Play, launch
from tests.stories.processes import Demo

Window = Callable[..., Play]


# Not for the session: while Playwright's own loop runs in this thread, no asyncio test can.
@pytest.fixture(scope="module")
def browser(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright, chromium, tmp_path_factory.mktemp("browser"))
        yield started
        started.close()


@pytest.fixture(scope="module")
def demo(chromium: Path) -> Iterator[Demo]:
    """One for a file's tests: each of them speaks of a customer of its own, and none moves the clock."""
    yield from _on_a_tuesday()


@pytest.fixture
def own_demo(chromium: Path) -> Iterator[Demo]:
    """One for a test that moves its clock or kills it."""
    yield from _on_a_tuesday()


def _on_a_tuesday() -> Iterator[Demo]:
    server = Demo()
    try:
        server.start()
        server.move_to_an_ordinary_tuesday()
        yield server
    finally:
        server.remove()


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    """Opens windows; a test fails if the browser complained in one of them."""
    opened: list[tuple[Play, tuple[str, ...]]] = []

    def open_on(demo: Demo, *, besides: tuple[str, ...] = (), **options: object) -> Play:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "zh-CN", **options})
        play = Play(context, demo.url)
        opened.append((play, besides))
        return play.open()

    yield open_on
    complaints = [each for play, besides in opened for each in play.complaints(besides)]
    for play, _ in opened:
        play.context.close()
    assert not complaints
