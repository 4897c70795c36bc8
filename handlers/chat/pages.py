"""What the phone pages show, and the visit form's answer: permission hides fields here, as for the cards."""

from collections.abc import Mapping, Sequence

from cards.actions import EditDraft
from cards.consent import paragraphs
from cards.pages.views import (
    ConsentPage,
    EventRow,
    Fact,
    FilePage,
    HandedRow,
    HandoverPage,
    HomePage,
    InviteRow,
    MigrationPage,
    NewcomerRow,
    PersonRow,
    StepField,
    Sum,
    TaskRow,
    VisitForm,
)
from cards.parts import Key
from cards.words import METHODS, MONEY_KINDS, STAGES, money
from handlers.chat import inviting, present, replies
from handlers.chat.replies import draft_thread
from handlers.kernel.reply import Replace, Reply, Text
from handlers.kernel.update import Clicked
from handlers.policies.consent import Scope
from handlers.policies.permissions import Do, See, may_do, may_see, reach
from handlers.work import consent, drafting, filing, forming, migration
from handlers.work.content import of_row
from handlers.work.context import Desk
from handlers.work.filing import Standing
from storage.models.customers import Contact, Customer
from storage.models.handovers import Handover
from storage.models.migration import Newcomer
from storage.models.visits import Visit
from storage.people import Scope as Owners

EVENTS = 20
FOUND = 50
"""Customers of one list; more are found by name."""

STATES = {
    "asked": "还没动任何客户",
    "offered": "等接手的人点头",
    "accepted": "等签字",
    "signed": "签好了，档案已经过去，微信在转",
    "done": "交接完了",
    "dropped": "没交",
    "declined": "接手的人没接",
    "returned": "退回了",
    "expired": "放久了，没交",
}
TRANSFERS = {
    "ordered": "等着",
    "waiting": "等着",
    "later": "排到以后",
    "done": "已过去",
    "refused": "没同意",
    "full": "名额满",
    "often": "转过两次",
    "running": "上一次还没完",
    "absent": "没加微信",
    "closed": "就这样了",
}


async def home(desk: Desk, find: str) -> HomePage:
    customers = [
        each
        for each in await desk.unit.customers.within(Owners(reach(desk.asker, desk.policy)))
        if not find or find in each.name or find in (each.legal_name or "")
    ]
    owners = {each.id: each.name for each in await desk.unit.people.everybody()}
    shown = tuple((each.id, each.name, _fact(desk, each, owners)) for each in customers[:FOUND])
    waiting = await desk.unit.drafts.waiting(desk.my_id)
    drafts = [(each.id, await replies.customer_name(desk, of_row(each.content))) for each in waiting]
    return HomePage(shown, tuple(drafts), await _handovers(desk), find)


def _fact(desk: Desk, customer: Customer, owners: Mapping[int, str]) -> str:
    last = migration.day_of(desk, customer.last_interaction_at)
    whose = "" if customer.owner_id == desk.my_id else owners.get(customer.owner_id, "")
    return " · ".join(each for each in (whose, f"最近 {last.isoformat()}" if last else "") if each)


async def _handovers(desk: Desk) -> tuple[tuple[int, str], ...]:
    rows = await desk.unit.handovers.of_person(desk.my_id)
    names = {each.id: each.name for each in await desk.unit.people.everybody()}
    return tuple((each.id, f"{names[each.giver_id]} → {names.get(each.taker_id or 0, '…')}") for each in rows)


# -- the file -----------------------------------------------------------------------------------------


async def file(desk: Desk, customer_id: int) -> FilePage | None:
    """A customer's file with whatever the asker may see of it; None where that is nothing."""
    customer = await desk.unit.customers.get(customer_id)
    if customer is None or not _sees(desk, See.BASICS, customer):
        return None
    owner = await desk.unit.people.one(customer.owner_id)
    card = await present.archive(desk, customer)
    visits = await desk.unit.visits.of_customer(customer_id) if _sees(desk, See.VISITS, customer) else ()
    traits = await desk.unit.customers.traits(customer_id) if _sees(desk, See.VISITS, customer) else ()
    named = {each.id: each.name for each in await desk.unit.people.everybody()}
    return FilePage(
        key=Key(customer.id, customer.revision, desk.my_id),
        name=customer.name,
        legal=customer.legal_name or "",
        code=customer.code or "",
        owner="你在跟" if customer.owner_id == desk.my_id else f"{owner.name}在跟",
        standing=_standing(customer),
        warning=card.warning,
        facts=await _facts(desk, customer),
        needs=tuple(each.value for each in traits if each.field in ("need", "product", "preference")),
        people=await _people(desk, customer),
        tasks=await _tasks(desk, customer),
        events=tuple([await _event(desk, customer, each, named) for each in visits[:EVENTS]]),
        earlier=max(0, len(visits) - EVENTS),
    )


def _standing(customer: Customer) -> tuple[str, ...]:
    told = (
        f"{customer.grade}级" if customer.grade else "",
        STAGES.get(customer.stage or "", ""),
        "草稿档案" if customer.status == "draft" else "",
    )
    return tuple(each for each in told if each)


