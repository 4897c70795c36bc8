"""What the clock starts, and when: names that `baifang tick` and the routes share."""

from datetime import timedelta, tzinfo

from apscheduler.triggers.cron import CronTrigger

from bot.scheduler import Job, every
from config.policy import Policy

SEAL_SECONDS = 60
NIGHTLY = timedelta(days=1)
"""The grace of what is done once a night: a bot that sleeps at night does it in the morning."""


def jobs(policy: Policy, zone: tzinfo) -> tuple[Job, ...]:
    """The company's jobs, by its own hours."""
    morning, evening, asks = policy.speaking.morning, policy.speaking.evening, policy.dormancy.asks_at
    proposes = policy.migration.proposes_at
    return (
        # Before the reminders of the same minute: what the morning card tells needs no card of its own,
        # and one of the day's cards is kept for the evening.
        Job("morning", CronTrigger(hour=morning.hour, minute=morning.minute, timezone=zone)),
        Job("evening", CronTrigger(hour=evening.hour, minute=evening.minute, timezone=zone)),
        Job(
            "reminders-due",
            CronTrigger(minute="*/5", timezone=zone),
            moved=CronTrigger(hour="8,12,17", minute=30, timezone=zone),
        ),
        # Every working day: the card of the week goes out on the first morning when we may speak.
        Job(
            "accuracy-weekly",
            CronTrigger(day_of_week="mon-fri", hour=morning.hour, minute=morning.minute, timezone=zone),
        ),
        Job("dormant", CronTrigger(hour=asks.hour, minute=asks.minute, timezone=zone)),
        Job(
            "handovers",
            CronTrigger(minute=20, timezone=zone),
            moved=CronTrigger(hour="9,18", minute=20, timezone=zone),
        ),
        Job("migration", CronTrigger(hour=proposes.hour, minute=proposes.minute, timezone=zone)),
        Job("drafts-expire", CronTrigger(minute=0, timezone=zone), each=False),
        Job("approvals-expire", CronTrigger(minute="*/15", timezone=zone), each=False),
        Job("forget-dropped", CronTrigger(hour=0, minute=10, timezone=zone), NIGHTLY, each=False),
        Job("forget-done", CronTrigger(hour=3, minute=30, timezone=zone), NIGHTLY, each=False),
        Job("seal-audit", every(SEAL_SECONDS, zone), each=False),
    )
