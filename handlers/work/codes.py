"""Customers' numbers: type, year and a sequence, issued once and never typed (R32)."""

from collections import defaultdict
from collections.abc import Sequence

from handlers.work.context import Desk
from storage.models.customers import Customer

LETTERS = {"company": "B", "person": "C"}


async def issue_codes(desk: Desk, customers: Sequence[Customer]) -> None:
    """Gives each customer that has none its number: B-2026-000137, a private person C-…"""
    waiting: dict[str, list[Customer]] = defaultdict(list)
    for each in customers:
        if each.code is None:
            waiting[f"{LETTERS.get(each.kind, 'B')}-{desk.today.year}"].append(each)
    for series, members in sorted(waiting.items()):
        mark = f"code:{series}"
        # The mark is held until the transaction ends: two at once take turns, and no number is given twice.
        last = await desk.unit.marks.lock(mark, desk.now) or 0
        for number, customer in enumerate(members, last + 1):
            customer.code = f"{series}-{number:06}"
        await desk.unit.marks.set(mark, last + len(members), desk.now)
