"""Cards of recording: drafts of visits and facts, which customer is meant, what was filed and changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from cards.actions import (
    AnswerSame,
    AskOwner,
    ChooseAmount,
    ChooseContact,
    ChooseCustomer,
    ChooseListed,
    ChooseRecord,
    ConfirmDay,
    CreateCustomer,
    Dismiss,
    DraftMessage,
    DropDraft,
    DropDrafts,
    HintEdit,
    KeepDraft,
    NewCustomer,
    PickCustomer,
    ReopenDraft,
    RestoreDraft,
    RestoreVisit,
    SaveFacts,
    SaveVisit,
    SaveVisits,
    ShowCustomer,
    ShowDraft,
    ShowDrafts,
    ShowVisit,
    TellService,
    UndoChange,
    UndoFacts,
    UndoPlan,
    UndoVisit,
    UseCustomer,
    VoidVisit,
)
from cards.lines import (
    BODY,
    BUTTON,
    LABEL,
    LINES,
    SUBTITLE,
    TITLE,
    Weighed,
    alteration,
    day_line,
    drop,
    fact_rows,
    first_fit,
    fitted,
    ids,
    joined,
    line,
    main,
    name_line,
    opens,
    people,
    quoted,
    sentences,
    step_text,
    tap,
    tap_label,
    titled,
    told_text,
    written_money,
    written_value,
)
from cards.model import Button, Card, Choice, Line, Option, Weight
from cards.parts import Altered, Facts, Heard, Key, Money, Person
from cards.states import not_yours
from cards.words import (
    FIELDS,
    METHODS,
    MONEY_KINDS,
    VALUE,
    clip,
    clock,
    count,
    day_confirmed,
    day_near,
    day_short,
    squeeze,
)

MISSING = {
    "decision_maker": "谁拍板",
    "payment_terms": "付款方式",
    "budget": "预算",
    "need": "要什么",
    "contact": "见了谁",
    "timing": "什么时候要",
    "next_step": "下一步",
}
DROPPED = {
    "number": "号码我没留，其他都在。",
    "private": "家里和身体的事我没留，其他都在。",
}
_CONTACT_VERBS = {"phone": "打电话", "wechat": "发微信", "email": "写邮件"}

# -- V1 visit.draft ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VisitDraft:
    """`customer` is the short name. `missing`: at most two of decision_maker, payment_terms, budget,
    need, contact, timing, next_step; `part` (1, 2) is one of several cards; `page` the signed link to
    edit it field by field; `draft_file`: an archive by name only was opened for it."""

    key: Key
    customer: str
    day: date
    facts: Facts
    heard: Heard | None = None
    method: str = ""
    new_customer: bool = False
    draft_file: bool = False
    missing: tuple[str, ...] = ()
    part: tuple[int, int] | None = None
    page: str = ""
    first: bool = False


def draft(view: VisitDraft, today: date, *, stale: bool = False) -> Card:
    """`stale`: shown in place of an older version that was tapped."""
    lines, spill = fitted(_draft_rows(view, today), view.page, "存了都在档案里")
    return Card(
        kind="visit.draft",
        title=_draft_title(view, today),
        subtitle=_draft_subtitle(view),
        lines=lines,
        quote=quoted(view.heard, hide_phones=True),
        body=sentences(
            "这张旧了，最新的在这。" if stale and _draft_body(view) else "", spill, _draft_body(view)
        )
        or ("这张旧了，最新的在这" if stale else ""),
        buttons=_draft_buttons(view),
        menu=_draft_menu(view),
        footer="第一次，放心点，10分钟内都能撤" if view.first else "",
        page=view.page,
    )


def _draft_title(view: VisitDraft, today: date) -> str:
    part = f"（{view.part[0]}/{view.part[1]}）" if view.part else ""
    did = _did(view.method)
    return titled(
        view.customer,
        f" · {day_near(view.day, today)}{did}，你看对不对{part}",
        f" · {day_near(view.day, today)}{did}{part}",
        f"，你看对不对{part}",
        part,
    )


def _did(method: str) -> str:
    return METHODS.get(method, "的事")


def _draft_subtitle(view: VisitDraft) -> str:
    new = "新客户 · " if view.new_customer else ""
    return _with_people(f"{new}{day_confirmed(view.day)}", view.facts.contacts)


def _with_people(text: str, contacts: tuple[Person, ...]) -> str:
    room = SUBTITLE - len(text) - 3
    return joined(text, next((each for each in people(contacts) if len(each) <= room), ""))


def _draft_rows(view: VisitDraft, today: date) -> list[Weighed]:
    rows = fact_rows(view.facts, today, confirming=True)
    return _unseen_people(_draft_subtitle(view), view.facts.contacts) + rows


def _unseen_people(subtitle: str, contacts: tuple[Person, ...]) -> list[Weighed]:
    """A line for whoever was met where the subtitle has no room."""
    if not contacts or any(each in subtitle for each in people(contacts)):
        return []
    names = tuple(each.name for each in contacts)
    return [Weighed(line("见了谁", first_fit(VALUE, *people(contacts)), names=names), 1)]


def _draft_body(view: VisitDraft) -> str:
    facts = view.facts
    bare = facts == Facts(contacts=facts.contacts)
    return sentences(
        *_left_out(facts.dropped),
        *(f"{squeeze(words)}，照原话记，没写成 0元。" for words in facts.denied),
        "先建了草稿档案，有名字就够。" if view.draft_file else "",
        "只记去过，没有新情况。" if bare and not view.missing and view.method in ("", "onsite") else "",
        "只记一笔，没有新情况。" if bare and not view.missing and view.method not in ("", "onsite") else "",
        _missing(view.missing),
    )


def _left_out(dropped: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(DROPPED[each] for each in dict.fromkeys(dropped) if each in DROPPED)


def _missing(missing: tuple[str, ...]) -> str:
    names = [MISSING[each] for each in missing if each in MISSING][:2]
    return f"没提到{'、'.join(names)}，想起来再说。" if names else ""


def _draft_buttons(view: VisitDraft) -> tuple[Button, ...]:
    key = view.key
    save = main("保存", SaveVisit(*ids(key)))
    edit = tap("改一改", HintEdit(*ids(key), of="draft"))
    forget = drop("不用记", DropDraft(*ids(key)))
    if view.new_customer:
        create = main("保存并建档", SaveVisit(*ids(key), create=True))
        return (create, tap("其实是老客户", PickCustomer(*ids(key))), edit, forget)
    doubt = _doubt_buttons(view)
    if len(doubt) == 2:
        return (save, *doubt, forget)
    if doubt:
        return (save, edit, *doubt, forget)
    return (save, edit, tap("换客户", PickCustomer(*ids(key))), forget)


def _doubt_buttons(view: VisitDraft) -> tuple[Button, ...]:
    choices = view.facts.doubt.choices[:2] if view.facts.doubt else ()
    same = len({each.name for each in choices}) < len(choices)
    return tuple(
        tap(
            tap_label(f"是{squeeze(each.name)}" if not same else "", "") or f"是第{number}位",
            ChooseContact(*ids(view.key), contact=each.id),
        )
        for number, each in enumerate(choices, 1)
    )


def _draft_menu(view: VisitDraft) -> tuple[Button, ...]:
    """What two choices pushed off the card."""
    if view.new_customer or len(_doubt_buttons(view)) < 2:
        return ()
    key = ids(view.key)
    return (tap("改一改", HintEdit(*key, of="draft")), tap("换客户", PickCustomer(*key)))


def draft_hint(view: VisitDraft, today: date, other_contact: str = "") -> Card:
    """After 改一改. `other_contact`: another contact of the customer, for the example."""
    key = ids(view.key)
    create = view.new_customer
    return replace(
        draft(view, today),
        body=f"直接说改哪里，比如{_examples(view.facts, other_contact)}",
        buttons=(
            main("保存并建档" if create else "保存", SaveVisit(*key, create=create)),
            *opens("逐项改", view.page),
            drop("不用记", DropDraft(*key)),
        ),
        menu=(),
    )


def _examples(facts: Facts, other_contact: str = "") -> str:
    """Two sayings that would change what is on the card."""
    sayings = []
    if facts.amounts:
        sayings.append(f"“{MONEY_KINDS[facts.amounts[0].kind]}改成15万”")
    if facts.contacts and other_contact:
        sayings.append(f"“不是{squeeze(facts.contacts[0].name)}，是{squeeze(other_contact)}”")
    if facts.steps:
        sayings.append("“改成下周四”")
    sayings.append("“标签不要”" if facts.tags and not sayings else "“是昨天去的”")
    return "".join(sayings[:2])


@dataclass(frozen=True, slots=True)
class DraftGone:
    """A draft that was dropped or ran out. `called`: the customer as the note calls it (鼎盛)."""

    key: Key
    customer: str
    called: str
    day: date
    method: str = ""
    kept_until: date | None = None
    days: int = 7


def draft_dropped(view: DraftGone, today: date) -> Card:
    called = squeeze(view.called or view.customer)
    until = f"留到{_until(view.kept_until, today)}" if view.kept_until else "留着"
    return Card(
        kind="visit.draft.dropped",
        title=first_fit(TITLE, f"好，没记{called}这条", "好，没记这条"),
        body=f"原话给你{until}，要的话点找回。",
        buttons=(main("找回", RestoreDraft(*ids(view.key))),),
        done=True,
    )


def _until(day: date, today: date) -> str:
    return {0: "今晚", 1: "明晚"}.get((day - today).days) or day_short(day, today)


def draft_expired(view: DraftGone, today: date) -> Card:
    return Card(
        kind="visit.draft.expired",
        title=titled(view.customer, f" · {day_short(view.day, today)}{_did(view.method)}"),
        body=f"放了 {view.days}天，我没替你存。内容还在",
        buttons=(
            main("重新打开", ReopenDraft(*ids(view.key))),
            drop("不要了", DropDraft(*ids(view.key))),
        ),
    )


def draft_foreign(customer: str, owner: str) -> Card:
    """Tapped by somebody else: no facts."""
    return not_yours(titled(customer, "的一次拜访"), owner)


# -- V2 visit.several --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeveralRow:
    """`clear` False: the customer is a doubt and gets its own question."""

    name: str
    facts: Facts = field(default_factory=Facts)
    clear: bool = True


@dataclass(frozen=True, slots=True)
class Several:
    """`key.what` is the note."""

    key: Key
    day: date
    rows: tuple[SeveralRow, ...]


def several(view: Several) -> Card:
    key = ids(view.key)
    clear, doubtful = _by_clearness(view)
    save = f"存前 {len(clear)} 家" if doubtful else f"这 {len(clear)} 家都存"
    return Card(
        kind="visit.several",
        title=f"听出 {len(view.rows)} 家，你看对不对",
        subtitle=joined(day_confirmed(view.day), f"有 {len(doubtful)} 家要你认一下" if doubtful else ""),
        lines=_several_lines((*clear, *doubtful)),
        buttons=(
            *((main(save, SaveVisits(*key)),) if clear else ()),
            tap("一家一家看", ShowDrafts(*key)),
            drop("都不用记", DropDrafts(*key)),
        ),
    )


def _by_clearness(view: Several) -> tuple[tuple[SeveralRow, ...], tuple[SeveralRow, ...]]:
    return tuple(row for row in view.rows if row.clear), tuple(row for row in view.rows if not row.clear)


def _several_lines(rows: tuple[SeveralRow, ...]) -> tuple[Line, ...]:
    shown = [
        name_line(row.name, _gist(row.facts), at) if row.clear else _doubtful(row, at)
        for at, row in enumerate(rows, 1)
    ]
    if len(shown) <= LINES:
        return tuple(shown)
    return (*shown[: LINES - 1], Line("还有", f"{len(shown) - LINES + 1} 家，一家一家看"))


def _doubtful(row: SeveralRow, number: int) -> Line:
    return name_line(f"{row.name}？", "名字拿不准，下面问你", number)


def _gist(facts: Facts) -> str:
    """What matters of a visit in one value: promises and money before wishes."""
    needs = [f"要{facts.needs[0].value}"] if facts.needs else []
    amounts = [f"{MONEY_KINDS[each.kind]} {written_money(each)}" for each in facts.amounts]
    steps = [step_text(each, date.min, confirming=True) for each in facts.steps]
    told = [told_text(each) for each in facts.told]
    phones = ["新电话"] if facts.phones else []
    chosen = [*needs, *amounts, *steps, *phones, *told, *(facts.rivals[:1])]
    keep = ""
    for part in chosen:
        if len(keep) + len(part) + 1 <= VALUE:
            keep = f"{keep}，{part}" if keep else part
    return keep or (chosen[0] if chosen else "没新情况")


def several_saved(view: Several, at: datetime) -> Card:
    clear, _ = _by_clearness(view)
    return Card(
        kind="visit.several.saved",
        title=f"✓ {len(clear)} 家记好了",
        subtitle=clock(at),
        lines=_several_lines(clear),
        buttons=(tap("一家一家看", ShowDrafts(*ids(view.key))),),
    )


def several_dropped(view: Several) -> Card:
    return Card(
        kind="visit.several.dropped",
        title=f"好，这 {len(view.rows)} 家都没记",
        body="要找回哪家，一家一家看里还有。",
        buttons=(tap("一家一家看", ShowDrafts(*ids(view.key))),),
        done=True,
    )


# -- V3 visit.which, V4 customer.duplicates ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """`has_contact`: whether the person named in the note is known there; None if nobody was named."""

    customer: int
    name: str
    place: str = ""
    has_contact: bool | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Which:
    """`said`: the customer as said; `called`: how to speak of the likeliest (嘉晟)."""

    key: Key
    said: str
    candidates: tuple[Candidate, ...]
    contact: str = ""
    heard: Heard | None = None
    called: str = ""


def which(view: Which, today: date) -> Card:
    key = ids(view.key)
    candidates = view.candidates[:9]
    new, keep = tap("是新客户", NewCustomer(*key)), tap("先放着", KeepDraft(*key))
    card = Card(
        kind="visit.which",
        title=titled(view.said, "，是哪一家"),
        subtitle="其余都记下了，就差这个",
        lines=_candidate_lines(view, today),
        quote=quoted(view.heard, hide_phones=True),
    )
    if len(candidates) > 3:
        choice = Choice("是哪一家", _candidate_options(candidates))
        return replace(card, choice=choice, buttons=(main("就这家", ChooseListed(*key)), new, keep))
    names = _candidate_buttons(view.key, candidates)
    if len(names) == 3:
        return replace(card, buttons=(*names, new), menu=(keep,))
    return replace(card, buttons=(*names, new, keep))


def _candidate_lines(view: Which, today: date) -> tuple[Line, ...]:
    shown = view.candidates[:9]
    lines = [name_line(each.name, _candidate_text(each, view, today), at) for at, each in enumerate(shown, 1)]
    if len(lines) <= LINES:
        return tuple(lines)
    return (*lines[: LINES - 1], Line("还有", f"{len(lines) - LINES + 1} 家，下面都能选"))


def _candidate_text(candidate: Candidate, view: Which, today: date) -> str:
    contact = squeeze(view.contact)
    known = {True: f"联系人就叫{contact}", False: f"没有叫{contact}的"}
    parts = [
        candidate.place,
        known[candidate.has_contact] if contact and candidate.has_contact is not None else "",
        f"{day_short(candidate.last, today)}聊过" if candidate.last else "",
    ]
    return _parts_that_fit(parts, len(candidate.name)) or "库里有这家"


def _parts_that_fit(parts: Iterable[str], name: int) -> str:
    """The parts joined by commas, as far as a value beside a name takes them."""
    room = VALUE if name <= LABEL else VALUE - name - 1
    text = ""
    for part in parts:
        if part and len(text) + len(part) + 1 <= room:
            text = f"{text}，{part}" if text else part
    return text


def _candidate_buttons(key: Key, candidates: tuple[Candidate, ...]) -> tuple[Button, ...]:
    labels = _distinct_labels(candidates)
    return tuple(
        Button(
            label,
            ChooseCustomer(*ids(key), customer=each.customer),
            Weight.MAIN if at == 0 and len(candidates) > 1 else Weight.NORMAL,
        )
        for at, (label, each) in enumerate(zip(labels, candidates, strict=True))
    )


def _distinct_labels(candidates: tuple[Candidate, ...]) -> list[str]:
    """Names that fit a button; where two would look alike or one is too long, 第1家."""
    names = [tap_label(squeeze(each.name), "") for each in candidates]
    return [name if name and names.count(name) == 1 else f"第{at}家" for at, name in enumerate(names, 1)]


def _candidate_options(candidates: tuple[Candidate, ...]) -> tuple[Option, ...]:
    labels = _distinct_labels(candidates)
    return tuple(Option(str(each.customer), label) for label, each in zip(labels, candidates, strict=True))


def which_kept(view: Which) -> Card:
    """After 先放着."""
    called = squeeze(view.called or view.said)
    return Card(
        kind="visit.which.kept",
        title=titled(view.said, "，放着了，没存", "，没存"),
        body=sentences(f"放着了，没存。说“{called}那条”就接着来。"),
        done=True,
    )


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A customer that looks like the said one. `owner` "" is the reader; a colleague's shows only owner
    and place. `called` is its shorter name for a button (宏远)."""

    customer: int
    name: str
    place: str = ""
    owner: str = ""
    last: date | None = None
    called: str = ""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`same_phone`: it is known only by the phone, which is a colleague's customer's."""

    key: Key
    said: str
    rows: tuple[Lookalike, ...]
    same_phone: bool = False


def duplicates(view: Duplicates, today: date) -> Card:
    key = ids(view.key)
    mine = next((each for each in view.rows if not each.owner), None)
    other = next((each for each in view.rows if each.owner), None)
    use = (
        (
            main(
                tap_label(
                    f"就是{squeeze(mine.called or mine.name)}",
                    "就是第一家" if view.rows[0] is mine else "就是我的",
                ),
                UseCustomer(*key, customer=mine.customer),
            ),
        )
        if mine and not view.same_phone
        else ()
    )
    return Card(
        kind="customer.duplicates",
        title=_duplicates_title(view),
        subtitle="先看一眼，免得一家记成两家",
        lines=() if view.same_phone else _lookalike_lines(view.rows, today),
        body=_same_phone(other) if view.same_phone else "",
        buttons=(
            *use,
            *((_ask_owner(view.key, other),) if other else ()),
            tap("是新客户", CreateCustomer(*key)),
            tap("先放着", KeepDraft(*key)),
        ),
    )


def _duplicates_title(view: Duplicates) -> str:
    if view.same_phone:
        return titled(view.said, " · 像是同一家", "，同一家？")
    alike = count(len(view.rows), "家")
    return titled(view.said, f" · 库里有{alike}很像", f" · 有{alike}很像")


def _same_phone(other: Lookalike | None) -> str:
    whose = f"，{squeeze(other.owner)}在跟" if other else ""
    return f"有一家留的是同一个电话{whose}"


def _ask_owner(key: Key, other: Lookalike) -> Button:
    label = tap_label(f"问问{squeeze(other.owner)}", "问问同事")
    return tap(label, AskOwner(*ids(key), customer=other.customer))


def _lookalike_lines(rows: tuple[Lookalike, ...], today: date) -> tuple[Line, ...]:
    lines = []
    for at, each in enumerate(rows[:LINES], 1):
        parts = [each.place, f"{squeeze(each.owner)}在跟" if each.owner else "你在跟"]
        if each.last and not each.owner:
            parts.append(f"{day_short(each.last, today)}聊过")
        lines.append(name_line(each.name, _parts_that_fit(parts, len(each.name)), at))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class SameQuestion:
    """Asker's question to a colleague. `key.what` is the draft, `key.to` whoever sees the card;
    `customer` and `yours` are the colleague's."""

    key: Key
    asker: str
    owner: str
    said: str
    customer: int
    yours: str
    day: date


