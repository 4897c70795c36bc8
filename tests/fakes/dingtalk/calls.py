"""What a subject says about its calls, and what a call asks: shared words of the API's rooms."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from tests.fakes.dingtalk.errors import Fault, LegacyFault
from tests.fakes.dingtalk.state import App

Who = Literal["app", "user", "nobody"]
Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Spec:
    """One call: where it is, who may make it, the permission that it needs and whether it costs."""

    method: str
    path: str
    who: Who = "app"
    scope: str = ""
    metered: bool = True

    @property
    def legacy(self) -> bool:
        return not self.path.startswith("/v1.0/")


@dataclass
class Ask:
    """One request as a subject sees it."""

    app: App
    query: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    user: str = ""
    """The member whom a user token speaks for."""
    file: bytes = b""
    filename: str = ""

    def want(self, name: str) -> Any:
        """The body's field; Missing<name> where it is absent."""
        if name not in self.body or self.body[name] is None:
            raise Fault(f"Missing{name}", message=f"{name} is mandatory for this action.")
        return self.body[name]

    def asked(self, name: str) -> str:
        """The query's field."""
        if not self.query.get(name):
            raise Fault(f"Missing{name}", message=f"{name} is mandatory for this action.")
        return self.query[name]

    def legacy(self, name: str) -> Any:
        """A legacy call's field."""
        if self.body.get(name) in (None, ""):
            raise LegacyFault(40035, f"缺少参数 {name}")
        return self.body[name]


def call(
    method: str, path: str, who: Who = "app", scope: str = "", *, metered: bool = True
) -> Callable[[Method], Method]:
    """Marks a method as the answer to one call of the API."""

    def mark(function: Method) -> Method:
        specs = [*getattr(function, "specs", []), Spec(method, path, who, scope, metered)]
        function.specs = specs  # type: ignore[attr-defined]
        return function

    return mark


def calls_of(subject: object) -> list[tuple[Spec, Callable[[Ask], Any]]]:
    """All marked methods of a subject."""
    methods = [getattr(subject, name) for name in dir(type(subject)) if not name.startswith("__")]
    return [(spec, method) for method in methods for spec in getattr(method, "specs", [])]
