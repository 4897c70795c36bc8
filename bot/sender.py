"""Sends what the outbox holds, in order for each phone; knows no platform but by its port.

No transaction is open while a platform is being called. Dying between the platform's yes and our note
of it repeats a message; the once-only key that goes along lets the platform see that, where it can.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot import orders
from bot.clock import Clock
from bot.faults import place_of, report
from bot.lanes import LaneLoop
from bot.platforms import GiveUp, Pace, Platform, TryLater
from bot.wake import INBOX, OUTBOX, Wake
from cards.digest import digest
from cards.model import load
from handlers.kernel.reply import Urgency
from handlers.kernel.update import Update, dump, kind_of
from storage.cache import Cache, CacheAway
from storage.database import Database
from storage.inbox import Arrival
from storage.models.engine import Outgoing
from storage.outbox import Outbox
from storage.unit import Unit

LANES = 8
CALL_SECONDS = 60.0
"""How long one call of a platform may take before it counts as failed."""
WELCOME_SECONDS = 5.0
"""A welcome is too late in twenty: better asked twice than waited for once."""
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 600.0
"""The pause doubles from the first to the longest, give or take a fifth so that phones spread."""
JITTER = 0.2
MAX_BUGS = 5
"""Attempts of a message that fails in a way nobody foresaw, before it is parked."""
MAX_WAIT = timedelta(hours=24)
"""A platform that is away is tried for this long, then the message is parked: news from yesterday."""
MIN_TRIES = 10
"""And at least so often: what was put late, after a long standstill, gets its chances too."""

FOLD_FROM = 10
"""So many cards of little urgency that wait for one phone are told in a list instead (card book 1.8)."""

log = structlog.get_logger(__name__)


class Paced(Exception):
    """The phone was written to enough for now; its next message may go in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"paced for {seconds:.1f} s")
        self.seconds = seconds


