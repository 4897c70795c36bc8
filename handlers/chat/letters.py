"""Words for a rep to send to a customer himself: the one way by which any go out, past what he allowed."""

from collections.abc import Callable, Sequence

from handlers.kernel.reply import Text
from handlers.policies.consent import Outgo
from handlers.work.consent import check_out
from handlers.work.context import Desk
from storage.models.customers import Contact

Write = Callable[[tuple[Contact, ...]], str]
"""The words, from those whom they may be addressed to; to nobody by name where it gets none."""


async def letter(desk: Desk, what: Outgo, to: Sequence[Contact], write: Write) -> Sequence[Text]:
    """The text, addressed to those only whom it may go to.

    What they were promised is written in any case; anything else not, where none of them may get it.
    """
    may = tuple([each for each in to if await check_out(desk, what, each)])
    if to and not may and what is not Outgo.SERVICE:
        return ()
    return [Text(desk.my_id, write(may))]
