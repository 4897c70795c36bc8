"""What a tap means: typed, versioned intentions, and the only encoder and decoder of them.

An intention carries ids, never facts: the facts are read again when the tap arrives.
Every one has `what` (the id of the thing), `rev` (its revision that was shown) and `to`
(the person it was shown to); `check_…` compares them before anything else (card book 1.6).
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar
from urllib.parse import quote, unquote

LARGEST = 2**31 - 1
"""No id of ours is larger; a database driver refuses what is."""

MAX_ENCODED = 128
"""Longest encoding in bytes: well inside WeCom's key of 1,024 and DingTalk's link."""


class UnknownAction(ValueError):
    """The text is no intention that this version knows: an old card, or not ours."""


@dataclass(frozen=True, slots=True)
class Action:
    """Base of all intentions. `v` is raised when the meaning of its fields changes."""

    v: ClassVar[int] = 1

    what: int
    rev: int
    to: int


# -- drafts of visits and facts ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveVisit(Action):
    create: bool = False


@dataclass(frozen=True, slots=True)
class SaveFacts(Action):
    create: bool = False


@dataclass(frozen=True, slots=True)
class HintEdit(Action):
    """Say how to change it; a hint, not a mode."""

    of: str = "draft"


@dataclass(frozen=True, slots=True)
class PickCustomer(Action):
    pass


@dataclass(frozen=True, slots=True)
class ChooseCustomer(Action):
    customer: int = 0


@dataclass(frozen=True, slots=True)
class ChooseListed(Action):
    """The customer that was picked in the card's drop-down."""


@dataclass(frozen=True, slots=True)
class UseCustomer(Action):
    customer: int = 0


@dataclass(frozen=True, slots=True)
class NewCustomer(Action):
    pass


@dataclass(frozen=True, slots=True)
class CreateCustomer(Action):
    pass


@dataclass(frozen=True, slots=True)
class AskOwner(Action):
    """Ask whoever looks after `customer`; `what` is the draft it is about, 0 where there is none."""

    customer: int = 0


@dataclass(frozen=True, slots=True)
class AnswerSame(Action):
    """A colleague's answer to AskOwner: the two names are one customer, or are not."""

    customer: int = 0
    same: bool = False


@dataclass(frozen=True, slots=True)
class ChooseContact(Action):
    contact: int = 0


@dataclass(frozen=True, slots=True)
class ChooseOther(Action):
    """Takes the other reading of a day or a sum; `at` is its place among the draft's doubts."""

    at: int = 0


@dataclass(frozen=True, slots=True)
class KeepDraft(Action):
    pass


@dataclass(frozen=True, slots=True)
class ShowDraft(Action):
    pass


@dataclass(frozen=True, slots=True)
class DropDraft(Action):
    pass


@dataclass(frozen=True, slots=True)
class RestoreDraft(Action):
    pass


@dataclass(frozen=True, slots=True)
class ReopenDraft(Action):
    pass


@dataclass(frozen=True, slots=True)
class SaveVisits(Action):
    """`what` is the note whose drafts are meant; likewise below."""


@dataclass(frozen=True, slots=True)
class ShowDrafts(Action):
    pass


@dataclass(frozen=True, slots=True)
class DropDrafts(Action):
    pass


# -- filed visits and changes ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowVisit(Action):
    pass


@dataclass(frozen=True, slots=True)
class UndoVisit(Action):
    pass


@dataclass(frozen=True, slots=True)
class RestoreVisit(Action):
    pass


@dataclass(frozen=True, slots=True)
class VoidVisit(Action):
    pass


@dataclass(frozen=True, slots=True)
class DraftMessage(Action):
    """A follow-up text for the rep to send himself."""


@dataclass(frozen=True, slots=True)
class TellService(Action):
    """A complaint was heard: to the configured group, without names."""


@dataclass(frozen=True, slots=True)
class ShowCustomer(Action):
    pass


@dataclass(frozen=True, slots=True)
class ShowTimeline(Action):
    """`what` is the customer; `before` the ISO date from which older things are wanted."""

    before: str = ""


@dataclass(frozen=True, slots=True)
class ShowOrders(Action):
    """`what` is the customer."""


