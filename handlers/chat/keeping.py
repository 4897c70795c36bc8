"""Setting things in a customer's file by talking: grade, names, tags, what not to speak of, merging."""

from collections.abc import Sequence

from cards import keeping as cards
from cards import states
from cards.actions import GiveReason, MergeCustomers, UndoKeeping
from cards.model import Card
from cards.parts import Altered, Key, StageMove, Value
from cards.words import STAGES
from handlers.chat import visits
from handlers.chat.approvals import asked
from handlers.chat.archive import Show, about, show_file
from handlers.chat.commands import Command, Order, command_of
from handlers.chat.replies import no_key
from handlers.kernel.reply import Post, Replace, Reply, Shown
from handlers.kernel.update import Said
from handlers.understanding.note import Known
from handlers.work import drafting, keeping, merging
from handlers.work.context import Desk
from handlers.work.finding import find_customer
from handlers.work.keeping import Wish
from storage.models.customers import Customer
from storage.models.visits import Draft

FIELDS = {Order.GRADE: "grade", Order.STAGE: "stage", Order.LEGAL_NAME: "legal_name"}


async def set_field(said: Said, known: Known, desk: Desk) -> Reply:
    """定级 华东 A, 阶段 华东 谈判, 宏远的全称是…"""
    command = _command(said, known)

    async def do(desk: Desk, customer: Customer) -> Sequence[Shown]:
        field = FIELDS[command.order]
        value = _value_of(desk, command)
        if not value:
            choices = desk.policy.grades if field == "grade" else desk.policy.stages
            return [
                _post(desk, cards.unknown_choice(no_key(desk), command.more, [each.name for each in choices]))
            ]
        return await _wish(desk, said, customer, Wish(customer.id, field, value), command.why)

    return await about(desk, command.who, _mine(do))


async def tag(said: Said, known: Known, desk: Desk) -> Reply:
    """标签 华东 要得急; 去掉标签 华东 嫌贵."""
    command = _command(said, known)

    async def do(desk: Desk, customer: Customer) -> Sequence[Shown]:
        found = keeping.named(command.more, desk.policy.tags)
        if not found:
            known_tags = tuple(each.id for each in desk.policy.tags)
            return [_post(desk, cards.unknown_tag(no_key(desk), command.more, known_tags))]
        work = keeping.do_remove if command.order is Order.UNTAG else keeping.do_add
        kept = await work(desk, customer, "tag", found)
        if kept is None:
            return [_post(desk, cards.already_so(customer.name, "标签", desk.policy.tag(found).name))]
        key = Key(kept.id, 0, desk.my_id)
        label = "去掉" if command.order is Order.UNTAG else "标签"
        card = cards.noted(key, customer.name, customer.id, label, desk.policy.tag(found).name)
        return [Post(desk.my_id, card, _thread(kept.id))]

    return await about(desk, command.who, _mine(do))


async def taboo(said: Said, known: Known, desk: Desk) -> Reply:
    """忌讳 华东 别提涨价."""
    command = _command(said, known)

    async def do(desk: Desk, customer: Customer) -> Sequence[Shown]:
        kept = await keeping.do_add(desk, customer, "taboo", command.more)
        if kept is None:
            return [_post(desk, cards.already_so(customer.name, "忌讳", command.more))]
        key = Key(kept.id, 0, desk.my_id)
        card = cards.noted(key, customer.name, customer.id, "忌讳", command.more)
        return [Post(desk.my_id, card, _thread(kept.id))]

    return await about(desk, command.who, _mine(do))


async def official(said: Said, known: Known, desk: Desk) -> Reply:
    """把宏远转正式: what lacks first, then whoever is above says yes, and the number is issued."""
    command = _command(said, known)

    async def do(desk: Desk, customer: Customer) -> Sequence[Shown]:
        key = Key(customer.id, customer.revision, desk.my_id)
        if customer.status == "official":
            return [_post(desk, cards.official(key, customer.name, customer.code or ""))]
        if missing := await keeping.lacking(desk, customer):
            return [_post(desk, cards.lacks(key, customer.name, missing))]
        return await _wish(desk, said, customer, Wish(customer.id, "status", "official"), command.why)

    return await about(desk, command.who, _mine(do))