def same_asked(view: SameQuestion, today: date) -> Card:
    """To the asker, after 问问陈浩."""
    key = ids(view.key)
    return Card(
        kind="customer.same.asked",
        title=titled(f"问{view.owner}了", "，等他回"),
        subtitle=first_fit(SUBTITLE, f"“{squeeze(view.said)}”先放着，没存", "这条先放着，没存"),
        body="他回了我就告诉你。",
        buttons=(tap("是新客户", CreateCustomer(*key)), drop("不用记", DropDraft(*key))),
    )


def same_question(view: SameQuestion, today: date) -> Card:
    """To the colleague."""
    said, yours = squeeze(view.said), squeeze(view.yours)
    met = f"{squeeze(view.asker)}{day_near(view.day, today)}见了"
    whole = f"{met}“{said}”，和你的{yours}是一家吗"
    short = first_fit(
        TITLE, f"“{said}”，是你的{yours}吗", f"{squeeze(view.asker)}想问你一家客户", "想问你一家客户"
    )
    key = ids(view.key)
    return Card(
        kind="customer.same",
        title=whole if len(whole) <= TITLE else short,
        body="" if len(whole) <= TITLE else clip(whole, BODY),
        buttons=(
            main("是一家", AnswerSame(*key, customer=view.customer, same=True)),
            tap("不是一家", AnswerSame(*key, customer=view.customer, same=False)),
        ),
    )


