"""Grounds what is asked of the archive, requests to hand over, and corrections of what was just recorded."""

from datetime import date

from handlers.understanding import phones, requests
from handlers.understanding.grounding import answer, loose, names, values
from handlers.understanding.grounding.names import Keys
from handlers.understanding.grounding.page import Page, Ranges
from handlers.understanding.moments import Tense
from handlers.understanding.note import (
    AmountKind,
    Correction,
    CorrectionField,
    Handover,
    KnownContact,
    Query,
    QueryKind,
    When,
)


def query(page: Page, keys: Keys, told: answer.Query) -> Query | None:
    """A question whose customer or period the note does not hold is asked without it."""
    customer = names.customer(page, told.customer, keys) if told.customer else None
    since, until = _period(page, told)
    contact = next((p.text for p in page.scan.people), None) if told.kind is QueryKind.CONTACT_PHONE else None
    return Query(told.kind, customer, since, until, contact)


def _period(page: Page, told: answer.Query) -> tuple[date | None, date | None]:
    if not page.find(told.period):
        return None, None
    wanted = (told.since, told.until)
    texts = (told.period, loose.plainly(told.period), page.text)
    options = [requests.period(text, page.scan.now, told.kind) for text in texts]
    return next((o for o in options if tuple(d and d.isoformat() for d in o) == wanted), options[0])


def handover(page: Page, keys: Keys, told: answer.Handover) -> Handover | None:
    """None where the note names nobody who takes over, or none of the customers that were named."""
    to = names.person(page, told.to, ())
    found = tuple(c for each in told.customers if (c := names.customer(page, each, keys)))
    if to is None or not (found or told.everything):
        return None
    ranges = page.find(told.reason)
    reason = page.words(ranges) or None
    return Handover(found or None, to.name, reason)


def correction(
    page: Page, keys: Keys, told: answer.Correction, builtin: Correction | None
) -> Correction | None:
    """The new value from its words; what else the message names (the old value, whose record) as our reader has it."""
    ranges = page.find(told.quote)
    value = _VALUES[told.field](page, keys, told, ranges) if ranges else None
    if value is None:
        return None
    same = builtin if builtin and builtin.field is told.field else None
    later = _later(page, told) if told.field in (CorrectionField.WHEN, CorrectionField.DUE) else None
    return Correction(
        told.field,
        value,
        told.kind or (same.kind if same else None),
        same.old if same else None,
        builtin.customer if builtin and told.field is not CorrectionField.CUSTOMER else None,
        page.spans(ranges),
        later,
    )


def _amount(page: Page, keys: Keys, told: answer.Correction, ranges: Ranges) -> float | None:
    try:
        hint = float(told.value)
    except ValueError:
        hint = None
    kind = told.kind or AmountKind.OTHER
    found = values.amount(page, answer.Money(kind=kind, quote=told.quote, yuan=hint))
    return found.value if found else None


def _when(page: Page, keys: Keys, told: answer.Correction, ranges: Ranges) -> str | None:
    found = values.when(page, answer.Moment(quote=told.quote, date=told.value), Tense.PAST)
    return _iso(found, hours=True) if found else None


def _due(page: Page, keys: Keys, told: answer.Correction, ranges: Ranges) -> str | None:
    found = values.when(page, answer.Moment(quote=told.quote, date=told.value), Tense.FUTURE)
    return _iso(found, hours=False) if found else None


def _later(page: Page, told: answer.Correction) -> str | None:
    found = values.when(page, answer.Moment(quote=told.quote), Tense.FUTURE)
    return _iso(found, hours=True) if found else None


def _iso(when: When, *, hours: bool) -> str:
    return f"{when.day.isoformat()}T{when.hour:%H:%M}" if when.hour and hours else when.day.isoformat()


def _customer(page: Page, keys: Keys, told: answer.Correction, ranges: Ranges) -> str | None:
    found = names.customer(page, answer.Customer(quote=told.quote, id=told.value), keys)
    return found.known or found.name if found else None


def _contact(page: Page, keys: Keys, told: answer.Correction, ranges: Ranges) -> str | None:
    everybody: list[KnownContact] = [c for each in page.scan.known.customers for c in each.contacts]
    found = names.person(page, answer.Person(quote=told.quote, name=told.value), everybody)
    return found.name if found else None


def _phone(page: Page, keys: Keys, told: answer.Correction, ranges: Ranges) -> str | None:
    held = [a.value for a in page.scan.addresses if any(a.start < e and s < a.end for s, e in ranges)]
    digits = phones.digits(page.words(ranges))
    return held[0] if held else digits if 7 <= len(digits) <= 12 else None


def _other(page: Page, keys: Keys, told: answer.Correction, ranges: Ranges) -> str | None:
    return values.day_of_year(page, told.value, ranges) or values.phrase(page, told.value, ranges)


_VALUES = {
    CorrectionField.AMOUNT: _amount,
    CorrectionField.WHEN: _when,
    CorrectionField.DUE: _due,
    CorrectionField.CUSTOMER: _customer,
    CorrectionField.CONTACT: _contact,
    CorrectionField.PHONE: _phone,
    CorrectionField.OTHER: _other,
}
