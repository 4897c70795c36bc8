"""A careful assistant: turns a note's right answer into what a model would say of it, in quotes.

It sees the masked note alone. Where the right value stands nowhere, it quotes the words nearest.
"""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pypinyin import lazy_pinyin
from rapidfuzz import fuzz

from handlers.understanding import numerals
from handlers.understanding.moments import Tense
from handlers.understanding.note import Known
from handlers.understanding.scan import Scan, scan
from tests.corpus.align import place

BY_HAND: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("quotes.json").read_text(encoding="utf-8")
)
"""What a person would quote where no alignment finds it: by case and right value."""
_BREAK = re.compile(r"[,，。;；!！?？\n ]+")
_TITLE = (
    r"(?:老板娘|老板|经理|主任|厂长|院长|科长|校长|店长|会计|小姐|女士|先生|太太|老师|总|工|姐"
    r"|哥|叔|董|科|处|局|院|厂|园|副总|理事长|社长|站长|队长|总监|部长|轮机长|主管)"
)


def masked_value(value: str, hidden: dict[str, str]) -> str:
    """A right value as it reads in the masked note."""
    bare = value.replace(" ", "")
    for sign, words in hidden.items():
        if words in value:
            return value.replace(words, sign)
        if len(bare) >= 4 and bare in words.replace(" ", ""):
            return sign
    return value


