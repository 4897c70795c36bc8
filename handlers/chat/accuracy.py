"""R3: once a week the administrators see how well notes were read."""

from datetime import datetime, time, timedelta

from cards import accuracy as cards
from cards.parts import Key
from handlers.kernel.reply import Post, Reply, Urgency
from handlers.work import accuracy
from handlers.work.context import Desk
from handlers.work.unasked import Unasked

WEEK = timedelta(days=7)


async def weekly(desk: Desk) -> Reply:
    """The clock, on every morning: the week that is over, on the first morning when we may speak."""
    allowed = Unasked(desk)
    monday = desk.today - timedelta(days=desk.today.weekday())
    thread = f"accuracy:{monday.isoformat()}"
    waiting = [
        each.id
        for each in await desk.unit.people.everybody()
        if each.role == "admin"
        and each.active
        and await allowed.may(each.id, cards.KIND)
        and await desk.unit.outbox.held(thread, each.id) is None
    ]
    if not waiting:
        return []
    end = datetime.combine(monday, time(), desk.now.tzinfo)
    week = await accuracy.tally(desk, end - WEEK, end)
    if not week.saved:
        return []
    before = await accuracy.tally(desk, end - 2 * WEEK, end - WEEK)
    return [
        Post(
            to,
            cards.weekly(_view(to, end, week, before)),
            thread,
            f"{thread}:{to}",
            Urgency.OTHER,
        )
        for to in waiting
        if await allowed.takes(to, cards.KIND)
    ]


def _view(to: int, end: datetime, week: accuracy.Tally, before: accuracy.Tally) -> cards.Accuracy:
    return cards.Accuracy(
        key=Key(0, 0, to),
        since=(end - WEEK).date(),
        until=end.date() - timedelta(days=1),
        saved=week.saved,
        untouched=week.untouched,
        fields=tuple(
            cards.FieldCount(field.value, week.read[field], week.changed[field])
            for field in accuracy.FIELDS
            if week.read[field]
        ),
        before=before.untouched / before.saved if before.saved >= cards.ENOUGH else None,
    )
