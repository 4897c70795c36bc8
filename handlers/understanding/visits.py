"""Builds visits, plans, reminders and updates from the topics of a note."""

import re
from collections.abc import Sequence

from handlers.understanding import actions, facts
from handlers.understanding.context import Context
from handlers.understanding.features import cue_at
from handlers.understanding.moments import Moment, Tense
from handlers.understanding.money import Sum
from handlers.understanding.note import (
    Amount,
    AmountKind,
    Labelled,
    Method,
    Mood,
    PersonMention,
    PlanRead,
    Spans,
    Stage,
    Tag,
    UpdateRead,
    VisitRead,
    When,
)
from handlers.understanding.people import Person
from handlers.understanding.topics import Topic
from handlers.understanding.words import words

TAG_CUT = 0.14  # chance from which a tag is set: the classifiers see few examples and are shy


def visit(context: Context, topic: Topic, planned: set[int]) -> VisitRead:
    """One customer's visit; `planned` are numbers of clauses that speak of a plan or reminder."""
    method = _best(context, "method", topic)
    sums = tuple(amounts(context, topic))
    moods = dict(context.about("mood", topic))
    moods["neutral"] *= 0.4
    mood = "negative" if _complained(context, topic) else max(moods, key=lambda name: moods[name])
    return VisitRead(
        customer=context.customer(topic),
        when=visited_at(context, topic),
        contacts=tuple(met(context, topic)),
        method=Labelled(Method(method), _evidence(context, topic, method)) if method != "none" else None,
        amounts=sums,
        stage=_stage(context, topic, sums),
        mood=Labelled(Mood(mood), _evidence(context, topic, mood)),
        competitors=tuple(_rivals(context, topic)),
        tags=tuple(_tags(context, topic, mood)),
        next_actions=tuple(actions.build(context, topic, planned)),
        facts=tuple(facts.build(context, topic)),
        clauses=context.clauses_of(topic),
    )


_COMPLAINED = re.compile("(?<![没不未少])投诉(?!电话|渠道|单|记录|处理|率|信箱)")


def _complained(context: Context, topic: Topic) -> bool:
    return any(_COMPLAINED.search(context.scan.text, start, end) for start, end in topic.parts)


def update(context: Context, topic: Topic) -> UpdateRead:
    alone = len(context.topics) == 1
    sums = tuple(amounts(context, topic))
    stage = _stage(context, topic, sums) if any(a.kind is AmountKind.ORDER for a in sums) else None
    if context.intent == "update" and stage is None and alone:
        stage = _stage(context, topic, sums)
        stage = stage if stage and stage.value in (Stage.WON, Stage.LOST) and stage.spans else None
    return UpdateRead(
        context.customer(topic), tuple(facts.build(context, topic)), sums, stage, context.clauses_of(topic)
    )


def _best(context: Context, name: str, topic: Topic) -> str:
    chances = context.about(name, topic)
    return max(chances, key=lambda label: chances[label])


_SHOWN_BY = {
    "onsite": ["went"],
    "phone": ["phoned"],
    "wechat": ["wechatted"],
    "video": ["video"],
    "meal": ["ate"],
    "event": ["fair"],
    "email": ["mailed"],
    "contact": ["first_met"],
    "needs": ["asks"],
    "proposal": ["offered"],
    "negotiation": ["haggling"],
    "won": ["won"],
    "lost": ["lost"],
    "positive": ["pleased"],
    "negative": ["angry", "fault"],
    "price_sensitive": ["too_dear"],
    "service_demanding": ["more_service"],
    "urgent": ["pressing"],
    "churn_risk": ["leaving"],
    "complaint": ["fault", "angry"],
    "referral": ["recommends"],
}


def _evidence(context: Context, topic: Topic, label: str) -> Spans:
    """The first words of the topic that usually say so; none where the judgement rests on the whole."""
    for start, end in topic.parts:
        if at := cue_at(context.scan.text[start:end], _SHOWN_BY.get(label, ())):
            return (context.span(start + at[0], start + at[1]),)
    return ()


_LOST = re.compile("|".join(words("stages", "lost")))


def _by_rule(context: Context, topic: Topic, sums: Sequence[Amount], stage: str) -> str:
    """What the guideline says plainly: lost is lost, a price told is an offer, money received alone is nothing."""
    kinds = {amount.kind for amount in sums}
    if stage != "won" and any(_LOST.search(context.scan.text, start, end) for start, end in topic.parts):
        return "lost"
    if stage == "needs" and AmountKind.QUOTE in kinds:
        return "proposal"
    bought = any(cue_at(context.scan.text[start:end], ("won", "ordered")) for start, end in topic.parts)
    return "none" if stage == "won" and kinds == {AmountKind.PAYMENT} and not bought else stage


