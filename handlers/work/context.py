"""What every use case is given: who acts, when, by which message, under which rules."""

from dataclasses import dataclass
from datetime import date, datetime

from config.policy import Policy
from handlers.policies.permissions import Asker
from storage.models.people import Person
from storage.unit import Unit


@dataclass(frozen=True, slots=True)
class Desk:
    """One update at work. `now` is local to the company; `asker` what permission is asked about."""

    unit: Unit
    policy: Policy
    now: datetime
    me: Person
    asker: Asker
    update_id: str
    address: str = ""
    """Where phones of customers open our pages, without the path; "" where they can't."""

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def my_id(self) -> int:
        return self.asker.id

    def local(self, at: datetime) -> datetime:
        """An instant from the store in the company's time zone."""
        return at.astimezone(self.now.tzinfo)