def same_thanks(view: SameQuestion, same: bool) -> Card:
    """To the colleague, after the answer."""
    return Card(
        kind="customer.same.answered",
        title=titled(f"✓ 告诉{view.asker}了", "，谢谢"),
        subtitle=first_fit(
            SUBTITLE,
            f"“{squeeze(view.said)}”{'就是' if same else '不是'}{squeeze(view.yours)}",
            "是一家" if same else "不是一家",
        ),
        done=True,
    )


def same_answer(view: SameQuestion, same: bool) -> Card:
    """To the asker, with the answer."""
    key = ids(view.key)
    new, keep = CreateCustomer(*key), KeepDraft(*key)
    forget = drop("不用记", DropDraft(*key))
    return Card(
        kind="customer.same.answer",
        title=titled(f"{view.owner}说{'是' if same else '不是'}一家", ""),
        subtitle=first_fit(
            SUBTITLE,
            f"“{squeeze(view.said)}”和他的{squeeze(view.yours)}" if same else f"“{squeeze(view.said)}”",
            "你问的那家",
        ),
        body="客户归他跟，你那条还没存。" if same else "那就当新客户，有名字就够。",
        buttons=(tap("先放着", keep), forget)
        if same
        else (main("是新客户", new), tap("先放着", keep), forget),
    )