class Careful:
    """Answers for one case. `keys` leads from the book's ids to those that were sent."""

    def __init__(self, case: dict[str, Any], note: str, hidden: dict[str, str], keys: dict[str, str]) -> None:
        self.case = case
        self.note = note
        self.hidden = hidden
        self.keys = keys
        self.now = datetime.fromisoformat(case["now"])
        self.scan: Scan = scan(note, self.now, Known())
        self.by_hand = BY_HAND.get(case["id"], {})
        self.book = {each["id"]: each for each in case["book"]}

    def answer(self) -> dict[str, Any]:
        gold = self.case["gold"]
        out: dict[str, Any] = {
            "intent": gold["intent"],
            "visits": [self.visit(each) for each in gold.get("visits") or ()],
            "plans": [self.plan(each) for each in gold.get("plans") or ()],
            "reminders": [self.reminder(each) for each in gold.get("reminders") or ()],
            "updates": [self.update(each) for each in gold.get("updates") or ()],
        }
        for key, told in (
            ("query", self.query),
            ("handover", self.handover),
            ("correction", self.correction),
        ):
            out[key] = told(gold[key]) if gold.get(key) else None
        return out

    # -- records -----------------------------------------------------------------------------------

    def visit(self, gold: dict[str, Any]) -> dict[str, Any]:
        customer = self.customer(gold["customer"])
        shown = self.clause_of(customer["quote"])
        return {
            "customer": customer,
            "contacts": [self.person(name, gold["customer"]) for name in gold.get("contacts") or ()],
            "when": None
            if gold["when"] == self.now.date().isoformat()
            else self.moment(gold["when"], Tense.PAST),
            "method": judged(gold.get("method"), shown),
            "amounts": [self.amount(each) for each in gold.get("amounts") or ()],
            "stage": judged(gold.get("stage"), shown),
            "mood": judged(gold.get("mood"), shown),
            "competitors": [{"quote": self.words(each)} for each in gold.get("competitors") or ()],
            "tags": [judged(each, shown) for each in gold.get("tags") or ()],
            "next_actions": [self.action(each) for each in gold.get("next_actions") or ()],
            "facts": [self.fact(each, gold["customer"]) for each in gold.get("facts") or ()],
        }

    def update(self, gold: dict[str, Any]) -> dict[str, Any]:
        customer = self.customer(gold["customer"])
        return {
            "customer": customer,
            "facts": [self.fact(each, gold["customer"]) for each in gold.get("facts") or ()],
            "amounts": [self.amount(each) for each in gold.get("amounts") or ()],
            "stage": judged(gold.get("stage"), self.clause_of(customer["quote"])),
        }

    def plan(self, gold: dict[str, Any]) -> dict[str, Any]:
        when = self.moment(gold["when"], Tense.FUTURE)
        return {
            "customer": self.customer(gold["customer"]) if gold.get("customer") else None,
            "contacts": [self.person(name, gold["customer"]) for name in gold.get("contacts") or ()],
            "when": when,
            "method": judged(gold.get("method"), self.clause_of(when["quote"])),
            "quote": self.clause_of(when["quote"]),
        }

    def reminder(self, gold: dict[str, Any]) -> dict[str, Any]:
        return {
            "customer": self.customer(gold["customer"]) if gold.get("customer") else None,
            "when": self.moment(gold["when"], Tense.FUTURE),
            "what": gold["what"],
            "quote": self.words(gold["what"]),
        }

    def query(self, gold: dict[str, Any]) -> dict[str, Any]:
        return {
            "kind": gold["kind"],
            "customer": self.customer(gold["customer"]) if gold.get("customer") else None,
            "period": self.period(gold) if gold.get("from") or gold.get("to") else "",
            "since": gold.get("from"),
            "until": gold.get("to"),
        }

    def period(self, gold: dict[str, Any]) -> str:
        """The shortest words that name the period, else the whole question."""
        from handlers.understanding.note import QueryKind
        from handlers.understanding.requests import period

        wanted = (gold.get("from"), gold.get("to"))
        for size in range(2, 12):
            for start in range(len(self.note) - size + 1):
                words = self.note[start : start + size]
                read = period(words, self.now.date(), QueryKind(gold["kind"]))
                if tuple(day and day.isoformat() for day in read) == wanted:
                    return words
        return self.note

    def handover(self, gold: dict[str, Any]) -> dict[str, Any]:
        everything = gold["customers"] == "all"
        return {
            "everything": everything,
            "customers": [] if everything else [self.customer(each) for each in gold["customers"]],
            "to": {"quote": self.words(gold["to"]), "name": gold["to"]},
            "reason": self.words(gold["reason"]) if gold.get("reason") else "",
        }

    def correction(self, gold: dict[str, Any]) -> dict[str, Any]:
        field, value = gold["field"], gold["value"]
        told, quote = str(value), ""
        if field == "amount":
            quote = self.amount({"kind": "other", "value": value})["quote"]
        elif field in ("when", "due"):
            quote = self.moment(value, Tense.PAST if field == "when" else Tense.FUTURE)["quote"]
        elif field == "customer":
            customer = self.customer(value)
            told, quote = customer["id"] or value, customer["quote"]
        elif field == "contact":
            quote = self.anybody(value)
        else:
            told = masked_value(told, self.hidden)
            quote = self.number(value) if field == "phone" else self.words(told)
        return {"field": field, "quote": quote, "value": told, "kind": None}

    # -- parts -------------------------------------------------------------------------------------

    def customer(self, told: str) -> dict[str, Any]:
        entry = self.book.get(told)
        if entry is None:
            return {"quote": self.words(told), "id": None}
        if told in self.by_hand:
            return {"quote": self.by_hand[told], "id": self.keys.get(told)}
        names = [entry["name"], *entry["aliases"]]
        people = [c["name"] for c in entry["contacts"]]
        quote = self.exactly([*sorted(names, key=len, reverse=True), *people]) or self.heard(names, people)
        return {"quote": quote, "id": self.keys.get(told)}

    def exactly(self, names: Iterable[str]) -> str:
        return next((name for name in names if name in self.note), "")

    def heard(self, names: list[str], people: list[str]) -> str:
        """The stretch that sounds most like a name, or that names one of its people."""
        windows = {self.note[i : i + n] for n in range(2, 9) for i in range(len(self.note) - n + 1)}
        best = max(
            (
                (like(window, name), len(window), window)
                for window in windows
                if not _BREAK.search(window)
                for name in names
            ),
            default=(0, 0, ""),
        )
        if best[0] >= 88:
            return best[2]
        called = next((found for name in people if (found := self.called(name))), "")
        partly = next((name[:2] for name in names if name[:2] in self.note), "")
        return best[2] if best[0] >= 76 and not called else called or partly or best[2]

    def person(self, name: str, customer: str) -> dict[str, Any]:
        return {"quote": self.anybody(name), "name": name}

    def anybody(self, name: str) -> str:
        titles = [
            c["title"]
            for e in self.book.values()
            for c in e["contacts"]
            if c["name"] == name and c.get("title")
        ]
        said = self.by_hand.get(name) or self.exactly([name]) or self.called(name) or self.exactly(titles)
        return said or self.words(name)

    def called(self, name: str) -> str:
        """A homophone of the whole name, a given name, or 陈总 for 陈国强."""
        for part in (name, name[1:]):
            windows = [self.note[i : i + len(part)] for i in range(len(self.note) - len(part) + 1)]
            for window in windows if len(part) > 1 else ():
                if like(window, part) >= 95:
                    return window
        nicks = [f"[老小阿]{name[0]}", f"[老小阿]{name[-1]}", f"{name[-1]}[姐哥叔]"]
        for pattern in (f"{name[0]}{_TITLE}", *nicks):
            if found := re.search(pattern, self.note):
                return found[0]
        spoken = [
            m
            for m in re.finditer(rf"(?P<n>[\u4e00-\u9fff]){_TITLE}", self.note)
            if like(m["n"], name[0]) >= 95
        ]
        return spoken[0][0] if spoken else ""

    def moment(self, told: str, tense: Tense) -> dict[str, Any]:
        return {"quote": self.by_hand.get(told) or self.moment_words(told, tense), "date": told}

    def moment_words(self, told: str, tense: Tense) -> str:
        wanted, moments = datetime.fromisoformat(told), self.scan.moments
        tenses = (tense, Tense.FUTURE if tense is Tense.PAST else Tense.PAST)
        days = [
            m
            for t in tenses
            for m in moments
            if m.kind != "clock" and m.day(self.now.date(), t) == wanted.date()
        ]
        hours = [m for m in moments if m.hour == wanted.time()] if "T" in told else []
        both = next((m for m in days if m in hours), None)
        chosen = [both] if both else [*days[:1], *hours[:1]]
        dated = bool(days) or wanted.date() == self.now.date()
        if chosen and dated and ("T" not in told or hours):
            return "…".join(self.scan.span(m.start, m.end).of(self.note) for m in chosen if m)
        words = [self.exactly(written_day(wanted)), self.exactly(written_hour(wanted)) if "T" in told else ""]
        if not words[0] and days:
            words[0] = self.scan.span(chosen[0].start, chosen[0].end).of(self.note)
        if any(words):
            return "…".join(each for each in words if each)
        if wanted.date() == self.now.date():
            return self.exactly(["今天", "今儿", "下班前", "上午", "下午", "晚上", "十点以前"])
        return self.nearest(
            [r"\d+[号日天月]", r"[一二三四五六七八九十]+[号日天月]", "[周期拜]", "[早午晚天年节]", "[点月]"]
        )

    def amount(self, gold: dict[str, Any]) -> dict[str, Any]:
        told = {"kind": gold["kind"], "yuan": gold["value"], "max": gold.get("max")}
        if str(gold["value"]) in self.by_hand:
            return told | {"quote": self.by_hand[str(gold["value"])]}
        for item in self.scan.sums:
            if item.low == gold["value"] and item.high == gold.get("max"):
                widened = max(0, item.start - 3)
                return told | {"quote": self.scan.span(widened, item.end).of(self.note)}
        if written := self.exactly(written_sum(gold["value"])) if gold["value"] < 1 else "":
            return told | {"quote": written}
        numbers = list(re.finditer(numerals.NUMBER, self.scan.text))
        for match in numbers:
            if numerals.value(match[0]) == gold["value"]:
                high = next((m for m in numbers if numerals.value(m[0]) == gold.get("max")), match)
                return told | {"quote": self.scan.span(match.start(), high.end()).of(self.note)}
        written = self.exactly(written_sum(gold["value"]))
        return told | {"quote": written or self.nearest([r"[万千百元块]", r"\d", "[一二两三四五六七八九十]"])}

    def action(self, gold: dict[str, Any]) -> dict[str, Any]:
        due = gold.get("due")
        return {
            "what": gold["what"],
            "quote": self.words(gold["what"]),
            "due": self.moment(due, Tense.FUTURE) if due else None,
            "owner": gold["owner"],
        }

    def fact(self, gold: dict[str, Any], customer: str) -> dict[str, Any]:
        of, field, value = gold["of"], gold["field"], masked_value(gold["value"], self.hidden)
        if field in ("phone", "wechat", "email"):
            quote = self.number(gold["value"]) or self.words(value)
        elif field in ("left", "joined", "decision_maker"):
            quote = self.anybody(of) if of != "customer" else self.note[:10]
        elif field == "birthday":
            quote = self.birthday(value)
        elif field == "headcount":
            quote = self.count(value)
        else:
            quote = self.words(value)
        return {"of": of, "field": field, "value": value, "quote": quote}

    def number(self, value: str) -> str:
        """The sign that hides a number."""
        wanted = re.sub(r"\D", "", value)
        shown = {sign: digits(words) for sign, words in self.hidden.items()}
        exact = [sign for sign, held in shown.items() if held == wanted or self.hidden[sign] == value]
        near = [sign for sign in shown if wanted and fuzz.ratio(shown[sign], wanted) >= 85]
        return (exact or near or [""])[0]

    def count(self, value: str) -> str:
        for match in re.finditer(numerals.NUMBER, self.scan.text):
            if str(int(numerals.value(match[0]) or 0)) == value:
                return self.scan.span(*match.span()).of(self.note)
        return self.words(value)

    def birthday(self, value: str) -> str:
        wanted = value[-5:]
        for moment in self.scan.moments:
            day: date | None = moment.day(self.now.date(), Tense.PAST)
            if day and f"{day:%m-%d}" == wanted:
                return self.scan.span(moment.start, moment.end).of(self.note)
        return self.nearest(["生日", "月", "号"])

    def words(self, phrase: str) -> str:
        """The stretch that says a phrase, else the clause that shares most with it."""
        if phrase in self.note:
            return phrase
        found = place(phrase, self.scan.text, set())
        for sign in self.hidden:  # a sign is quoted whole or not at all
            at = self.scan.text.find(sign)
            if found and found[0] < at + len(sign) and at < found[1]:
                found = min(found[0], at), max(found[1], at + len(sign))
        if found:
            return self.scan.span(*found).of(self.note)
        clauses = [each for each in _BREAK.split(self.note) if each]
        return max(clauses, key=lambda each: len(set(each) & set(phrase)) / (8 + len(each)))

    def nearest(self, cues: list[str]) -> str:
        clauses = [each for each in _BREAK.split(self.note) if each]
        return max(clauses, key=lambda each: [bool(re.search(cue, each)) for cue in cues])

    def clause_of(self, quote: str) -> str:
        at = self.note.find(quote.split("…", maxsplit=1)[0])
        ends = [m.start() for m in _BREAK.finditer(self.note) if m.start() >= at + len(quote)]
        return self.note[at : min([*ends, at + len(quote) + 6])] if at >= 0 else quote


