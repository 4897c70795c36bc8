"""Turns parts of a scanned note into features for the learnt models; names, days, sums and digits are masked."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import pairwise

from handlers.understanding.linear import Piece
from handlers.understanding.normalise import plain
from handlers.understanding.scan import Scan
from handlers.understanding.words import table

_SHOW = {"C": "Ⓒ", "P": "Ⓟ", "D": "Ⓓ", "M": "Ⓜ", "T": "Ⓣ", "0": "0"}

_REACH = 16
"""Characters of masked text on either side of a thing that are looked at."""


def masked(scan: Scan, start: int, end: int) -> str:
    """The text with every marked thing as one sign, so that habits carry over from one book to another."""
    signs, places = _signs(scan.text, scan.masks)
    start, end = max(0, start), min(end, len(places))
    return signs[places[start] : places[end - 1] + 1] if start < end else ""


@lru_cache(maxsize=4)
def _signs(text: str, masks: str) -> tuple[str, list[int]]:
    """The whole note so masked, and for each character the place of its sign."""
    signs, places = list[str](), list[int]()
    for char, mask, before in zip(plain(text), masks, f" {masks}", strict=False):
        if mask == "." or mask != before:
            signs.append(_SHOW.get(mask, char))
        places.append(len(signs) - 1)
    return "".join(signs), places


def grams(text: str, low: int, high: int, prefix: str = "") -> list[str]:
    return [prefix + text[i : i + size] for size in range(low, high + 1) for i in range(len(text) - size + 1)]


def cue_at(text: str, names: Iterable[str]) -> tuple[int, int] | None:
    """Where the first of the named lists says something in `text` that is not denied."""
    flat = plain(text)
    for name in names:
        for match in _cues()[name].finditer(flat):
            if not _REFUSED.search(flat, 0, match.start()):
                return match.start(), match.end()
    return None


_REFUSED = re.compile("[不没未别]$|不是很$|没有$|不太$")


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(plain("|".join(items))) for name, items in table("cues").items()}


def cues(text: str, prefix: str = "=") -> list[str]:
    """Names of the lists in cues.toml of which something is said; with 不, 没 or 唔 before it, marked as denied."""
    return [f"{prefix}{name}" for name in _said(text)]


@lru_cache(maxsize=512)
def _said(text: str) -> tuple[str, ...]:
    """The same clause is looked at for everything in it."""
    out: list[str] = []
    for name in _possible(text):
        denied = affirmed = 0
        for match in _cues()[name].finditer(text):
            if _DENIED.search(text, max(0, match.start() - 3), match.start()):
                denied += 1
            else:
                affirmed += 1
        if affirmed:
            out.append(name)
        if affirmed > 1:
            out.append(f"{name}+")
        if denied:
            out.append(f"not-{name}")
    return tuple(out)


_DENIED = re.compile("[不没未冇唔无别]$|不是很$|没有$|不太$")


def _possible(text: str) -> list[str]:
    """The lists that may say something in `text`, in their order: the others need not be searched for."""
    names, openings = list(_cues()), _openings()
    found = set(openings.get("", ()))
    for opening in {*text, *map("".join, pairwise(text))}:
        found |= openings.get(opening, found)
    return [names[number] for number in sorted(found)]


@cache
def _openings() -> dict[str, frozenset[int]]:
    """Numbers of the lists by the one or two characters that a word of theirs begins with; by none where that varies."""
    out: dict[str, set[int]] = {}
    for number, items in enumerate(table("cues").values()):
        for item in items:
            literal = re.match(r"(?:[\w\u4e00-\u9fff](?![?*+{])){0,2}", plain(item))
            out.setdefault(
                literal[0] if literal and "|" not in re.sub(r"\(.*?\)", "", item) else "", set()
            ).add(number)
    return {opening: frozenset(numbers) for opening, numbers in out.items()}


@lru_cache(maxsize=64)
def of_text(text: str) -> Piece:
    """Bag of character n-grams of a stretch of masked text, its beginning and its end marked, and its cues."""
    return (*grams(f"^{text}$", 1, 4), *cues(text))


def of_place(scan: Scan, start: int, end: int, extra: Iterable[str] = ()) -> tuple[Piece, ...]:
    """What surrounds one thing: both sides closely and in order, more widely as a bag, and its own clause."""
    left = masked(scan, start - 24, start)[-_REACH:]
    right = masked(scan, end, end + 24)[:_REACH]
    first, last = scan.clause_at(start), scan.clause_at(max(start, end - 1))
    clause = masked(scan, scan.clauses[first][0], scan.clauses[last][1])
    return _left(left), _right(right), _clause(clause), tuple(f"+{item}" for item in extra)


@lru_cache(maxsize=64)
def _left(text: str) -> Piece:
    near = (f"L{n}:{text[-n:]}" for n in range(1, 6))
    return (*near, *grams(text[-8:], 1, 3, "l:"), *grams(text, 2, 2, "ll:"), *cues(text, "<"))


@lru_cache(maxsize=64)
def _right(text: str) -> Piece:
    near = (f"R{n}:{text[:n]}" for n in range(1, 6))
    return (*near, *grams(text[:8], 1, 3, "r:"), *grams(text, 2, 2, "rr:"), *cues(text, ">"))


@lru_cache(maxsize=64)
def _clause(text: str) -> Piece:
    return (*grams(text, 2, 2, "c:"), *cues(text))


# -- characters, for the tagger --------------------------------------------------------------------


def _shape(char: str) -> str:
    if char.isdecimal():
        return "0"
    if char.isascii():
        return "a" if char.isalpha() else "p"
    if "\u4e00" <= char <= "\u9fff":
        return "h"
    return "o"


def of_characters(scan: Scan) -> list[list[str]]:
    """One list of features for each character of the normalised text."""
    text, masks = plain(scan.text), scan.masks
    shown = [_SHOW.get(m, c) if m != "." else c for c, m in zip(text, masks, strict=True)]
    tags, heads = _lexical(scan)
    signs, kinds = ["#"] * 3 + shown + ["#"] * 3, ["#"] * 2 + tags + ["#"] * 2
    beside, openings = _beside(tags, heads), _openings_of(scan, "".join(shown))
    return [
        _row(signs[i : i + 7], kinds[i : i + 5], heads[i], beside[i], _shape(text[i])) + openings[i]
        for i in range(len(text))
    ]


def _row(c: list[str], t: list[str], head: str, beside: tuple[str, str, str], shape: str) -> list[str]:
    """`c` and `t`: the signs and tags around one character, three and two on either side."""
    before2, before, after = beside
    return [
        "b",
        f"c0={c[3]}",
        f"c-1={c[2]}",
        f"c+1={c[4]}",
        f"c-2={c[1]}",
        f"c+2={c[5]}",
        f"d-1={c[2]}{c[3]}",
        f"d+1={c[3]}{c[4]}",
        f"d-2={c[1]}{c[2]}",
        f"d+2={c[4]}{c[5]}",
        f"e={c[2]}{c[3]}{c[4]}",
        f"e-={c[1]}{c[2]}{c[3]}",
        f"e+={c[3]}{c[4]}{c[5]}",
        f"f-={c[0]}{c[1]}{c[2]}",
        f"f+={c[4]}{c[5]}{c[6]}",
        f"t0={t[2]}",
        f"t-1={t[1]}",
        f"t+1={t[3]}",
        f"tt-={t[1]}{t[2]}",
        f"tt+={t[2]}{t[3]}",
        f"t3={t[1]}{t[2]}{t[3]}",
        f"w0={head}",
        f"w-1={before}",
        f"w+1={after}",
        f"s={shape}",
        f"w-2={before2}",
        f"ww={before}|{head}",
    ]


def _lexical(scan: Scan) -> tuple[list[str], list[str]]:
    """LAC's tag with B or I, and the word, for each character; marked things are words of their own."""
    size = len(scan.text)
    tags, heads = ["?"] * size, ["?"] * size
    for word in scan.lexed:
        for k in range(word.start, min(word.end, size)):
            tags[k] = word.tag + ("B" if k == word.start else "I")
            heads[k] = word.text if len(word.text) <= 6 else word.tag
    for k in range(size):
        if scan.masks[k] not in ".0":
            new = k == 0 or scan.masks[k - 1] != scan.masks[k]
            tags[k] = scan.masks[k] + ("B" if new else "I")
            heads[k] = _SHOW[scan.masks[k]]
    return tags, heads


