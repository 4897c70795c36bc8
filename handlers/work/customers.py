"""Opening a customer's file with what is known of it from the start."""

from dataclasses import dataclass

from handlers.work.changing import Batch, make
from handlers.work.codes import issue_codes
from handlers.work.context import Desk
from storage.models.customers import Alias, Contact, Customer, Trait


@dataclass(frozen=True, slots=True)
class NewContact:
    name: str
    title: str | None = None
    phone: str | None = None
    decision_maker: bool = False


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """`name` is the short one; a name is enough."""

    name: str
    legal_name: str | None = None
    aliases: tuple[str, ...] = ()
    grade: str | None = None
    stage: str | None = None
    industry: str | None = None
    contacts: tuple[NewContact, ...] = ()
    preferences: tuple[str, ...] = ()


async def do_open(desk: Desk, new: NewCustomer, owner_id: int, status: str = "draft") -> Customer:
    """A file with its contacts, in one batch. `status` official: it was approved before it came here."""
    customer = Customer(
        name=new.name,
        legal_name=new.legal_name,
        owner_id=owner_id,
        status=status,
        grade=new.grade,
        stage=new.stage,
        industry=new.industry,
        created_at=desk.now,
        created_by=desk.my_id,
    )
    if status == "official":
        await issue_codes(desk, [customer])
    batch = Batch(f"open:{desk.update_id}:{new.name}")
    await make(desk, customer, batch)
    for name in new.aliases:
        await desk.unit.add(Alias(customer_id=customer.id, name=name))
    for each in new.contacts:
        contact = Contact(
            customer_id=customer.id,
            name=each.name,
            title=each.title,
            phone=each.phone,
            decision_maker=each.decision_maker,
            created_at=desk.now,
        )
        await make(desk, contact, batch)
    for value in new.preferences:
        trait = Trait(customer_id=customer.id, field="preference", value=value, at=desk.now)
        await make(desk, trait, batch)
    return customer