@dataclass(frozen=True, slots=True)
class HintSearch(Action):
    """Say how to find one sentence in a customer's history. `what` is the customer."""


@dataclass(frozen=True, slots=True)
class ShowPhone(Action):
    """Show a contact's whole number; the look is logged. `what` is the contact."""


@dataclass(frozen=True, slots=True)
class UndoChange(Action):
    """`what` is the correction that is taken back."""


@dataclass(frozen=True, slots=True)
class ChooseRecord(Action):
    """Which record a correction means; `what` is the correction that waits, `visit` the record."""

    visit: int = 0


@dataclass(frozen=True, slots=True)
class ChooseAmount(Action):
    """Which kind of money a correction means."""

    kind: str = ""


@dataclass(frozen=True, slots=True)
class UndoFacts(Action):
    pass


# -- looking after the archive ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HintNote(Action):
    """出来了: say what happened. `what` is the customer."""


@dataclass(frozen=True, slots=True)
class MergeCustomers(Action):
    """Two files are one customer: `other` goes into `what`."""

    other: int = 0


@dataclass(frozen=True, slots=True)
class UndoKeeping(Action):
    """Takes back what was set by talking: `what` is the first change of it."""


@dataclass(frozen=True, slots=True)
class GiveReason(Action):
    """Why a key field changes; `what` is the draft that waits for it."""

    reason: str = ""


# -- plans, reminders, tasks -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UndoPlan(Action):
    """`what` is the note whose plans and reminders were filed."""


@dataclass(frozen=True, slots=True)
class ConfirmDay(Action):
    """A plan was said for a day that is past; `day` is the ISO date meant instead."""

    day: str = ""


@dataclass(frozen=True, slots=True)
class TaskDone(Action):
    pass


@dataclass(frozen=True, slots=True)
class UndoTask(Action):
    pass


@dataclass(frozen=True, slots=True)
class Snooze(Action):
    days: int = 1


@dataclass(frozen=True, slots=True)
class Reschedule(Action):
    pass


@dataclass(frozen=True, slots=True)
class MoveTask(Action):
    """To the day that was picked in the card's drop-down."""


@dataclass(frozen=True, slots=True)
class ShowTask(Action):
    pass


@dataclass(frozen=True, slots=True)
class CancelTask(Action):
    pass


@dataclass(frozen=True, slots=True)
class PlanFollowUp(Action):
    days: int = 3


@dataclass(frozen=True, slots=True)
class ShowToday(Action):
    """`what` is the person."""


# -- approvals of key fields -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Approve(Action):
    pass


@dataclass(frozen=True, slots=True)
class AskReason(Action):
    """退回: first why. `of` is what `what` counts: an approval or a handover."""

    v: ClassVar[int] = 2

    of: str = "approval"


@dataclass(frozen=True, slots=True)
class Return(Action):
    """With the reason that was picked in the drop-down."""


@dataclass(frozen=True, slots=True)
class ShowApproval(Action):
    pass


@dataclass(frozen=True, slots=True)
class WithdrawDecision(Action):
    pass


@dataclass(frozen=True, slots=True)
class DropChange(Action):
    pass


@dataclass(frozen=True, slots=True)
class Resubmit(Action):
    """An approval that ran out is asked for once more."""


@dataclass(frozen=True, slots=True)
class MessageManager(Action):
    """Open the talk with whoever returned it."""


@dataclass(frozen=True, slots=True)
class ShowPending(Action):
    """The decisions that wait for this person, one by one."""


# -- visits that were planned, and what became of them ------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveBareVisit(Action):
    """Gone there, nothing new; `what` is the plan."""


@dataclass(frozen=True, slots=True)
class PlanMissed(Action):
    """Not gone; no reason is asked. `what` is the plan."""


# -- customers not spoken to for long ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContactedAlready(Action):
    """`what` is the silence that was asked about; likewise below."""


@dataclass(frozen=True, slots=True)
class NoteContact(Action):
    """The day that was picked."""


@dataclass(frozen=True, slots=True)
class PlanVisit(Action):
    pass


@dataclass(frozen=True, slots=True)
class NotePlan(Action):
    """The day that was picked."""


@dataclass(frozen=True, slots=True)
class OfferHandover(Action):
    pass


