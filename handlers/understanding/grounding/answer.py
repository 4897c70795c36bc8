"""The form in which a model answers: what is meant, and for each value the note's words it was read from.

A value that the model worked out itself (a date, a sum) is only a hint: it picks among what our grammars
find in the quoted words. Parts of an answer that do not hold are left out; the rest is used.
"""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from handlers.understanding.note import (
    AmountKind,
    CorrectionField,
    Intent,
    Method,
    Mood,
    QueryKind,
    Stage,
    Tag,
)
from handlers.understanding.note import Field as FactField

T = TypeVar("T")
MOST = 40
"""Parts of one kind in one answer; no note holds more."""


class NoAnswer(ValueError):
    """What came back is no answer in this form. The text never quotes it."""


def _or_none(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
    try:
        return inner(value)
    except ValidationError:
        return None


def _those_that_hold(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
    """The items without those that are malformed: one of them must not cost the others."""
    items = list(value)[:MOST] if isinstance(value, list | tuple) else []
    try:
        return inner(items)
    except ValidationError as error:
        wrong = {each["loc"][0] for each in error.errors() if each["loc"]}
        return inner([item for at, item in enumerate(items) if at not in wrong])


Maybe = Annotated[T | None, WrapValidator(_or_none)]
Those = Annotated[tuple[T, ...], WrapValidator(_those_that_hold)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Customer(_Part):
    """`id`: its key in the book that was sent, where it is one of them."""

    quote: str
    id: Maybe[str] = None


class Person(_Part):
    """`name`: the full name from the book where it can be told."""

    quote: str
    name: Maybe[str] = None


class Moment(_Part):
    """`date`: YYYY-MM-DD, or YYYY-MM-DDTHH:MM where an hour was said."""

    quote: str
    date: Maybe[str] = None


class Money(_Part):
    kind: AmountKind
    quote: str
    yuan: Maybe[float] = None
    max: Maybe[float] = None


class Judged(_Part, Generic[T]):
    """A judgement and the words that show it."""

    value: T
    quote: str


class Quoted(_Part):
    quote: str


class Action(_Part):
    what: str
    quote: str
    due: Maybe[Moment] = None
    owner: Literal["us", "customer"] = "us"


class Fact(_Part):
    """`of`: "customer", or the person's name."""

    of: str
    field: FactField
    value: str
    quote: str


class Visit(_Part):
    customer: Customer
    contacts: Those[Person] = ()
    when: Maybe[Moment] = None
    method: Maybe[Judged[Method]] = None
    amounts: Those[Money] = ()
    stage: Maybe[Judged[Stage]] = None
    mood: Maybe[Judged[Mood]] = None
    competitors: Those[Quoted] = ()
    tags: Those[Judged[Tag]] = ()
    next_actions: Those[Action] = ()
    facts: Those[Fact] = ()


class Plan(_Part):
    customer: Maybe[Customer] = None
    contacts: Those[Person] = ()
    when: Moment
    method: Maybe[Judged[Method]] = None
    quote: str = ""


class Reminder(_Part):
    customer: Maybe[Customer] = None
    when: Moment
    what: str
    quote: str


class Update(_Part):
    customer: Customer
    facts: Those[Fact] = ()
    amounts: Those[Money] = ()
    stage: Maybe[Judged[Stage]] = None


class Query(_Part):
    """`since` and `until`: YYYY-MM-DD."""

    kind: QueryKind
    customer: Maybe[Customer] = None
    period: str = ""
    since: Maybe[str] = None
    until: Maybe[str] = None


class Handover(_Part):
    everything: bool = False
    customers: Those[Customer] = ()
    to: Person
    reason: str = ""


class Correction(_Part):
    """`value`: yuan, a date, a key of the book or words, after `field`; `quote`: the words of the new value."""

    field: CorrectionField
    quote: str
    value: str = ""
    kind: Maybe[AmountKind] = None


class Answer(_Part):
    intent: Intent
    visits: Those[Visit] = ()
    plans: Those[Plan] = ()
    reminders: Those[Reminder] = ()
    updates: Those[Update] = ()
    query: Maybe[Query] = None
    handover: Maybe[Handover] = None
    correction: Maybe[Correction] = Field(None)


_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)


def parse(text: str, back: Callable[[str], str]) -> Answer:
    """The answer in what a model wrote, also where it wrote around it; `back` puts hidden words back in place.

    Raises `NoAnswer`.
    """
    told = _THOUGHTS.sub("", text)
    start, end = told.find("{"), told.rfind("}")
    try:
        return Answer.model_validate(_each(json.loads(told[start : end + 1]), back))
    except (ValueError, RecursionError):
        raise NoAnswer("没有按约定的格式回答") from None


def _each(node: Any, back: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return back(node)
    if isinstance(node, list):
        return [_each(item, back) for item in node]
    return {key: _each(item, back) for key, item in node.items()} if isinstance(node, dict) else node


def schema() -> dict[str, Any]:
    """The form as JSON schema, as strict endpoints want it: nothing optional, nothing beside."""
    strict: dict[str, Any] = _strict(Answer.model_json_schema())
    return strict


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    out = {
        key: {name: _strict(each) for name, each in value.items()}
        if key in ("properties", "$defs")
        else _strict(value)
        for key, value in node.items()
        if key not in ("title", "default", "description")
    }
    if "properties" in out:
        out["required"] = list(out["properties"])
        out["additionalProperties"] = False
    return out
