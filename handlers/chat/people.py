"""What the platforms' directories tell of colleagues; only about one who left is his supervisor asked."""

from handlers.chat.handover import departed
from handlers.kernel.reply import Reply
from handlers.kernel.update import Moved
from handlers.work.context import Desk
from handlers.work.people import do_leave, do_meet, do_rename, met


async def moved(moved: Moved, desk: Desk) -> Reply:
    """A colleague's name, place or presence changed. Who never wrote is met when he first does."""
    family = moved.family or (moved.sender.platform,)
    address = moved.new_address or moved.sender.address
    if moved.new_address:
        await do_rename(desk.unit, family, moved.sender.address, moved.new_address)
    if moved.profile is None:
        leaver = await do_leave(desk.unit, family, address)
        return await departed(desk, leaver) if leaver is not None else ()
    if await met(desk.unit, family, address) is not None:
        await do_meet(
            desk.unit,
            desk.policy.members,
            family=family,
            address=address,
            profile=moved.profile,
            at=desk.now,
        )
    return ()
