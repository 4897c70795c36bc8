"""An undo left instants as they were: the store gives them back in UTC, the change has them in local time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.work.changing import _holds
from storage.models.customers import Customer, Money

AT = datetime(2026, 4, 21, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_an_undo_knows_an_instant_in_any_time_zone() -> None:
    row = Customer(name="鼎盛机械", owner_id=1, last_interaction_at=AT.astimezone(UTC), created_by=1)
    assert _holds(row, "last_interaction_at", AT.isoformat())
    assert not _holds(row, "last_interaction_at", (AT + timedelta(seconds=1)).isoformat())
    assert not _holds(row, "last_interaction_at", None)


def test_other_values_are_compared_as_they_are() -> None:
    money = Money(customer_id=1, kind="budget", value=128000.0, at=AT)
    assert _holds(money, "value", 128000)
    assert not _holds(money, "value", 1)
    assert date(2026, 4, 21) == AT.date()
