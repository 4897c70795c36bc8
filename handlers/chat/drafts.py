"""Taps on a draft's card: save, change, choose, drop, and their kind answers."""

from collections.abc import Sequence
from dataclasses import replace

from cards import filed as filed_cards
from cards import help as asides
from cards import visit as recording
from cards import which as asking
from cards.actions import (
    AnswerSame,
    AskOwner,
    ChooseContact,
    ChooseCustomer,
    ChooseListed,
    ChooseOther,
    CreateCustomer,
    DropDraft,
    DropDrafts,
    HintEdit,
    KeepDraft,
    NewCustomer,
    PickCustomer,
    ReopenDraft,
    RestoreDraft,
    SaveFacts,
    SaveVisit,
    SaveVisits,
    ShowDraft,
    ShowDrafts,
    UseCustomer,
)
from cards.parts import Key
from handlers.chat import archive, newcomers, notes, present, replies
from handlers.chat.approvals import asked
from handlers.chat.replies import draft_thread, note_thread
from handlers.chat.spoken import whose
from handlers.kernel.reply import Post, Replace, Reply, Shown
from handlers.kernel.update import Clicked, Said
from handlers.policies.permissions import See, may_see
from handlers.work import drafting, filing
from handlers.work.content import Content, of_row
from handlers.work.context import Desk
from handlers.work.filing import Filed, Standing
from storage.models.visits import Draft

CHOICES = 9
"""So many candidates at most in a drop-down of customers (card book 2.4)."""


async def save(action: SaveVisit, desk: Desk) -> Reply:
    """保存, 保存并建档."""
    return await _save(desk, action.what, action.rev)


async def save_facts(action: SaveFacts, desk: Desk) -> Reply:
    """记下."""
    return await _save(desk, action.what, action.rev)


async def save_said(desk: Desk) -> Reply:
    """保存, said: the newest open draft."""
    waiting = await desk.unit.drafts.waiting(desk.my_id)
    if not waiting:
        return [Post(desk.my_id, asides.nothing_waits(replies.person_key(desk)), f"said:{desk.update_id}")]
    newest = [each for each in waiting if each.note_id == waiting[0].note_id]
    shown: list[Shown] = []
    for each in reversed(newest):
        shown += await _save(desk, each.id, None)
    return shown


async def drop_said(desk: Desk) -> Reply:
    """不用记, said: the newest open draft."""
    waiting = await desk.unit.drafts.waiting(desk.my_id)
    if not waiting:
        return [Post(desk.my_id, asides.nothing_waits(replies.person_key(desk)), f"said:{desk.update_id}")]
    return await _drop(desk, waiting[0])


async def resume(said: Said, desk: Desk) -> Reply:
    """嘉晟那条, said: the draft of that customer, where it was left."""
    name = whose(said.text)
    for draft in await desk.unit.drafts.waiting(desk.my_id):
        content = of_row(draft.content)
        names = [content.name, await replies.customer_name(desk, content)]
        names += [(await desk.unit.customers.one(each)).name for each in content.candidates]
        if any(name in each or each in name for each in names):
            return [await replies.post(desk, draft)]
    return [Post(desk.my_id, asides.nothing_waits(replies.person_key(desk)), f"said:{desk.update_id}")]


async def save_several(action: SaveVisits, desk: Desk) -> Reply:
    """存前 3 家: those that are clear; the open ones stay, each with its question."""
    rows = await _several(desk, action.what)
    if not rows or rows[0].person_id != desk.my_id:
        return await _first_standing(desk, rows)
    shown: list[Shown] = []
    clear = [each for each in rows if _is_clear(of_row(each.content)) and each.state in ("open", "kept")]
    for each in clear:
        shown += await _ask_approvers(desk, await filing.do_file(desk, each, of_row(each.content)))
    saved = [each for each in rows if each.state == "saved"]
    if not saved:
        return [await replies.again(desk, each) for each in rows]
    view = await notes.several_view(desk, action.what, saved)
    card = recording.several_saved(view, desk.now)
    open_ones = [await replies.post(desk, each) for each in rows if each.state in ("open", "kept")]
    return [Replace(desk.my_id, card, note_thread(action.what)), *shown, *open_ones]