# -- V5 visit.saved ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reminding:
    """We shall speak up on `on` about `what`, due on `due`."""

    on: date
    what: str
    due: date | None = None
    by: bool = False


@dataclass(frozen=True, slots=True)
class Owed:
    """A promise still open: since when and to whom."""

    what: str
    since: date | None = None
    to: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A key field that waits for somebody. `field`: phone, legal_name, grade, owner."""

    field: str
    waits_for: str


@dataclass(frozen=True, slots=True)
class SavedVisit:
    """`key.what` is the visit. `nth`: which one this year (0: not said). `complaint`: one was heard."""

    key: Key
    customer: str
    customer_id: int
    at: datetime
    day: date
    method: str = ""
    nth: int = 0
    reminding: tuple[Reminding, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    owed: tuple[Owed, ...] = ()
    complaint: bool = False
    draft_file: bool = False
    first: bool = False
    page: str = ""


def saved(view: SavedVisit, today: date) -> Card:
    lines, spill = fitted(_saved_rows(view, today), view.page, "都在档案里")
    key = ids(view.key)
    last = (_show_customer(view.customer_id, view.key), tap("撤销", UndoVisit(*key)))
    tell = (main("告诉售后", TellService(*key)),) if view.complaint else ()
    return Card(
        kind="visit.saved",
        title=titled(f"✓ {view.customer}", "记好了", ""),
        subtitle=joined(clock(view.at), f"今年第 {view.nth} 次" if view.nth else ""),
        lines=lines,
        body=sentences(
            spill,
            "就这么简单，到点我提醒你。" if view.first else "",
            "先建了草稿档案，有名字就够。" if view.draft_file else "",
        ),
        buttons=(*tell, tap("写段跟进", DraftMessage(*key)), *last),
        page=view.page,
    )


def _saved_rows(view: SavedVisit, today: date) -> list[Weighed]:
    return [
        *(Weighed(day_line(each.on, today, _reminding(each, today))) for each in view.reminding),
        *(Weighed(_waiting(each)) for each in view.waiting),
        *(Weighed(line("还欠着", _owed(each, today))) for each in view.owed),
    ]


def _reminding(each: Reminding, today: date) -> str:
    if each.due is None or each.due == each.on:
        return f"提醒你{each.what}"
    same = (each.due.year, each.due.month) == (each.on.year, each.on.month)
    due = f"{each.due.day}日" if same else day_short(each.due, today)
    return f"提醒你{each.what}，{due}{'前要给到' if each.by else '要办'}"


def _waiting(each: Waiting) -> Line:
    label = "新电话" if each.field == "phone" else FIELDS[each.field]
    return line(label, first_fit(VALUE, f"等{squeeze(each.waits_for)}点头", "等点头"))


def _owed(each: Owed, today: date) -> str:
    since = f"{day_short(each.since, today)}" if each.since else ""
    whom = f"答应{each.to}的" if each.to else "答应的"
    return f"{each.what}，{since}{whom}"


def _show_customer(customer: int, key: Key) -> Button:
    return tap("看档案", ShowCustomer(customer, 0, key.to))


def saved_already(view: SavedVisit) -> Card:
    """A second tap on 保存."""
    return Card(
        kind="visit.saved",
        title=titled(f"✓ {view.customer}", "记好了", ""),
        body=f"{clock(view.at)} 已经存过了",
        buttons=(_show_customer(view.customer_id, view.key), tap("撤销", UndoVisit(*ids(view.key)))),
    )


def undone(view: SavedVisit, today: date) -> Card:
    return Card(
        kind="visit.undone",
        title="撤了，档案里没有这条了",
        subtitle=_which_visit(view.customer, view.day, view.method, today),
        buttons=(tap("恢复", RestoreVisit(*ids(view.key))),),
        done=True,
    )


def _which_visit(customer: str, day: date, method: str, today: date) -> str:
    return joined(squeeze(customer), f"{day_short(day, today)}{_did(method)}")


def too_late_to_undo(view: SavedVisit, today: date, minutes: int) -> Card:
    return Card(
        kind="visit.undo.late",
        title=f"过了 {minutes}分钟，只能作废，会留痕",
        subtitle=_which_visit(view.customer, view.day, view.method, today),
        buttons=(drop("作废", VoidVisit(*ids(view.key))), tap("算了", ShowVisit(*ids(view.key)))),
    )


def voided(view: SavedVisit, today: date) -> Card:
    return Card(
        kind="visit.voided",
        title="✓ 作废了，留了痕",
        subtitle=_which_visit(view.customer, view.day, view.method, today),
        buttons=(tap("看整条", ShowVisit(*ids(view.key))),),
        done=True,
    )


# -- ShowVisit: the whole record ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """`author` "" is the reader. `editable`: the reader may change it."""

    key: Key
    customer: str
    customer_id: int
    day: date
    facts: Facts
    heard: Heard | None = None
    method: str = ""
    author: str = ""
    void: bool = False
    editable: bool = True
    page: str = ""


def record(view: VisitRecord, today: date) -> Card:
    key = ids(view.key)
    subtitle = _record_subtitle(view)
    rows = _unseen_people(subtitle, view.facts.contacts) + fact_rows(view.facts, today, confirming=False)
    lines, spill = fitted(rows, view.page, "整条里都有")
    bare = not rows and not view.facts.contacts
    return Card(
        kind="visit.record",
        title=titled(view.customer, f" · {day_short(view.day, today)}{_did(view.method)}"),
        subtitle=subtitle,
        flag="作废了，只留痕" if view.void else "",
        lines=lines,
        quote=quoted(view.heard),
        body=sentences(spill, "只记去过，没有新情况。" if bare else ""),
        buttons=(
            *((tap("改一改", HintEdit(*key, of="visit")),) if view.editable and not view.void else ()),
            _show_customer(view.customer_id, view.key),
        ),
        page=view.page,
    )


def _record_subtitle(view: VisitRecord) -> str:
    return _with_people(f"{squeeze(view.author) or '你'}记的", view.facts.contacts)


# -- V6 visit.corrected ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Corrected:
    """`key.what` is the correction; `waits_for`: a key field, held until this colleague agrees.

    `visit` is the filed record that was corrected, or 0; `draft` the draft that still waits to be saved.
    """

    key: Key
    customer: str
    visit: int
    altered: tuple[Altered, ...]
    heard: Heard | None = None
    waits_for: str = ""
    page: str = ""
    draft: Key | None = None


def corrected(view: Corrected, today: date) -> Card:
    undo = tap("撤销这次", UndoChange(*ids(view.key)))
    wait = squeeze(view.waits_for)
    altered = count(len(view.altered), "处").strip()
    changes = [each for altered in view.altered for each in alteration(altered, today)]
    return Card(
        kind="visit.corrected",
        title=titled(view.customer, f"，改好等{wait}点头", "，改好等点头", "，改好了")
        if wait
        else titled(f"✓ {view.customer}", f"，改了{altered}", "改了"),
        subtitle="点头前还用老的，其他没动" if wait else "其他没动",
        changes=tuple(changes[:LINES]),
        quote=quoted(view.heard),
        buttons=(*_save(view), undo, *_whole(view)),
        page=view.page,
    )


def correction_stays(view: Corrected, minutes: int) -> Card:
    """撤销这次, after the time for it."""
    return Card(
        kind="visit.correction.stays",
        title=titled(view.customer, "，改过的留着"),
        body=f"过了 {minutes}分钟，撤不了了。要改回去，说一声改成多少就行。",
        buttons=_whole(view),
    )


def _save(view: Corrected) -> tuple[Button, ...]:
    """A draft that was put right is saved from here, without looking for its card."""
    return (main("保存", SaveVisit(*ids(view.draft))),) if view.draft is not None else ()


def _whole(view: Corrected) -> tuple[Button, ...]:
    if view.draft is not None:
        return (tap("看整条", ShowDraft(*ids(view.draft))),)
    return (tap("看整条", ShowVisit(view.visit, 0, view.key.to)),) if view.visit else ()


def correction_undone(view: Corrected, today: date) -> Card:
    first = view.altered[0]
    back = "" if first.before is None else written_value(first.before, today, confirming=False)
    return Card(
        kind="visit.correction.undone",
        title=first_fit(TITLE, f"改回 {back}了", "改回去了") if back else "改回去了",
        subtitle=joined(squeeze(view.customer), "其他没动"),
        buttons=_whole(view),
        done=True,
    )


@dataclass(frozen=True, slots=True)
class RecordChoice:
    visit: int
    customer: str
    called: str
    day: date
    method: str = ""


def which_record(
    key: Key, records: tuple[RecordChoice, ...], today: date, heard: Heard | None = None
) -> Card:
    """`key.what` is the correction that waits; at most 3 records, newest first."""
    shown = records[:3]
    labels = [f"{squeeze(each.called or each.customer)} {day_short(each.day, today)}" for each in shown]
    return Card(
        kind="visit.which.record",
        title="改哪一条",
        lines=tuple(
            day_line(each.day, today, f"{squeeze(each.customer)}，{_did(each.method)}") for each in shown
        ),
        quote=quoted(heard),
        buttons=(
            *(
                tap(
                    label if len(label) <= BUTTON and labels.count(label) == 1 else f"第{at}条",
                    ChooseRecord(*ids(key), visit=each.visit),
                )
                for at, (label, each) in enumerate(zip(labels, shown, strict=True), 1)
            ),
            drop("都不改", Dismiss(*ids(key))),
        ),
    )


def which_amount(key: Key, customer: str, amounts: tuple[Money, ...], heard: Heard | None = None) -> Card:
    kinds = tuple({each.kind: each for each in amounts}.values())[:4]
    return Card(
        kind="visit.which.amount",
        title=titled(customer, "，哪个数"),
        quote=quoted(heard),
        buttons=tuple(
            tap(
                first_fit(BUTTON, f"{MONEY_KINDS[each.kind]} {written_money(each)}", MONEY_KINDS[each.kind]),
                ChooseAmount(*ids(key), kind=each.kind),
            )
            for each in kinds
        ),
    )


# -- V7 plan.noted, remind.noted ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A plan (`remind` False) or a reminder; `part` is 上午, 下午 or 晚上 as said, without an hour."""

    day: date
    what: str = ""
    hour: time | None = None
    part: str = ""
    customer: str = ""
    people: tuple[Person, ...] = ()
    method: str = ""
    remind: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """`key.what` is the note."""

    key: Key
    entries: tuple[Entry, ...]


