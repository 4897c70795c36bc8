"""Guesses the name of a customer that the book lacks where the tagger marked none."""

import re

from handlers.understanding.book import book_of
from handlers.understanding.lac import Word
from handlers.understanding.people import bare
from handlers.understanding.scan import Scan
from handlers.understanding.tagger import Phrase
from handlers.understanding.words import table, words

_TRADES = "|".join(words("firms", "trades") + words("firms", "legal"))
_TOLD = re.compile("|".join(table("firms")["told"]))
_AFTER = re.compile("|".join(table("firms")["after_going"]))
_LONE = re.compile(rf"[\u4e00-\u9fff]{{2,8}}?(?:{_TRADES})+(?![\u4e00-\u9fff]{{0,2}}(?:展|会上))")
_NEVER = frozenset(table("firms")["never"])
_NO_NAME = re.compile("[我你他她咱俺]|不[能是要会]|没有|什么|怎么|^[是了]")
_LEADING = re.compile("(?:是|叫做?|趟|了|在|那个|一个|一家|个|新客户)*(?=.{2})")


def guess(scan: Scan, intent: str) -> list[Phrase]:
    """At most one customer: as introduced (叫…), a company by its ending, or what the sender went to."""
    attempts = (_person,) if intent == "new_customer" and not _TOLD.search(scan.text) else ()
    for attempt in (_introduced, _by_lac, _by_ending, *attempts, _visited, _person):
        found = attempt(scan)
        if found is not None:
            return [found]
    return []


def _person(scan: Scan) -> Phrase | None:
    """A private customer: the first person whom the book does not hold."""
    held = book_of(scan.known.customers).surnames
    person = next((p for p in scan.people if p.surname not in held), None)
    return Phrase(person.start, person.end, "CUST") if person else None


def _phrase(scan: Scan, start: int, end: int) -> Phrase | None:
    text = scan.text[start:end]
    while text and text[-1] in "的吧了啊哦那这":
        end, text = end - 1, text[:-1]
    clean = (
        2 <= len(text) <= 24
        and text not in _NEVER
        and not _NO_NAME.search(text)
        and not set(scan.masks[start:end]) & set("CDMTP")
    )
    return Phrase(start, end, "CUST") if clean else None


def _introduced(scan: Scan) -> Phrase | None:
    for match in _TOLD.finditer(scan.text):
        for group in ("n", "n2"):
            if group in match.groupdict() and match[group]:
                found = _phrase(scan, match.start(group), match.end(group))
                if found:
                    return found
    return None


def _by_lac(scan: Scan) -> Phrase | None:
    lexed = scan.lexed
    for index, word in enumerate(lexed):
        if word.tag != "ORG" or len(word.text) < 2:
            continue
        end = _with_trade(lexed, index)
        if found := _phrase(scan, word.start, end):
            return found
    return None


def _with_trade(lexed: tuple[Word, ...], index: int) -> int:
    end = lexed[index].end
    for word in lexed[index + 1 : index + 3]:
        if not re.fullmatch(_TRADES, word.text):
            break
        end = word.end
    return end


def _by_ending(scan: Scan) -> Phrase | None:
    starts = {w.start for w in scan.lexed if w.tag in ("n", "nz", "ORG", "LOC", "PER", "nw", "a", "m", "s")}
    for match in _LONE.finditer(scan.text):
        for start in sorted(s for s in starts if match.start() <= s < match.end() - 3):
            if found := _phrase(scan, start, match.end()):
                return found
    return None


def _visited(scan: Scan) -> Phrase | None:
    for match in _AFTER.finditer(scan.text):
        if found := _phrase(scan, match.start("n"), match.end("n")):
            return found
    if scan.people and 2 <= scan.people[0].start <= 8:
        return _phrase(scan, 0, scan.people[0].start)
    return None


# -- what the tagger marked ------------------------------------------------------------------------

_QUOTED = re.compile(r"[\"“「『【〔《]([^\"”」』】〕》\n]{2,16})[\"”」』】〕》]")
_TRIP = re.compile(
    r"(?:[去到跑见](?:了|过|完)?(?:一?趟|一下)|(?:去|到|跑|见|拜访|走访|回访)[了过])(?:那个|一家)?(?=.{2})"
)
_DISTRICT = re.compile(r"^.{2,6}(?:区|县|镇|乡|路|街|道)(?=[^区县镇乡路街的]{3,}$)")


def clean(scan: Scan, phrase: Phrase, alone: bool) -> Phrase | None:
    """A marked name grown to whole words or its quotation marks; None where it is a person, a place or no name.

    A person counts as a customer only where the note names no other (`alone`) and the book does not hold them.
    """
    start, end = phrase.start, phrase.end
    for quoted in _QUOTED.finditer(scan.text):
        if (
            quoted.start(1) < end
            and start < quoted.end(1)
            and not set(scan.masks[quoted.start(1) : quoted.end(1)]) & set("CDMT")
        ):
            start, end = quoted.start(1), quoted.end(1)
    for word in scan.lexed:
        if word.tag in ("w", "v", "u", "p", "r", "d"):
            continue
        if word.start < start < word.end:
            start = word.start
        if word.start < end < word.end:
            end = word.end
    index = next((i for i, w in enumerate(scan.lexed) if w.end == end), None)
    if index is not None and not re.search(rf"(?:{_TRADES})$", scan.text[start:end]):
        end = _with_trade(scan.lexed, index)
    if trip := _TRIP.match(scan.text[start:end]):
        start += trip.end()
    if leading := _LEADING.match(scan.text[start:end]):
        start += leading.end()
    of = scan.text.rfind("的", start, end - 2)
    start = of + 1 if of >= 0 else start
    if district := _DISTRICT.match(scan.text[start:end]):
        start += district.end()
    name = scan.text[start:end]
    if (
        _is_person(scan, start, end, alone)
        or _is_place(scan, start, end)
        or name in _NEVER
        or _NO_NAME.search(name)
        or name.endswith(("办公室", "车间", "厂区"))
    ):
        return None
    return (
        Phrase(start, end, "CUST")
        if len(name) >= 2 and not set(scan.masks[start:end]) & set("CDMT")
        else None
    )


def _is_person(scan: Scan, start: int, end: int, alone: bool) -> bool:
    book = book_of(scan.known.customers)
    for person in scan.people:
        if person.start < end and start < person.end and end - start <= person.end - person.start + 2:
            held = person.surname in book.surnames or bare(person) in book.called
            if held or not alone:
                return True
    return False


def _is_place(scan: Scan, start: int, end: int) -> bool:
    """A town or district; a hotel or a shop that LAC takes for a place is a customer all the same."""
    if re.search(rf"(?:{_TRADES})$", scan.text[start:end]):
        return False
    inside = [w for w in scan.lexed if start <= w.start and w.end <= end]
    return bool(inside) and all(w.tag in ("LOC", "ns", "s") for w in inside)