async def show_several(action: ShowDrafts, desk: Desk) -> Reply:
    """一家一家看: each on its own card; where none waits any more, what became of them."""
    rows = await _several(desk, action.what)
    if not rows or rows[0].person_id != desk.my_id:
        return await _first_standing(desk, rows)
    waiting = [each for each in rows if each.state in ("open", "kept")]
    return [await replies.again(desk, each) for each in waiting or rows]


async def drop_several(action: DropDrafts, desk: Desk) -> Reply:
    """都不用记."""
    rows = await _several(desk, action.what)
    if not rows or rows[0].person_id != desk.my_id:
        return await _first_standing(desk, rows)
    view = await notes.several_view(desk, action.what, rows)
    for each in rows:
        if each.state in ("open", "kept"):
            await drafting.close(desk, each, "dropped")
    return [Replace(desk.my_id, recording.several_dropped(view), note_thread(action.what))]


async def show(action: ShowDraft, desk: Desk) -> Reply:
    """The draft once more, as a new message."""
    draft = await desk.unit.drafts.get(action.what)
    stands = filing.check_draft(desk, draft, None)
    if draft is None or stands is not Standing.FINE:
        return await replies.standing(desk, draft, stands)
    return [await replies.post(desk, draft)]


async def hint(action: HintEdit, desk: Desk) -> Reply:
    """改一改: how to say it; a hint, not a mode."""
    draft, refusal = await _mine(desk, action.what, action.rev)
    if draft is None:
        return refusal
    if draft.kind == "facts":
        card = recording.facts_hint(await present.facts_draft(desk, draft), desk.today)
    else:
        card = recording.draft_hint(await present.visit_draft(desk, draft), desk.today)
    return [Replace(desk.my_id, card, draft_thread(action.what))]


async def drop(action: DropDraft, desk: Desk) -> Reply:
    """不用记: the words stay until tomorrow night."""
    draft, refusal = await _mine(desk, action.what, None)
    return refusal if draft is None else await _drop(desk, draft)


async def restore(action: RestoreDraft, desk: Desk) -> Reply:
    """找回."""
    return await _reopen(desk, action.what)


async def reopen(action: ReopenDraft, desk: Desk) -> Reply:
    """重新打开, after it ran out."""
    return await _reopen(desk, action.what)


async def keep(action: KeepDraft, desk: Desk) -> Reply:
    """先放着."""
    draft, refusal = await _mine(desk, action.what, action.rev)
    if draft is None:
        return refusal
    draft.state = "kept"
    await desk.unit.add(draft)
    view = await replies.which_view(desk, draft, of_row(draft.content))
    return [Replace(desk.my_id, asking.which_kept(view), draft_thread(action.what))]


async def pick_customer(action: PickCustomer, desk: Desk) -> Reply:
    """换客户, 其实是老客户: the likeliest of one's own."""
    draft, refusal = await _mine(desk, action.what, action.rev)
    if draft is None:
        return refusal
    content = of_row(draft.content)
    near = await drafting.find_nearest(desk, content.name, CHOICES)
    others = tuple(each for each in near if each != content.customer_id)
    view = await replies.which_view(desk, draft, replace(content, candidates=others))
    return [Replace(desk.my_id, asking.which(view, desk.today), draft_thread(action.what))]


async def choose_customer(action: ChooseCustomer, desk: Desk) -> Reply:
    return await _settle(desk, action.what, action.rev, action.customer)


async def use_customer(action: UseCustomer, desk: Desk) -> Reply:
    """就是宏远."""
    return await _settle(desk, action.what, action.rev, action.customer)


async def choose_listed(click: Clicked, action: ChooseListed, desk: Desk) -> Reply:
    """就这家, from the drop-down. Nothing picked, or 都不是: the draft as it stands."""
    picked = next((int(each) for each in click.picked if each.isdigit()), 0)
    if not picked:
        return (
            await _settle(desk, action.what, action.rev, None)
            if click.picked
            else await _as_it_is(desk, action)
        )
    return await _settle(desk, action.what, action.rev, picked)


