"""The shipped template file has our variables, all of them and no others, and something that shows each."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.platforms.dingtalk.render import Pen
from bot.platforms.dingtalk.template import ACTION, FORM, params
from cards.model import Card

FILE = Path(__file__).parents[3] / "docs" / "guides" / "dingtalk-card.json"
PEN = Pen("https://crm.example/m/")


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("children", ()):
        yield from nodes(each)


def test_the_file_is_of_the_builders_form_and_has_our_variables() -> None:
    file = json.loads(FILE.read_text(encoding="utf-8"))
    assert set(file) == {"editorData", "widgetInfo", "type", "mode"}
    editor = json.loads(file["editorData"])
    ours = params(Card("any", "any"), PEN)
    assert ours is not None
    assert {each["name"] for each in editor["variableList"]} == set(ours)
    assert set(editor["mockData"]["cardData"]) == set(ours)
    tree = [each for root in editor["schema"]["componentsTree"] for each in nodes(root)]
    drawn = json.dumps(tree, ensure_ascii=False)
    unseen = {name for name in ours if f'"variable": "{name}"' not in drawn and f"${{{name}}}" not in drawn}
    assert unseen == {"status"}  # for whoever wants to show a finished card in grey
    buttons = [each["props"] for each in tree if each["componentName"] == "SingleButton"]
    sent = {each["params"][0]["name"] for each in buttons if each["actionType"] == "request"}
    assert sent == {ACTION}
    assert [each["props"]["id"] for each in tree if each["componentName"] == "Form"] == [FORM]
