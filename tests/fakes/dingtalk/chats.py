"""All conversations' screens, and how a robot's message gets onto one."""

from itertools import count
from typing import Any

from tests.fakes.dingtalk.screen import Bubble, Screen
from tests.fakes.dingtalk.state import App, Conversation, Org


class Chats:
    def __init__(self, org: Org) -> None:
        self.org = org
        self._screens: dict[str, Screen] = {}
        self._ids = count(1)

    def screen(self, conversation: Conversation) -> Screen:
        return self._screens.setdefault(conversation.id, Screen(conversation.id))

    def put(
        self, app: App, conversation: Conversation, type: str, content: dict[str, Any], **more: Any
    ) -> Bubble:
        robot = app.robot_code
        return self.screen(conversation).add(next(self._ids), type, content, robot=robot, **more)

    def group(self, id: object, app: App) -> Conversation | None:
        """A group that the app's robot is in."""
        found = self.org.conversations.get(str(id))
        return found if found and found.kind == "2" and app.robot_code in found.robots else None

    def find(self, key: str) -> list[tuple[Screen, Bubble]]:
        """All bubbles of one processQueryKey, outTrackId or cardBizId."""
        return [
            (screen, each) for screen in self._screens.values() for each in screen.bubbles if each.key == key
        ]
