"""Builds reminders: what the sender asks to be reminded of, and when."""

import re

from handlers.understanding.context import Context
from handlers.understanding.moments import Moment, Tense
from handlers.understanding.note import ReminderRead
from handlers.understanding.words import words

_ASK = re.compile("|".join(words("reminders", "ask")))
_OF = re.compile(r"的(?=[\u4e00-\u9fff])")
_END = re.compile(r"[。;!?\n]")
_AFTERTHOUGHT = re.compile(
    "(?<=.....)(?:那个|[他她](?:们)?说|[我俺]怕|别(?:再|又|让|误|耽误|睡|漏|忘)|不然|免得|省得|要不然).*$"
)
_TRIM = re.compile(
    rf"^(?:{'|'.join(words('reminders', 'heads'))})+|(?:{'|'.join(words('reminders', 'tails'))})+$"
)


def build(context: Context) -> list[ReminderRead]:
    """One for each request; without a day there is nothing to set."""
    moments = [m for m, role in context.roles.items() if role == "remind"]
    if context.intent == "remind" and not moments:
        moments = [m for m in context.roles if m.day(context.scan.now, Tense.FUTURE)][:1]
    out: list[ReminderRead] = []
    day: Moment | None = None
    for index, moment in enumerate(moments):
        day = moment if moment.kind != "clock" else day
        following = moments[index + 1] if index + 1 < len(moments) else None
        if following and following.kind == "clock" and following.start - moment.end < 4:
            continue
        when = context.when(moment, Tense.FUTURE, day)
        start, end = _range(context, moment)
        if when is None or any(r.when == when for r in out):
            continue
        topic = next(
            (t for t in context.topics if any(start <= s < end for s, _ in t.mentions)), None
        ) or context.topic_at(moment.start)
        out.append(
            ReminderRead(
                context.customer(topic) if topic else None,
                when,
                _what(context, moment, start, end),
                (context.span(start, end), *when.spans),
            )
        )
    return out


def _range(context: Context, moment: Moment) -> tuple[int, int]:
    """The sentence that asks: from the request or the day, whichever is first, to its end."""
    text = context.scan.text
    asks = [m for m in _ASK.finditer(text) if abs(m.start() - moment.start) < 40]
    ask = min(asks, key=lambda m: abs(m.start() - moment.start), default=None)
    start = min(moment.start, ask.start()) if ask else moment.start
    behind = max(moment.end, ask.end() if ask else 0)
    stop = _END.search(text, behind)
    return start, stop.start() if stop else len(text)


def _what(context: Context, moment: Moment, start: int, end: int) -> str:
    """The marked phrase within the request where there is one, else its words without day and asking."""
    scan = context.scan
    marked = [p for p in context.phrases if p.kind == "WHAT" and p.start < end and p.end > start]
    if marked:
        start, end = min(p.start for p in marked), max(p.end for p in marked)
        asked = [m.end() for m in _ASK.finditer(scan.text) if 0 < start - m.end() <= 3]
        start = asked[-1] if asked else start
        last = scan.clauses[scan.clause_at(end - 1)][1]
        end = (
            last if last - end <= 6 else next((w.end for w in scan.lexed if w.start < end < w.end), end)
        )  # never half a word
    dropped = {
        i
        for f in scan.firms
        if _OF.match(scan.text, f.end) or any(p.start == f.end for p in scan.people)
        for i in range(f.start, f.end)
    }
    dropped |= {i for p in scan.people if p.full and p.title for i in range(p.end - len(p.title), p.end)}
    dropped |= {
        i
        for m in scan.moments
        if m.start >= moment.start and m.end - moment.end < 12
        for i in range(m.start, m.end)
    }
    text = "".join(c for i, c in enumerate(scan.text[start:end], start) if i not in dropped)
    text = re.sub(r"(?<=[给跟同向催问找到去帮])的", "", _ASK.sub("", text).strip(" ,。;:!?、\n的"))
    text = _AFTERTHOUGHT.sub("", text)
    first = re.match(r"(.{5,}?),", text)
    text = first[1] if first else text
    for _ in range(3):
        text = _TRIM.sub("", text.strip(" ,。;:!?、\n"))
    return text.strip(" ,。;:!?、\n") or scan.text[start:end].strip()