@dataclass(frozen=True, slots=True)
class ProposeClose(Action):
    pass


@dataclass(frozen=True, slots=True)
class NoteClose(Action):
    """With the reason that was picked."""


@dataclass(frozen=True, slots=True)
class ShowSilence(Action):
    """The card as it is now."""


@dataclass(frozen=True, slots=True)
class UndoSilence(Action):
    """What was answered is taken back."""


@dataclass(frozen=True, slots=True)
class AskLess(Action):
    """Ask about this customer less often (`days`); 0: as usual."""

    days: int = 0


@dataclass(frozen=True, slots=True)
class Revive(Action):
    pass


@dataclass(frozen=True, slots=True)
class AssignTo(Action):
    """Whom; picked in the drop-down, asked for first."""


@dataclass(frozen=True, slots=True)
class ToPool(Action):
    pass


@dataclass(frozen=True, slots=True)
class CloseCustomer(Action):
    pass


@dataclass(frozen=True, slots=True)
class ShowDormant(Action):
    """The customers long not spoken to; `what` is the person who asks."""


# -- handing over --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartHandover(Action):
    """`what` is the handover; likewise below."""


@dataclass(frozen=True, slots=True)
class PickCustomers(Action):
    """Which of them; `page` counts from 0."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class TakeCustomers(Action):
    """Those that were ticked on the page; -1: on the whole list."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class PickSuccessor(Action):
    pass


@dataclass(frozen=True, slots=True)
class ChooseSuccessor(Action):
    """The colleague who was picked."""


@dataclass(frozen=True, slots=True)
class DropHandover(Action):
    pass


@dataclass(frozen=True, slots=True)
class ShowHandover(Action):
    """The card as it is now."""


@dataclass(frozen=True, slots=True)
class PlayNotes(Action):
    """What the giver said of them."""


@dataclass(frozen=True, slots=True)
class TellMore(Action):
    """The giver says more of the customers that were ticked."""


@dataclass(frozen=True, slots=True)
class AcceptHandover(Action):
    pass


@dataclass(frozen=True, slots=True)
class DeclineHandover(Action):
    """First why."""


@dataclass(frozen=True, slots=True)
class NoteDecline(Action):
    """With the reason that was picked."""


@dataclass(frozen=True, slots=True)
class SignHandover(Action):
    pass


@dataclass(frozen=True, slots=True)
class ReturnHandover(Action):
    """With the reason that was picked."""


@dataclass(frozen=True, slots=True)
class RefreshHandover(Action):
    pass


@dataclass(frozen=True, slots=True)
class ShowStuck(Action):
    """What can't go; `transfer` one of them alone."""

    transfer: int = 0


@dataclass(frozen=True, slots=True)
class RetryWhenAllowed(Action):
    """`transfer` 0: all that are undecided; likewise below."""

    transfer: int = 0


@dataclass(frozen=True, slots=True)
class InviteToAdd(Action):
    transfer: int = 0


@dataclass(frozen=True, slots=True)
class CloseStuck(Action):
    transfer: int = 0


# -- migration: customers of a rep's own WeChat, and what they allow ----------------------------------


@dataclass(frozen=True, slots=True)
class ShowMigration(Action):
    """How far the list has come. `what` is the person."""


@dataclass(frozen=True, slots=True)
class ListArchive(Action):
    """Everybody of one's own customers goes on the list. `what` is the person."""


@dataclass(frozen=True, slots=True)
class ShowInvite(Action):
    """`what` is the invitation; 0: the next one of today."""


@dataclass(frozen=True, slots=True)
class SwapInvites(Action):
    """Others in the place of today's. `what` is the person."""


@dataclass(frozen=True, slots=True)
class SkipToday(Action):
    """`what` is the person."""


@dataclass(frozen=True, slots=True)
class SendInviteText(Action):
    """The text and the code, each as a message of its own, to forward. `what` is the invitation, so below."""


@dataclass(frozen=True, slots=True)
class MarkInvited(Action):
    pass


@dataclass(frozen=True, slots=True)
class Redraft(Action):
    """Another wording."""


@dataclass(frozen=True, slots=True)
class MarkRefused(Action):
    """He does not want to: final."""