def noted(view: Noted, today: date) -> Card:
    key = ids(view.key)
    lines = [day_line(each.day, today, _entry(each)) for each in view.entries]
    more = Line("还有", f"{len(lines) - LINES + 1} 件，都记下了")
    remind = all(each.remind for each in view.entries)
    return Card(
        kind="remind.noted" if remind else "plan.noted",
        title=f"✓ 记下了{count(len(lines), '件')}",
        lines=tuple(lines) if len(lines) <= LINES else (*lines[: LINES - 1], more),
        buttons=(tap("改时间", HintEdit(*key, of="plan")), tap("撤销", UndoPlan(*key))),
    )


def _entry(entry: Entry) -> str:
    when = clock(entry.hour) if entry.hour else entry.part
    text = _remind(entry) if entry.remind else _plan(entry)
    return f"{when}{' ' if entry.hour else ''}{text}"


def _remind(entry: Entry) -> str:
    named = not entry.customer or entry.customer in entry.what
    return f"提醒你{entry.what}" if named else f"提醒你{entry.what}，{entry.customer}"


def _plan(entry: Entry) -> str:
    """`去天虹纺织见吴莉`, `给天虹纺织吴莉打电话`, with what for behind it."""
    who = "、".join(each.name for each in entry.people)
    for_what = f"，{entry.what}" if entry.what else ""
    if entry.method in _CONTACT_VERBS:
        return f"给{entry.customer}{who}{_CONTACT_VERBS[entry.method]}{for_what}"
    went = f"去{entry.customer}" if entry.customer else ""
    met = f"见{who}" if who else ""
    return f"{went}{met}{for_what}" if went or met else entry.what or "有安排"


