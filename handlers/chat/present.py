"""Builds view-models from rows: the one place where permission hides fields.

No card can leak what its view-model does not hold, so what the viewer may not see is left out here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cards import brief as brief_cards
from cards import diary as diary_cards
from cards import dormant as dormant_cards
from cards import filed as filed_cards
from cards import parts
from cards import visit as recording
from cards import which as asking
from cards.brief import Brief
from cards.customer import Archive, Event, Profile, Sum, Timeline
from cards.parts import (
    Altered,
    Doubt,
    Facts,
    Heard,
    Key,
    Money,
    Named,
    Person,
    Phone,
    StageMove,
    Step,
    Told,
    Unsure,
    Value,
)
from cards.reminder import TaskDue
from cards.words import METHODS, MONEY_KINDS, STAGES, TAGS, day_short
from cards.words import money as money_words
from handlers.policies import completeness
from handlers.policies.permissions import See, may_see
from handlers.understanding.denials import denied
from handlers.understanding.note import Amount, CorrectionField, Fact, Field, NextAction, Span, Spans, When
from handlers.work.approvals import approver_of
from handlers.work.content import Content, Resolved, of_row
from handlers.work.context import Desk
from handlers.work.editing import Edit
from handlers.work.editing import Value as Edited
from handlers.work.filing import Filed
from handlers.work.people import asker_of
from storage.models.customers import Contact, Customer, Trait
from storage.models.customers import Money as MoneyRow
from storage.models.dormancy import Silence
from storage.models.people import Person as Colleague
from storage.models.tasks import Task
from storage.models.visits import Draft, SaidNote, Visit

NEEDS = (Field.NEED, Field.PRODUCT)
EVENTS = 5
FEW_ALIASES = 4
"""A name of at most this many characters is short enough to call a customer by."""


def draft_key(draft: Draft, to: int) -> Key:
    return Key(draft.id, draft.revision, to)


async def visit_draft(desk: Desk, draft: Draft) -> recording.VisitDraft:
    content = of_row(draft.content)
    customer = await _customer(desk, content)
    return recording.VisitDraft(
        key=draft_key(draft, desk.my_id),
        customer=customer.name if customer else content.name,
        day=content.visit.when.day,
        facts=replace(await facts_heard(desk, content, customer), unsure=_unsure(content)),
        heard=heard(content),
        method=content.visit.method.value.value if content.visit.method else "",
        new_customer=customer is None,
        missing=_missing(content),
        part=(draft.position, draft.total) if draft.total > 1 else None,
        first=not await desk.unit.visits.has_filed(desk.my_id),
        page=f"/m/visit/{draft.id}",
    )


async def facts_draft(desk: Desk, draft: Draft) -> recording.FactsDraft:
    content = of_row(draft.content)
    customer = await _customer(desk, content)
    return recording.FactsDraft(
        page=f"/m/visit/{draft.id}",
        key=draft_key(draft, desk.my_id),
        customer=customer.name if customer else content.name,
        customer_id=customer.id if customer else 0,
        day=desk.today,
        facts=await facts_heard(desk, content, customer),
        heard=heard(content),
        new_customer=customer is None,
        printed=(await desk.unit.notes.one(draft.note_id)).kind == "card",
    )


async def facts_heard(desk: Desk, content: Content, customer: Customer | None) -> Facts:
    """What a draft holds, in the shape that cards show."""
    read = content.visit
    people = await _people(desk, customer)
    step_rows = [_step(content, action) for action in read.next_actions]
    step_rows += [_dated(plan.what or "再联系", plan.when, plan.spans, content) for plan in content.plans]
    step_rows += [_dated(f"提醒{each.what}", each.when, each.spans, content) for each in content.reminders]
    return Facts(
        contacts=tuple(_met(each, people) for each in content.contacts),
        doubt=_doubt(content.contacts, people),
        needs=tuple(_told(content, each) for each in read.facts if each.field in NEEDS),
        amounts=tuple(_amount(each, content.words(*each.spans)) for each in read.amounts),
        rivals=tuple(each.value for each in read.competitors),
        stage=_stage(content, customer),
        tags=tuple(each.value.value for each in read.tags),
        steps=tuple(step_rows),
        phones=await _phones(desk, content, customer, people),
        denied=tuple(each.of(content.note_text) for each in denied(content.note_text, read.clauses)),
        told=tuple(_told(content, each) for each in read.facts if each.field not in (*NEEDS, Field.PHONE)),
    )


def heard(content: Content, *, author: bool = True) -> Heard:
    """The note behind a draft and the words in it that were used."""
    read = content.visit
    found: list[Spans] = [read.customer.spans, read.when.spans]
    found += [each.mention.spans for each in content.contacts]
    found += [each.spans for each in read.amounts]
    found += [each.spans for each in read.competitors]
    found += [each.spans for each in read.tags]
    found += [each.spans for each in read.facts]
    found += [read.stage.spans] if read.stage else []
    found += [read.method.spans] if read.method else []
    found += [(*each.spans, *each.due_spans) for each in read.next_actions]
    found += [(*plan.spans, *plan.when.spans) for plan in content.plans]
    found += [(*reminder.spans, *reminder.when.spans) for reminder in content.reminders]
    spans = [span for some in found for span in some]
    return Heard(
        note=content.note_text,
        clauses=_pairs(read.clauses),
        used=_pairs(tuple(sorted(set(spans)))),
        author=author,
    )


def heard_words(note: SaidNote, words: str) -> Heard | None:
    """The clause of a note that some words stand in, for cards about one fact of it."""
    at = note.text.find(words.split("…", maxsplit=1)[0]) if words else -1
    if at < 0:
        return None
    end = min(len(note.text), at + len(words.split("…", maxsplit=1)[0]))
    return Heard(note=note.text, clauses=(), used=((at, end),))


async def saved(desk: Desk, filed: Filed) -> filed_cards.SavedVisit:
    """What filing gave back: reminders to come, what waits for a yes, promises still open."""
    visit, customer = filed.visit, filed.customer
    mine = {each.id for each in filed.tasks}
    older = [each for each in await desk.unit.tasks.open_for(customer.id) if each.id not in mine]
    waiting = []
    for approval in filed.approvals:
        kept = await desk.unit.changes.get(approval.change_id)
        approver = await desk.unit.people.one(approval.approver_id)
        if kept is not None:
            waiting.append(parts.Waiting(kept.field, approver.name))
    return filed_cards.SavedVisit(
        key=Key(visit.id, visit.revision, desk.my_id),
        customer=customer.name,
        customer_id=customer.id,
        at=desk.local(visit.filed_at),
        day=visit.day,
        method=visit.method or "",
        nth=await desk.unit.visits.count_since(customer.id, date(visit.day.year, 1, 1)),
        reminding=tuple(
            filed_cards.Reminding(desk.local(each.remind_at).date(), each.what, each.day, each.by)
            for each in filed.tasks
            if each.remind_at is not None and each.state == "open"
        ),
        waiting=tuple(waiting),
        owed=tuple(
            filed_cards.Owed(each.what, desk.local(each.said_at).date())
            for each in older
            if each.owner == "us"
        ),
        complaint=False,
        draft_file=filed.created,
    )


async def facts_saved(desk: Desk, draft: Draft, filed: Filed) -> recording.FactsDraft:
    """Facts as they were filed; what their card says is decided by what they were."""
    content = of_row(draft.content)
    return recording.FactsDraft(
        key=Key(filed.visit.id, filed.visit.revision, desk.my_id),
        customer=filed.customer.name,
        customer_id=filed.customer.id,
        day=desk.today,
        facts=await facts_heard(desk, content, filed.customer),
    )


def example(desk: Desk) -> recording.VisitDraft:
    """One made-up visit, for 看个例子; nothing of it can be filed."""
    text = "今天去了鼎盛，见了张伟，要两台贴标机，预算十二万八，下周三前发方案"
    due = desk.today + timedelta(days=9 - desk.today.weekday())
    return recording.VisitDraft(
        key=Key(0, 0, desk.my_id),
        customer="鼎盛机械",
        day=desk.today,
        facts=Facts(
            contacts=(Person("张伟", "采购经理"),),
            needs=(Told("product", "贴标机 2台", words="两台贴标机"),),
            amounts=(Money("budget", 128000, words="十二万八"),),
            steps=(Step("发方案", due, "us", True, "下周三前"),),
        ),
        heard=Heard(text, (), ((10, 15), (17, 22), (23, 29))),
        method="onsite",
    )


async def filed_again(desk: Desk, visit: Visit) -> Filed:
    """What was filed, read back from the archive, for a card that shows it once more."""
    customer = await desk.unit.customers.one(visit.customer_id)
    tasks = await desk.unit.tasks.of_visit(visit.id)
    approvals = []
    for kept in await desk.unit.changes.of_batch(f"draft:{visit.draft_id}"):
        approval = await desk.unit.changes.approval_of(kept.id) if kept.state == "waiting" else None
        if approval is not None:
            approvals.append(approval)
    return Filed(visit, customer, tasks, approvals, customer.created_at == visit.filed_at)


async def record(desk: Desk, visit: Visit) -> filed_cards.VisitRecord:
    """A filed visit as the viewer may see it."""
    customer = await desk.unit.customers.one(visit.customer_id)
    note = await desk.unit.notes.one(visit.note_id)
    author = await desk.unit.people.one(visit.person_id)
    mine = author.id == desk.my_id
    return filed_cards.VisitRecord(
        key=Key(visit.id, visit.revision, desk.my_id),
        customer=customer.name,
        customer_id=customer.id,
        day=visit.day,
        facts=await facts_filed(desk, visit, customer),
        heard=Heard(note.text, (), (), author=True) if mine else None,
        method=visit.method or "",
        author="" if mine else author.name,
        void=visit.voided_at is not None,
        editable=mine,
    )


async def facts_filed(desk: Desk, visit: Visit, customer: Customer, *, trusted: bool = False) -> Facts:
    """What the archive holds of one visit; money and people only where the viewer may see them.

    `trusted`: the customer is being handed to the viewer, who sees it as if it were his own.
    """
    owner = desk.my_id if trusted else customer.owner_id
    visit_id = visit.id
    money = await desk.unit.customers.money_of_visit(visit_id) if _sees(desk, See.MONEY, owner) else ()
    met = await desk.unit.visits.met(visit_id) if _sees(desk, See.CONTACTS, owner) else ()
    tasks = await desk.unit.tasks.of_visit(visit_id) if _sees(desk, See.TASKS, owner) else ()
    traits = await desk.unit.customers.traits_of_visit(visit_id) if _sees(desk, See.VISITS, owner) else ()
    return Facts(
        contacts=tuple(Person(contact.name, contact.title or "") for _, contact in met),
        needs=tuple(Told(each.field, each.value) for each in traits if each.field in ("need", "product")),
        amounts=tuple(_money_row(each) for each in money),
        rivals=tuple(each.value for each in traits if each.field == "competitor"),
        stage=StageMove(visit.stage) if visit.stage else None,
        tags=tuple(each.value for each in traits if each.field == "tag"),
        steps=tuple(Step(each.what, each.day, _owner(each.owner), each.by) for each in tasks),
        told=tuple(Told(each.field, each.value) for each in traits if each.field == "preference"),
    )


async def task_due(desk: Desk, task: Task, to: int) -> TaskDue:
    customer = await desk.unit.customers.get(task.customer_id) if task.customer_id else None
    contact = await desk.unit.customers.contact(task.contact_id) if task.contact_id else None
    note = await desk.unit.notes.one(task.note_id)
    origin = {"plan": "plan", "reminder": "asked", "followup": "asked"}.get(task.kind, "promise")
    return TaskDue(
        key=Key(task.id, task.revision, to),
        what=task.what,
        customer=customer.name if customer else "",
        due=task.day or desk.today,
        by=task.by,
        hour=task.hour,
        contact=Person(contact.name, contact.title or "") if contact else None,
        origin="theirs" if task.owner == "customer" else origin,
        since=desk.local(task.said_at).date(),
        moved=task.moved,
        heard=heard_words(note, task.words),
    )


async def entry(desk: Desk, task: Task) -> diary_cards.Entry:
    """A plan or reminder of the diary."""
    customer = await desk.unit.customers.get(task.customer_id) if task.customer_id else None
    contact = await desk.unit.customers.contact(task.contact_id) if task.contact_id else None
    return diary_cards.Entry(
        day=task.day or desk.today,
        what=task.what,
        hour=task.hour,
        customer=customer.name if customer else "",
        people=(Person(contact.name, contact.title or ""),) if contact else (),
        method=task.method or "",
        remind=task.kind != "plan",
    )


def altered(edit: Edit) -> Altered:
    """A correction's one field as a card shows it."""
    label = edit.what if edit.field is CorrectionField.DUE else ""
    after = _value(edit.field, edit.after)
    return Altered(
        edit.field.value, after if after is not None else "", _value(edit.field, edit.before), label
    )


