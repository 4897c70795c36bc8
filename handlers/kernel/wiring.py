"""A handler's signature is the list of its needs: annotations are matched to values, once."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_type_hints

from handlers.kernel.reply import Reply

Handler = Callable[..., Awaitable[Reply]]


class Unprovided(TypeError):
    """A handler asks for something that nobody provides; raised when the table is made."""


class Wired:
    """A handler and where each of its parameters comes from."""

    def __init__(self, handler: Handler, needs: Mapping[str, type]) -> None:
        self._handler = handler
        self._needs = needs

    async def __call__(self, values: Mapping[type, Any]) -> Reply:
        return await self._handler(**{name: values[kind] for name, kind in self._needs.items()})


def wire(handler: Handler, provided: frozenset[type] | set[type]) -> Wired:
    """Matches parameters to provided types by annotation. Raises `Unprovided` with the names."""
    hints = get_type_hints(handler)
    needs = {name: hints.get(name) for name in inspect.signature(handler).parameters}
    missing = [name for name, kind in needs.items() if kind not in provided]
    if missing:
        raise Unprovided(f"{handler.__module__}.{handler.__qualname__}: nobody provides {', '.join(missing)}")
    return Wired(handler, {name: kind for name, kind in needs.items() if kind is not None})
