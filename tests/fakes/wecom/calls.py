"""What a subject says about its calls, and what a call asks: shared words of the API's rooms."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.state import App

Who = Literal["nobody", "any", "app", "contacts", "customers"]
Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Spec:
    """One call: its path, who may make it, and the lists that stand in its answer even on an error."""

    method: str
    path: str
    who: Who = "any"
    lists: tuple[str, ...] = ()


@dataclass
class Ask:
    """One request as a subject sees it."""

    app: App
    query: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    file: bytes = b""
    filename: str = ""
    ip: str = ""

    def want(self, name: str, code: int) -> Any:
        """The body's field; the errcode where it is missing or empty."""
        value = self.body.get(name)
        if value in (None, "", []):
            raise Fault(code, f"missing {name}")
        return value

    def asked(self, name: str, code: int) -> str:
        """The query's field."""
        if not self.query.get(name):
            raise Fault(code, f"missing {name}")
        return self.query[name]


def call(method: str, path: str, who: Who = "any", lists: tuple[str, ...] = ()) -> Callable[[Method], Method]:
    """Marks a method as the answer to one call of the API."""

    def mark(function: Method) -> Method:
        specs = [*getattr(function, "specs", []), Spec(method, path, who, lists)]
        function.specs = specs  # type: ignore[attr-defined]
        return function

    return mark


def calls_of(subject: object) -> list[tuple[Spec, Callable[[Ask], Any]]]:
    """All marked methods of a subject."""
    methods = [getattr(subject, name) for name in dir(type(subject)) if not name.startswith("__")]
    return [(spec, method) for method in methods for spec in getattr(method, "specs", [])]


def paged(items: list[Any], cursor: str, size: int) -> tuple[list[Any], str]:
    """One page and the cursor of the next; empty where there is none."""
    start = int(cursor or 0) if (cursor or "0").isdigit() else 0
    end = start + size
    return items[start:end], str(end) if end < len(items) else ""