def lookalike(desk: Desk, customer: Customer, owner: Colleague) -> asking.Lookalike:
    """A customer that a new name may be; of a colleague's only name, place and owner are shown."""
    mine = may_see(desk.asker, See.BASICS, customer.owner_id, desk.policy)
    last = desk.local(customer.last_interaction_at).date() if customer.last_interaction_at and mine else None
    return asking.Lookalike(
        customer=customer.id,
        name=customer.name,
        owner="" if owner.id == desk.my_id else owner.name,
        last=last,
        called=called(customer.name),
    )


async def silent(desk: Desk, silence: Silence, customer: Customer, to: Colleague) -> dormant_cards.Silent:
    """A customer that was not spoken to for long, as the one who is asked about it may see it."""
    asker = await asker_of(desk.unit, to)
    sees = {part: may_see(asker, part, customer.owner_id, desk.policy) for part in (See.VISITS, See.CONTACTS)}
    last = await desk.unit.visits.latest_contact(customer.id) if sees[See.VISITS] else None
    owner = await desk.unit.people.one(customer.owner_id)
    mine = owner.id == to.id
    note = await desk.unit.notes.one(last.note_id) if last is not None and last.person_id == to.id else None
    theirs = await _promised_us(desk, last)
    since = desk.local(silence.since).date()
    return dormant_cards.Silent(
        key=Key(silence.id, silence.revision, to.id),
        customer=customer.name,
        customer_id=customer.id,
        days=(desk.today - since).days,
        rule=silence.days,
        grade=customer.grade or "",
        last=since,
        method=last.method or "" if last is not None and last.day == since else "",
        who=await _first_met(desk, last) if last is not None and sees[See.CONTACTS] else "",
        said=theirs.what if theirs is not None else "",
        since=await _since(desk, customer, silence.since) if sees[See.VISITS] else "",
        heard=heard_words(note, last.quote) if note is not None and last is not None else None,
        nudge=_nudge(desk, theirs),
        owner="" if mine else owner.name,
        owners_word=await _last_answer(desk, silence),
        decides=silence.person_id != customer.owner_id,
    )