def _stage(context: Context, topic: Topic, sums: Sequence[Amount]) -> Labelled[Stage] | None:
    chances = dict(context.about("stage", topic))
    chances["none"] *= 0.3  # the learnt model says "nothing" too readily
    stage = _by_rule(context, topic, sums, max(chances, key=lambda name: chances[name]))
    return Labelled(Stage(stage), _evidence(context, topic, stage)) if stage != "none" else None


def _tags(context: Context, topic: Topic, mood: str) -> list[Labelled[Tag]]:
    found = [
        Labelled(tag, _evidence(context, topic, tag.value))
        for tag in Tag
        if context.about(f"tag-{tag.value}", topic)["yes"] >= TAG_CUT
    ]
    # Nobody is called a complainer who is not cross, without a word that says so.
    return [each for each in found if each.spans or each.value is not Tag.COMPLAINT or mood == "negative"]


def _rivals(context: Context, topic: Topic) -> list[Labelled[str]]:
    """Other suppliers named beside us (比博世贵, 换宏泰酒水, 瑞鹤经纪也在谈), each once."""
    out: dict[str, Labelled[str]] = {}
    for start, end in context.rivals:
        if context.topic_at(start) == topic:
            name = context.scan.text[start:end]
            out.setdefault(name, Labelled(name, (context.span(start, end),)))
    return list(out.values())


_MEETING = re.compile(
    r"(?:见(?:了|到|着|咗|过)|拜访(?:了|过|咗)?|碰(?:到|见)(?:了)?|约了)[^,。;!?不没]{0,12}$"
)


def _told_met(context: Context, item: Person) -> bool:
    """见了陈老板: whoever stands right behind such words was met."""
    begin = context.scan.clauses[context.scan.clause_at(item.start)][0]
    said = _MEETING.search(context.scan.text[begin : item.start])
    return said is not None and not re.search("[没想要]", context.scan.text[begin : item.start])


def met(context: Context, topic: Topic) -> list[PersonMention]:
    """Those met or spoken to, each once."""
    out: dict[str, PersonMention] = {}
    for item, chances in zip(context.scan.people, context.person_roles, strict=True):
        itself = any((item.start, item.end) == mention for mention in topic.mentions)  # a private customer
        if itself and not topic.ids:
            continue  # a new private customer is the customer, not its contact
        sure = chances["met"] >= (0.1 if itself else 0.5) or (not itself and _told_met(context, item))
        if sure and not context.is_rival(item) and context.topic_at(item.start) == topic:
            person = context.person(item, topic)
            out.setdefault(person.name, person)
    return list(out.values())


_ONE_OF = re.compile(
    r"(?<![了订要拿买定来加下签])(?:一|每)(?:[台套只支件箱吨斤桶瓶包袋张卷盒条根把辆坛株亩米平]|公斤) ?$"
)


def _per_unit(context: Context, item: Sum) -> bool:
    """一箱960: a price a piece is a quote, whatever else was ordered."""
    return item.per_unit or _ONE_OF.search(context.scan.text, max(0, item.start - 8), item.start) is not None


def amounts(context: Context, topic: Topic) -> list[Amount]:
    out: list[Amount] = []
    for item, judged in zip(context.scan.sums, context.kinds, strict=True):
        if judged == "none" or context.topic_at(item.start) != topic:
            continue
        kind = "quote" if judged in ("order", "payment") and _per_unit(context, item) else judged
        amount = Amount(
            AmountKind(kind), item.low, item.high, item.approximate, (context.span(item.start, item.end),)
        )
        if all((a.kind, a.value) != (amount.kind, amount.value) for a in out):
            out.append(amount)
    return out


def visited_at(context: Context, topic: Topic) -> When:
    """The day of the visit: said with this customer, else the last one said before it, else the day of the note."""
    past = [m for m, role in context.roles.items() if role == "visit"]
    days = [m for m in past if m.kind != "clock" and m.day(context.scan.now, Tense.PAST)]
    own = [m for m in past if context.topic_at(m.start) == topic]
    first = min((start for start, _ in topic.parts), default=0)
    day = next((m for m in own if m.kind != "clock"), None) or next(
        (m for m in reversed(days) if m.start < first), None
    )
    clock = next((m for m in own if m.hour), None) or next((m for m in own if m.part), None)
    chosen = clock if clock is not None and (day is None or clock.kind == "clock") else day
    when = context.when(chosen, Tense.PAST, day) if chosen else None
    return when if when and when.day <= context.scan.now else When(context.scan.now)