async def merge(said: Said, known: Known, desk: Desk) -> Reply:
    """合并 宏远 宏源: a look at what would move, before anything does."""
    command = _command(said, known)
    other = await find_customer(desk, command.more)
    if len(other.mine) != 1:
        return await about(desk, command.more, show_file)

    async def do(desk: Desk, customer: Customer) -> Sequence[Shown]:
        goes = other.mine[0]
        if goes.id == customer.id:
            return [_post(desk, cards.already_so(customer.name, "档案", "一家"))]
        if not merging.may_merge(desk, goes):
            return [await _may_not(desk, goes)]
        moved = await merging.belongings(desk, goes)
        view = cards.Merge(
            key=Key(customer.id, customer.revision, desk.my_id),
            stays=customer.name,
            other=goes.id,
            goes=goes.name,
            contacts=len(moved.contacts),
            visits=moved.visits,
            tasks=moved.tasks,
            days=desk.policy.archive.merge_undo_days,
        )
        return [Post(desk.my_id, cards.merge(view), _merge_thread(customer.id, goes.id))]

    return await about(desk, command.who, _mine(do))


async def tap_merge(action: MergeCustomers, desk: Desk) -> Reply:
    """并成一家."""
    stays = await desk.unit.session.get(Customer, action.what)
    goes = await desk.unit.session.get(Customer, action.other)
    if stays is None or goes is None or stays is goes or stays.removed_at is not None:
        return [visits.gone(desk)]
    if not merging.may_merge(desk, stays, goes):
        theirs = next(each for each in (stays, goes) if not merging.may_merge(desk, each))
        return [await visits.not_yours(desk, theirs)]
    thread = _merge_thread(stays.id, goes.id)
    days = desk.policy.archive.merge_undo_days
    if goes.removed_at is None:
        first = await merging.do_merge(desk, stays, goes)
    elif goes.merged_into == stays.id and (
        found := await desk.unit.changes.newest("customer", goes.id, "merged_into")
    ):
        first = found
    else:
        return [visits.gone(desk)]
    card = cards.merged(Key(first.id, 0, desk.my_id), stays.name, goes.name, stays.id, days)
    return [Replace(desk.my_id, card, thread)]


async def undo(action: UndoKeeping, desk: Desk) -> Reply:
    """撤销, 分回来."""
    kept = await desk.unit.changes.get(action.what)
    if kept is None or not kept.batch.startswith(keeping.PREFIXES) or kept.person_id != desk.my_id:
        return [visits.gone(desk)]
    customer = await desk.unit.customers.one(kept.customer_id or 0)
    is_merge = kept.batch.startswith("merge:")
    thread = _merge_thread(customer.id, kept.subject_id) if is_merge else _thread(kept.id)
    if kept.state == "done" and not keeping.may_undo(desk, kept):
        card = (
            cards.stays_so(days=desk.policy.archive.merge_undo_days)
            if is_merge
            else cards.stays_so(minutes=desk.policy.drafts.undo_minutes)
        )
        return [Replace(desk.my_id, card, thread)]
    if kept.state == "done":
        await keeping.do_undo(desk, kept)
    return [Replace(desk.my_id, cards.taken_back(customer.name), thread)]


async def give_reason(action: GiveReason, desk: Desk) -> Reply:
    """为什么改: one of the quick answers; "" lets it be."""
    row = await desk.unit.drafts.get(action.what)
    if row is None or row.person_id != desk.my_id or row.kind != keeping.KIND:
        return [visits.gone(desk)]
    return await _with_reason(desk, row, cards.WHY.get(action.reason, ""))


async def reason_said(desk: Desk, words: str) -> Sequence[Shown]:
    """The next message after 为什么改, where it is nothing else; empty where nobody was asked."""
    row = await desk.unit.drafts.newest_of(desk.my_id, keeping.KIND)
    if row is None or desk.now - row.created_at > desk.policy.drafts.undo:
        return ()
    return await _with_reason(desk, row, words)