async def _promised_us(desk: Desk, visit: Visit | None) -> Task | None:
    """What the customer said they would do, on that visit."""
    rows = await desk.unit.tasks.of_visit(visit.id) if visit is not None else ()
    return next((each for each in rows if each.owner == "customer"), None)


def _nudge(desk: Desk, theirs: Task | None) -> str:
    if theirs is None or theirs.day is None or theirs.day >= desk.today:
        return ""
    return f"{day_short(theirs.day, desk.today)}过了，可以问一句{theirs.what}怎样了。"


async def last_met(desk: Desk, customer: Customer) -> Sequence[Contact]:
    """Who was spoken to when the customer was spoken to last."""
    last = await desk.unit.visits.latest_contact(customer.id)
    return [each for _, each in await desk.unit.visits.met(last.id)] if last is not None else ()


async def _first_met(desk: Desk, visit: Visit) -> str:
    met = await desk.unit.visits.met(visit.id)
    return met[0][1].name if met else ""


async def _since(desk: Desk, customer: Customer, since: datetime) -> str:
    """What came in without anybody having been spoken to."""
    rows = await desk.unit.visits.of_customer(customer.id)
    told = [each for each in rows if each.kind == "facts" and each.filed_at > since]
    return f"记过 {len(told)} 次新情况" if told else "没订单，没来电"


