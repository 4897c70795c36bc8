"""What the clock starts, and when: names that `baifang tick` and the routes share."""

from datetime import tzinfo

from apscheduler.triggers.cron import CronTrigger

from bot.scheduler import Job, every
from config.policy import Policy

REMIND_MINUTES = "*/5"
SEAL_SECONDS = 60


def jobs(policy: Policy, zone: tzinfo) -> tuple[Job, ...]:
    """The company's jobs, by its own hours."""
    morning = policy.speaking.morning
    return (
        Job("reminders-due", CronTrigger(minute=REMIND_MINUTES, timezone=zone)),
        Job("morning", CronTrigger(hour=morning.hour, minute=morning.minute, timezone=zone)),
        Job("drafts-expire", CronTrigger(minute=0, timezone=zone)),
        Job("approvals-expire", CronTrigger(minute="*/15", timezone=zone)),
        Job("seal-audit", every(SEAL_SECONDS, zone), each=False),
    )
