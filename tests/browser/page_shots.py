"""Takes the screenshots of the phone pages in docs/screenshots anew: python -m tests.browser.page_shots."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.playing import DESKTOP, PHONE, Play, button, launch
from tests.browser.shots import FOLDER
from tests.servers import find_chromium
from tests.stories.processes import Demo

SCHEMES = ("light", "dark")
NOTES = (
    ("li", "今天去鼎盛见了张伟，要两台贴标机，预算十二万八，下周三前发方案"),
    ("li", "周五下午三点去天虹纺织见吴莉"),
    ("li", "我微信里有鼎盛的张伟、天虹的吴莉、华东的何俊、嘉晟的罗文，还有个老同学"),
    ("zhou", "李娜月底走，客户都给陈浩"),
)


def main() -> None:
    demo = Demo()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = launch(playwright, find_chromium(), Path(home))
        try:
            demo.start()
            demo.move_to_an_ordinary_tuesday()
            for number, (phone, text) in enumerate(NOTES):
                demo.post("/play/say", {"phone": phone, "id": f"shot-{number}", "text": text})
                demo.settle()
            take(browser, demo)
        finally:
            browser.close()
            demo.remove()


def take(browser: Browser, demo: Demo) -> None:
    play = Play(browser.new_context(viewport=DESKTOP, locale="zh-CN"), demo.url).open()
    button(play.card("名单里", kind="migration.listed"), "今天请谁").click()
    today = play.card("老客户加工作微信", kind="migration.today")
    button(today, "下一位").click()
    invitation = play.card("你自己发", kind="migration.invite")
    expect(invitation.locator("img")).to_be_visible()
    invitation.scroll_into_view_if_needed()
    shoot(play.page, "migration-invite")
    customers_turn(browser, demo)
    expect(play.card("加上你了", kind="migration.bound")).to_be_visible()
    play.card("加上你了", kind="migration.bound").scroll_into_view_if_needed()
    shoot(play.page, "migration-bound")
    button(play.card("加上你了", kind="migration.bound"), "是他").click()
    expect(play.card("绑好了", kind="migration.done")).to_be_visible()
    for scheme in SCHEMES:
        pages(browser, demo, scheme)


def customers_turn(browser: Browser, demo: Demo) -> None:
    """He scans, reads, and looks at the page."""
    cards = [each["content"] for each in demo.messages("li") if each["kind"] == "card"]
    code = next(each["picture"]["link"] for each in reversed(cards) if each["picture"])
    page = phone(browser, demo, "light")
    page.goto(code)
    shoot(page, "page-scan")
    page.get_by_role("button", name="加李娜").click()
    demo.settle()
    page.goto("/play/wechat")
    shoot(page, "page-welcome")
    link = page.get_by_role("link", name="《您的信息怎么用》").first.get_attribute("href") or ""
    page.context.close()
    for scheme in SCHEMES:
        page = phone(browser, demo, scheme)
        page.goto(link)
        shoot(page, f"page-consent-{scheme}")
        page.context.close()


def pages(browser: Browser, demo: Demo, scheme: str) -> None:
    page = phone(browser, demo, scheme)
    sign_in(page, "李娜")
    shoot(page, f"page-home-{scheme}")
    page.locator(".row-link").filter(has_text="华东机电").click()
    shoot(page, f"page-file-{scheme}")
    page.goto("/m/")
    page.locator(".row-link").filter(has_text="逐项改").first.click()
    shoot(page, f"page-visit-{scheme}")
    page.goto("/m/migration")
    shoot(page, f"page-migration-{scheme}")
    page.get_by_role("button", name="换人").click()
    sign_in(page, "周强")
    page.locator(".row-link").filter(has_text="李娜 → ").first.click()
    shoot(page, f"page-handover-{scheme}")
    page.context.close()


def phone(browser: Browser, demo: Demo, scheme: str) -> Page:
    context = browser.new_context(
        viewport=PHONE,
        color_scheme="dark" if scheme == "dark" else "light",
        locale="zh-CN",
        has_touch=True,
        is_mobile=True,
        base_url=demo.url,
    )
    return context.new_page()


def sign_in(page: Page, name: str) -> None:
    page.goto("/m/")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}，你好")


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", full_page=name.startswith("page-"))
    print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
