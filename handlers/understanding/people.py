"""Finds the people that a note names and tells which contact of the book each of them may be."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handlers.understanding.book import book_of
from handlers.understanding.lac import Word
from handlers.understanding.note import Known, KnownContact, KnownCustomer
from handlers.understanding.sounds import sound
from handlers.understanding.words import surnames, words


@dataclass(frozen=True, slots=True)
class Person:
    """A name as said. `title` is the form of address joined to it; `full` where a whole name was said."""

    start: int
    end: int
    text: str
    surname: str
    title: str
    full: bool


_TITLES = "|".join(words("people", "after_surname"))
_WEAK = frozenset(words("people", "weak"))
_NOT = frozenset(words("people", "not_people"))
_BEFORE = "|".join(words("people", "before_name"))
_NOT_NAMES = frozenset(words("people", "not_names"))
_SURNAME = "[" + "".join(sorted(surnames())) + "]"
_ADDRESSED = re.compile(rf"(?P<s>{_SURNAME})(?P<t>{_TITLES})")
_SHORT = frozenset("总工园馆校董科处局院厂部店护会姐哥叔")  # 彭园 is 彭园长
_NICK = re.compile(rf"(?P<b>{_BEFORE})(?P<s>[\u4e00-\u9fff])")
_FAMILIAR = re.compile(r"(?P<g>[\u4e00-\u9fff])(?P<t>姐|哥|叔|嫂|姨|婶|妹|总)")
_DEARER = re.compile("家?的?[还要都]?(?:贵|便宜|高|低|好|差|快|慢)")
_AFTER_NAME = "的他她我你电手职是接在说有来号,。和跟"
_INTRODUCED = re.compile(
    r"(?P<cue>名叫|叫做|叫|联系人|对接人|负责人|接口人|经办人|新来的|接手的|(?:主管|采购员?|会计|秘书|专员|材料员|总监|主任)(?=[ :]))(?:是|叫|:|为|系)? ?(?P<n>[\u4e00-\u9fff]{2,3})"
)
_LATIN = re.compile(r"(?:阿)?(?<![A-Za-z0-9@.])[A-Z][a-z]{2,9}(?![A-Za-z0-9@.\-])|阿[A-Z][a-z]+")


def find(text: str, known: Known, lexed: Sequence[Word], taken: Iterable[tuple[int, int]]) -> list[Person]:
    """People in order, without overlaps; ranges `taken` (firms, addresses) are passed over."""
    blocked = list(taken)
    found: list[Person] = []
    sources = (
        _listed(text, known),
        _heard(text, known, lexed),
        _by_lac(lexed, text),
        _addressed(text, known, lexed),
        _nicknames(text, known, lexed),
        _introduced(text, lexed),
        _latin(text),
    )
    for source in sources:
        for person in source:
            if all(person.end <= b or person.start >= e for b, e in blocked):
                found.append(person)
                blocked.append((person.start, person.end))
    return sorted(found, key=lambda person: person.start)


def _with_title(text: str, start: int, end: int, surname: str, full: bool) -> Person:
    match = re.compile(_TITLES).match(text, end)
    if match and (match[0] not in _WEAK or (full and match[0] in ("工", "姐", "哥", "生"))):
        return Person(start, match.end(), text[start : match.end()], surname, match[0], full)
    return Person(start, end, text[start:end], surname, "", full)


def _listed(text: str, known: Known) -> Iterable[Person]:
    for start, end, name in book_of(known.customers).people.everywhere(text):
        yield _with_title(text, start, end, name[0], True)


def _heard(text: str, known: Known, lexed: Sequence[Word]) -> Iterable[Person]:
    """Homophones of contacts; a name of two characters must be a name or an unknown word to LAC."""
    borders = {w.start for w in lexed if w.tag in ("PER", "nz", "ORG", "LOC", "n", "nr")}
    ends = {w.end for w in lexed}
    for start, end, name in book_of(known.customers).people_sounds.everywhere(sound(text)):
        if end - start > 2 or (start in borders and end in ends):
            yield _with_title(text, start, end, name[0], True)


def _by_lac(lexed: Sequence[Word], text: str) -> Iterable[Person]:
    for word in lexed:
        if text[word.start - 1 : word.start] == "比" and _DEARER.match(text, word.end):
            continue  # 比博世贵: a rival, whatever LAC thinks
        if (
            word.tag != "PER"
            or word.text in _NOT
            or not 2 <= len(word.text) <= 5
            or not word.text.isalnum()
            or word.text.isascii()
        ):
            continue
        match = re.fullmatch(rf"(?P<n>.+?)(?P<t>{_TITLES})", word.text)
        if (
            match
            and len(match["n"]) <= 3
            and match["n"][0] in surnames()
            and not re.fullmatch(_BEFORE, match["n"])
        ):
            yield Person(word.start, word.end, word.text, match["n"][0], match["t"], len(match["n"]) > 1)
        elif len(word.text) == 2 and word.text[1] in _SHORT and word.text[0] in surnames():
            yield Person(word.start, word.end, word.text, word.text[0], word.text[1], False)
        elif len(word.text) <= 4 and word.text[0] not in "的他她我你给跟和个":
            yield _with_title(text, word.start, word.end, word.text[0], True)


def _addressed(text: str, known: Known, lexed: Sequence[Word]) -> Iterable[Person]:
    """A surname with a form of address (陈老板); weak forms only where a word begins there."""
    starts = {w.start for w in lexed}
    ends = {w.end for w in lexed}
    rare = book_of(known.customers).surnames - surnames()
    inside = {
        k for w in lexed if w.tag in ("n", "v", "vn") and len(w.text) >= 2 for k in range(w.start + 1, w.end)
    }
    listed = re.compile(rf"(?P<s>[{re.escape(''.join(sorted(rare)))}])(?P<t>{_TITLES})") if rare else None
    for match in [*_ADDRESSED.finditer(text), *(listed.finditer(text) if listed else ())]:
        weak = match["t"] in _WEAK
        if match.start() in inside:
            continue
        if weak and lexed and (match.start() not in starts or match.end() not in ends):
            continue
        if match[0] not in _NOT:
            yield Person(match.start(), match.end(), match[0], match["s"], match["t"], False)


def _nicknames(text: str, known: Known, lexed: Sequence[Word]) -> Iterable[Person]:
    """老霍, 小邓, 阿静 and 敏姐: the second only where the book has such a given name."""
    starts = {w.start for w in lexed}
    for match in _NICK.finditer(text):
        if match[0] in _NOT or any(text.startswith(n, match.start()) for n in _NOT if len(n) > 2):
            continue
        if match["b"] == "大" or (match["b"] != "阿" and match["s"] not in surnames()):
            continue
        if not lexed or match.start() in starts:
            yield Person(match.start(), match.end(), match[0], match["s"], "", False)
    given = book_of(known.customers).given
    for match in _FAMILIAR.finditer(text):
        if match["g"] in given:
            yield Person(match.start(), match.end(), match[0], match["g"], match["t"], False)


def _introduced(text: str, lexed: Sequence[Word]) -> Iterable[Person]:
    """A name after 叫, 联系人 or 负责人, though nobody knows it (叫隋国梁, 联系人:阚春雨)."""
    ends = {w.end for w in lexed}
    for match in _INTRODUCED.finditer(text):
        name = match["n"]
        if name[0] not in surnames():
            continue
        size = 3 if len(name) >= 3 and name[2] not in _AFTER_NAME else 2
        if size == 3 and match.start("n") + 2 in ends and match.start("n") + 3 not in ends:
            size = 2
        if not re.search(f"[{_AFTER_NAME}]", name[:size]):
            yield Person(match.start("n"), match.start("n") + size, name[:size], name[0], "", True)


def _latin(text: str) -> Iterable[Person]:
    for match in _LATIN.finditer(text):
        if match[0] not in _NOT_NAMES:
            yield Person(match.start(), match.end(), match[0], match[0], "", True)


def is_private(customer: KnownCustomer) -> bool:
    """Whether a customer of the book is a person (刘女士, 楼晓燕), not a company."""
    if any(contact.name == customer.name for contact in customer.contacts):
        return True
    return bool(customer.aliases) and all(_ADDRESSED.fullmatch(alias) for alias in customer.aliases)


def behind(text: str, start: int, end: int, customer: KnownCustomer) -> Person | None:
    """The person that a private customer's name names, where the book lists them as its contact."""
    name = text[start:end]
    match = _ADDRESSED.fullmatch(name)
    person = Person(start, end, name, name[0], match["t"] if match else "", match is None)
    return person if is_private(customer) and matches(person, customer.contacts) else None


