"""A picture of a business card: its contact, proposed like everything that was told."""

from dataclasses import dataclass

from handlers.chat import notes
from handlers.kernel.reply import Reply
from handlers.kernel.update import Sent
from handlers.understanding.businesscard import BusinessCard, note_of
from handlers.understanding.note import Known
from handlers.work import asides, drafting
from handlers.work.context import Desk


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture turned out to be; None: nothing but a picture."""

    card: BusinessCard | None = None


async def propose(sent: Sent, card: BusinessCard, known: Known, desk: Desk) -> Reply:
    """One draft: who it is and where, as printed; nothing is filed before a tap."""
    kept = await asides.keep_card(desk, sent, card.text)
    rows, _ = await drafting.do_draft(desk, kept, note_of(card, known))
    return await notes.show_all(desk, kept.id, rows)