async def _last_answer(desk: Desk, silence: Silence) -> str:
    """How the question before this one was answered, in a few words."""
    before = [each for each in await desk.unit.silences.before(silence) if each.answer]
    if not before or before[0].answered_at is None:
        return ""
    day = day_short(desk.local(before[0].answered_at).date(), desk.today)
    why = f"，{before[0].reason}" if before[0].reason else ""
    return f"{day}说{dormant_cards.ANSWERS.get(before[0].answer or '', '看过')}{why}"


async def archive(desk: Desk, customer: Customer) -> Archive:
    """A customer's file: every part only where the viewer may see it."""
    owner, customer_id = customer.owner_id, customer.id
    seen = await _portrait(desk, customer)
    main = seen.main
    visits = await desk.unit.visits.of_customer(customer_id, 1) if _sees(desk, See.VISITS, owner) else ()
    year = date(desk.today.year, 1, 1)
    orders = seen.orders if _sees(desk, See.MONEY, owner) else ()
    keeper = await desk.unit.people.one(owner)
    basics, needs = _completeness(desk, customer, seen)
    last = desk.local(customer.last_interaction_at).date() if customer.last_interaction_at else None
    fresh_days = desk.policy.archive.fresh_days_of_grade.get(
        customer.grade or "", desk.policy.archive.fresh_days
    )
    return Archive(
        key=Key(customer_id, customer.revision, desk.my_id),
        short=customer.name,
        legal=customer.legal_name or "",
        owner="" if owner == desk.my_id else keeper.name,
        grade=customer.grade or "",
        tier="老客户" if customer.stage == "won" or orders else "",
        warning=seen.warning,
        basics=basics.pair if _sees(desk, See.CONTACTS, owner) else None,
        contact=Person(main.name, main.title or "") if main else None,
        contact_id=main.id if main else 0,
        phone=main.phone or "" if main and _sees(desk, See.PHONES, owner) else "",
        needs_known=needs.pair if _sees(desk, See.VISITS, owner) and needs.filled else None,
        needs=tuple(each.value for each in seen.traits if each.field in ("need", "product"))[:3],
        stage=customer.stage or "",
        visits_this_year=await desk.unit.visits.count_since(customer_id, year) if visits else 0,
        last=visits[0].day if visits else None,
        last_method=visits[0].method or "" if visits else "",
        worth=sum(each.value for each in orders) if orders else None,
        orders=len(orders),
        likes="；".join(seen.likes),
        complete=completeness.percent(basics, needs)
        if all(_sees(desk, each, owner) for each in (See.CONTACTS, See.VISITS, See.MONEY))
        else None,
        fresh=completeness.is_fresh(last, desk.today, fresh_days),
        next_step=_next_step(seen.tasks),
        page=f"/m/customer/{customer_id}",
    )


