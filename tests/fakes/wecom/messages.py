"""message/send with its limits and silences, the replacing of cards, and recalls."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.wecom import cards
from tests.fakes.wecom.calls import Ask, call
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.media import Media
from tests.fakes.wecom.screen import Bubble, Screen, kind_by_task
from tests.fakes.wecom.state import App, Company, Member

TYPES = {
    *("text", "image", "voice", "video", "file", "textcard", "news", "mpnews", "markdown"),
    *("miniprogram_notice", "template_card"),
}
CODE_LIFE = timedelta(hours=72)
RECALL_LIFE = timedelta(hours=24)
A_MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)
PER_MINUTE, PER_HOUR, PER_SEAT_AND_DAY = 30, 1000, 200
TEXT, TITLE, DESCRIPTION, ARTICLE, URL = 2048, 128, 512, 666 * 1024, 2048
_NAMED = re.compile(r"\$(userName|userAlias|departmentName)=([^$]+)\$")


@dataclass
class Sent:
    """One message/send that was accepted, and the copies that arrived."""

    msgid: str
    app: App
    at: datetime
    body: dict[str, Any]
    copies: dict[str, Bubble] = field(default_factory=dict)
    """By lower-cased userid; who was over his limit is not in it."""
    recipients: set[str] = field(default_factory=set)

    @property
    def task_id(self) -> str:
        return str(self.body.get("template_card", {}).get("task_id", ""))


@dataclass
class Code:
    """A response_code: one replacement of the message's card."""

    value: str
    sent: Sent
    at: datetime
    used: bool = False


@dataclass
class Recipients:
    valid: dict[str, Member] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    parties: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    unlicensed: list[str] = field(default_factory=list)

    def take(self, members: Iterable[Member]) -> None:
        for each in members:
            if each.licensed:
                self.valid[each.userid.lower()] = each
            else:
                self.unlicensed.append(each.userid.lower())

    @property
    def answer(self) -> dict[str, str]:
        return {
            "invaliduser": "|".join(self.users),
            "invalidparty": "|".join(self.parties),
            "invalidtag": "|".join(self.tags),
            "unlicenseduser": "|".join(self.unlicensed),
        }


