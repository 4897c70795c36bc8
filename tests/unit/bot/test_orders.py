"""What is told where a platform will never do what was ordered."""

from datetime import UTC, datetime

from bot import orders
from handlers.kernel import transfers
from handlers.kernel.transfers import TransferAnswer, TransferOrder, TransferState
from handlers.kernel.update import Transferred
from storage.models.engine import Outgoing

NOW = datetime(2026, 4, 21, 18, 20, tzinfo=UTC)


def row(*, ask: bool) -> Outgoing:
    order = TransferOrder(7, "li", "chen", ("wm1", "wm2"), ask=ask)
    return Outgoing(
        key="handover:7:start",
        person_id=3,
        platform="wecom",
        address="transfer:li",
        lane="wecom:transfer:li",
        kind="transfer",
        content=transfers.dump(order),
        created_at=NOW,
        next_at=NOW,
    )


def test_contacts_that_will_never_go_are_put_before_somebody() -> None:
    told = orders.given_up(row(ask=False), "no right", NOW)
    assert isinstance(told, Transferred)
    assert (told.handover, told.lane) == (7, "handover:7")
    assert told.answers == tuple(TransferAnswer(each, TransferState.ABSENT) for each in ("wm1", "wm2"))


def test_a_question_without_an_answer_changes_nothing() -> None:
    assert orders.given_up(row(ask=True), "away", NOW) is None
