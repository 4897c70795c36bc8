"""What may go out to a customer: asked here, and nowhere else, before anything does (R175, R176, R186).

Using his data for what he orders needs no consent of its own; greetings and news do, each for itself.
Silence is no consent, and a no is final until he says otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What can be asked for: using the data at all, greetings, news."""

    SERVICE = "service"
    CARE = "care"
    NEWS = "news"


class Answer(StrEnum):
    GIVEN = "given"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Outgo(StrEnum):
    """What somebody would send.

    reply: to what the customer began (he added us, he asked). service: his orders and what was promised
    him. invite: to add the work account. again: a word after a long silence. care: greetings. news: new
    products, offers.
    """

    REPLY = "reply"
    SERVICE = "service"
    INVITE = "invite"
    AGAIN = "again"
    CARE = "care"
    NEWS = "news"


ASKED = {Outgo.CARE: Scope.CARE, Outgo.NEWS: Scope.NEWS}
"""What needs a yes of its own."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer's newest answers by scope; `refused`: he does not want to be asked over; `left` his firm."""

    answers: dict[Scope, Answer]
    refused: bool = False
    left: bool = False

    def gave(self, scope: Scope) -> bool:
        return self.answers.get(scope) is Answer.GIVEN

    @property
    def spoke(self) -> bool:
        """Whether he ever answered at all."""
        return bool(self.answers)


def standing(answers: Iterable[tuple[str, str]], *, refused: bool = False, left: bool = False) -> Standing:
    """From answers as (scope, answer), oldest first: the newest of each scope counts."""
    return Standing({Scope(scope): Answer(answer) for scope, answer in answers}, refused, left)


def may_go(what: Outgo, customer: Standing) -> bool:
    """Whether it may be sent to the customer now."""
    if what is Outgo.REPLY:
        return True
    if customer.left:
        return False
    if what is Outgo.INVITE:
        return not customer.refused and customer.answers.get(Scope.SERVICE) is not Answer.WITHDRAWN
    if what is Outgo.AGAIN:
        return customer.answers.get(Scope.SERVICE, Answer.GIVEN) is Answer.GIVEN
    scope = ASKED.get(what)
    return scope is None or customer.gave(scope)
