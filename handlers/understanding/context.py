"""Everything known about one note before its parts are put together: marks, phrases, topics and their roles."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise

from handlers.understanding import judge, newnames, people, rivals, tagger, topics
from handlers.understanding.book import book_of, folded, short_names
from handlers.understanding.features import cue_at
from handlers.understanding.moments import Moment, Tense
from handlers.understanding.note import (
    CustomerMention,
    KnownContact,
    KnownCustomer,
    PersonMention,
    Span,
    When,
)
from handlers.understanding.people import Person
from handlers.understanding.scan import Scan
from handlers.understanding.sounds import same_tones, sound
from handlers.understanding.tagger import Phrase
from handlers.understanding.topics import Topic

RIVAL_CUT = 0.35  # chance from which a name counts as another supplier's
TAGGED = 0.2  # added where the tagger marked it, too
_STILL_TO_COME = ("plan", "due", "remind")
_GOING = re.compile("去|见|拜访|上门|碰面|碰头|打电话|请.{0,6}吃")
_MUST = re.compile("(?:[^,。;没有了]{0,5}(?:之前|以前|前))?(?:必须|务必|一定要|一定得|无论如何)(?!是|的)")
_GOES = re.compile(
    "(?:就|再|先|一定|肯定|[我俺咱]们?|亲自|自己){0,4}(?:把[^,。;]{1,10}[送带拿拉捎](?:过去|去)|给?(?:[送带拿拉捎换](?!货款))[^,。;发寄传他她]{0,8}(?:过去|去给|上门)|"
    "(?:过去|去)(?:给|看|量|测|装|谈|跟|找|取|拿)|到(?:[他她]|店|厂|公司|现场|工地)[^,。;]{0,6}[看谈量测装聊]|"
    "(?:过去|去|跑)(?:一?趟|一下)|(?:过去|上门)(?=[,。;]|$)|"
    "[^,。;发寄传报回送打付转交汇运]{0,8}?(?:过来|来(?:店|公司|厂|展厅|门店|我们这|看|定|选|挑|签|试|量|谈|取|提)))"
)
_SENDS = re.compile("[^,。;去到见访过来]{0,10}(?:[发寄传邮汇]|快递)(?:给|过去|出去|到)")
_ENDS = {"上午": 12, "中午": 14, "下午": 18}


def over(moment: Moment, at: datetime) -> bool:
    """Whether a moment lies before `at`, however one reads it: nothing can be planned for it any more."""
    day = moment.day(at.date(), Tense.FUTURE)
    if day is None or day > at.date():
        return False
    if day < at.date():
        return True
    if moment.hour is not None:
        return moment.hour < at.time() and not moment.before
    return moment.part in _ENDS and at.hour >= _ENDS[moment.part] and not moment.before


@dataclass(frozen=True)
class Context:
    """One note under reading; `intent` is the corpus word for it (visit, plan …)."""

    scan: Scan
    at: datetime
    intent: str

    @cached_property
    def phrases(self) -> list[Phrase]:
        """Tagged phrases; where neither book nor tagger knows a customer, the likeliest name for one is added."""
        found = tagger.phrases(self.scan)
        named = self.scan.firms or any(p.kind == "CUST" for p in found)
        if named or self.intent not in ("visit", "plan", "update", "new_customer"):
            return found
        return found + ([] if topics.find(self.scan, found) else newnames.guess(self.scan, self.intent))

    @cached_property
    def rivals(self) -> list[tuple[int, int]]:
        """Names of other suppliers, likeliest first where two overlap; never that of a customer of the note."""
        customers = [mention for topic in self.topics for mention in topic.mentions]
        chances = {
            (start, end): judge.rival(self.scan, start, end, framed)
            for (start, end), framed in rivals.candidates(self.scan).items()
            if all(end <= s or start >= e for s, e in customers)
        }
        tagged = [(p.start, p.end) for p in self.phrases if p.kind == "COMP"]
        chances |= {span: chances.get(span, 0.5) + TAGGED for span in tagged}
        chances |= dict.fromkeys(rivals.sure(self.scan), 1.0)
        out: list[tuple[int, int]] = []
        for (start, end), chance in sorted(chances.items(), key=lambda item: -item[1]):
            if chance >= RIVAL_CUT and all(end <= s or start >= e for s, e in [*customers, *out]):
                out.append((start, end))
        return sorted(out)

    def is_rival(self, item: Person) -> bool:
        """Whether what looks like a person is another supplier's name."""
        return any(start < item.end and item.start < end for start, end in self.rivals)

    @cached_property
    def topics(self) -> list[Topic]:
        return topics.find(self.scan, self.phrases)

    @cached_property
    def customers(self) -> dict[str, KnownCustomer]:
        return book_of(self.scan.known.customers).by_id

    @cached_property
    def roles(self) -> dict[Moment, str]:
        """What each day or hour is for: visit, due, plan, remind, birthday or none."""
        out: dict[Moment, str] = {}
        for moment in self.scan.moments:
            chances = judge.moment_role(self.scan, moment, self.intent)
            role = max(chances, key=lambda role: chances[role])
            role = "due" if role in ("visit", "none") and self._pressed(moment) else role
            role = self._promised(moment, role)
            out[moment] = "visit" if role in _STILL_TO_COME and over(moment, self.at) else role
        return self._unasked(out)

    def _pressed(self, moment: Moment) -> bool:
        """叫我今天必须补上: a day that something must be done by, though it be today."""
        end = self.scan.clauses[self.scan.clause_at(moment.start)][1]
        day = moment.day(self.scan.now, Tense.FUTURE)
        told = _MUST.match(self.scan.text, moment.end, end)
        return told is not None and day is not None and day >= self.scan.now

    def _promised(self, moment: Moment, role: str) -> str:
        """Going there on a set day, with something to do or to hand over, is a plan; sending it is an action."""
        end = self.scan.clauses[self.scan.clause_at(moment.start)][1]
        if role == "due" and _GOES.match(self.scan.text, moment.end, end):
            return "plan"
        return "due" if role == "plan" and _SENDS.match(self.scan.text, moment.end, end) else role

    def _unasked(self, roles: dict[Moment, str]) -> dict[Moment, str]:
        """周五去见吴莉，下周一提醒我…: a day told before anything is asked, with somewhere to go, is a plan."""
        asks = [
            start for start, end in self.scan.clauses if cue_at(self.scan.text[start:end], ("remind_me",))
        ]
        days = [m for m, role in roles.items() if role == "remind" and m.kind != "clock"]
        for day, following in pairwise(days):
            start, end = self.scan.clauses[self.scan.clause_at(day.start)]
            before = asks and end <= asks[0] <= following.start + 12 and following.start >= end
            if before and _GOING.search(self.scan.text[start:end]):
                roles[day] = "plan"
        return roles

    @cached_property
    def kinds(self) -> list[str]:
        """What each sum is for: budget, quote, order, payment, other or none."""
        return [judge.sum_kind(self.scan, item) for item in self.scan.sums]

    @cached_property
    def person_roles(self) -> list[dict[str, float]]:
        held = [bool(topics.holders(p, self.scan.known.customers)) for p in self.scan.people]
        return [judge.person_roles(self.scan, p, h) for p, h in zip(self.scan.people, held, strict=True)]

    @cached_property
    def _topic_features(self) -> dict[str, judge.Features]:
        alone = len(self.topics) == 1
        return {topic.key: judge.topic_features(self.scan, topic, alone) for topic in self.topics}

    def about(self, name: str, topic: Topic) -> dict[str, float]:
        """Chances of the answers to one question about a topic: stage, mood, method or a tag."""
        return judge.about(self.scan, topic, name, self._topic_features[topic.key])

    # -- mentions ----------------------------------------------------------------------------------

    def span(self, start: int, end: int) -> Span:
        return self.scan.span(start, end)

    def contacts_of(self, topic: Topic | None) -> tuple[KnownContact, ...]:
        customer = self.customers.get(topic.ids[0]) if topic and topic.ids else None
        return customer.contacts if customer else ()

    def customer(self, topic: Topic) -> CustomerMention:
        """A doubt where two customers of the book are close, or one is only alike."""
        spans = tuple(self.span(*mention) for mention in topic.mentions)
        first = topic.ids[0] if topic.ids else None
        candidates = topic.ids if len(topic.ids) > 1 or self._only_alike(topic) else ()
        return CustomerMention(topic.name, first, candidates, spans)

    def _only_alike(self, topic: Topic) -> bool:
        """宏源 said for 宏远: the same syllables in other tones, and nobody of theirs is named."""
        customer = self.customers.get(topic.ids[0]) if topic.ids else None
        if customer is None:
            return False
        said = {folded(self.scan.text[start:end]) for start, end in topic.mentions}
        names = [folded(name) for name in (*short_names(customer), *(c.name for c in customer.contacts))]
        if any(people.matches(p, customer.contacts) for p in self.scan.people):
            return False
        return all(
            any(sound(name) == sound(each) for name in names)
            and not any(same_tones(name, each) for name in names)
            for each in said
        )

    def person(self, item: Person, topic: Topic | None) -> PersonMention:
        """The known contact where it can be told; the candidates where several fit."""
        spans = (self.span(item.start, item.end),)
        fitting = people.matches(item, self.contacts_of(topic))
        if not fitting and topic is None:
            fitting = [contact for _, contact in topics.holders(item, self.scan.known.customers)]
        if len(fitting) == 1:
            return PersonMention(fitting[0].name, fitting[0].title, True, (), spans)
        said = people.bare(item)
        if fitting:
            return PersonMention(said, item.title or None, False, tuple(c.name for c in fitting), spans)
        return PersonMention(said, None, False, (), spans)

    def topic_at(self, position: int) -> Topic | None:
        return next(
            (topic for topic in self.topics if topic.holds(position)),
            self.topics[0] if len(self.topics) == 1 else None,
        )

    def when(self, moment: Moment, tense: Tense, base: Moment | None = None) -> When | None:
        """The day of `moment`; a bare hour or part of the day takes the day of `base`."""
        source = base if moment.kind == "clock" and base is not None else moment
        day = source.day(self.scan.now, tense)
        if day is None:
            return None
        spans = tuple(
            self.span(m.start, m.end)
            for m in ((base, moment) if base is not None and source is not moment else (moment,))
        )
        return When(day, moment.hour, moment.part, spans)

    def clauses_of(self, topic: Topic) -> tuple[Span, ...]:
        return tuple(self.span(start, end) for start, end in topic.parts)