def noted_undone(view: Noted, today: date) -> Card:
    return Card(
        kind="plan.undone",
        title=first_fit(TITLE, f"撤了，这{count(len(view.entries), '件').strip()}都没了"),
        subtitle=joined(*(day_short(each.day, today) for each in view.entries[:3])),
        body="还要的话，再说一遍就行。",
        done=True,
    )


def past_day(key: Key, said: date, meant: date, today: date) -> Card:
    """`said` is over; `meant` is the day that it probably is."""
    short, meaning = day_short(said, today), day_short(meant, today)
    return Card(
        kind="plan.past",
        title=first_fit(TITLE, f"{short}已经过了，是 {meaning}吗", f"{short}过了，是 {meaning}吗"),
        buttons=(
            main(first_fit(BUTTON, meaning, f"{meant.month}月{meant.day}日"), _confirm(key, meant)),
            tap("改日子", HintEdit(*ids(key), of="plan")),
        ),
    )


def _confirm(key: Key, day: date) -> ConfirmDay:
    return ConfirmDay(*ids(key), day=day.isoformat())


# -- V8 facts.draft ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactsDraft:
    key: Key
    customer: str
    customer_id: int
    day: date
    facts: Facts
    heard: Heard | None = None
    new_customer: bool = False
    page: str = ""


