"""Visits that somebody planned, and what is known of them when their day is over."""

from datetime import date

from handlers.understanding.note import CustomerMention, PersonMention, VisitRead, When
from handlers.work import filing, tasks
from handlers.work.content import Content, Resolved, of_row, to_row
from handlers.work.context import Desk
from handlers.work.drafting import keep_tap
from handlers.work.filing import Filed
from storage.models.tasks import Task
from storage.models.visits import Draft


async def unheard(desk: Desk, person_id: int, day: date) -> list[Task]:
    """Visits planned for the day of which nothing was filed, and nothing waits to be saved."""
    waiting = [of_row(each.content).customer_id for each in await desk.unit.drafts.waiting(person_id)]
    plans = await desk.unit.tasks.plans_on(person_id, day)
    return [each for each in plans if each.customer_id not in waiting and each.method in (None, "onsite")]


async def do_went(desk: Desk, plan: Task) -> Filed:
    """去了，没新情况: a visit with nothing in it but whom it was to."""
    customer = await desk.unit.customers.one(plan.customer_id or 0)
    contact = await desk.unit.customers.contact(plan.contact_id) if plan.contact_id else None
    met = (Resolved(PersonMention(contact.name), contact.id),) if contact is not None else ()
    read = VisitRead(
        customer=CustomerMention(customer.name, known=str(customer.id)),
        when=When(plan.day or desk.today, plan.hour),
        contacts=tuple(each.mention for each in met),
    )
    content = Content(read, "", customer.id, settled=True, contacts=met)
    kept = await keep_tap(desk)
    draft = Draft(
        note_id=kept.id,
        person_id=desk.my_id,
        kind="visit",
        content=to_row(content),
        created_at=desk.now,
    )
    return await filing.do_file(desk, await desk.unit.add(draft), content)


async def do_missed(desk: Desk, plan: Task) -> None:
    """没去成: no reason is asked."""
    await tasks.do_finish(desk, plan, "missed")