DIGITS = "零一二三四五六七八九"


def spoken(number: int) -> str:
    """1 to 99 in Chinese."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else DIGITS[tens] + "十"
    return head + (DIGITS[ones] if ones or not tens else "")


def written_day(day: datetime) -> list[str]:
    """Ways in which people write a day of the calendar."""
    m, d = day.month, day.day
    both = [
        f"{m}.{d}",
        f"{m:02}.{d:02}",
        f"{m}/{d}",
        f"{m}月{d}日",
        f"{m}月{d}号",
        f"{spoken(m)}月{spoken(d)}日",
    ]
    return [
        *both,
        f"{d}号",
        f"{d}日",
        f"{spoken(d)}号",
        f"{spoken(d)}日",
        *(["廿" + spoken(d)[2:] + "号"] if d > 20 else []),
    ]


def written_hour(day: datetime) -> list[str]:
    hours = dict.fromkeys((day.hour, day.hour % 12 or 12))
    minute = {0: ["", "整"], 30: ["半", "30分", "三十分"], 15: ["一刻"], 45: ["三刻"]}.get(day.minute, [])
    minute = (
        [*minute, f"{day.minute:02}", f"{day.minute}分", f"{spoken(day.minute)}分"] if day.minute else minute
    )
    ends = sorted(minute, key=len, reverse=True)
    clock = [f"{h}:{day.minute:02}" for h in hours]
    return [
        *clock,
        *(f"{word}{o}{m}" for m in ends for h in hours for word in (str(h), spoken(h)) for o in "点时"),
    ]


def written_sum(value: float) -> list[str]:
    """Ways in which people write a sum of money that our reader may not know."""
    out: list[str] = []
    for unit, scale in (("万", 1e4), ("w", 1e4), ("W", 1e4), ("k", 1e3), ("", 1)):
        number = f"{value / scale:.4f}".rstrip("0").rstrip(".")
        out += [f"{number} {unit}", f"{number}{unit}"] if unit else [f"{value:,.0f}", number]
    fen = round(value * 100)
    jiao, rest = divmod(fen, 10)
    if value < 1:
        out += [f"{DIGITS[jiao]}毛{DIGITS[rest] if rest else ''}", f"{jiao}毛{rest or ''}"]
    return out


def judged(value: Any, quote: str) -> dict[str, Any] | None:
    return {"value": value, "quote": quote} if value else None


def like(one: str, other: str) -> float:
    return float(fuzz.ratio(" ".join(lazy_pinyin(one)), " ".join(lazy_pinyin(other))))


def digits(text: str) -> str:
    from handlers.understanding.phones import digits as spoken

    return spoken(text)
