"""Finds the handler of an update; the table itself is handlers/routes.py.

A route's key says what it takes: an intention (class of `Action`), something heard (`StrEnum`,
an intent or a spoken command), the clock's job by name, or a whole class of updates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cards.actions import Action
from handlers.kernel.update import Answered, Clicked, Said, Sent, Ticked, Update
from handlers.kernel.wiring import Handler, Wired, wire

Key: TypeAlias = type[Action] | StrEnum | str | None
"""What tells two updates of one class apart."""


@dataclass(frozen=True, slots=True)
class Route:
    """`key` None takes every update of the class that no route above it takes."""

    update: type[Update]
    key: Key
    handler: Handler

    @property
    def name(self) -> str:
        """How logs and the audit trail call it: drafts.save."""
        return f"{self.handler.__module__.rpartition('.')[2]}.{self.handler.__name__}"


def on_click(action: type[Action], handler: Handler) -> Route:
    return Route(Clicked, action, handler)


def on_said(heard: Key, handler: Handler) -> Route:
    return Route(Said, heard, handler)


def on_sent(kind: str, handler: Handler) -> Route:
    return Route(Sent, kind, handler)


def on_answer(action: type[Action], handler: Handler) -> Route:
    return Route(Answered, action, handler)


def on_tick(job: str, handler: Handler) -> Route:
    return Route(Ticked, job, handler)


def on_any(update: type[Update], handler: Handler) -> Route:
    return Route(update, None, handler)


class NoRoute(LookupError):
    """Nothing takes this update: a hole in the table, so a bug."""


class Router:
    """The table, checked at start-up: every handler's needs must have a provider.

    Raises `wiring.Unprovided` with the handler's name, and ValueError for two routes with one key.
    """

    def __init__(self, routes: Iterable[Route], provided: frozenset[type]) -> None:
        self._routes: dict[tuple[type[Update], Key], tuple[Route, Wired]] = {}
        for route in routes:
            place = (route.update, route.key)
            if place in self._routes:
                raise ValueError(f"two routes for {route.update.__name__} {route.key}")
            extra = {route.update} | ({route.key} if isinstance(route.key, type) else set())
            self._routes[place] = (route, wire(route.handler, provided | extra))

    def find(self, update: Update, heard: Key = None) -> tuple[Route, Wired]:
        """The route for an update; `heard` is what a `Said` was heard as."""
        key = _key(update, heard)
        found = self._routes.get((type(update), key)) or self._routes.get((type(update), None))
        if found is None:
            raise NoRoute(f"{type(update).__name__} {key}")
        return found

    def describe(self) -> Iterable[str]:
        """One line a route: what starts it and which handler takes it."""
        for (update, key), (route, _) in self._routes.items():
            shown = key.__name__ if isinstance(key, type) else key
            yield f"{update.__name__:8} {shown or 'any':20} {route.name}"


def _key(update: Update, heard: Key) -> Key:
    match update:
        case Clicked(action=action):
            return type(action) if action is not None else None
        case Answered(action=action):
            return type(action)
        case Sent(kind=kind):
            return kind
        case Ticked(name=name):
            return name
        case Said():
            return heard
        case _:
            return None
