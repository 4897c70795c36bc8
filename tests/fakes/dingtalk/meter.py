"""What calls cost: twenty a second for each API of an app, and so many a month for the organisation."""

from collections import Counter, deque
from datetime import datetime, timedelta

from tests.fakes.dingtalk.state import App, Org

SECOND = timedelta(seconds=1)


class Meter:
    """Counts by the organisation's clock: one that stands is one long second."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.per_second: int | None = 20
        """Calls of one API a second; None lets everything through."""
        self.budget = 10_000
        """Metered calls of one calendar month."""
        self.counts_webhooks = True
        """Whether answers to a sessionWebhook cost; nowhere said for sure, so they do."""
        self.counts_pushes = True
        """Whether what Stream brings costs; nowhere said for sure, so it does."""
        self.months: dict[str, Counter[str]] = {}
        """What was spent in each month (2026-04), by API; "push" is what Stream brought."""
        self._recent: dict[tuple[str, str], deque[datetime]] = {}

    @property
    def spent(self) -> Counter[str]:
        """This month's metered calls by API."""
        return self.months.setdefault(self.org.now().strftime("%Y-%m"), Counter())

    @property
    def used(self) -> int:
        return self.spent.total()

    @property
    def exhausted(self) -> bool:
        return self.used >= self.budget

    def spend(self, path: str) -> None:
        self.spent[path] += 1

    def push(self) -> None:
        if self.counts_pushes:
            self.spend("push")

    def too_fast(self, app: App, path: str) -> bool:
        """Notes the call; True where it is one too many within a second. A refused call is not noted."""
        recent, now = self._recent.setdefault((app.client_id, path), deque()), self.org.now()
        while recent and now - recent[0] >= SECOND:
            recent.popleft()
        if self.per_second is not None and len(recent) >= self.per_second:
            return True
        recent.append(now)
        return False
