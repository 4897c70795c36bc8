"""After a story: every button that it showed is tapped, by others and by its owner; silence is a fault."""

from collections import Counter
from collections.abc import Iterator

from sqlmodel import SQLModel

from cards.actions import decode, encode
from cards.limits import faults
from cards.model import Button
from storage.models.changes import Approval, Change
from storage.models.customers import Contact, Customer, Money, Trait
from storage.models.tasks import Task
from storage.models.visits import Draft, Meeting, Visit
from tests.stories.phones import Phone, Shown, World

FACTS: tuple[type[SQLModel], ...] = (
    *(Customer, Contact, Trait, Money, Visit, Meeting, Task, Draft, Change, Approval),
)
ENOUGH = 1
"""A button of one kind of card is tapped so often in the whole run, first by somebody else."""

tapped: Counter[tuple[str, str, str]] = Counter()
tapped_by_others: set[tuple[str, str]] = set()


async def tap_everything(world: World) -> None:
    for phone in list(world.phones.values()):
        for shown, button in list(_new_buttons(phone)):
            await _tap(world, phone, shown, button)


def _new_buttons(phone: Phone) -> Iterator[tuple[Shown, Button]]:
    """Of every version of every card, also old ones, what was not tapped often enough yet."""
    for shown in reversed(list(phone.history)):
        for button in shown.taps:
            if button.action is None:
                assert button.link, f"{shown.kind}: {button.label} does nothing"
                continue
            what = (shown.kind, button.label, type(button.action).__name__)
            if tapped[what] < ENOUGH:
                tapped[what] += 1
                yield shown, button


async def _tap(world: World, phone: Phone, shown: Shown, button: Button) -> None:
    assert button.action is not None
    assert decode(encode(button.action)) == button.action
    stranger = world.phones["chen" if phone.address != "chen" else "li"]
    who = (type(button.action).__name__, phone.address)
    if who not in tapped_by_others:
        tapped_by_others.add(who)
        await _tap_as(world, stranger, shown, button)
    await _tap_as(world, phone, shown, button)


async def _tap_as(world: World, phone: Phone, shown: Shown, button: Button) -> None:
    """Silence is a fault, and so is a card that breaks the house limits."""
    assert button.action is not None
    before = await world.last_outgoing()
    picked = list(shown.options.values())[:1]
    await phone.taps_raw(encode(button.action), shown.id, picked)
    what = f"{button.label} on {shown.kind}, tapped by {phone.name}"
    assert await world.parked() == [], what
    assert await world.answered(before, phone.address), f"silence after {what}"
    found = [fault for each in phone.news if each.card is not None for fault in faults(each.card)]
    assert found == [], what