async def _with_reason(desk: Desk, row: Draft, reason: str) -> Sequence[Shown]:
    wish = keeping.wish_of(row)
    customer = await desk.unit.customers.get(wish.customer_id)
    thread = _wish_thread(row.id)
    if customer is None or not keeping.may_edit(desk, customer):
        return [Replace(desk.my_id, states.gone(), thread)]
    if not reason or row.state != "open":
        if row.state == "open":
            await keeping.close_wish(desk, row, "dropped")
        return [Replace(desk.my_id, cards.not_changed(customer.name), thread)]
    await keeping.close_wish(desk, row, "saved")
    return await _set(desk, customer, wish, reason, thread)


async def _wish(desk: Desk, said: Said, customer: Customer, wish: Wish, reason: str) -> Sequence[Shown]:
    """Sets it, or asks first why where it is a key field that holds something."""
    if getattr(customer, wish.field) == wish.value:
        name = cards.name_of(wish.field)
        return [_post(desk, cards.already_so(customer.name, name, _plain(_value(wish.field, wish.value))))]
    if reason or not keeping.needs_reason(desk, customer, wish.field):
        return await _set(desk, customer, wish, reason, "")
    note = await drafting.keep_note(desk, said, keeping.KIND)
    row = await keeping.keep_wish(desk, note, wish)
    card = cards.why(
        Key(row.id, row.revision, desk.my_id), customer.name, _altered(customer, wish), desk.today
    )
    return [Post(desk.my_id, card, _wish_thread(row.id))]


async def _set(desk: Desk, customer: Customer, wish: Wish, reason: str, thread: str) -> Sequence[Shown]:
    altered = _altered(customer, wish)
    done = await keeping.do_set(desk, customer, wish, reason)
    if done.change is None:
        return [_post(desk, cards.not_changed(customer.name))]
    approver = await desk.unit.people.one(done.approval.approver_id) if done.approval else None
    view = cards.Kept(
        key=Key(done.change.id, 0, desk.my_id),
        customer=customer.name,
        customer_id=customer.id,
        altered=altered,
        waits_for=approver.name if approver else "",
    )
    card = cards.kept(view, desk.today)
    if wish.field == "status" and approver is None:
        card = cards.official(Key(customer.id, 0, desk.my_id), customer.name, customer.code or "")
    mine = Replace(desk.my_id, card, thread) if thread else Post(desk.my_id, card, _thread(done.change.id))
    return [mine, *(await asked(desk, done.approval) if done.approval else ())]


def _mine(do: Show) -> Show:
    """The deed where the asker may edit the file, else whose it is."""

    async def checked(desk: Desk, customer: Customer) -> Sequence[Shown]:
        if keeping.may_edit(desk, customer):
            return await do(desk, customer)
        return [await _may_not(desk, customer)]

    return checked


async def _may_not(desk: Desk, customer: Customer) -> Shown:
    owner = await desk.unit.people.one(customer.owner_id)
    return _post(desk, cards.may_not(no_key(desk), customer.name, owner.name))


def _command(said: Said, known: Known) -> Command:
    command = command_of(said.text, known)
    if command is None:  # its route is taken by nothing else
        raise LookupError("an order that is none")
    return command


def _value_of(desk: Desk, command: Command) -> str:
    match command.order:
        case Order.GRADE:
            return keeping.named(command.more.removesuffix("级"), desk.policy.grades)
        case Order.STAGE:
            return keeping.named(command.more, desk.policy.stages)
    return command.more


def _altered(customer: Customer, wish: Wish) -> Altered:
    before = getattr(customer, wish.field)
    return Altered(wish.field, _value(wish.field, wish.value), _value(wish.field, before) if before else None)


def _value(field: str, value: str) -> Value:
    match field:
        case "stage":
            return StageMove(value)
        case "grade":
            return f"{value}级"
        case "status":
            return {"draft": "草稿", "official": "正式客户"}.get(value, value)
    return value


def _plain(value: Value) -> str:
    return STAGES.get(value.after, value.after) if isinstance(value, StageMove) else str(value)


def _post(desk: Desk, card: Card) -> Post:
    return Post(desk.my_id, card, f"answer:{desk.update_id}")


def _thread(change_id: int) -> str:
    return f"kept:{change_id}"


def _wish_thread(draft_id: int) -> str:
    return f"wish:{draft_id}"


def _merge_thread(stays: int, goes: int) -> str:
    return f"merge:{stays}:{goes}"