@dataclass(frozen=True, slots=True)
class _Portrait:
    """What the viewer may see of a customer, read once for every card that tells of the whole."""

    people: Sequence[Contact]
    traits: Sequence[Trait]
    money: Sequence[MoneyRow]
    orders: Sequence[MoneyRow]
    tasks: Sequence[Task]
    warning: str
    likes: tuple[str, ...]

    @property
    def main(self) -> Contact | None:
        return next((each for each in self.people if each.left_on is None), None)

    @property
    def decider(self) -> Contact | None:
        return next((each for each in self.people if each.decision_maker and each.left_on is None), None)


async def _portrait(desk: Desk, customer: Customer) -> _Portrait:
    owner, id_ = customer.owner_id, customer.id
    people = (
        (await desk.unit.customers.contacts([id_])).get(id_, []) if _sees(desk, See.CONTACTS, owner) else []
    )
    traits = await desk.unit.customers.traits(id_) if _sees(desk, See.VISITS, owner) else ()
    money = await desk.unit.customers.money(id_) if _sees(desk, See.MONEY, owner) else ()
    year = desk.now - timedelta(days=365)
    taboos = [each.value for each in traits if _is_taboo(desk, each)]
    return _Portrait(
        people=people,
        traits=traits,
        money=money,
        orders=[each for each in money if each.kind == "order" and each.at >= year],
        tasks=await desk.unit.tasks.open_for(id_) if _sees(desk, See.TASKS, owner) else (),
        warning="；".join(dict.fromkeys(taboos)),
        likes=tuple(each.value for each in traits if each.field == "preference" and each.value not in taboos),
    )


def _is_taboo(desk: Desk, trait: Trait) -> bool:
    """What was put down as one, or a preference that is said as a warning (别提涨价)."""
    begins = trait.value.startswith(desk.policy.archive.taboo_words)
    return trait.field == "taboo" or (trait.field == "preference" and begins)