def _beside(tags: list[str], heads: list[str]) -> list[tuple[str, str, str]]:
    """For each character, the words two and one before its own, and the one behind it; # beyond the ends."""
    starts = [k for k, tag in enumerate(tags) if k == 0 or not tag.endswith("I")]
    out: list[tuple[str, str, str]] = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(tags)], strict=True)):
        before = heads[start - 1] if start else "#"
        before2 = heads[starts[number - 1] - 1] if number and starts[number - 1] else "#"
        out += [(before2, before, heads[end] if end < len(heads) else "#")] * (end - start)
    return out


def _openings_of(scan: Scan, shown: str) -> list[list[str]]:
    """How the clause opened, and what it has said so far: 要, 让我 and the like reach over many characters."""
    out: list[list[str]] = []
    for begin, end in scan.clauses:
        said = shown[begin:end]
        ends = [(at + len(cue), f"has={cue}") for cue in _CUES if (at := said.find(cue)) >= 0]
        for i in range(end - begin):
            out.append([f"o={said[: min(i, 2)]}", f"n={min(i, 6)}", *(name for at, name in ends if at <= i)])
    return out


_CUES = (
    "要",
    "想",
    "让我",
    "叫我",
    "喊我",
    "让",
    "答应",
    "给",
    "发",
    "送",
    "寄",
    "报",
    "订",
    "下单",
    "买",
    "用",
    "换",
    "做",
    "在",
    "喜欢",
    "爱",
    "不",
    "问",
    "必须",
    "要求",
    "希望",
    "提醒",
    "说",
    "话",
    "地址",
    "主营",
    "带",
    "催",
    "他",
    "我",
    "对比",
    "现在",
    "家",
    "Ⓓ",
    "Ⓜ",
    "Ⓟ",
    "Ⓒ",
    "的",
)
