"""Turns parts of a scanned note into features for the learnt models; names, days, sums and digits are masked."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from handlers.understanding.normalise import plain
from handlers.understanding.scan import Scan
from handlers.understanding.words import table

_SHOW = {"C": "Ⓒ", "P": "Ⓟ", "D": "Ⓓ", "M": "Ⓜ", "T": "Ⓣ", "0": "0"}

_RUN = re.compile(r"(.)\1*")


def masked(scan: Scan, start: int, end: int) -> str:
    """The text with every marked thing as one sign, so that habits carry over from one book to another."""
    text = plain(scan.text)
    return "".join(
        text[run.start() : run.end()] if run[1] == "." else _SHOW[run[1]]
        for run in _RUN.finditer(scan.masks, max(0, start), max(0, end))
    )


def grams(text: str, low: int, high: int, prefix: str = "") -> Iterator[str]:
    for size in range(low, high + 1):
        for i in range(len(text) - size + 1):
            yield prefix + text[i : i + size]


def cue_at(text: str, names: Iterable[str]) -> tuple[int, int] | None:
    """Where the first of the named lists says something in `text` that is not denied."""
    wanted = dict(_cues())
    for name in names:
        for match in wanted[name].finditer(plain(text)):
            if not re.search("[不没未别]$|不是很$|没有$|不太$", text[: match.start()]):
                return match.start(), match.end()
    return None


@lru_cache(maxsize=1)
def _cues() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(plain("|".join(items)))) for name, items in table("cues").items())


def cues(text: str, prefix: str = "=") -> list[str]:
    """Names of the lists in cues.toml of which something is said; with 不, 没 or 唔 before it, marked as denied."""
    return [f"{prefix}{name}" for name in _said(text)]


@lru_cache(maxsize=512)
def _said(text: str) -> tuple[str, ...]:
    """The same clause is looked at for everything in it."""
    out: list[str] = []
    for name, pattern in _cues():
        denied = affirmed = 0
        for match in pattern.finditer(text):
            if _DENIED.search(text, 0, match.start()):
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


def of_text(text: str) -> list[str]:
    """Bag of character n-grams of a stretch of masked text, its beginning and its end marked, and its cues."""
    return [*grams(f"^{text}$", 1, 4), *cues(text)]


def of_place(scan: Scan, start: int, end: int, extra: Iterable[str] = ()) -> list[str]:
    """What surrounds one thing: both sides closely and in order, more widely as a bag, and its own clause."""
    left = masked(scan, start - 24, start)[-16:]
    right = masked(scan, end, end + 24)[:16]
    first, last = scan.clause_at(start), scan.clause_at(max(start, end - 1))
    clause = masked(scan, scan.clauses[first][0], scan.clauses[last][1])
    out = [f"L{n}:{left[-n:]}" for n in range(1, 6)] + [f"R{n}:{right[:n]}" for n in range(1, 6)]
    out += grams(left[-8:], 1, 3, "l:")
    out += grams(right[:8], 1, 3, "r:")
    out += grams(left, 2, 2, "ll:")
    out += grams(right, 2, 2, "rr:")
    out += grams(clause, 2, 2, "c:")
    out += cues(left, "<") + cues(right, ">") + cues(clause)
    out += [f"+{item}" for item in extra]
    return out


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
    clause_start = _clause_starts(scan)
    rows: list[list[str]] = []
    for i in range(len(text)):
        rows.append(_row(i, shown, tags, heads, _shape(text[i])) + _opening(i, shown, clause_start[i]))
    return rows


def _row(i: int, shown: list[str], tags: list[str], heads: list[str], shape: str) -> list[str]:
    c, t = _around(shown, i, 3), _around(tags, i, 2)
    before = _other(heads, tags, i, -1)
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
        f"w0={heads[i]}",
        f"w-1={before}",
        f"w+1={_other(heads, tags, i, 1)}",
        f"s={shape}",
        f"w-2={_other(heads, tags, i, -2)}",
        f"ww={before}|{heads[i]}",
    ]


def _around(items: list[str], i: int, reach: int) -> list[str]:
    """`reach` items on either side of the one at `i`, and itself; # beyond the ends."""
    outside = ["#"] * reach
    return [*outside, *items[max(0, i - reach) : i + reach + 1], *outside][
        min(i, reach) : min(i, reach) + 2 * reach + 1
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


def _other(heads: list[str], tags: list[str], i: int, step: int) -> str:
    """The word `step` words before or after the one at character i."""
    k = i
    for _ in range(abs(step)):
        if step < 0:
            while k > 0 and tags[k].endswith("I"):
                k -= 1
            k -= 1
        else:
            k += 1
            while k < len(tags) and tags[k].endswith("I"):
                k += 1
    return heads[k] if 0 <= k < len(heads) else "#"


def _clause_starts(scan: Scan) -> list[int]:
    starts = [0] * len(scan.text)
    for begin, end in scan.clauses:
        for k in range(begin, end):
            starts[k] = begin
    return starts


def _opening(i: int, shown: list[str], begin: int) -> list[str]:
    """How the clause opened, and what it has said so far: 要, 让我 and the like reach over many characters."""
    said = "".join(shown[begin:i])
    out = [f"o={said[:2]}", f"n={min(i - begin, 6)}"]
    out += [f"has={cue}" for cue in _CUES if cue in said]
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
