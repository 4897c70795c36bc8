"""What a person does and sees on the playground's page."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 12_000
OFFLINE = ("net::ERR_", "WebSocket connection to")
"""What every browser logs where a server is dead, whatever the page does."""
THE_LINE = "今天下午拜访了宏远包装的陈老板，他们预算三十万左右，下周三之前要报价单，电话13812345678"
"""The words of the issue that asked for it."""

_WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""

expect.set_options(timeout=PATIENCE_MS)


def launch(playwright: Playwright, program: Path, home: Path) -> Browser:
    """The system's browser with a new, empty profile."""
    home.mkdir(exist_ok=True)
    return playwright.chromium.launch(executable_path=program, args=ARGS, env={"HOME": str(home)})


@dataclass
class Play:
    """The page in one window, and whatever the browser complained about."""

    context: BrowserContext
    url: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(_WATCH)
        self.page: Page = self.context.new_page()
        self.page.on(
            "console", lambda line: line.type in ("error", "warning") and self.faults.append(line.text)
        )
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append(dialog.message), dialog.dismiss()))

    def open(self) -> "Play":
        self.page.goto(self.url)
        expect(self.page.locator('[data-role="stage"]')).to_have_attribute("aria-busy", "false")
        # The page greets an empty phone; only then it is quiet.
        expect(self.phone().locator(".row.out").first).to_be_visible()
        return self

    def complaints(self, besides: tuple[str, ...] = ()) -> list[str]:
        """Errors, warnings and violations of the page's own policy."""
        violations: list[str] = self.page.evaluate("violations")
        return [each for each in self.faults + violations if not any(word in each for word in besides)]

    # -- places ------------------------------------------------------------------------------------

    def phone(self, who: str = "li") -> Locator:
        return self.page.locator(f'[data-phone="{who}"]')

    def rows(self, words: str, who: str = "li") -> Locator:
        return self.phone(who).locator(".row").filter(has_text=words)

    def card(self, words: str, who: str = "li", kind: str = "") -> Locator:
        """The newest card that holds the words."""
        selector = f'.card[data-card="{kind}"]' if kind else ".card"
        return self.phone(who).locator(selector).filter(has_text=words).last

    def visits(self, customer: str) -> Locator:
        return self.page.locator("[data-visit]").filter(has_text=customer)

    def tasks(self, what: str) -> Locator:
        return self.page.locator("[data-task]").filter(has_text=what)

    @property
    def clock(self) -> Locator:
        return self.page.locator('[data-role="now"]')

    # -- deeds -------------------------------------------------------------------------------------

    def say(self, text: str, who: str = "li", *, spoken: bool = False) -> None:
        self.phone(who).locator('[data-role="spoken"]').set_checked(spoken)
        self.phone(who).locator('[data-role="composer"]').fill(text)
        self.phone(who).locator('[data-role="send"]').click()

    def until_morning(self) -> None:
        before = self.clock.inner_text()
        self.page.locator('[data-clock="morning"]').click()
        expect(self.clock).not_to_have_text(before)


def button(card: Locator, label: str) -> Locator:
    return card.get_by_role("button", name=label, exact=True)


def facts(card: Locator) -> dict[str, str]:
    """The card's lines as they are read: label and value."""
    found = card.locator(".fact")
    return {
        each.locator("dt").inner_text(): re.sub(r"\s+", " ", each.locator("dd").inner_text()).strip()
        for each in found.all()
    }
