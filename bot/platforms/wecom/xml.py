"""Reads WeCom's XML without what makes XML dangerous: no DTD, no entities, no depth."""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.platforms.wecom import APP
from bot.platforms.wecom.crypto import Refusal

Fields: TypeAlias = dict[str, Any]
"""Text by name; an object for what has parts, a list for what is there several times."""

DEEPEST = 8


def read(text: str) -> Fields:
    """The fields of a callback's XML, or of its JSON. Raises Refusal."""
    return _read_json(text) if text.lstrip()[:1] == "{" else _read_xml(text)


def envelope(body: bytes) -> str:
    """The sealed text of a callback's body. Raises Refusal."""
    try:
        fields = read(body.decode())
    except UnicodeDecodeError:
        raise Refusal("encoding") from None
    found = fields.get("Encrypt") or fields.get("encrypt")
    if not isinstance(found, str) or not found:
        raise Refusal("no Encrypt")
    return found


def each(fields: Fields, name: str) -> Iterator[Any]:
    """What is there under the name: nothing, one, or several."""
    found = fields.get(name)
    if isinstance(found, list):
        yield from found
    elif found:
        yield found


def event_id(fields: Fields) -> str:
    """A name for an event, which has none: a hash of all that it says, the same whenever it is told again."""
    written = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    return f"{APP}:event:{sha256(written.encode(errors='replace')).hexdigest()[:40]}"


def _read_xml(text: str) -> Fields:
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise Refusal("xml") from None
    fields = _fields(root, 0)
    if not isinstance(fields, dict):
        raise Refusal("xml")
    return fields


def _fields(element: Element, depth: int) -> Fields | str:
    if depth > DEEPEST:
        raise Refusal("deep")
    if len(element) == 0:
        return element.text or ""
    fields: Fields = {}
    for child in element:
        value = _fields(child, depth + 1)
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields


def _read_json(text: str) -> Fields:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal("json") from None
    if not isinstance(fields, dict):
        raise Refusal("json")
    return fields
