"""Asks the platforms for what an update only points at: who wrote it, and the bytes that came with it.

It runs while the update's lane is leased and no transaction is open, so that a callback never waits
for it, and so that a platform that is away only puts the update off.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import structlog

from bot.clock import Clock
from bot.platforms import Directory, Media
from config.policy import Policy
from handlers.kernel.update import BY_NOBODY, Moved, Profile, Sender, Sent, Spoke, Update
from handlers.work.people import do_meet, met
from storage.database import Database

MEDIA = ":"
"""What stands between a platform's name and its own name for bytes, in an update's `file`."""
GONE = "gone"
"""The kind of `Sent` whose bytes the platform does not have any more."""
MEETING = "meeting"
"""The mark that lets one newcomer in at a time."""
MOST_LEADERS = 8
"""How far up the ladder somebody's leaders are met with him."""

log = structlog.get_logger(__name__)


class Reception:
    """The turn's `prepare`. Platforms without a directory or media of their own need nothing here."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        policy: Policy,
        directories: Mapping[str, Directory],
        media: Mapping[str, Media],
        taps: Mapping[str, Callable[[Update], Awaitable[Update]]] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._directories = directories
        self._media = media
        self._taps = taps or {}

    async def __call__(self, update: Update) -> Update:
        """The update with what it needs, and its sender known where he is a member. Raises TryLater."""
        if isinstance(update, Moved):
            return await self._looked_up(update, self._directories.get(update.sender.platform))
        if isinstance(update, BY_NOBODY):
            return update
        directory = self._directories.get(update.sender.platform)
        if directory is not None:
            await self._meet(directory, update.sender)
        taps = self._taps.get(update.sender.platform)
        return await self._fetched(update if taps is None else await taps(update))

    async def _looked_up(self, update: Moved, directory: Directory | None) -> Update:
        if directory is None:
            return update
        address = update.new_address or update.sender.address
        profile = await directory.profile(address)
        if profile is not None:
            await self._meet_leaders(directory, profile, {address})
        return replace(update, profile=profile, family=directory.family)

    async def _meet(self, directory: Directory, sender: Sender) -> None:
        """Makes a newcomer a colleague; whoever has the account on this platform is known."""
        async with self._database.reading() as unit:
            if await unit.people.at(sender.platform, sender.address) is not None:
                return
        profile = await directory.profile(sender.address)
        if profile is None:
            log.warning("no_member", platform=sender.platform)
            return
        await self._meet_leaders(directory, profile, {sender.address})
        await self._keep(directory, sender.address, profile)

    async def _meet_leaders(self, directory: Directory, profile: Profile, below: set[str]) -> None:
        """Leaders come first, so that whoever is met has somebody to report to. Rings end."""
        for address in profile.leaders:
            if address in below or len(below) > MOST_LEADERS:
                continue
            async with self._database.reading() as unit:
                if await met(unit, directory.family, address) is not None:
                    return
            leader = await directory.profile(address)
            if leader is not None:
                await self._meet_leaders(directory, leader, below | {address})
                await self._keep(directory, address, leader)
                return

    async def _keep(self, directory: Directory, address: str, profile: Profile) -> None:
        now = self._clock.now()
        async with self._database.unit(deed="people.meet", at=now) as unit:
            # Two colleagues who write for the first time together have one manager.
            await unit.marks.lock(MEETING, now)
            await do_meet(
                unit,
                self._policy.members,
                family=directory.family,
                address=address,
                profile=profile,
                at=now,
            )

    async def _fetched(self, update: Update) -> Update:
        """A recording or picture comes into our own store; one that is gone is answered as such."""
        if not isinstance(update, Spoke | Sent) or MEDIA not in update.file:
            return update
        platform, _, ref = update.file.partition(MEDIA)
        content = await self._media[platform].fetch(ref)
        if content is not None:
            return replace(update, file=await self._database.files.save(content))
        log.warning("media_gone", update_id=update.update_id)
        return replace(update, file="") if isinstance(update, Spoke) else replace(update, file="", kind=GONE)
