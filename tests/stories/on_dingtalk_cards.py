"""The stories' company on DingTalk with our template: taps are callbacks, cards change where they stand."""

import asyncio
import json
from typing import Any

from bot.platforms.dingtalk.inbound import intention
from cards.model import Button, Card, Choice, Line, Option, Quote, Weight, load
from tests.fakes.dingtalk import Shown as OnScreen
from tests.settling import settle
from tests.stories.on_dingtalk import DingPhone, DingWorld, told
from tests.stories.phones import Phone, Shown

TONES = {"blue": Weight.MAIN, "gray": Weight.NORMAL, "red": Weight.DROP, "": Weight.NORMAL}


class CardWorld(DingWorld):
    def phone(self, address: str, name: str) -> Phone:
        return self.phones.setdefault(address, CardPhone(self, address, name))

    async def _touch(self, address: str, body: dict[str, Any]) -> None:
        """A button calls back, and waits until the bot has told what its card shows now."""
        phone = next(iter(self._owners(body.get("message", 0))), None)
        shown = phone.versions[body["message"]][-1] if phone is not None else None
        if shown is None or shown.type != "card":
            await super()._touch(address, body)
            return
        params: dict[str, Any] = {"action": body["action"]}
        if body["picked"]:
            params = {"form": {"action": body["action"], "choice": {"value": body["picked"]}}}
        pressed = self.ding.phone(address).presses(shown, ["any"], params)
        task = asyncio.ensure_future(pressed)
        while not task.done():
            await settle(self.app)
            await asyncio.sleep(0.01)
        await task


class CardPhone(DingPhone):
    async def _read(self, shown: OnScreen) -> Shown:
        if shown.type != "card":
            return await super()._read(shown)
        row = await self._row(shown.title)
        self.versions.setdefault(shown.id, []).append(shown)
        return Shown(shown.id, shown.revision, card_of(shown, load(row.content).kind if row else "?"))


def card_of(shown: OnScreen, kind: str) -> Card:
    """A template card as one of ours: what its variables show, and nothing that they do not."""
    values, read = shown.values, told(shown.values["lines"])
    return Card(
        kind,
        values["title"],
        subtitle=values["subtitle"],
        flag=values["flag"],
        lines=tuple(Line(each.label, each.value, link=each.link) for each in read.lines),
        quote=Quote(values["quote"]) if values["quote"] else None,
        body="\n".join(told(values["body"]).body),
        choice=_choice(values),
        buttons=(*_sent(values), *_buttons(values, "b", 5)),
        menu=_buttons(values, "m", 3),
        footer=values["footer"],
    )


def _fields(values: dict[str, str]) -> dict[str, Any]:
    fields = json.loads(values["form"])["fields"] if values["form"] else []
    return {each["name"]: each for each in fields}


def _choice(values: dict[str, str]) -> Choice | None:
    field = _fields(values).get("choice")
    if field is None:
        return None
    options = tuple(Option(each["value"], each["text"]) for each in field["options"])
    return Choice(field["label"], options, several=field["type"] == "MULTI_SELECT")


def _sent(values: dict[str, str]) -> tuple[Button, ...]:
    """What sends the form."""
    if not values["form"]:
        return ()
    action = intention(_fields(values)["action"]["defaultValue"])
    return (Button(values["form_text"], action, Weight.MAIN),)


def _buttons(values: dict[str, str], letter: str, most: int) -> tuple[Button, ...]:
    names = [f"{letter}{place}" for place in range(1, most + 1) if values[f"{letter}{place}_text"]]
    return tuple(
        Button(
            values[f"{name}_text"],
            intention(values[f"{name}_action"]),
            TONES[values.get(f"{name}_tone", "")],
            values[f"{name}_url"],
        )
        for name in names
    )
