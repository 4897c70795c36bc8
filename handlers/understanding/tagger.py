"""Marks phrases (wanted goods, needs, actions, new customers …) with a conditional random field over characters."""

import logging
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from handlers.understanding import net
from handlers.understanding.features import of_characters
from handlers.understanding.net import Labels
from handlers.understanding.scan import Scan
from handlers.understanding.words import model_path

_log = logging.getLogger(__name__)
_lock = threading.Lock()
# Weight of each label against "no phrase here": above 1, more of it is found and more of it is wrong.
BOLD = {
    "PROD": 1.0,
    "NEED": 2.0,
    "PREF": 2.0,
    "ADDR": 2.0,
    "IND": 2.0,
    "TITLE": 2.0,
    "COMP": 2.0,
    "CUST": 0.5,
    "ACT": 2.0,
    "WHAT": 2.0,
    "WHY": 2.0,
}
_NOUNS = frozenset({"n", "nz", "vn", "nw", "an", "ORG", "LOC", "PER"})
_CERTAIN = max(BOLD.values()) / (1 + max(BOLD.values()))
"""A chance of "no phrase here" that no weight makes up for: the other labels need not be asked."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """`kind` is a label of the model `facts` (PROD, NEED, PREF, ADDR, IND, TITLE, COMP, CUST) or `deeds` (ACT, WHAT, WHY)."""

    start: int
    end: int
    kind: str


@cache
def _load(name: str) -> Any:
    try:
        import pycrfsuite

        tagger = pycrfsuite.Tagger()
        tagger.open(str(model_path(f"{name}.crfsuite")))
        return tagger
    except Exception as error:  # noqa: BLE001  absent or broken: notes are read without phrases
        _log.warning("phrases cannot be tagged: %s", error)
        return None


def _items(rows: list[list[str]]) -> Any:
    """Turned once into what both models take."""
    try:
        import pycrfsuite

        return pycrfsuite.ItemSequence(rows)
    except ImportError:
        return rows


def phrases(scan: Scan) -> list[Phrase]:
    """Phrases of both models, those of each in order; blanks and punctuation at their ends are cut off.

    Two models, since goods stand within actions: 给车针报价单 holds 车针.
    """
    if not scan.text.strip():
        return []
    rows = _items(of_characters(scan))
    found: list[Phrase] = []
    for name in ("facts", "deeds"):
        with _lock:
            tagger = _load(name)
            labels = (
                _likely(tagger, rows, net.labels(scan, name) if name == "facts" else None) if tagger else []
            )
        found += [_whole(scan, p) for p in _merged(scan.text, decode(scan.text, labels))]
    return found


def _whole(scan: Scan, phrase: Phrase) -> Phrase:
    """Goods, rivals and titles that begin or end within a word take in the whole word."""
    if phrase.kind not in ("PROD", "COMP", "TITLE", "IND"):
        return phrase
    start, end = phrase.start, phrase.end
    for word in scan.lexed:
        if word.tag in _NOUNS and not set(scan.masks[word.start : word.end]) & set("CPDMT"):
            start = word.start if word.start < start < word.end else start
            end = word.end if word.start < end < word.end else end
    return Phrase(start, end, phrase.kind)


def _likely(tagger: Any, rows: Any, deep: Labels | None) -> list[str]:
    """The likeliest label of each character, field and net together, with kinds weighted by `BOLD`."""
    tagger.set(rows)
    names = deep.names if deep else tuple(tagger.labels())
    held = frozenset(tagger.labels())
    out: list[str] = []
    for i in range(len(rows)):
        other = deep.chances[i] if deep and i < len(deep.chances) else None
        sure = tagger.marginal("O", i)
        if (sure if other is None else (sure + other[0]) / 2) > _CERTAIN:
            out.append("O")
            continue
        chances = [tagger.marginal(name, i) if name in held else 0.0 for name in names]
        if other is not None:
            chances = [(a + b) / 2 for a, b in zip(chances, other.tolist(), strict=True)]
        out.append(_label(dict(zip(names, chances, strict=True)), out[-1:]))
    return out


def _label(found: dict[str, float], before: list[str]) -> str:
    kinds: dict[str, float] = {}
    for name, chance in found.items():
        kinds[name[2:]] = kinds.get(name[2:], 0.0) + chance * BOLD.get(name[2:], 1.0)
    kind = max(kinds, key=lambda k: kinds[k])
    if not kind:
        return "O"
    begins = found[f"B-{kind}"] > found.get(f"I-{kind}", 0.0) or before in ([], ["O"])
    return f"B-{kind}" if begins else f"I-{kind}"


def _merged(text: str, found: list[Phrase]) -> list[Phrase]:
    """藏青色 and 沙滩巾 side by side are one phrase, with or without 的 between."""
    out: list[Phrase] = []
    for phrase in found:
        if (
            out
            and out[-1].kind == phrase.kind
            and phrase.kind not in ("PREF", "WHY")
            and text[out[-1].end : phrase.start] in ("", "的")
        ):
            out[-1] = Phrase(out[-1].start, phrase.end, phrase.kind)
        else:
            out.append(phrase)
    return out


def decode(text: str, labels: list[str]) -> list[Phrase]:
    found: list[Phrase] = []
    start = 0
    for i in range(1, len(labels) + 1):
        goes_on = (
            i < len(labels)
            and labels[i].startswith("I-")
            and labels[i][2:] == labels[start][2:]
            and labels[start] != "O"
        )
        if goes_on:
            continue
        if labels[start] != "O":
            begin, end = _trim(text, start, i)
            if end > begin:
                found.append(Phrase(begin, end, labels[start][2:]))
        start = i
    return found


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " ,。;:!?、\n\"'”“":
        start += 1
    while end > start and text[end - 1] in " ,。;:!?、\n\"'”“":
        end -= 1
    return start, end
