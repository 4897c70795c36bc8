"""Two managers tap an approval within 50 ms, a hundred times: one decision each, both cards tell the same."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.app import build
from bot.clock import FixedClock, MovableClock
from bot.sample import ADDRESSES, PEOPLE, found_company
from cards.actions import Approve, Return
from config.settings import Settings
from handlers.chat.approvals import asked, escalate
from handlers.kernel.turn import put
from handlers.kernel.update import Clicked, Sender, Ticked
from handlers.work import approvals
from handlers.work.changing import Batch
from handlers.work.context import Desk
from handlers.work.people import asker_of
from storage.database import Database
from storage.models.changes import Approval, Change
from storage.models.customers import Contact
from storage.models.engine import AuditEntry
from storage.secrets import Keyring
from tests.extent import many
from tests.stories.conftest import KEY, TUESDAY
from tests.stories.phones import Phone, World

ROUNDS = many(15, 100)
WITHIN_MS = 50


@asynccontextmanager
async def world_on(url: str, folder: Path) -> AsyncIterator[World]:
    settings = Settings(var_dir=folder, database_url=url, encryption_keys=(KEY,))
    database = Database(url, Keyring(settings.keys), folder / "files")
    clock = MovableClock(database, FixedClock(TUESDAY.replace(hour=10)))
    async with build(settings, clock=clock, database=database) as app:
        await found_company(app)
        world = World(app, clock)
        for key, name, *_ in PEOPLE:
            world.phone(ADDRESSES.get(key, key), name)
        await world.settles()
        yield world


async def ask(world: World, number: int) -> Approval:
    """李娜 asks for another number; both managers hold the card, as they do after 48 hours."""
    update = Ticked(f"ask:{number}", "clock", world.now, "ask")
    async with world.app.database.unit(update_id=update.update_id, at=world.now) as unit:
        rep = await unit.people.one(3)
        policy = world.app.policy
        desk = Desk(unit, policy, world.now, rep, await asker_of(unit, rep), update.update_id)
        contact = await unit.customers.contact(1)
        assert contact is not None
        customer = await unit.customers.one(contact.customer_id)
        batch = Batch(f"round:{number}", None, customer.id)
        approval = await approvals.do_ask(desk, contact, "phone", f"1380000{number:04}", customer, batch, "")
        assert approval is not None
        shown = [*await asked(desk, approval)]
        approval.created_at = world.now - policy.approvals.escalation
        await unit.add(approval)
        await put(unit, update, [*shown, *await escalate(desk)])
    await world.settles()
    return approval


def tap(world: World, phone: Phone, approval: Approval, later: timedelta, *, yes: bool) -> Clicked:
    what = (approval.id, approval.revision, 0)
    action = Approve(*what) if yes else Return(*what)
    at = world.now + later
    return Clicked(
        f"local:{world.new_id()}",
        Sender("local", phone.address),
        f"local:{phone.address}",
        at,
        action,
        picked=() if yes else ("wrong",),
    )


async def both(world: World, *taps: Clicked) -> None:
    """Into the inbox together, and two lanes worked on at once."""
    await asyncio.gather(*(world.app.intake.put(each) for each in taps))
    await asyncio.gather(world.app.worker.once(), world.app.worker.once())
    await world.settles()


async def test_one_decision_each_and_both_cards_tell_the_same(database_url: str, tmp_path: Path) -> None:
    dice = random.Random(7)
    async with world_on(database_url, tmp_path) as world:
        zhou, zheng, li = (world.phones[each] for each in ("zhou", "admin", "li"))
        for number in range(ROUNDS):
            approval = await ask(world, number)
            told = len(li.history)
            managers = [zhou, zheng]
            dice.shuffle(managers)
            late = timedelta(milliseconds=dice.randint(0, WITHIN_MS))
            taps = [
                tap(world, managers[0], approval, timedelta(), yes=dice.random() < 0.5),
                tap(world, managers[1], approval, late, yes=dice.random() < 0.5),
            ]
            await both(world, *taps)
            await check(world, approval, zhou, zheng)
            assert len(li.history) == told + 1
        assert await world.parked() == []


async def check(world: World, approval: Approval, zhou: Phone, zheng: Phone) -> None:
    async with world.app.database.reading() as unit:
        row = await unit.session.get_one(Approval, approval.id)
        kept = await unit.session.get_one(Change, row.change_id)
        contact = await unit.session.get_one(Contact, 1)
        trail = await unit.audit.history("approvals", row.id)
    decided = [each for each in trail if _decides(each)]
    assert len(decided) == 1, "one decision"
    yes = row.state == "approved"
    assert kept.state == ("done" if yes else "dropped")
    assert (contact.phone == kept.after) is yes
    winner, loser = (zhou, zheng) if row.decided_by == 2 else (zheng, zhou)
    assert winner.cards("approval.decided")[-1].title.startswith("✓ 你同意了" if yes else "✓ 退给李娜了")
    theirs = loser.cards("approval.decided")[-1]
    assert theirs.title == f"{winner.name} 10:20 已{'同意' if yes else '退回'}"


def _decides(entry: AuditEntry) -> bool:
    before, after = (
        (entry.details.get("state") or (None, None)) if entry.change == "changed" else (None, None)
    )
    return before == "waiting" and after in ("approved", "returned")