async def _facts(desk: Desk, customer: Customer) -> tuple[Fact, ...]:
    told = [("行业", customer.industry), ("规模", f"{customer.headcount}人" if customer.headcount else None)]
    if _sees(desk, See.CONTACTS, customer):
        told.append(("地址", customer.address))
    if _sees(desk, See.MONEY, customer):
        sums = await desk.unit.customers.money(customer.id)
        newest = {each.kind: each for each in reversed(sums)}
        told += [
            (MONEY_KINDS[kind], money(each.value, each.maximum, each.approximate))
            for kind, each in newest.items()
        ]
    return tuple(Fact(label, value) for label, value in told if value)


async def _people(desk: Desk, customer: Customer) -> tuple[PersonRow, ...]:
    if not _sees(desk, See.CONTACTS, customer):
        return ()
    contacts = (await desk.unit.customers.contacts([customer.id])).get(customer.id, [])
    return tuple([await _person(desk, customer, each) for each in contacts])


async def _person(desk: Desk, customer: Customer, contact: Contact) -> PersonRow:
    invite = await desk.unit.migration.of_contact(customer.owner_id, contact.id)
    bound = await desk.unit.migration.of_contacts([contact.id])
    state = "bound" if bound else invite.state if invite is not None else ""
    standing = await consent.standing_of(desk.unit, contact)
    answer = standing.answers.get(Scope.SERVICE)
    return PersonRow(
        id=contact.id,
        name=contact.name,
        title=contact.title or "",
        phone=contact.phone or "" if _sees(desk, See.PHONES, customer) else "",
        decides=contact.decision_maker,
        left=contact.left_on is not None,
        wechat=state if state in ("bound", "asked", "refused") else "",
        consent=answer.value if answer is not None else "",
    )


async def _tasks(desk: Desk, customer: Customer) -> tuple[TaskRow, ...]:
    if not _sees(desk, See.TASKS, customer):
        return ()
    tasks = await desk.unit.tasks.open_for(customer.id)
    return tuple(TaskRow(each.what, each.day, each.by, each.owner == "us") for each in tasks)


async def _event(desk: Desk, customer: Customer, visit: Visit, named: Mapping[int, str]) -> EventRow:
    facts = await present.facts_filed(desk, visit, customer)
    mine = visit.person_id == desk.my_id
    return EventRow(
        day=visit.day,
        how=METHODS.get(visit.method or "", "聊过") if visit.kind == "visit" else "新情况",
        gist=visit.quote if mine else "",
        who="" if mine else named.get(visit.person_id, ""),
        met=tuple(each.name for each in facts.contacts),
        sums=tuple(
            f"{MONEY_KINDS[each.kind]} {money(each.value, each.maximum, each.approximate)}"
            for each in facts.amounts
        ),
        void=visit.voided_at is not None,
    )


def _sees(desk: Desk, part: See, customer: Customer) -> bool:
    return may_see(desk.asker, part, customer.owner_id, desk.policy)


# -- the visit form -----------------------------------------------------------------------------------


async def visit(desk: Desk, draft_id: int) -> VisitForm | None:
    """The author's own draft as a form; None for anybody else."""
    draft = await desk.unit.drafts.get(draft_id)
    if draft is None or draft.person_id != desk.my_id or draft.kind not in ("visit", "facts"):
        return None
    stands = filing.check_draft(desk, draft, None)
    if stands is Standing.GONE:
        return None
    content = of_row(draft.content)
    shown = forming.fields_of(content)
    read = content.visit
    phone = next((each for each in read.facts if each.value == shown.get("phone")), None)
    return VisitForm(
        key=present.draft_key(draft, desk.my_id),
        customer=await replies.customer_name(desk, content),
        day=read.when.day,
        hour=read.when.hour,
        contacts=shown["contacts"],
        needs=shown.get("needs", ""),
        sums=tuple(
            Sum(f"sum{at}", MONEY_KINDS[each.kind.value], shown[f"sum{at}"])
            for at, each in enumerate(read.amounts)
        ),
        steps=tuple(StepField(f"step{at}", each.what, each.due) for at, each in enumerate(read.next_actions)),
        phone=shown.get("phone", ""),
        phone_of=phone.of if phone is not None and phone.of != "customer" else "",
        note=content.note_text,
        open=stands in (Standing.FINE, Standing.OLD),
    )


async def edit(click: Clicked, action: EditDraft, desk: Desk) -> Reply:
    """存下改动: the draft's card follows; nothing is filed by it."""
    draft = await desk.unit.drafts.get(action.what)
    stands = filing.check_draft(desk, draft, action.rev)
    if draft is None or stands is not Standing.FINE:
        return await replies.standing(desk, draft, stands)
    content = of_row(draft.content)
    people: Sequence[Contact] = ()
    if content.customer_id is not None:
        people = (await desk.unit.customers.contacts([content.customer_id])).get(content.customer_id, ())
    try:
        filled = forming.fill(content, click.typed, lambda mention: drafting.resolve(mention, people))
    except forming.Unfit as wrong:
        return [Text(desk.my_id, f"没改成：{wrong}。其他都没动。")]
    if filled != content:
        await drafting.revise(desk, draft, filled)
    return [Replace(desk.my_id, await replies.draft_card(desk, draft), draft_thread(draft.id))]