class Sender(LaneLoop[Outgoing]):
    """Several phones at a time. A message that waits holds back the later ones of its phone."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        wake: Wake,
        clock: Clock,
        *,
        owner: str,
        lanes: int = LANES,
        queue: Callable[[Unit], Outbox] = lambda unit: unit.outbox,
        topic: str = OUTBOX,
        cache: Cache | None = None,
        paces: Mapping[str, Pace] | None = None,
        away: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """`paces`, by platform, hold over all processes, by way of `cache`.

        `away` names the platforms that this process can't reach now: their messages are left to others.
        """
        self._part = queue
        super().__init__(database, wake, clock, self._send, self._outbox, topic, owner, lanes)
        self._platforms = platforms
        self._cache = cache
        self._paces = paces or {}
        self._away_platforms: Callable[[], Sequence[str]] = away

    def _outbox(self, unit: Unit) -> Outbox:
        queue = self._part(unit)
        queue.away = self._away_platforms()
        return queue

    async def _send(self, row: Outgoing, owner: str) -> None:
        platform = self._platforms.get(row.platform)
        if platform is None:
            await self._park(row, owner, f"没有接通平台 {row.platform}")
            return
        try:
            async with asyncio.timeout(_patience(row)):
                ref, answer = await self._call(platform, row)
        except Paced as paced:
            await self._hold(row, owner, paced.seconds)
        except GiveUp as error:
            log.warning("message_parked", outgoing_id=row.id, platform=row.platform)
            await self._give_up(row, owner, error.reason)
        except (TryLater, TimeoutError) as error:
            await self._try_later(row, owner, error)
        except Exception as error:  # noqa: BLE001 (whatever a platform's client raises, the message is kept)
            await self._mend(row, owner, error)
        else:
            await self._went(row, owner, ref, answer)

    async def _went(self, row: Outgoing, owner: str, ref: str, answer: Update | None) -> None:
        """Notes that it went; what a platform answered goes in by the door that all updates take."""
        now = self._clock.now()
        async with self._database.unit() as unit:
            await unit.outbox.sent(row, owner, ref, now)
            await _put_answer(unit, answer, now)
        self._ring(answer)

    async def _give_up(self, row: Outgoing, owner: str, reason: str) -> None:
        """Set aside for the operator; whoever waits for an order's answer is told as well."""
        now = self._clock.now()
        answer = orders.given_up(row, reason, now)
        async with self._database.unit() as unit:
            await unit.outbox.park(row, owner, reason)
            await _put_answer(unit, answer, now)
        self._ring(answer)

    def _ring(self, answer: Update | None) -> None:
        if answer is not None:
            self._wake.ring(INBOX)

    async def _call(self, platform: Platform, row: Outgoing) -> tuple[str, Update | None]:
        """The platform's name for a message that was shown, or its answer to an order."""
        if orders.is_order(row):
            return "", await orders.carry_out(platform, row, self._clock.now())
        return await self._show(platform, row), None

    async def _show(self, platform: Platform, row: Outgoing) -> str:
        """The platform's name for what was sent; a card that can't be replaced is posted anew."""
        if row.kind == "text":
            await self._pace(row)
            return await platform.text(row)
        if row.kind in ("image", "file"):
            await self._pace(row)
            return await platform.file(row)
        if row.kind == "replace":
            async with self._database.reading() as unit:
                held = await unit.outbox.held(row.thread, row.person_id)
            if held is not None and held.ref and (held.platform, held.address) == (row.platform, row.address):
                ref = await platform.replace(row, held)
                if ref is not None:
                    return ref
        await self._pace(row)
        return await platform.post(row)

    async def _pace(self, row: Outgoing) -> None:
        """Keeps to what one phone may get: a platform drops what is too much, and says nothing."""
        pace = self._paces.get(row.platform)
        if pace is None or self._cache is None:
            return
        try:
            now = self._clock.now().timestamp()
            wait = await self._cache.take(f"pace:{row.lane}", pace.burst, pace.seconds, now)
        except CacheAway as away:
            raise TryLater(f"Redis: {away}") from away
        if wait:
            raise Paced(wait)

    async def _hold(self, row: Outgoing, owner: str, seconds: float) -> None:
        """Its turn comes later. A crowd of cards that nobody waits for becomes one list."""
        now = self._clock.now()
        async with self._database.unit() as unit:
            crowd = await unit.outbox.crowd(row, Urgency.PROMISE) if row.urgency >= Urgency.PROMISE else ()
            if len(crowd) < FOLD_FROM:
                await unit.outbox.hold(row, owner, now + timedelta(seconds=seconds), "等一等，免得发太密")
                return
            await unit.outbox.folded(row, owner, crowd, now)
            for place, text in enumerate(digest([load(each.content).title for each in crowd])):
                await unit.outbox.put(
                    key=f"digest:{row.id}:{place}",
                    person_id=row.person_id,
                    platform=row.platform,
                    address=row.address,
                    kind="text",
                    content=text,
                    at=now,
                    urgency=Urgency.OTHER,
                )
        log.info("messages_folded", platform=row.platform, messages=len(crowd))

    async def _try_later(self, row: Outgoing, owner: str, error: TryLater | TimeoutError) -> None:
        now = self._clock.now()
        if row.attempts + 1 >= MIN_TRIES and now - row.created_at > MAX_WAIT:
            await self._give_up(
                row, owner, f"平台 {row.platform} 超过 {MAX_WAIT // timedelta(hours=1)} 小时没有收下"
            )
            return
        seconds = error.seconds if isinstance(error, TryLater) else None
        await self._put_off_by(row, owner, seconds, str(error) or type(error).__name__)

    async def _mend(self, row: Outgoing, owner: str, error: Exception) -> None:
        report("message_failed", error, outgoing_id=row.id, platform=row.platform)
        why = place_of(error)
        if row.attempts + 1 >= MAX_BUGS:
            await self._park(row, owner, why)
        else:
            await self._put_off_by(row, owner, None, why)

    async def _put_off_by(self, row: Outgoing, owner: str, seconds: float | None, why: str) -> None:
        pause = backoff(row.attempts) if seconds is None else seconds
        async with self._database.unit() as unit:
            await unit.outbox.later(row, owner, self._clock.now() + timedelta(seconds=pause), why)


async def _put_answer(unit: Unit, answer: Update | None, now: datetime) -> None:
    if answer is not None:
        arrival = Arrival(answer.update_id, answer.lane, kind_of(answer), dump(answer), now)
        await unit.inbox.put_many([arrival])


def _patience(row: Outgoing) -> float:
    """How long one call may take."""
    return WELCOME_SECONDS if row.kind == "welcome" else CALL_SECONDS


def backoff(attempts: int, chance: Callable[[], float] = random.random) -> float:
    """Seconds to wait after so many attempts; `chance` is between 0 and 1."""
    pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(attempts, 30), LONGEST_PAUSE_SECONDS)
    return pause * (1 + JITTER * (2 * chance() - 1))
