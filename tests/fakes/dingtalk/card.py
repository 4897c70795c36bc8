"""One interactive card: its public and private values, and the bubbles that show it."""

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.dingtalk.screen import Bubble, Screen
from tests.fakes.dingtalk.state import App
from tests.fakes.dingtalk.templates import Template, Values


@dataclass
class Card:
    """One card instance, and the bubbles that show it."""

    id: str
    """outTrackId."""
    app: App
    template: Template
    public: Values
    private: dict[str, Values]
    callback: str
    """STREAM, HTTP, or nothing: no tap is told to anybody."""
    route: str = ""
    unions: bool = False
    """userIdType 2: people are named by their unionid."""
    bubbles: list[tuple[Screen, Bubble]] = field(default_factory=list)
    final: bool = False
    guids: set[str] = field(default_factory=set)

    @property
    def content(self) -> dict[str, Any]:
        return {"template": self.template.id, "public": self.public, "private": self.private}

    def redraw(self) -> None:
        for screen, bubble in self.bubbles:
            screen.change(bubble, content=self.content, failed="")

    def update(self, public: Values | None, private: dict[str, Values], options: dict[str, Any]) -> None:
        """By key where the options say so; else the map replaces all."""
        if public is not None:
            self.public = {**self.public, **public} if options.get("updateCardDataByKey") else dict(public)
        for user, values in private.items():
            kept = self.private.get(user, {}) if options.get("updatePrivateDataByKey") else {}
            self.private[user] = {**kept, **values}
        self.redraw()