# -- the handover list --------------------------------------------------------------------------------


async def handover(desk: Desk, handover_id: int) -> HandoverPage | None:
    """Who goes to whom, and how far each contact is; for those whom it concerns, and those above them."""
    row = await desk.unit.handovers.get(handover_id)
    if row is None or not _concerns(desk, row):
        return None
    names = {each.id: each.name for each in await desk.unit.people.everybody()}
    rows = await desk.unit.handovers.customers(handover_id)
    transfers = await desk.unit.handovers.transfers(handover_id)
    told = {transfer.customer_id: TRANSFERS.get(transfer.state, "") for transfer, _, _ in transfers}
    picks = (row.state == "asked" and desk.my_id == row.asker_id) or (
        row.state == "offered" and desk.my_id == row.taker_id
    )
    shown = [
        await _handed(desk, row, customer, each.state != "left", told.get(customer.id, ""))
        for each, customer in rows
    ]
    return HandoverPage(
        key=Key(row.id, row.revision, desk.my_id),
        giver=names[row.giver_id],
        taker=names.get(row.taker_id or 0, ""),
        state=STATES.get(row.state, ""),
        rows=tuple(shown),
        may_pick=picks,
        last_day=row.last_day,
        number=row.number or "",
        signed_by=names.get(row.signer_id or 0, ""),
        signed_at=desk.local(row.signed_at) if row.signed_at else None,
    )


def _concerns(desk: Desk, row: Handover) -> bool:
    if desk.my_id in (row.giver_id, row.taker_id, row.asker_id, row.signer_id):
        return True
    return may_do(desk.asker, Do.APPROVE, row.giver_id, desk.policy)


async def _handed(desk: Desk, row: Handover, customer: Customer, going: bool, transfer: str) -> HandedRow:
    """Names for everybody whom the handover concerns; more only for who may see the file."""
    if not _sees(desk, See.BASICS, customer) and desk.my_id != row.taker_id:
        return HandedRow(customer.id, customer.name, going, transfer=transfer)
    tasks = await desk.unit.handovers.tasks([customer.id], row.giver_id)
    return HandedRow(
        customer.id,
        customer.name,
        going,
        f"{customer.grade}级" if customer.grade else "",
        migration.day_of(desk, customer.last_interaction_at),
        len(tasks),
        transfer,
    )


# -- the migration board ------------------------------------------------------------------------------


async def board(desk: Desk) -> MigrationPage:
    """One's own list, and the team's figures where one leads."""
    rows = await desk.unit.migration.matched(desk.my_id)
    leads = may_do(desk.asker, Do.APPROVE, desk.my_id, desk.policy)
    figures = await migration.figures(desk, desk.my_id)
    return MigrationPage(
        key=Key(desk.my_id, 0, desk.my_id),
        mine=inviting.board(desk.me.name, figures),
        rows=tuple(
            sorted(
                (
                    InviteRow(
                        id=invite.id,
                        name=contact.name,
                        customer=customer.name,
                        customer_id=customer.id,
                        state=invite.state,
                        asked=migration.day_of(desk, invite.asked_at),
                        last=migration.day_of(desk, customer.last_interaction_at),
                        today=invite.day == desk.today,
                    )
                    for invite, contact, customer in rows
                ),
                key=lambda each: (not each.today, ORDER.index(each.state), each.id),
            )
        ),
        unmatched=tuple(each.words for each in await desk.unit.migration.unmatched(desk.my_id)),
        newcomers=tuple(
            NewcomerRow(each.id, each.name, desk.local(each.added_at))
            for each in await desk.unit.migration.waiting(desk.my_id)
        ),
        team=await inviting.boards(desk) if leads else (),
    )


ORDER = ("listed", "asked", "bound", "refused", "lost")


# -- the customer's own page ----------------------------------------------------------------------------


async def consent_page(desk: Desk, newcomer: Newcomer) -> ConsentPage:
    """How his data are used, and what he said of it."""
    told = consent.notice(desk, newcomer.platform)
    kept = await desk.unit.consents.of_newcomer(newcomer)
    newest = next((each for each in reversed(kept) if each.scope == Scope.SERVICE), None)
    standing = await consent.standing_of_newcomer(desk.unit, newcomer)
    return ConsentPage(
        paragraphs=tuple(Fact(each.label, each.text) for each in paragraphs(told)),
        company=told.company,
        answer=newest.answer if newest is not None else "",
        at=desk.local(newest.at) if newest is not None else None,
        scopes=tuple(each.value for each in (Scope.CARE, Scope.NEWS) if standing.gave(each)),
    )
