"""What may go to a customer, as a sales manager would read it."""

import pytest

from handlers.policies.consent import Answer, Outgo, Scope, Standing, may_go, standing

SAID_NOTHING: tuple[tuple[str, str], ...] = ()
AGREED = (("service", "given"), ("care", "declined"), ("news", "declined"))
WANTS_GREETINGS = (("service", "given"), ("care", "given"), ("news", "declined"))
DECLINED = (("service", "declined"), ("care", "declined"), ("news", "declined"))
TOOK_BACK = (*WANTS_GREETINGS, ("service", "withdrawn"), ("care", "withdrawn"), ("news", "withdrawn"))
CAME_BACK = (*TOOK_BACK, *WANTS_GREETINGS)


@pytest.mark.parametrize(
    ("answers", "may"),
    [
        (SAID_NOTHING, {Outgo.REPLY, Outgo.SERVICE, Outgo.INVITE, Outgo.AGAIN}),
        (AGREED, {Outgo.REPLY, Outgo.SERVICE, Outgo.INVITE, Outgo.AGAIN}),
        (WANTS_GREETINGS, {Outgo.REPLY, Outgo.SERVICE, Outgo.INVITE, Outgo.AGAIN, Outgo.CARE}),
        (DECLINED, {Outgo.REPLY, Outgo.SERVICE, Outgo.INVITE}),
        (TOOK_BACK, {Outgo.REPLY, Outgo.SERVICE}),
        (CAME_BACK, {Outgo.REPLY, Outgo.SERVICE, Outgo.INVITE, Outgo.AGAIN, Outgo.CARE}),
    ],
)
def test_what_may_go(answers: tuple[tuple[str, str], ...], may: set[Outgo]) -> None:
    assert {each for each in Outgo if may_go(each, standing(answers))} == may


def test_who_does_not_want_to_come_over_is_asked_no_more() -> None:
    assert not may_go(Outgo.INVITE, standing((), refused=True))
    assert may_go(Outgo.SERVICE, standing((), refused=True))


def test_who_left_the_firm_hears_nothing_unasked() -> None:
    gone = standing(WANTS_GREETINGS, left=True)
    assert [each for each in Outgo if may_go(each, gone)] == [Outgo.REPLY]


def test_an_unknown_answer_is_a_fault_and_no_yes() -> None:
    with pytest.raises(ValueError):
        standing((("service", "maybe"),))
    assert Standing({Scope.CARE: Answer.DECLINED}).gave(Scope.CARE) is False