def _completeness(
    desk: Desk, customer: Customer, seen: _Portrait
) -> tuple[completeness.Known, completeness.Known]:
    """How much of what the company wants of the basics and of the needs is there."""
    main = seen.main
    basics = {
        "contact": main is not None,
        "phone": bool(customer.phone or any(each.phone for each in seen.people)),
        **{
            each: bool(getattr(customer, each)) for each in ("legal_name", "industry", "address", "headcount")
        },
    }
    told = {each.field for each in seen.traits}
    needs = {
        "need": bool(told & {"need", "product"}),
        "preference": "preference" in told,
        "competitor": "competitor" in told,
        "decision_maker": seen.decider is not None,
        "budget": any(each.kind == "budget" for each in seen.money),
    }
    wanted = desk.policy.archive
    return (
        completeness.known(wanted.basics, [name for name, there in basics.items() if there]),
        completeness.known(wanted.needs, [name for name, there in needs.items() if there]),
    )


async def profile(desk: Desk, customer: Customer) -> Profile:
    """The portrait in five parts (R25), each only where the viewer may see it."""
    seen = await _portrait(desk, customer)
    keeper = await desk.unit.people.one(customer.owner_id)
    budget = next((each for each in seen.money if each.kind == "budget"), None)
    rivals = tuple(each.value for each in seen.traits if each.field == "competitor")
    tags = tuple(TAGS.get(each.value, each.value) for each in seen.traits if each.field == "tag")
    visits = (
        await desk.unit.visits.of_customer(customer.id, 1)
        if _sees(desk, See.VISITS, customer.owner_id)
        else ()
    )
    headcount = f"{customer.headcount}人" if customer.headcount else ""
    return Profile(
        key=Key(customer.id, customer.revision, desk.my_id),
        customer=customer.name,
        owner="" if keeper.id == desk.my_id else keeper.name,
        basics=_said(customer.industry, headcount, seen.main.name if seen.main else ""),
        needs=_said(
            "、".join([each.value for each in seen.traits if each.field in ("need", "product")][:3]),
            f"{seen.decider.name}拍板" if seen.decider else "",
            f"对手 {'、'.join(dict.fromkeys(rivals))}" if rivals else "",
        ),
        habits=_said(
            f"预算 {money_words(budget.value, budget.maximum, budget.approximate)}" if budget else "",
            f"近一年下单 {len(seen.orders)} 次" if seen.orders else "",
        ),
        interests=_said("；".join(seen.likes[:2]), "、".join(dict.fromkeys(tags))),
        follow_up=_said(
            STAGES.get(customer.stage or "", ""),
            f"最近 {day_short(visits[0].day, desk.today)}" if visits else "",
            f"下一步 {seen.tasks[0].what}" if seen.tasks else "",
        ),
        warning=seen.warning,
    )


def _said(*parts: str | None) -> tuple[str, ...]:
    return tuple(each for each in parts if each)


async def sums(desk: Desk, customer: Customer) -> tuple[Sum, ...]:
    """Orders, payments and quotes, newest first; for viewers who may see money."""
    rows = await desk.unit.customers.money(customer.id)
    return tuple(
        Sum(desk.local(each.at).date(), _money_row(each)) for each in rows if each.kind in MONEY_KINDS
    )


async def brief(desk: Desk, customer: Customer) -> Brief:
    """What to know before going in; for viewers who may see the visits."""
    seen = await _portrait(desk, customer)
    visits = await desk.unit.visits.of_customer(customer.id, 3)
    done = await desk.unit.tasks.done_for(customer.id, 1) if _sees(desk, See.TASKS, customer.owner_id) else ()
    main, decider, order = seen.main, seen.decider, next(iter(seen.orders), None)
    return Brief(
        key=Key(customer.id, customer.revision, desk.my_id),
        customer=customer.name,
        contact=Person(main.name, main.title or "") if main else None,
        contact_id=main.id if main and main.phone and _sees(desk, See.PHONES, customer.owner_id) else 0,
        decider=decider.name if decider else "",
        warning=seen.warning,
        kept=tuple(_promise(desk, each) for each in done if each.owner == "us"),
        owed=tuple(
            _promise(desk, each) for each in seen.tasks if each.owner == "us" and each.kind == "promise"
        ),
        visits=tuple([Event(each.day, await gist(desk, each, customer)) for each in visits]),
        orders=_order(desk, order) if order else "",
    )


