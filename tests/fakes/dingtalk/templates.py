"""Card templates as the builder would have made them: their variables, and which buttons they show when."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Press:
    """A button as it stands on a card now: what it calls back, or the link that it opens."""

    label: str
    action: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    link: str = ""

    @property
    def key(self) -> str:
        return str(self.params.get("action") or self.action)


@dataclass(frozen=True, slots=True)
class Template:
    """`variables` None takes any. `buttons` says from the values what can be pressed."""

    id: str
    buttons: Callable[[Values], list[Press]] = lambda values: []
    variables: frozenset[str] | None = None
    streaming: frozenset[str] = frozenset()
    """Variables that card/streaming may write."""
    published: bool = True


def listed(*names: str) -> Callable[[Values], list[Press]]:
    """Buttons drawn by a loop over a variable that holds a JSON array of objects (or an object with one).

    Of each object `text`, `title` or `label` is what is read, `id`, `actionId` or `action` what is called
    back, `params` goes along, and `url` or `link` makes it a link.
    """

    def buttons(values: Values) -> list[Press]:
        return [_press(each) for name in names for each in _array(values.get(name, ""))]

    return buttons


def _array(text: str) -> list[dict[str, Any]]:
    found = json.loads(text) if text else []
    if isinstance(found, dict):
        found = found.get("msgButtons", [])
    return [each for each in found if isinstance(each, dict)]


def _press(each: dict[str, Any]) -> Press:
    def first(*names: str) -> str:
        return str(next((each[name] for name in names if each.get(name)), ""))

    link = first("url", "link", "actionURL")
    params = each.get("params") or {}
    return Press(first("text", "title", "label"), first("id", "actionId", "action"), params, link)


def _preset(values: Values) -> list[Press]:
    """The SDK's preset: of its msgButtons only those with request: true call back."""
    every = _array(values.get("sys_full_json_obj", ""))
    return [_press(each) for each in every if each.get("request") or each.get("url")]


PRESETS = [
    Template("589420e2-c1e2-46ef-a5ed-b8728e654da9.schema"),
    Template("1366a1eb-bc54-4859-ac88-517c56a9acb1.schema", _preset),
    Template("382e4302-551d-4880-bf29-a30acfab2e71.schema", _preset, streaming=frozenset({"msgContent"})),
    Template("02fcf2f4-5e02-4a85-b672-46d1f715543e.schema", _preset, streaming=frozenset({"msgContent"})),
]
"""Templates of DingTalk's own that every organisation can use (as far as is known)."""
