"""Cards of what was filed: the receipt, the whole record, what was put right by talking."""

from dataclasses import dataclass
from datetime import date, datetime

from cards.actions import (
    ChooseAmount,
    ChooseRecord,
    Dismiss,
    DraftMessage,
    HintEdit,
    RestoreVisit,
    SaveVisit,
    ShowDraft,
    ShowVisit,
    TellService,
    UndoChange,
    UndoVisit,
    VoidVisit,
)
from cards.lines import (
    BUTTON,
    LINES,
    TITLE,
    Weighed,
    alteration,
    day_line,
    did,
    drop,
    fact_rows,
    first_fit,
    fitted,
    ids,
    joined,
    line,
    main,
    quoted,
    sentences,
    show_customer,
    tap,
    titled,
    unseen_people,
    waiting_line,
    with_people,
    written_money,
    written_value,
)
from cards.model import Button, Card
from cards.parts import Altered, Facts, Heard, Key, Money, Waiting
from cards.words import (
    MONEY_KINDS,
    clock,
    count,
    day_short,
    squeeze,
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
    last = (show_customer(view.customer_id, view.key), tap("撤销", UndoVisit(*key)))
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
        *(Weighed(waiting_line(each)) for each in view.waiting),
        *(Weighed(line("还欠着", _owed(each, today))) for each in view.owed),
    ]


def _reminding(each: Reminding, today: date) -> str:
    if each.due is None or each.due == each.on:
        return f"提醒你{each.what}"
    same = (each.due.year, each.due.month) == (each.on.year, each.on.month)
    due = f"{each.due.day}日" if same else day_short(each.due, today)
    return f"提醒你{each.what}，{due}{'前要给到' if each.by else '要办'}"


def _owed(each: Owed, today: date) -> str:
    since = f"{day_short(each.since, today)}" if each.since else ""
    whom = f"答应{each.to}的" if each.to else "答应的"
    return f"{each.what}，{since}{whom}"


def saved_already(view: SavedVisit) -> Card:
    """A second tap on 保存."""
    return Card(
        kind="visit.saved",
        title=titled(f"✓ {view.customer}", "记好了", ""),
        body=f"{clock(view.at)} 已经存过了",
        buttons=(show_customer(view.customer_id, view.key), tap("撤销", UndoVisit(*ids(view.key)))),
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
    return joined(squeeze(customer), f"{day_short(day, today)}{did(method)}")


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
    rows = unseen_people(subtitle, view.facts.contacts) + fact_rows(view.facts, today, confirming=False)
    lines, spill = fitted(rows, view.page, "整条里都有")
    bare = not rows and not view.facts.contacts
    return Card(
        kind="visit.record",
        title=titled(view.customer, f" · {day_short(view.day, today)}{did(view.method)}"),
        subtitle=subtitle,
        flag="作废了，只留痕" if view.void else "",
        lines=lines,
        quote=quoted(view.heard),
        body=sentences(spill, "只记去过，没有新情况。" if bare else ""),
        buttons=(
            *((tap("改一改", HintEdit(*key, of="visit")),) if view.editable and not view.void else ()),
            show_customer(view.customer_id, view.key),
        ),
        page=view.page,
    )


def _record_subtitle(view: VisitRecord) -> str:
    return with_people(f"{squeeze(view.author) or '你'}记的", view.facts.contacts)


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
            day_line(each.day, today, f"{squeeze(each.customer)}，{did(each.method)}") for each in shown
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
