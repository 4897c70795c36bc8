"""What a model is asked about a note: our rules, a few examples, and the note as data with its secrets hidden."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

import config
from handlers.understanding import book, topics
from handlers.understanding.grounding.masking import Masked, mask
from handlers.understanding.grounding.names import Keys
from handlers.understanding.grounding.page import Page
from handlers.understanding.normalise import normalise
from handlers.understanding.note import Known, KnownCustomer
from handlers.understanding.scan import Scan, scan
from handlers.understanding.words import words

MOST_CUSTOMERS = 20
"""So many of the book are sent at most, those that the note may mean first: no more than it takes."""
_FOLDER = Path(config.__file__).parent / "reading"
Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One note under reading; `keys` and `masked` lead from the answer back to the book and the note."""

    page: Page
    masked: Masked
    keys: Keys
    messages: tuple[Message, ...]


_TO_THE_MODEL = re.compile("|".join(words("machine", "to_the_model")))


def speaks_to_machine(text: str) -> bool:
    """Whether a note holds words that are meant to steer a model; no model gets to see it then."""
    return _TO_THE_MODEL.search(normalise(text).text) is not None


def ask(text: str, at: datetime, known: Known) -> Question:
    """What may leave the machine is in `messages` and nowhere else."""
    found = scan(text, at, known)
    masked = mask(found)
    keys = {f"k{number}": each for number, each in enumerate(_nearest(found), start=1)}
    asked = {"now": _moment(at), "book": _book(keys), "note": masked.text}
    messages = (
        {"role": "system", "content": rules()},
        *examples(),
        {"role": "user", "content": _written(asked)},
    )
    return Question(Page(found), masked, keys, messages)


@cache
def rules() -> str:
    return (_FOLDER / "rules.txt").read_text(encoding="utf-8").strip()


@cache
def examples() -> tuple[Message, ...]:
    """A few open notes and their answers, as an earlier talk."""
    rows = [
        json.loads(line) for line in (_FOLDER / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return tuple(
        {"role": role, "content": _written(row[key])}
        for row in rows
        for role, key in (("user", "asked"), ("assistant", "answer"))
    )


def _written(data: Any) -> str:
    """Without blanks: each costs."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M} 周{'一二三四五六日'[at.weekday()]}"


def _book(keys: Keys) -> list[dict[str, Any]]:
    """Names only: no phone, no figure, nothing else that the archive holds."""
    return [
        {
            "id": key,
            "name": each.name,
            "aliases": list(each.aliases),
            "contacts": [c.name + (f"（{c.title}）" if c.title else "") for c in each.contacts],
        }
        for key, each in keys.items()
    ]


def _nearest(found: Scan) -> list[KnownCustomer]:
    """Customers whom the note names or whose people it may name, then those whose names are most like its words."""
    held = {each.id: each for each in found.known.customers}
    named = [identity for firm in found.firms for identity in firm.ids]
    named += [c.id for person in found.people for c, _ in topics.holders(person, found.known.customers)]
    alike = process.extract(
        found.text, {i: " ".join(sorted(book.short_names(c))) for i, c in held.items()},
        scorer=fuzz.partial_ratio, limit=MOST_CUSTOMERS,
    )  # fmt: skip
    order = dict.fromkeys([*named, *(identity for _, _, identity in alike)])
    return [held[identity] for identity in list(order)[:MOST_CUSTOMERS]]