def plans(context: Context, used: set[int]) -> list[PlanRead]:
    """Contact still to come; the numbers of the clauses that announce it are added to `used`."""
    out: list[PlanRead] = []
    moments = [m for m, role in context.roles.items() if role == "plan"]
    if context.intent == "plan" and not moments:
        moments = [m for m, role in context.roles.items() if role != "none"][:1] or list(context.roles)[:1]
    day: Moment | None = None
    for moment in moments:
        day = moment if moment.kind != "clock" else day
        topic = context.topic_at(moment.start) or (context.topics[-1] if context.topics else None)
        when = context.when(moment, Tense.FUTURE, day)
        if when is None:
            continue
        when = _with_hour(context, moment, when)
        used.add(context.scan.clause_at(moment.start))
        customer = context.customer(topic) if topic else None
        same = [p for p in out if p.customer == customer]
        if same and context.intent != "plan" and same[-1].when.day == when.day:
            continue
        who = tuple(met(context, topic)) if topic else ()
        out.append(
            PlanRead(
                customer, when, who, _plan_method(context, moment), _plan_words(context, moment), when.spans
            )
        )
    return [*_mended(out), *_on_the_way(context, out)] if context.intent == "plan" else out


def _with_hour(context: Context, moment: Moment, when: When) -> When:
    """周三下午去一趟，约的两点半: the hour told next in the same sentence, where no other day stands between."""
    following = [m for m in context.scan.moments if m.start >= moment.end][:1]
    between = context.scan.text[moment.end : following[0].start] if following else ""
    near = following and len(between) < 30 and not re.search("[。;!?\n]", between)
    if when.hour or not near or following[0].kind != "clock" or following[0].hour is None:
        return when
    hour = following[0]
    return When(
        when.day, hour.hour, hour.part or when.part, (*when.spans, context.span(hour.start, hour.end))
    )


_CALLS_ON = re.compile("[看见找去到上约跑]|拜访")


def _on_the_way(context: Context, found: list[PlanRead]) -> list[PlanRead]:
    """明天去鼎盛，顺路看看嘉城: a customer without a day of its own has that of the plan before it."""
    out: list[PlanRead] = []
    for topic in context.topics:
        customer, first = context.customer(topic), topic.mentions[0][0]
        place = context.span(first, first + 1).start
        before = [p for p in found if p.when.spans and p.when.spans[0].start < place]
        begin = context.scan.clauses[context.scan.clause_at(first)][0]
        told = _CALLS_ON.search(context.scan.text, max(begin, first - 12), first)
        if before and told and all(p.customer != customer for p in found):
            last, who = before[-1], tuple(met(context, topic))
            when = When(last.when.day, None, None, last.when.spans)
            out.append(PlanRead(customer, when, who, last.method, last.what, when.spans))
    return out


def _mended(found: list[PlanRead]) -> list[PlanRead]:
    """明天，不对，后天: of several days for one customer, the last with an hour or the last holds."""
    by_customer: dict[object, PlanRead] = {}
    for plan in found:
        key = plan.customer.name if plan.customer else None
        held = by_customer.get(key)
        if held is None or plan.when.hour or not held.when.hour:
            by_customer[key] = plan
    return list(by_customer.values())


def _plan_method(context: Context, moment: Moment) -> Labelled[Method] | None:
    start, end = context.scan.clauses[context.scan.clause_at(moment.start)]
    clause = context.scan.text[start : end + 12]
    for word, method in (
        ("视频", Method.VIDEO),
        ("线上", Method.VIDEO),
        ("电话", Method.PHONE),
        ("打给", Method.PHONE),
        ("微信", Method.WECHAT),
        ("吃", Method.MEAL),
        ("饭", Method.MEAL),
        ("展", Method.EVENT),
    ):
        at = clause.find(word)
        if at >= 0:
            return Labelled(method, (context.span(start + at, start + at + len(word)),))
    for word in ("去", "到", "见", "拜访", "上门", "过", "跑"):
        at = clause.find(word)
        if at >= 0:
            return Labelled(Method.ONSITE, (context.span(start + at, start + at + len(word)),))
    return None


def _plan_words(context: Context, moment: Moment) -> str:
    """The clause without its day: 去天虹见吴莉."""
    start, end = context.scan.clauses[context.scan.clause_at(moment.start)]
    text = context.scan.text
    words = "".join(text[i] for i in range(start, end) if context.scan.masks[i] != "D")
    return words.strip(" ,。;!?\n") or text[start:end].strip(" ,。;!?\n")
