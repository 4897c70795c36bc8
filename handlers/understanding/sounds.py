"""Compares Chinese words by sound, so that what speech recognition misspelt is still found."""

from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin


@lru_cache(maxsize=8192)
def syllable(char: str) -> str:
    """One character's syllable without tone; zh/z, ch/c, sh/s, ng/n and l/n are heard as one."""
    if not "\u4e00" <= char <= "\u9fff":
        return char.lower()
    plain: str = lazy_pinyin(char, style=Style.NORMAL)[0]
    for long, short in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if plain.startswith(long):
            plain = short + plain[2:]
    plain = plain[:-1] if plain.endswith("ng") else plain
    return "l" + plain[1:] if plain.startswith("n") and len(plain) > 1 else plain


@lru_cache(maxsize=8192)
def _toned(char: str) -> frozenset[str]:
    return frozenset(pinyin(char, style=Style.TONE3, heteronym=True)[0])


def same_tones(first: str, second: str) -> bool:
    """Whether two words may be said alike, tones included."""
    pairs = zip(first, second, strict=False)
    return len(first) == len(second) and all(_toned(a) & _toned(b) for a, b in pairs)


def sound(text: str) -> tuple[str, ...]:
    """The syllables of a word, folded as `syllable` folds."""
    return tuple(map(syllable, text))