def _order(desk: Desk, row: MoneyRow) -> str:
    day = day_short(desk.local(row.at).date(), desk.today)
    return f"{day} {money_words(row.value, row.maximum, row.approximate)}"


def _promise(desk: Desk, task: Task) -> brief_cards.Owed:
    return brief_cards.Owed(task.what, desk.local(task.said_at).date(), task.day, task.state == "done")


async def timeline(desk: Desk, customer: Customer, before: date | None) -> Timeline:
    """What was filed of a customer the viewer may see, up to a day (not counting it)."""
    names = {each.id: each.name for each in await desk.unit.people.everybody()}
    until = before or desk.today
    events = [
        Event(each.day, await gist(desk, each, customer), names.get(each.person_id, ""))
        for each in await desk.unit.visits.of_customer(customer.id)
    ]
    if _sees(desk, See.TASKS, customer.owner_id):
        for task in await desk.unit.tasks.done_for(customer.id):
            if task.done_at is not None:
                day = desk.local(task.done_at).date()
                events.append(Event(day, f"{task.what}，办了", names.get(task.person_id, "")))
    earlier = sorted(
        (each for each in events if before is None or each.day < before),
        key=lambda each: each.day,
        reverse=True,
    )
    return Timeline(
        key=Key(customer.id, customer.revision, desk.my_id),
        customer=customer.name,
        events=tuple(earlier[:EVENTS]),
        count=len(earlier),
        until=until,
    )


async def gist(desk: Desk, visit: Visit, customer: Customer) -> str:
    """What was filed, in a few words: for its author in his own, for others by the facts they may see."""
    how = METHODS.get(visit.method or "", "聊过") if visit.kind == "visit" else ""
    if visit.quote and visit.person_id == desk.my_id:
        words = _without_name(visit.quote, customer)
        return f"{how}，{words}" if how else words
    facts = await facts_filed(desk, visit, customer)
    told = [
        MONEY_KINDS[each.kind] + " " + money_words(each.value, each.maximum, each.approximate)
        for each in facts.amounts
    ]
    told += [each.value for each in facts.needs]
    told += [STAGES.get(facts.stage.after, "")] if facts.stage and not told else []
    return "，".join(_said(how, *told)) or "新情况"


def _without_name(quote: str, customer: Customer) -> str:
    """The words without the clause that only says where one was (今天去了鼎盛): the card says that."""
    first, mark, rest = quote.partition("，")
    return rest if mark and called(customer.name) in first else quote


def in_short(facts: Facts, visit: Visit) -> str:
    """A visit's facts in a few words: what was wanted, what was promised, else how it was."""
    wanted = "、".join(each.value for each in facts.needs[:2])
    promised = facts.steps[0].what if facts.steps else ""
    how = METHODS.get(visit.method or "", "聊过")
    return "，".join(filter(None, (wanted, promised))) or how


def called(name: str) -> str:
    """A customer's name as people call it in passing: the first two characters of a four-character one."""
    return name[:2] if len(name) == FEW_ALIASES else name[:FEW_ALIASES]


def _sees(desk: Desk, part: See, owner_id: int) -> bool:
    return may_see(desk.asker, part, owner_id, desk.policy)


async def _customer(desk: Desk, content: Content) -> Customer | None:
    return await desk.unit.customers.get(content.customer_id) if content.customer_id is not None else None


async def _people(desk: Desk, customer: Customer | None) -> Sequence[Contact]:
    if customer is None or not _sees(desk, See.CONTACTS, customer.owner_id):
        return ()
    return (await desk.unit.customers.contacts([customer.id])).get(customer.id, ())


def _met(resolved: Resolved, people: Sequence[Contact]) -> Person:
    known = next((each for each in people if each.id == resolved.contact_id), None)
    if known is not None:
        return Person(known.name, known.title or "")
    said, title = resolved.mention.name, resolved.mention.title or ""
    # 张总 is called so; that is no title of its own (the corpus' ruling 3).
    return Person(said, "" if title and said.endswith(title) else title)