@dataclass(frozen=True, slots=True)
class UndoInvite(Action):
    """A slip of the thumb, within the minutes for it."""


@dataclass(frozen=True, slots=True)
class BindContact(Action):
    """Whoever added us (`what`) is this contact; 0: the one that is shown."""

    contact: int = 0


@dataclass(frozen=True, slots=True)
class ShowCandidates(Action):
    """It is not him: who else."""


@dataclass(frozen=True, slots=True)
class NewContact(Action):
    """None of them: of which customer is he?"""


@dataclass(frozen=True, slots=True)
class PlaceContact(Action):
    """A new person of the customer that was picked in the drop-down."""


@dataclass(frozen=True, slots=True)
class KeepUnbound(Action):
    pass


@dataclass(frozen=True, slots=True)
class UndoBind(Action):
    pass


@dataclass(frozen=True, slots=True)
class GiveConsent(Action):
    """A customer's yes, on his page; `scopes` what he ticked beside it (care,news). `what`: the newcomer."""

    scopes: str = ""


@dataclass(frozen=True, slots=True)
class DeclineConsent(Action):
    pass


@dataclass(frozen=True, slots=True)
class WithdrawConsent(Action):
    pass


# -- pages ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditDraft(Action):
    """The visit form: the draft's fields as they were typed."""


# -- asides ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveMemo(Action):
    """`what` is the note that could not be read."""


@dataclass(frozen=True, slots=True)
class Dismiss(Action):
    pass


@dataclass(frozen=True, slots=True)
class Retry(Action):
    """`what` is the parked inbox update."""


@dataclass(frozen=True, slots=True)
class ReportFault(Action):
    pass


@dataclass(frozen=True, slots=True)
class Retranscribe(Action):
    """Listen to a voice note once more; `what` is the note."""


@dataclass(frozen=True, slots=True)
class DetachFile(Action):
    """A received picture or file does not belong to that visit; `what` is the file."""


@dataclass(frozen=True, slots=True)
class ShowMutes(Action):
    """`what` is the person."""


@dataclass(frozen=True, slots=True)
class AskAdmin(Action):
    pass


@dataclass(frozen=True, slots=True)
class StartPractice(Action):
    pass


@dataclass(frozen=True, slots=True)
class ShowExample(Action):
    pass


@dataclass(frozen=True, slots=True)
class Later(Action):
    pass


@dataclass(frozen=True, slots=True)
class MuteToday(Action):
    pass


@dataclass(frozen=True, slots=True)
class MuteKind(Action):
    kind: str = ""


@dataclass(frozen=True, slots=True)
class WhyThis(Action):
    kind: str = ""


ACTIONS: dict[str, type[Action]] = {
    each.__name__: each for each in Action.__subclasses__() if each.__module__ == __name__
}


def encode(action: Action) -> str:
    """`SaveVisit.1.12.3.5.1`: name, version, then the fields in order; no text longer than an id."""
    values = (_write(getattr(action, each.name)) for each in fields(action))
    return ".".join((type(action).__name__, str(action.v), *values))


def decode(text: str) -> Action:
    """The intention that `encode` wrote. Raises `UnknownAction` for anything else."""
    name, _, rest = text.partition(".")
    kind = ACTIONS.get(name)
    if kind is None or len(text) > MAX_ENCODED:
        raise UnknownAction(text[:MAX_ENCODED])
    version, *values = rest.split(".")
    if version != str(kind.v) or len(values) != len(fields(kind)):
        raise UnknownAction(text)
    try:
        read: dict[str, Any] = {
            each.name: _read(each.type, raw) for each, raw in zip(fields(kind), values, strict=True)
        }
    except ValueError as wrong:
        raise UnknownAction(text) from wrong
    return kind(**read)


def _write(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return quote(str(value), safe="").replace(".", "%2E")


def _read(kind: object, raw: str) -> int | bool | str:
    if kind in (bool, "bool"):
        if raw not in ("0", "1"):
            raise ValueError(raw)
        return raw == "1"
    if kind in (int, "int"):
        number = int(raw)
        if abs(number) > LARGEST:
            raise ValueError(raw)
        return number
    return unquote(raw)
