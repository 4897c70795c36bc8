"""Cards of drafts: what was heard of one customer or several, waiting for a tap; facts without a visit."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from cards.actions import (
    ChooseContact,
    ChooseOther,
    DropDraft,
    DropDrafts,
    HintEdit,
    PickCustomer,
    ReopenDraft,
    RestoreDraft,
    SaveFacts,
    SaveVisit,
    SaveVisits,
    ShowDrafts,
    UndoFacts,
)
from cards.lines import (
    LINES,
    TITLE,
    Weighed,
    did,
    drop,
    fact_rows,
    first_fit,
    fitted,
    ids,
    joined,
    main,
    name_line,
    opens,
    quoted,
    sentences,
    show_customer,
    step_text,
    tap,
    tap_label,
    titled,
    told_text,
    unseen_people,
    unsure_label,
    waiting_line,
    with_people,
    written_money,
)
from cards.model import Button, Card, Line
from cards.parts import Facts, Heard, Key, Waiting
from cards.states import not_yours
from cards.words import (
    MONEY_KINDS,
    VALUE,
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
        buttons=_draft_buttons(view, today),
        menu=_draft_menu(view, today),
        footer="第一次，放心点，10分钟内都能撤" if view.first else "",
        page=view.page,
    )


def _draft_title(view: VisitDraft, today: date) -> str:
    part = f"（{view.part[0]}/{view.part[1]}）" if view.part else ""
    deed = did(view.method)
    return titled(
        view.customer,
        f" · {day_near(view.day, today)}{deed}，你看对不对{part}",
        f" · {day_near(view.day, today)}{deed}{part}",
        f"，你看对不对{part}",
        part,
    )


def _draft_subtitle(view: VisitDraft) -> str:
    new = "新客户 · " if view.new_customer else ""
    return with_people(f"{new}{day_confirmed(view.day)}", view.facts.contacts)


def _draft_rows(view: VisitDraft, today: date) -> list[Weighed]:
    rows = fact_rows(view.facts, today, confirming=True)
    return unseen_people(_draft_subtitle(view), view.facts.contacts) + rows


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


def _draft_buttons(view: VisitDraft, today: date) -> tuple[Button, ...]:
    key = view.key
    save = main("保存", SaveVisit(*ids(key)))
    edit = tap("改一改", HintEdit(*ids(key), of="draft"))
    forget = drop("不用记", DropDraft(*ids(key)))
    if view.new_customer:
        create = main("保存并建档", SaveVisit(*ids(key), create=True))
        second = _unsure_buttons(view, today) or (_old_customer(view),)
        return (create, *second, edit, forget)
    doubt = _doubt_buttons(view) or _unsure_buttons(view, today)
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


def _unsure_buttons(view: VisitDraft, today: date) -> tuple[Button, ...]:
    unsure = view.facts.unsure
    if unsure is None:
        return ()
    return (tap(unsure_label(unsure, today), ChooseOther(*ids(view.key), at=unsure.at)),)


def _old_customer(view: VisitDraft) -> Button:
    return tap("其实是老客户", PickCustomer(*ids(view.key)))


def _draft_menu(view: VisitDraft, today: date) -> tuple[Button, ...]:
    """What choices pushed off the card."""
    if view.new_customer:
        return (_old_customer(view),) if _unsure_buttons(view, today) else ()
    if len(_doubt_buttons(view)) < 2:
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
        title=titled(view.customer, f" · {day_short(view.day, today)}{did(view.method)}"),
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
    printed: bool = False
    """From the picture of a business card (V9)."""


def facts_draft(view: FactsDraft, today: date, *, stale: bool = False) -> Card:
    key = ids(view.key)
    rows = fact_rows(_unrepeated(view.facts) if view.printed else view.facts, today, confirming=True)
    lines, spill = fitted(rows, view.page, "存了都在档案里")
    new = view.new_customer
    return Card(
        kind="facts.draft",
        title=titled(view.customer, *_facts_tails(view, len(rows))),
        subtitle=with_people(day_confirmed(view.day), view.facts.contacts),
        lines=lines,
        quote=quoted(view.heard),
        body=sentences("这张旧了，最新的在这。" if stale else "", spill, *_left_out(view.facts.dropped)),
        buttons=(
            main("记下并建档" if new else "记下", SaveFacts(*key, create=new)),
            *((tap("其实是老客户", PickCustomer(*key)),) if new else ()),
            tap("改一改", HintEdit(*key, of="facts")),
            *((tap("换客户", PickCustomer(*key)),) if view.printed and not new else ()),
            drop("不用记", DropDraft(*key)),
        ),
        page=view.page,
    )


def _facts_tails(view: FactsDraft, rows: int) -> tuple[str, ...]:
    if view.printed:
        return " · 名片，你看对不对", " · 名片"
    if view.new_customer:
        return " · 新客户，你看对不对", " · 新客户"
    return f" · 听到{count(rows, '件').strip()}新情况", " · 新情况"


def _unrepeated(facts: Facts) -> Facts:
    """Without the title that already stands behind the person's name, nor the name before each line."""
    people = {each.name: each.title for each in facts.contacts}
    return replace(
        facts,
        told=tuple(
            replace(each, of="customer") if each.of in people else each
            for each in facts.told
            if each.field != "title" or people.get(each.of) != each.value
        ),
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
        Weighed(waiting_line(Waiting("phone", each.waits_for)))
        for each in view.facts.phones
        if each.waits_for
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
            show_customer(view.customer_id, view.key),
            tap("撤销", UndoFacts(*ids(view.key))),
        ),
    )


def facts_undone(view: FactsDraft) -> Card:
    return Card(
        kind="facts.undone",
        title="撤了，档案还是原来的",
        subtitle=joined(squeeze(view.customer)),
        buttons=(show_customer(view.customer_id, view.key),),
        done=True,
    )