async def new_customer(action: NewCustomer, desk: Desk) -> Reply:
    """是新客户."""
    return await _settle(desk, action.what, action.rev, None)


async def create_customer(action: CreateCustomer, desk: Desk) -> Reply:
    """是新客户, after a look at those that are alike."""
    return await _settle(desk, action.what, action.rev, None)


async def choose_contact(action: ChooseContact, desk: Desk) -> Reply:
    """是张伟."""
    draft, refusal = await _mine(desk, action.what, action.rev)
    if draft is None:
        return refusal
    contact = await desk.unit.customers.contact(action.contact)
    if contact is not None:
        await drafting.settle_contact(desk, draft, contact)
    return [await replies.show(desk, draft)]


async def choose_other(action: ChooseOther, desk: Desk) -> Reply:
    """是4月20日, 是报价, 不记这个数."""
    draft, refusal = await _mine(desk, action.what, action.rev)
    if draft is None:
        return refusal
    await drafting.settle_doubt(desk, draft, action.at)
    return [await replies.show(desk, draft)]


async def ask_owner(action: AskOwner, desk: Desk) -> Reply:
    """问问陈浩: whether the two names are one customer; no phones, no figures."""
    if not action.what:
        return await archive.ask_owner(action, desk)
    draft, refusal = await _mine(desk, action.what, None)
    if draft is None:
        return refusal
    view = await _question(desk, draft, action.customer, desk.my_id)
    if view is None:
        return [await replies.show(desk, draft)]
    owner = (await desk.unit.customers.one(action.customer)).owner_id
    theirs = replace(view, key=Key(draft.id, draft.revision, owner))
    key = f"ask-owner:{draft.id}:{action.customer}"
    return [
        Replace(desk.my_id, asking.same_asked(view, desk.today), draft_thread(action.what)),
        Post(owner, asking.same_question(theirs, desk.today), _question_thread(action), key),
    ]


async def answer_same(action: AnswerSame, desk: Desk) -> Reply:
    """是一家, 不是一家: the colleague's word settles the asker's draft."""
    draft = await desk.unit.drafts.get(action.what)
    customer = await desk.unit.customers.get(action.customer)
    if draft is None or customer is None or customer.owner_id != desk.my_id:
        return await replies.standing(desk, None, Standing.GONE)
    waits = draft.state in ("open", "kept")
    view = await _question(desk, draft, action.customer, desk.my_id) if waits else None
    if view is None:
        return await replies.standing(desk, None, Standing.GONE)
    thanks = Replace(desk.my_id, asking.same_thanks(view, action.same), _question_thread(action))
    asker = replace(view, key=Key(draft.id, draft.revision, draft.person_id))
    thread = f"same:{draft.id}:{action.customer}"
    once = f"{thread}:{int(action.same)}"
    told = Post(draft.person_id, asking.same_answer(asker, action.same), thread, once)
    return [thanks, told]


async def _save(desk: Desk, draft_id: int, rev: int | None) -> Sequence[Shown]:
    draft = await desk.unit.drafts.get(draft_id)
    stands = filing.check_draft(desk, draft, rev)
    if draft is None or stands is not Standing.FINE:
        return await replies.standing(desk, draft, stands)
    content = of_row(draft.content)
    if not _is_clear(content) or await _appeared(desk, draft, content):
        return [await replies.show(desk, draft)]
    filed = await filing.do_file(desk, draft, content)
    met = [each for _, each in await desk.unit.visits.met(filed.visit.id)]
    told = await newcomers.ask_again(desk, met)
    return [await _saved(desk, draft, filed), *await _ask_approvers(desk, filed), *told]


async def _appeared(desk: Desk, draft: Draft, content: Content) -> bool:
    """Whether a customer like a new one came into being since the draft was made: look first (R34)."""
    if content.customer_id is not None or content.settled:
        return False
    alike = await drafting.find_lookalikes(desk, content.visit)
    if not alike:
        return False
    await drafting.revise(desk, draft, replace(content, lookalikes=alike))
    return True