# -- who it is -------------------------------------------------------------------------------------


def bare(person: Person) -> str:
    """The name without a form of address where a whole name was said (罗萍店长 → 罗萍)."""
    cut = person.full and person.title and person.text.endswith(person.title)
    return person.text[: -len(person.title)] if cut else person.text


def matches(person: Person, contacts: Iterable[KnownContact]) -> list[KnownContact]:
    """Contacts that may be meant, likeliest first."""
    scored = [(_fit(person, contact), contact) for contact in contacts if contact.name]
    best = max((score for score, _ in scored), default=0.0)
    return [contact for score, contact in scored if score > 0 and score >= best - 0.2]


def _fit(person: Person, contact: KnownContact) -> float:
    name = bare(person)
    if name == contact.name:
        return 4.0
    if person.full and len(name) >= 2 and sound(name) == sound(contact.name):
        return 3.5
    if person.full and not name.isascii() and len(name) > 1:
        given = len(name) == 2 and len(contact.name) == 3 and contact.name.endswith(name)
        return 2.5 if given else 0.0
    title = contact.title or ""
    if contact.name[0] == person.surname:
        return 2.0 + (1.0 if _same_title(person.title, title) else 0.0)
    if person.surname in contact.name[1:] and (
        person.title in ("姐", "哥", "叔", "嫂", "姨", "婶", "妹", "") or len(contact.name) < 2
    ):
        return 1.5
    return (
        1.0
        if sound(contact.name[0]) == sound(person.surname)
        and person.title
        and _same_title(person.title, title)
        else 0.0
    )


def _same_title(said: str, held: str) -> bool:
    if not said or not held:
        return False
    if said in held or (
        said == "总" and ("总" in held or "董事" in held or held in ("老板", "法人", "经理"))
    ):
        return True
    return len(said) == 1 and said in held


def everyone(known: Known) -> list[tuple[KnownCustomer, KnownContact]]:
    return [(customer, contact) for customer in known.customers for contact in customer.contacts]
