"""Every phone page at the width of a phone: nothing is cut off, everything can be hit, nothing runs."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.playing import PHONE
from tests.extent import WHOLE
from tests.stories.processes import Demo

SMALLEST = 44
"""CSS pixels of anything that is to be touched (card book 1.7)."""
NOTE = "今天去鼎盛见了张伟，要两台贴标机，预算十二万八，下周三前发方案"


@pytest.fixture(params=["light", "dark"] if WHOLE else ["dark"])
def phone(request: pytest.FixtureRequest, browser: Browser, demo: Demo) -> Iterator[Page]:
    """A phone's browser; a test fails if it complained."""
    context: BrowserContext = browser.new_context(
        viewport=PHONE,
        color_scheme=request.param,
        locale="zh-CN",
        has_touch=True,
        is_mobile=True,
        base_url=demo.url,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: line.type in ("error", "warning") and complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not [each for each in complaints if "404" not in each and "403" not in each]


def sign_in(page: Page, name: str = "李娜") -> None:
    page.goto("/m/")
    page.get_by_role("button", name=re.compile(name)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name}，你好")


def said(demo: Demo, text: str, name: str, phone: str = "li") -> None:
    """Once a file, whichever test comes first."""
    demo.post("/play/say", {"phone": phone, "id": f"browser-{name}", "text": text})
    demo.settle()


def check(page: Page) -> None:
    """Nothing stands out to the side, and no target is too small."""
    page.wait_for_load_state()  # words are there before the looks
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for each in page.locator(
        "button, .row-link, .button, .tick, input:not([type=hidden], [type=checkbox])"
    ).all():
        assert _height(each) >= SMALLEST, each.evaluate("e => e.outerHTML")
    small = page.evaluate(
        """[...document.querySelectorAll('p, dd, dt, li, label, button, a')]
        .filter(e => e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 13.5)
        .map(e => e.textContent.trim())"""
    )
    assert small == []
    assert page.locator("script").count() == 0


def _height(each: Locator) -> float:
    box = each.bounding_box()
    return box["height"] if box is not None else SMALLEST


def contrast(page: Page, selector: str) -> float:
    """Of a text to its own background, as WCAG counts it."""
    return float(
        page.locator(selector).first.evaluate(
            """element => {
              const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
              const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
              let behind = element;
              while (behind && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0)
                behind = behind.parentElement;
              const one = light(parse(getComputedStyle(element).color));
              const two = light(parse(getComputedStyle(behind || document.body).backgroundColor));
              return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
            }"""
        )
    )


def test_the_picker_and_the_first_page(phone: Page) -> None:
    phone.goto("/m/")
    check(phone)
    sign_in(phone)
    check(phone)
    phone.get_by_label("找一家客户").fill("鼎盛")
    phone.keyboard.press("Enter")
    expect(phone.locator(".row-link").filter(has_text="鼎盛机械")).to_be_visible()
    expect(phone.locator(".row-link").filter(has_text="天虹纺织")).to_have_count(0)


def test_the_file(phone: Page, demo: Demo) -> None:
    sign_in(phone)
    phone.locator(".row-link").filter(has_text="华东机电").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("华东机电")
    check(phone)
    for selector in (".fact dt", ".fact dd", ".row-line p", ".chip.plain", "h2 small"):
        assert contrast(phone, selector) >= 4.5, selector
    phone.get_by_role("button", name="看号码").first.click()
    expect(phone.get_by_role("status")).to_contain_text("办好了")
    demo.settle()
    assert any("13600132077" in str(each["content"]) for each in demo.messages("li"))


def test_the_visit_form(phone: Page, demo: Demo) -> None:
    said(demo, NOTE, "note")
    sign_in(phone)
    phone.locator(".row-link").filter(has_text="逐项改").first.click()
    check(phone)
    phone.get_by_label("预算（元）").fill("150000")
    phone.get_by_role("button", name="存下改动").click()
    expect(phone.get_by_role("status")).to_contain_text("办好了")
    expect(phone.get_by_label("预算（元）")).to_have_value("150000")


def test_the_handover_list(phone: Page, demo: Demo) -> None:
    said(demo, "李娜的客户都交给陈浩", "handover", "zhou")
    sign_in(phone, "周强")
    phone.locator(".row-link").filter(has_text="李娜 → 陈浩").first.click()
    check(phone)
    tick = phone.locator(".tick").filter(has_text="天虹纺织")
    was = tick.locator("input").is_checked()
    tick.click()
    phone.get_by_role("button", name="就这些").click()
    expect(phone.get_by_role("status")).to_contain_text("办好了")
    expect(phone.locator(".tick").filter(has_text="天虹纺织").locator("input")).to_be_checked(checked=not was)


def test_the_migration_board_the_code_and_the_customers_page(phone: Page, demo: Demo) -> None:
    sign_in(phone)
    phone.goto("/m/migration")
    phone.get_by_label("粘在这里").fill("张伟 鼎盛机械\n吴莉 天虹纺织\n一位老同学")
    check(phone)
    phone.get_by_role("button", name="加上").click()
    expect(phone.get_by_role("status")).to_contain_text("办好了")
    expect(phone.locator(".chip").filter(has_text="一位老同学")).to_be_visible()
    check(phone)
    row = phone.locator(".row-line").filter(has_text="张伟")
    row.get_by_role("button").first.click()
    expect(phone.get_by_role("status")).to_contain_text("办好了")
    demo.settle()
    card = next(
        each["content"]
        for each in reversed(demo.messages("li"))
        if each["kind"] == "card" and each["content"]["picture"]
    )
    phone.goto(card["picture"]["link"])
    check(phone)
    code = phone.get_by_alt_text("李娜的二维码")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.naturalWidth") > 0
    phone.get_by_role("button", name="加李娜").click()
    demo.settle()
    phone.goto("/play/wechat")
    check(phone)
    phone.get_by_role("link", name="《您的信息怎么用》").first.click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("您的信息怎么用")
    check(phone)
    both = [_box(phone, name) for name in ("同意", "不同意")]
    assert both[0] == both[1]  # neither is made to look the likelier
    phone.get_by_label("节日和到期时给我发问候").check()
    phone.get_by_role("button", name="同意", exact=True).click()
    expect(phone.get_by_role("status")).to_contain_text("记下了")
    phone.wait_for_load_state()
    phone.get_by_role("button", name="撤回同意").click()
    expect(phone.get_by_role("status")).to_contain_text("已经停了")
    check(phone)


def _box(page: Page, name: str) -> tuple[float, float, str]:
    button = page.get_by_role("button", name=name, exact=True)
    box = button.bounding_box()
    assert box is not None
    return box["width"], box["height"], str(button.evaluate("e => getComputedStyle(e).backgroundColor"))