class Messages:
    def __init__(self, company: Company, media: Media) -> None:
        self.company = company
        self.media = media
        self.kind_of: Callable[[cards.Card], str] = kind_by_task
        self.sent: dict[str, Sent] = {}
        self.codes: dict[str, Code] = {}
        self.dropped: list[tuple[str, dict[str, Any]]] = []
        """Who did not get what because of the limits, although the answer was 0."""
        self.suppressed: list[dict[str, Any]] = []
        """What the duplicate check kept back."""
        self.duplicates_first = True
        """The duplicate check comes before the rule that a task_id is used once (unconfirmed)."""
        self.passive_consumes_code = False
        """Whether a passive update uses up the event's ResponseCode (unconfirmed)."""
        self._screens: dict[tuple[int, str], Screen] = {}
        self._tasks: set[tuple[int, str]] = set()
        self._seen: dict[tuple[int, str], datetime] = {}
        self._times: defaultdict[tuple[int, str], list[datetime]] = defaultdict(list)
        self._today: defaultdict[tuple[int, str], int] = defaultdict(int)

    def screen(self, app: App, userid: str) -> Screen:
        """The member's chat with the app."""
        key = (app.agentid, userid.lower())
        return self._screens.setdefault(key, Screen(userid, self.kind_of))

    # -- sending -----------------------------------------------------------------------------------

    @call("POST", "message/send", who="app")
    def send(self, ask: Ask) -> dict[str, Any]:
        app, body = ask.app, ask.body
        _check_agent(ask)
        kind = body.get("msgtype")
        if kind not in TYPES:
            raise Fault(40008)
        who = self._recipients(app, body)
        content = self._content(app, kind, body)
        task = str(content.get("task_id") or "") if kind == "template_card" else ""
        if not self.duplicates_first:
            self._check_task(app, task)
        if self._repeated(app, body):
            return {**who.answer, "msgid": "", "response_code": ""}
        self._check_task(app, task)
        self._spend(app, len(who.valid))
        sent = self._deliver(app, kind, body, content, who)
        self._tasks.add((app.agentid, task))
        updatable = kind == "template_card" and cards.needs_task(content)
        code = self.new_code(sent).value if updatable else ""
        return {**who.answer, "msgid": sent.msgid, "response_code": code}

    def _recipients(self, app: App, body: dict[str, Any]) -> Recipients:
        users, parties, tags = (_split(body, each) for each in ("touser", "toparty", "totag"))
        if not (users or parties or tags):
            raise Fault(82001)
        if len(users) > 1000:
            raise Fault(40032)
        if len(parties) > 100:
            raise Fault(82002)
        if len(tags) > 100:
            raise Fault(82003)
        found = self._found(app, users, parties, tags)
        if not found.valid:
            raise Fault(81013, **found.answer)
        return found

    def _found(self, app: App, users: list[str], parties: list[str], tags: list[str]) -> Recipients:
        found = Recipients()
        if users == ["@all"]:
            found.take(self.company.visible(app))
            return found
        for each in users:
            member = self.company.find(each)
            seen = member is not None and self.company.sees(app, member)
            found.take([member] if seen and member else [])
            found.users += [] if seen else [each.lower()]
        for each in parties:
            known = each.isdigit() and int(each) in self.company.departments
            self._take(app, found, self.company.deep(int(each)) if known else [], found.parties, each)
        for each in tags:
            tag = self.company.tags.get(int(each)) if each.isdigit() else None
            tagged = (
                [*map(self.company.member, tag.members), *self.company.people(tag.departments)] if tag else []
            )
            self._take(app, found, tagged, found.tags, each)
        return found

    def _take(self, app: App, found: Recipients, members: list[Member], bad: list[str], name: str) -> None:
        seen = [each for each in members if self.company.sees(app, each)]
        found.take(seen)
        if not seen:
            bad.append(name)

    def _deliver(
        self, app: App, kind: str, body: dict[str, Any], content: dict[str, Any], who: Recipients
    ) -> Sent:
        sent = Sent(self.company.new("msg"), app, self.company.now(), body, recipients=set(who.valid))
        self.sent[sent.msgid] = sent
        self._seen[app.agentid, _canonical(body)] = sent.at
        for userid, member in who.valid.items():
            if self._over(app, userid) or (member.plugin and kind == "template_card"):
                self.dropped.append((userid, body))
                continue
            screen = self.screen(app, member.userid)
            sent.copies[userid] = screen.add(self.company.number(), kind, content, sent.msgid)
        return sent

    # -- limits ------------------------------------------------------------------------------------

    def _over(self, app: App, userid: str) -> bool:
        """More than 30 a minute or 1,000 an hour for one member: nobody is told."""
        now, times = self.company.now(), self._times[app.agentid, userid]
        times[:] = [each for each in times if now - each < AN_HOUR]
        if len(times) >= PER_HOUR or sum(now - each < A_MINUTE for each in times) >= PER_MINUTE:
            return True
        times.append(now)
        return False

    def _spend(self, app: App, people: int) -> None:
        day = (app.agentid, self.company.now().date().isoformat())
        if self._today[day] + people > self.company.seats * PER_SEAT_AND_DAY:
            raise Fault(45009)
        self._today[day] += people

    def _repeated(self, app: App, body: dict[str, Any]) -> bool:
        if body.get("enable_duplicate_check") != 1:
            return False
        interval = timedelta(seconds=min(int(body.get("duplicate_check_interval") or 1800), 14400))
        before = self._seen.get((app.agentid, _canonical(body)))
        if before is None or self.company.now() - before >= interval:
            return False
        self.suppressed.append(body)
        return True

    def _check_task(self, app: App, task: str) -> None:
        """A task_id is used once in an app, for ever."""
        if task and (app.agentid, task) in self._tasks:
            raise Fault(42014, "task_id was used before")

    # -- bodies ------------------------------------------------------------------------------------

    def _content(self, app: App, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        content = body.get(kind)
        if not isinstance(content, dict) or not content:
            raise Fault(44004 if kind in ("text", "markdown") else 40063, f"missing {kind}")
        if body.get("enable_id_trans") == 1:
            content = self._named(content)
        if kind == "template_card":
            self.check_card(app, content)
            return content
        if kind == "miniprogram_notice":
            return _notice(content, body)
        if kind in ("image", "voice", "file", "video"):
            self.media.item(content.get("media_id"), kind)
            return _cut(content)
        return _BODIES[kind](content)

    def check_card(self, app: App, card: dict[str, Any], *, update: bool = False) -> None:
        cards.check(card, update=update)
        if cards.needs_task(card) and not app.callback_url:
            raise Fault(43012)
        self.company.warnings += cards.warnings(card)

    def _named(self, value: Any) -> Any:
        """$userName=ID$ and its like become names."""
        if isinstance(value, dict):
            return {name: self._named(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._named(each) for each in value]
        return _NAMED.sub(self._name, value) if isinstance(value, str) else value

    def _name(self, found: re.Match[str]) -> str:
        what, id = found.groups()
        if what == "departmentName":
            department = self.company.departments.get(int(id)) if id.isdigit() else None
            return department.name if department else found.group()
        member = self.company.find(id)
        if member is None:
            return found.group()
        return member.name if what == "userName" else member.alias or member.name

    # -- replacing ---------------------------------------------------------------------------------

    def new_code(self, sent: Sent) -> Code:
        code = Code(self.company.new("RC_"), sent, self.company.now())
        self.codes[code.value] = code
        return code

    @call("POST", "message/update_template_card", who="app", lists=("invaliduser",))
    def update(self, ask: Ask) -> dict[str, Any]:
        _check_agent(ask)
        code = self._valid_code(ask)
        changes = self._changes(ask, code)
        sent = code.sent
        targets, unknown = self._targets(sent, ask)
        code.used = True
        for userid in targets:
            self.replace(sent.app, sent.copies.get(userid), changes)
        return {"invaliduser": unknown}

    def _valid_code(self, ask: Ask) -> Code:
        code = self.codes.get(str(ask.body.get("response_code")))
        if code is None or code.used or self.company.now() - code.at >= CODE_LIFE:
            raise Fault(60140)
        if code.sent.app is not ask.app:
            raise Fault(42015)
        return code

    def _changes(self, ask: Ask, code: Code) -> dict[str, Any]:
        """Either a grey label in the buttons' place, or another card."""
        button, card = ask.body.get("button"), ask.body.get("template_card")
        if bool(button) == bool(card):
            raise Fault(40058, "either button or template_card")
        if card:
            self.check_card(ask.app, card, update=True)
            return {"content": {"task_id": code.sent.task_id, **card}, "replaced": ""}
        name = button.get("replace_name") if isinstance(button, dict) else ""
        if not name or code.sent.body["template_card"]["card_type"] not in cards.INTERACTIVE:
            raise Fault(40058, "replace_name")
        return {"replaced": name}

    def _targets(self, sent: Sent, ask: Ask) -> tuple[list[str], list[str]]:
        body = ask.body
        if body.get("atall") == 1:
            return sorted(sent.recipients), []
        users = _strings(body, "userids", 1000, 40032)
        parties, tags = _strings(body, "partyids", 100, 82002), _strings(body, "tagids", 100, 82003)
        if not (users or parties or tags):
            raise Fault(82001)
        found = self._found(ask.app, users, parties, tags)
        targets = [each for each in found.valid if each in sent.recipients]
        unknown = [*found.users, *(each for each in found.valid if each not in sent.recipients)]
        if not targets:
            raise Fault(81013, invaliduser=unknown)
        return targets, unknown

    def replace(self, app: App, bubble: Bubble | None, changes: dict[str, Any]) -> None:
        """One person's copy; the others' stay as they are."""
        if bubble is not None and not bubble.recalled:
            self.screen(app, bubble.owner).change(bubble, **changes)

    @call("POST", "message/recall", who="app")
    def recall(self, ask: Ask) -> dict[str, Any]:
        sent = self.sent.get(str(ask.body.get("msgid")))
        if sent is None or sent.app is not ask.app or self.company.now() - sent.at >= RECALL_LIFE:
            raise Fault(40058)
        for bubble in sent.copies.values():
            self.screen(ask.app, bubble.owner).recall(bubble)
        return {}

    # -- taps and what answers them ----------------------------------------------------------------

    def press(self, bubble: Bubble, card: cards.Card, tap: cards.Tap, picks: cards.Picks) -> dict[str, Any]:
        """The event that a finger on the card causes; each press brings a new ResponseCode."""
        sent, menu = self.sent[bubble.msgid], tap.part == "menu"
        fields: dict[str, Any] = {
            "MsgType": "event",
            "Event": "template_card_menu_event" if menu else "template_card_event",
            "EventKey": tap.key,
            "TaskId": sent.task_id,
            "CardType": card["card_type"],
            "ResponseCode": self.new_code(sent).value,
        }
        asked = [] if menu else cards.answers(card, picks)
        if asked:
            fields["SelectedItems"] = {"SelectedItem": [_selected(*each) for each in asked]}
        return fields

    def take_reply(self, app: App, fields: dict[str, Any], reply: dict[str, Any]) -> None:
        """A passive reply that was found in order: it is shown, or it changes the clicker's card alone."""
        userid, kind = str(fields["FromUserName"]), reply["MsgType"]
        if kind == "update_button":
            self._passive(app, fields, {"replaced": reply["Button"]["ReplaceName"]})
        elif kind == "update_template_card":
            card = cards.from_camel(reply["TemplateCard"])
            self._checked(lambda: self.check_card(app, card, update=True))
            self._passive(app, fields, {"content": {"task_id": fields["TaskId"], **card}, "replaced": ""})
        else:
            content = _passive_content(reply)
            self.screen(app, userid).add(self.company.number(), kind, content)

    def _passive(self, app: App, fields: dict[str, Any], changes: dict[str, Any]) -> None:
        code = self.codes[fields["ResponseCode"]]
        code.used = code.used or self.passive_consumes_code
        self.replace(app, code.sent.copies.get(str(fields["FromUserName"]).lower()), changes)

    @staticmethod
    def _checked(check: Any) -> None:
        try:
            check()
        except Fault as fault:
            raise ValueError(str(fault)) from fault


def _canonical(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


def _check_agent(ask: Ask) -> None:
    if "agentid" not in ask.body:
        raise Fault(41011)
    if not str(ask.body["agentid"]).isdigit():
        raise Fault(40056)
    if str(ask.body["agentid"]) != str(ask.app.agentid):
        raise Fault(301002, "agentid does not belong to this token")


def _split(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise Fault(40031 if name == "touser" else 40035, f"{name} is no string")
    return [each for each in value.split("|") if each]


def _strings(body: dict[str, Any], name: str, most: int, code: int) -> list[str]:
    value = body.get(name) or []
    if not isinstance(value, list):
        raise Fault(40035, f"{name} is no array")
    if len(value) > most:
        raise Fault(code)
    return [str(each) for each in value]


def _selected(question: str, ids: list[str]) -> dict[str, Any]:
    return {"QuestionKey": question, "OptionIds": {"OptionId": ids}}


def cut(text: str, most: int) -> str:
    """The text's first bytes, whole characters only."""
    return text.encode()[:most].decode(errors="ignore")


def _cut(content: dict[str, Any]) -> dict[str, Any]:
    shorter = {"title": TITLE, "description": DESCRIPTION}
    return {name: cut(each, shorter[name]) if name in shorter else each for name, each in content.items()}


def _content_of(content: dict[str, Any]) -> str:
    text = content.get("content")
    if not isinstance(text, str) or not text:
        raise Fault(44004)
    return text


def _text(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "content": cut(_content_of(content), TEXT)}


def _markdown(content: dict[str, Any]) -> dict[str, Any]:
    if len(_content_of(content).encode()) > TEXT:
        raise Fault(45002)
    return content


def _textcard(content: dict[str, Any]) -> dict[str, Any]:
    if not content.get("title"):
        raise Fault(41016)
    if not content.get("description"):
        raise Fault(41033)
    _url(content.get("url"))
    return _cut(content)


def _url(url: Any) -> None:
    if not isinstance(url, str) or not url:
        raise Fault(40063, "missing url")
    if len(url.encode()) > URL:
        raise Fault(40039)
    if "://" not in url:
        raise Fault(45034)


def _articles(content: dict[str, Any]) -> list[dict[str, Any]]:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles:
        raise Fault(40063, "missing articles")
    if len(articles) > 8:
        raise Fault(45008)
    if not all(each.get("title") for each in articles):
        raise Fault(41016)
    return articles


def _news(content: dict[str, Any]) -> dict[str, Any]:
    articles = _articles(content)
    for each in articles:
        if not (each.get("appid") and each.get("pagepath")):
            _url(each.get("url"))
    return {"articles": [_cut(each) for each in articles]}


def _mpnews(content: dict[str, Any]) -> dict[str, Any]:
    for each in _articles(content):
        if not each.get("thumb_media_id"):
            raise Fault(41006)
        if len(_content_of(each).encode()) > ARTICLE:
            raise Fault(45002)
    return content


def _notice(content: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    if body.get("touser") == "@all" or len(content.get("content_item") or []) > 10:
        raise Fault(40035)
    if not content.get("appid"):
        raise Fault(40063, "missing appid")
    if not content.get("title"):
        raise Fault(41016)
    return content


_BODIES = {"text": _text, "markdown": _markdown, "textcard": _textcard, "news": _news, "mpnews": _mpnews}


def _passive_content(reply: dict[str, Any]) -> dict[str, Any]:
    kind = reply["MsgType"]
    if kind == "text":
        return {"content": cut(reply["Content"], TEXT)}
    if kind == "news":
        items = reply["Articles"]["item"]
        articles = items if isinstance(items, list) else [items]
        return {"articles": [{name.lower(): each for name, each in one.items()} for one in articles]}
    return {"media_id": reply[kind.capitalize()]["MediaId"]}
