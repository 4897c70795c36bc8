"""A correction applied to a draft: only the field that was named changes, the rest stays as it was."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TypeAlias

from handlers.understanding.note import (
    Amount,
    AmountKind,
    Correction,
    CorrectionField,
    Fact,
    Field,
    NextAction,
    PersonMention,
    When,
)
from handlers.work.content import Content, Resolved

Value: TypeAlias = Amount | When | str | None


@dataclass(frozen=True, slots=True)
class Edit:
    """One field, before and after. `what` names which one: a kind of money, an action, a person."""

    field: CorrectionField
    what: str
    before: Value
    after: Value


class Unclear(Exception):
    """The correction fits more than one value: `kinds` of money to choose from; empty: none fits."""

    def __init__(self, kinds: tuple[AmountKind, ...] = ()) -> None:
        super().__init__("unclear correction")
        self.kinds = kinds


def fits(content: Content, correction: Correction, said: str) -> bool:
    """Whether the draft has something that the correction can be about."""
    try:
        edit(content, correction, said)
    except Unclear as unclear:
        return bool(unclear.kinds)
    return True


def edit(content: Content, correction: Correction, said: str) -> tuple[Content, Edit]:
    """The draft with the one change; `said` is the whole message (鼎盛那个方案改成下周四).

    Raises `Unclear` where it can't be told what is meant.
    """
    changed, done = _edit(content, correction, said)
    return changed.marked(done.field), done


def _edit(content: Content, correction: Correction, said: str) -> tuple[Content, Edit]:
    match correction.field:
        case CorrectionField.AMOUNT:
            return _amount(content, correction)
        case CorrectionField.WHEN if not _is_future(content, correction) or not _has_due(content):
            return _when(content, correction)
        case CorrectionField.DUE | CorrectionField.WHEN:
            return _due(content, correction, said)
        case CorrectionField.CONTACT:
            return _contact(content, correction)
        case CorrectionField.PHONE:
            return _phone(content, correction)
    raise Unclear


def pick_amount(kinds: tuple[AmountKind, ...], values: tuple[float, ...], correction: Correction) -> int:
    """Which of several sums is meant: by its kind, else by the old value, else the only one.

    Raises `Unclear` with the kinds to choose from.
    """
    if correction.kind is not None:
        found = [at for at, kind in enumerate(kinds) if kind == correction.kind]
    elif correction.old is not None:
        found = [at for at, value in enumerate(values) if _number(correction.old) == value]
    else:
        found = list(range(len(kinds)))
    if len(found) == 1:
        return found[0]
    if not found and correction.kind is None and len(kinds) == 1:
        return 0
    raise Unclear(tuple(dict.fromkeys(kinds[at] for at in found)) if found else ())


def new_amount(old: Amount | None, correction: Correction) -> Amount:
    kind = correction.kind or (old.kind if old else AmountKind.OTHER)
    return Amount(kind=kind, value=float(correction.value))


def moment_of(value: str | float) -> tuple[date, time | None]:
    """A correction's ISO date or date-time, apart."""
    text = str(value)
    if "T" in text:
        at = datetime.fromisoformat(text)
        return at.date(), at.time()
    return date.fromisoformat(text), None


def named_action(whats: tuple[str, ...], dated: tuple[bool, ...], words: str) -> int | None:
    """Which of several things to do a correction means: the one named in it, else the dated one."""
    named = [at for at, what in enumerate(whats) if what and _shares(what, words)]
    if len(named) == 1:
        return named[0]
    with_day = [at for at, has in enumerate(dated) if has]
    return with_day[0] if with_day else (0 if whats else None)