def facts_draft(view: FactsDraft, today: date, *, stale: bool = False) -> Card:
    key = ids(view.key)
    rows = fact_rows(view.facts, today, confirming=True)
    lines, spill = fitted(rows, view.page, "存了都在档案里")
    heard = f"听到{count(len(rows), '件').strip()}新情况"
    new = view.new_customer
    return Card(
        kind="facts.draft",
        title=titled(view.customer, " · 新客户，你看对不对", " · 新客户")
        if new
        else titled(view.customer, f" · {heard}", " · 新情况"),
        subtitle=_with_people(day_confirmed(view.day), view.facts.contacts),
        lines=lines,
        quote=quoted(view.heard),
        body=sentences("这张旧了，最新的在这。" if stale else "", spill, *_left_out(view.facts.dropped)),
        buttons=(
            main("记下并建档" if new else "记下", SaveFacts(*key, create=new)),
            *((tap("其实是老客户", PickCustomer(*key)),) if new else ()),
            tap("改一改", HintEdit(*key, of="facts")),
            drop("不用记", DropDraft(*key)),
        ),
        page=view.page,
    )


def facts_hint(view: FactsDraft, today: date) -> Card:
    key = ids(view.key)
    new = view.new_customer
    return replace(
        facts_draft(view, today),
        body=f"直接说改哪里，比如{_examples(view.facts)}",
        buttons=(
            main("记下并建档" if new else "记下", SaveFacts(*key, create=new)),
            *opens("逐项改", view.page),
            drop("不用记", DropDraft(*key)),
        ),
    )


def facts_saved(view: FactsDraft, at: datetime) -> Card:
    """`key.what` is what was filed; `facts.told` and `facts.phones` decide what it says."""
    left = next((squeeze(each.of) for each in view.facts.told if each.field == "left"), "")
    waits = [
        Weighed(_waiting(Waiting("phone", each.waits_for))) for each in view.facts.phones if each.waits_for
    ]
    return Card(
        kind="facts.saved",
        title=titled(f"✓ {view.customer}", "记下了", ""),
        subtitle=clock(at),
        lines=tuple(row.line for row in waits[:LINES]),
        body=sentences(
            f"{left}的生日和节日问候都停了，历史还留着。要不要补个新联系人" if left else "",
            "先建了草稿档案，有名字就够。" if view.new_customer and not left else "",
        ),
        buttons=(
            _show_customer(view.customer_id, view.key),
            tap("撤销", UndoFacts(*ids(view.key))),
        ),
    )


def facts_undone(view: FactsDraft) -> Card:
    return Card(
        kind="facts.undone",
        title="撤了，档案还是原来的",
        subtitle=joined(squeeze(view.customer)),
        buttons=(_show_customer(view.customer_id, view.key),),
        done=True,
    )
