"""Plain dicts to the XML of callbacks and back: lists are repeated elements, as WeCom writes them."""

from typing import Any
from xml.etree import ElementTree as ET


def to_xml(fields: dict[str, Any]) -> str:
    return f"<xml>{_inside(fields)}</xml>"


def _inside(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(_element(name, each) for name, each in value.items())
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, each) for each in value)
    return f"<{name}>{_inside(value)}</{name}>"


def from_xml(text: str) -> dict[str, Any]:
    """Every leaf is a string; an element that is repeated is a list. ParseError for anything else."""
    found = _value(ET.fromstring(text))
    return found if isinstance(found, dict) else {}


def _value(element: ET.Element) -> Any:
    children = list(element)
    if not children:
        return element.text or ""
    fields: dict[str, Any] = {}
    for child in children:
        value = _value(child)
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields
