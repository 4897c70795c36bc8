"""Builds next actions: what was promised or asked, by whom, until when."""

import re
from itertools import takewhile

from handlers.understanding import judge, promises
from handlers.understanding.context import Context
from handlers.understanding.moments import Moment, Tense
from handlers.understanding.normalise import plain
from handlers.understanding.note import NextAction
from handlers.understanding.tagger import Phrase
from handlers.understanding.topics import Topic
from handlers.understanding.words import words

ACTION_CUT = 0.8  # chance from which a clause counts as an action
_REACH = 22  # characters between a day and the action that it belongs to
_WHOLE = 24  # characters of a clause that may be an action as a whole
_HEADS = "|".join(words("actions", "heads"))
_TAILS = "|".join(words("actions", "tails"))
_TO_WHOM = "|".join(words("actions", "to_whom"))
_GIVE = "|".join(words("actions", "give"))
_COUNT = re.compile(
    r"[一二两三四五六七八九十几\d]+(?:份|个|版|档|袋|吨|瓶|种|次|遍|组|对|车|套|张|封|台|只|支|件|箱|批|条|本|盒|桶|包|点|下|些)"
)
_THING = re.compile(
    f"(?!(?:{_GIVE})|[出看谈定签要写打])[\u4e00-\u9fff]{{0,4}}(?:{'|'.join(words('actions', 'things'))})"
)
_NAMED_THING = re.compile("|".join(words("actions", "things")))
_OVER = re.compile(rf"(?:过去|过来|出去|好|完)?(?:给)?(?:{_TO_WHOM})?(?:过去|过来)?[了咗]")
_SAID_BEHIND = re.compile(r"(?<=...)[, ]*[我俺他她](?:们)?(?:说|讲)(?:行|好|可以|没问题|[^,]{0,12})?$")
_PRESSED = re.compile("^[^,。;]{0,5}(?:之前|以前)?(?:必须|务必|一定[要得])(?=.)")
_SAID_LAST = re.compile(r"[, ]*(?:[我他她](?:们)?(?:说|讲|话)?)$")
_SPLIT = re.compile(rf"(?P<o>[^,。]{{2,}}),(?:[我他她]们?)?(?:说|讲|答应)?(?P<v>{_GIVE})(?:.{{0,3}})")
_HEAD = re.compile(rf"(?:{plain(_HEADS)})+")
_TAIL = re.compile(rf"(?:{plain(_TAILS)})+$")
_ASKED = re.compile("|".join(words("actions", "asked")))
_TURNED = re.compile(
    rf"(?:将|把)(?P<o>.+?)(?P<v>{_GIVE})(?:一下)?(?:{_TO_WHOM})?(?:过去|过来|去|来|上去|好|完|出来|到位)?(?:{_TO_WHOM})?"
)
_OBJECT_FIRST = re.compile(
    rf"(?:(?=(?:{_NAMED_THING.pattern}))|(?!(?:{_GIVE})))(?P<o>.{{2,}}?)(?P<v>{_GIVE})(?:给|到|过去|过来|好|齐|出来|完)?"
)
_DOER = re.compile(
    rf"(?<=[\u4e00-\u9fff]{{2}})(?:我|咱|他|她)们?(?=(?:{_GIVE})(?:给|到|过去|过来|好|齐|出来|完)?$)"
)
"""Whoever does it, between the thing and the verb: 合同我寄过去."""
_TAKING = re.compile("把?.{0,10}?[带拿捎送]")  # what is taken along on a plan is no action of its own
_GOING = re.compile(rf"^(?:{'|'.join(words('actions', 'going'))})")


def build(context: Context, topic: Topic, plan_clauses: set[int]) -> list[NextAction]:
    """Actions of one customer in order; trips and calls at a set time are plans and left out."""
    phrases = [p for p in context.phrases if p.kind == "ACT" and context.topic_at(p.start) == topic]
    days = [m for m, role in context.roles.items() if role == "due" and context.topic_at(m.start) == topic]
    due = _joined(context, phrases, days)
    out: list[NextAction] = []
    for phrase in phrases:
        going = _GOING.match(context.scan.text[phrase.start : phrase.end]) or _TAKING.match(
            context.scan.text, phrase.start, phrase.end
        )
        if going and context.scan.clause_at(phrase.start) in plan_clauses:
            continue
        action = _action(context, phrase, due.get(phrase))
        if action and all(action.what != other.what for other in out):
            out.append(action)
    for day in days:
        if day not in due.values():
            out += _bare(context, day)
    out += _unmarked(context, topic, plan_clauses, phrases, days)
    return out + _inside(context, topic, out)


def _inside(context: Context, topic: Topic, found: list[NextAction]) -> list[NextAction]:
    """Promises that none of those found speaks of."""
    taken = [span for action in found for span in action.spans]
    out: list[NextAction] = []
    for promise in promises.find(context, topic):
        span = context.span(promise.start, promise.end)
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            out.append(NextAction(promise.what, None, promise.owner, False, (span,)))
    return out


def _unmarked(
    context: Context, topic: Topic, plan_clauses: set[int], phrases: list[Phrase], days: list[Moment]
) -> list[NextAction]:
    """Clauses judged to hold an action where neither tagger nor due date showed one."""
    scan, out = context.scan, list[NextAction]()
    for number, (start, end) in enumerate(scan.clauses):
        busy = (
            any(p.start < end and start < p.end for p in phrases)
            or any(start <= d.start < end for d in days)
            or number in plan_clauses
        )
        if busy or context.topic_at(start) != topic:
            continue
        what = tidy(context, start, end)
        if not 2 <= len(what) <= 16 or _GOING.match(what):
            continue
        if judge.clause_acts(scan, number) >= ACTION_CUT:
            owner = judge.owner(scan, Phrase(start, end, "ACT"))
            out.append(NextAction(what, None, owner, False, (context.span(start, end),)))
    return out


def _joined(context: Context, phrases: list[Phrase], days: list[Moment]) -> dict[Phrase, Moment]:
    """Each day to the nearest action; behind it rather than before it, in its own sentence rather than beyond."""
    pairs: list[tuple[float, int, int]] = []
    for i, day in enumerate(days):
        for k, phrase in enumerate(phrases):
            gap = max(phrase.start - day.end, day.start - phrase.end, 0)
            between = context.scan.text[min(day.end, phrase.end) : max(day.start, phrase.start)]
            cost = gap + 3.0 * (phrase.end <= day.start) + 8.0 * bool(re.search(r"[。;!?\n]", between))
            if cost <= _REACH:
                pairs.append((cost, i, k))
    due: dict[Phrase, Moment] = {}
    used: set[int] = set()
    for _, i, k in sorted(pairs):
        if i not in used and phrases[k] not in due:
            due[phrases[k]] = days[i]
            used.add(i)
    return due


def _action(context: Context, phrase: Phrase, day: Moment | None) -> NextAction | None:
    if day is None and _done(context, phrase):
        return None
    what = tidy(context, *_grown(context, phrase))
    if verb := promises.bare(what):
        what = promises.about(context, phrase.start, what, verb)
    if len(what) < 2:
        return None
    when = context.when(day, Tense.FUTURE) if day else None
    return NextAction(
        what,
        when.day if when else None,
        judge.owner(context.scan, phrase),
        bool(day and day.before),
        (context.span(phrase.start, phrase.end),),
        when.spans if when else (),
    )


def _done(context: Context, phrase: Phrase) -> bool:
    """发她了, 转过来了: what has happened is no next action, unless it is asked for."""
    start = context.scan.clauses[context.scan.clause_at(phrase.start)][0]
    told = _ASKED.search(context.scan.text[start : phrase.end])
    return told is None and _OVER.match(context.scan.text, phrase.end) is not None


def _grown(context: Context, phrase: Phrase) -> tuple[int, int]:
    """A phrase that begins or ends within a word takes in the whole word."""
    start, end = phrase.start, phrase.end
    for word in context.scan.lexed:
        plain_word = word.tag not in ("w", "p", "u", "c") and not set(
            context.scan.masks[word.start : word.end]
        ) & set("CPDMT")
        start = word.start if plain_word and word.start < start < word.end else start
        end = word.end if plain_word and word.start < end < word.end else end
    return start, end


def _bare(context: Context, day: Moment) -> list[NextAction]:
    """A due date without a marked action: what its clause says beside it."""
    when = context.when(day, Tense.FUTURE)
    found = _beside(context, day) if when else None
    if when is None or found is None:
        return []
    start, end = found
    what = tidy(context, start, end)
    whole = context.scan.clauses[context.scan.clause_at(day.start)]
    if (len(what) < 2 or promises.bare(what)) and whole[1] - whole[0] <= _WHOLE:  # 合同我周五前寄过去
        said = tidy(context, *whole)
        what = said if len(said) >= 2 else what
    if verb := promises.bare(what):
        what = promises.about(context, start, what, verb)
    if len(what) < 2:
        return []
    owner = judge.owner(context.scan, Phrase(start, end, "ACT"))
    return [NextAction(what, when.day, owner, day.before, (context.span(start, end),), when.spans)]


def _beside(context: Context, day: Moment) -> tuple[int, int] | None:
    """The clause on that side of the day that says something; in a long one, the verb right behind the day."""
    start, end = context.scan.clauses[context.scan.clause_at(day.start)]
    if end - start > _WHOLE and (near := promises.behind(context.scan, day)):
        return near
    if day.end < end and len(context.scan.text[day.end : end].strip(" ,。;!?\n")) >= 1:
        start = day.end
    elif day.start > start:
        end = day.start
    return (start, end) if end - start <= _WHOLE else None


def tidy(context: Context, start: int, end: int) -> str:
    """Verb, then object: days, people's pronouns, counts and 把 are left out (把方案给他 → 给方案)."""
    scan = context.scan
    text = "".join(
        c for c, m in zip(scan.text[start:end], scan.masks[start:end], strict=True) if m not in "DT"
    )
    text = _PRESSED.sub("", text)
    asked = list(_ASKED.finditer(plain(text)))
    if asked and len(text) - asked[-1].end() >= 2:
        text = text[asked[-1].end() :]
    elif scan.masks[start] == "P":
        text = text[sum(1 for _ in takewhile(lambda m: m == "P", scan.masks[start:end])) :]
    text = _ends_off(_SAID_LAST.sub("", _SAID_BEHIND.sub("", text)))
    if (apart := _SPLIT.fullmatch(text)) and not re.match(_GIVE, text):
        text = apart["v"] + apart["o"]
    turned = _TURNED.fullmatch(plain(text))
    if turned:
        text = text[turned.start("v") : turned.end("v")] + text[turned.start("o") : turned.end("o")]
    text = _without_whom(_DOER.sub("", text))
    text = _COUNT.sub("", text, count=1)
    text = re.sub(
        r"(?<=[做出发给报寄送写打拿换算列问拉填开提])(?:[个份下]|套(?!餐|装|件|房|票))(?=.)", "", text
    ).replace("的", "")
    text = re.sub(r"(?<=[问找跟向])(?:我|咱|他|她)们(?=.)", "", text)
    text = re.sub(r"^(价|货|样|款|图|票|信)([报发寄打付出开回])$", r"\2\1", text)
    if (turned := _OBJECT_FIRST.fullmatch(text)) and not re.match(r"[去来签谈问查确联打做给帮]", text):
        text = (turned["v"].removesuffix("给") or "给") + turned["o"]
    text = re.sub(r"^(?:将|把)", "", text).strip(" ,。;:!?、的")
    return f"给{text}" if _NAMED_THING.fullmatch(text) or _THING.fullmatch(text) else text


def _ends_off(text: str) -> str:
    """Cuts off what opens and closes a request without being part of it (我, 要, 先, 过去, 一下)."""
    text = re.sub(r"\n+", " ", text.strip(" ,。;:!?、\n"))
    head = _HEAD.match(plain(text))
    text = text[head.end() :] if head else text
    tail = _TAIL.search(plain(text))
    return text[: tail.start()] if tail else text


def _without_whom(text: str) -> str:
    """发给他样品 is 发样品."""
    text = re.sub(rf"^(?:给|俾|帮|替|向|跟|同)(?:{_TO_WHOM})(?=.{{2,}})", "", text)
    text = re.sub(rf"(?<=[发送寄报给交补做出推打回])(?:给)?(?:{_TO_WHOM})(?=.)", "", text)
    return re.sub(rf"(?:给|俾|畀)?(?:{_TO_WHOM})$", "", text) if len(text) > 3 else text