def _doubt(contacts: Sequence[Resolved], people: Sequence[Contact]) -> Doubt | None:
    unsure = next((each for each in contacts if each.contact_id is None and each.candidates), None)
    if unsure is None:
        return None
    named = {each.id: each.name for each in people}
    return Doubt(
        unsure.mention.name, tuple(Named(each, named[each]) for each in unsure.candidates if each in named)
    )


def _unsure(content: Content) -> Unsure | None:
    """The first day or sum that was read in two ways and that nobody has put right since."""
    visit = content.visit
    for at, each in enumerate(visit.doubts):
        if isinstance(each.held, When) and isinstance(each.other, When):
            if each.held == visit.when:
                return Unsure(_moment(each.held), _moment(each.other), at)
        elif each.held in visit.amounts or (each.held is None and each.other not in visit.amounts):
            return Unsure(_sum(content, each.held), _sum(content, each.other), at)
    return None


def _moment(when: When) -> date:
    return datetime.combine(when.day, when.hour) if when.hour else when.day


def _sum(content: Content, amount: When | Amount | None) -> Money | None:
    return _amount(amount, content.words(*amount.spans)) if isinstance(amount, Amount) else None


def _told(content: Content, fact: Fact) -> Told:
    """`words` only where the value was worked out from them."""
    words = content.words(*fact.spans)
    return Told(fact.field.value, fact.value, fact.of, "" if fact.value in words else words)


def _amount(amount: Amount, words: str) -> Money:
    """`words` only where the value was worked out from them."""
    written = money_words(amount.value, amount.maximum, amount.approximate)
    return Money(
        amount.kind.value,
        amount.value,
        amount.maximum,
        amount.approximate,
        "" if written in words else words,
    )


def _money_row(row: MoneyRow) -> Money:
    return Money(row.kind, row.value, row.maximum, row.approximate, row.words)


def _stage(content: Content, customer: Customer | None) -> StageMove | None:
    stage = content.visit.stage
    before = customer.stage or "" if customer else ""
    return StageMove(stage.value.value, before) if stage and stage.value.value != before else None


def _step(content: Content, action: NextAction) -> Step:
    return Step(action.what, action.due, _owner(action.owner), action.by, content.words(*action.due_spans))


def _dated(what: str, when: When, spans: Spans, content: Content) -> Step:
    return Step(what, when.day, "us", False, content.words(*(when.spans or spans)))


def _owner(owner: str) -> str:
    return "them" if owner == "customer" else "us"


async def _phones(
    desk: Desk, content: Content, customer: Customer | None, people: Sequence[Contact]
) -> tuple[Phone, ...]:
    numbers = [each for each in content.visit.facts if each.field is Field.PHONE]
    alone = len(content.contacts) <= 1
    shown = []
    for fact in numbers:
        known = next((each for each in people if each.name == fact.of), None)
        waits = known is not None and known.phone not in (None, fact.value)
        approver = await approver_of(desk) if waits and "phone" in desk.policy.approvals.key_fields else None
        of = "" if alone or fact.of == "customer" else fact.of
        shown.append(Phone(fact.value, of, approver.name if approver else ""))
    return tuple(shown)


def _missing(content: Content) -> tuple[str, ...]:
    """At most two things that were not said and that the next stage needs (R4's kinder form)."""
    read = content.visit
    if not (read.amounts or read.facts or read.next_actions or read.stage):
        return ()
    gaps = (
        ("contact", bool(content.contacts)),
        ("decision_maker", any(each.field is Field.DECISION_MAKER for each in read.facts)),
        ("next_step", bool(read.next_actions or content.plans)),
    )
    return tuple(name for name, there in gaps if not there)[:1]


def _value(field: CorrectionField, value: Edited) -> Value | None:
    match value:
        case Amount():
            return Money(value.kind.value, value.value, value.maximum, value.approximate)
        case When(day=day, hour=None):
            return day
        case When(day=day, hour=hour) if hour is not None:
            return datetime.combine(day, hour)
        case str() if field is CorrectionField.PHONE:
            return Phone(value)
        case str() | date():
            return value
    return None


def _next_step(tasks: Iterable[Task]) -> Step | None:
    first = next(iter(tasks), None)
    return Step(first.what, first.day, _owner(first.owner), first.by) if first else None


def _pairs(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    return tuple((each.start, each.end) for each in spans)