def _amount(content: Content, correction: Correction) -> tuple[Content, Edit]:
    amounts = content.visit.amounts
    if not any(each.kind == correction.kind for each in amounts) and correction.kind is not None:
        added = new_amount(None, correction)
        changed = content.with_visit(amounts=(*amounts, added))
        return changed, Edit(correction.field, added.kind.value, None, added)
    at = pick_amount(tuple(each.kind for each in amounts), tuple(each.value for each in amounts), correction)
    after = new_amount(amounts[at], correction)
    changed = content.with_visit(amounts=(*amounts[:at], after, *amounts[at + 1 :]))
    return changed, Edit(correction.field, after.kind.value, amounts[at], after)


def _when(content: Content, correction: Correction) -> tuple[Content, Edit]:
    day, hour = moment_of(correction.value)
    before = content.visit.when
    # Only the day was said: the hour or part of the day stays.
    part = before.part if hour is None else None
    after = When(day=day, hour=hour if hour is not None else before.hour, part=part)
    return content.with_visit(when=after), Edit(CorrectionField.WHEN, "", before, after)


def _due(content: Content, correction: Correction, said: str) -> tuple[Content, Edit]:
    actions = content.visit.next_actions
    day, _ = moment_of(correction.value)
    at = named_action(
        tuple(each.what for each in actions), tuple(each.due is not None for each in actions), said
    )
    if at is None:
        return _plan(content, correction)
    before: NextAction = actions[at]
    after = replace(before, due=day, due_spans=())
    changed = content.with_visit(next_actions=(*actions[:at], after, *actions[at + 1 :]))
    old = When(before.due) if before.due is not None else None
    return changed, Edit(CorrectionField.DUE, before.what, old, When(day))


def _plan(content: Content, correction: Correction) -> tuple[Content, Edit]:
    if not content.plans:
        raise Unclear
    first, *rest = content.plans
    day, hour = moment_of(correction.value)
    moved = replace(first, when=When(day=day, hour=hour or first.when.hour))
    changed = replace(content, plans=(moved, *rest))
    return changed, Edit(CorrectionField.DUE, first.what, first.when, moved.when)


def _contact(content: Content, correction: Correction) -> tuple[Content, Edit]:
    name = str(correction.value)
    old = next((each for each in content.contacts if each.mention.name == correction.old), None)
    old = old or (content.contacts[0] if len(content.contacts) == 1 else None)
    if old is None and content.contacts:
        raise Unclear
    fresh = Resolved(PersonMention(name))
    contacts = tuple(fresh if each is old else each for each in content.contacts) or (fresh,)
    before = old.mention.name if old else None
    facts = tuple(replace(each, of=name) if each.of == before else each for each in content.visit.facts)
    changed = replace(content, contacts=contacts).with_visit(facts=facts)
    return changed, Edit(correction.field, "", before, name)


def _phone(content: Content, correction: Correction) -> tuple[Content, Edit]:
    facts = content.visit.facts
    number = str(correction.value)
    at = next((at for at, each in enumerate(facts) if each.field is Field.PHONE), None)
    if at is not None:
        after = replace(facts[at], value=number)
        changed = content.with_visit(facts=(*facts[:at], after, *facts[at + 1 :]))
        return changed, Edit(correction.field, facts[at].of, facts[at].value, number)
    if len(content.contacts) > 1:
        raise Unclear
    of = content.contacts[0].mention.name if content.contacts else "customer"
    changed = content.with_visit(facts=(*facts, Fact(of, Field.PHONE, number)))
    return changed, Edit(correction.field, of, None, number)


def _is_future(content: Content, correction: Correction) -> bool:
    """A day after the note's: no visit that has happened, so a due date is meant."""
    return moment_of(correction.value)[0] > content.visit.when.day


def _has_due(content: Content) -> bool:
    return bool(content.plans) or any(each.due is not None for each in content.visit.next_actions)


def _shares(what: str, words: str) -> bool:
    """Whether two phrases share two letters in a row: 方案 in 发方案."""
    return any(what[at : at + 2] in words for at in range(len(what) - 1))


def _number(words: str) -> float | None:
    try:
        return float(words)
    except ValueError:
        return None