async def _saved(desk: Desk, draft: Draft, filed: Filed) -> Replace:
    if draft.kind == "facts":
        view = await present.facts_saved(desk, draft, filed)
        return Replace(desk.my_id, recording.facts_saved(view, desk.now), draft_thread(draft.id))
    card = filed_cards.saved(await present.saved(desk, filed), desk.today)
    return Replace(desk.my_id, card, draft_thread(draft.id))


async def _ask_approvers(desk: Desk, filed: Filed) -> Sequence[Shown]:
    shown: list[Shown] = []
    for approval in filed.approvals:
        shown += await asked(desk, approval)
    return shown


async def _drop(desk: Desk, draft: Draft) -> Sequence[Shown]:
    await drafting.close(desk, draft, "dropped")
    card = recording.draft_dropped(await replies.gone_view(desk, draft), desk.today)
    return [Replace(desk.my_id, card, draft_thread(draft.id))]


async def _reopen(desk: Desk, draft_id: int) -> Sequence[Shown]:
    draft = await desk.unit.drafts.get(draft_id)
    stands = filing.check_draft(desk, draft, None)
    if draft is None or stands in (Standing.GONE, Standing.NOT_YOURS, Standing.SAVED, Standing.UNDONE):
        return await replies.standing(desk, draft, stands)
    if stands in (Standing.DROPPED, Standing.EXPIRED):
        await drafting.reopen(desk, draft)
    return [await replies.show(desk, draft)]


async def _settle(desk: Desk, draft_id: int, rev: int, customer_id: int | None) -> Sequence[Shown]:
    draft, refusal = await _mine(desk, draft_id, rev)
    if draft is None:
        return refusal
    if customer_id is not None and not await _may_use(desk, customer_id):
        return [await replies.show(desk, draft, stale=True)]
    await drafting.settle_customer(desk, draft, customer_id)
    return [await replies.show(desk, draft)]


async def _may_use(desk: Desk, customer_id: int) -> bool:
    """A rep files only on customers that he may see; a colleague's is asked about instead."""
    customer = await desk.unit.customers.get(customer_id)
    return customer is not None and may_see(desk.asker, See.VISITS, customer.owner_id, desk.policy)


async def _as_it_is(desk: Desk, action: ChooseListed) -> Sequence[Shown]:
    draft, refusal = await _mine(desk, action.what, None)
    return refusal if draft is None else [await replies.show(desk, draft)]


async def _mine(desk: Desk, draft_id: int, rev: int | None) -> tuple[Draft | None, Sequence[Shown]]:
    """The draft where the tap may act on it, else what to answer."""
    draft = await desk.unit.drafts.get(draft_id)
    stands = filing.check_draft(desk, draft, rev)
    if draft is None or stands is not Standing.FINE:
        return None, await replies.standing(desk, draft, stands)
    return draft, ()


async def _several(desk: Desk, note_id: int) -> list[Draft]:
    """A note's drafts whose words are still there."""
    return [each for each in await desk.unit.drafts.of_note(note_id) if each.state != "forgotten"]


async def _first_standing(desk: Desk, rows: Sequence[Draft]) -> Sequence[Shown]:
    draft = rows[0] if rows else None
    return await replies.standing(desk, draft, filing.check_draft(desk, draft, None))


async def _question(desk: Desk, draft: Draft, customer_id: int, to: int) -> asking.SameQuestion | None:
    customer = await desk.unit.customers.get(customer_id)
    if customer is None:
        return None
    content = of_row(draft.content)
    return asking.SameQuestion(
        key=Key(draft.id, draft.revision, to),
        asker=(await desk.unit.people.one(draft.person_id)).name,
        owner=(await desk.unit.people.one(customer.owner_id)).name,
        said=content.name,
        customer=customer_id,
        yours=customer.name,
        day=content.visit.when.day,
    )


def _question_thread(action: AskOwner | AnswerSame) -> str:
    return f"same-question:{action.what}:{action.customer}"


def _is_clear(content: Content) -> bool:
    """Whether the customer is known or settled as new: nothing is filed before."""
    return not content.candidates and (
        content.customer_id is not None or content.settled or not content.lookalikes
    )
