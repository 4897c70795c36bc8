"""The card book's own examples keep its limits, and the cards say the book's words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from cards import (
    accuracy,
    approval,
    brief,
    customer,
    diary,
    dormant,
    filed,
    handover,
    help,
    keeping,
    reminder,
    states,
    transfer,
    visit,
    which,
)
from cards.actions import ACTIONS, Action, ShowApproval
from cards.limits import faults
from cards.lines import BODY, BUTTON, LABEL, LINES, QUOTE, SUBTITLE, TITLE
from cards.model import Card, Line
from cards.parts import Doubt, Facts, Money, Named, Person, Told, Unsure
from cards.words import VALUE
from tests.unit.cards import examples as ex
from tests.unit.cards.book import boxes, drawn, text

QUOTED, PLANNED = Money("quote", 128000), Money("budget", 128000)
NO_CARDS = {"M5", "M6"}
"""A welcome text and a page: no card's limits."""
LATER = datetime(2026, 4, 21, 18, 45, tzinfo=ex.CHINA)

BUILT: dict[str, Callable[[], Card]] = {
    "V1": lambda: visit.draft(ex.V1, ex.TODAY),
    "V2": lambda: visit.several(ex.V2),
    "V3": lambda: which.which(ex.V3, ex.TODAY),
    "V4": lambda: which.duplicates(ex.V4, ex.TODAY),
    "V5": lambda: filed.saved(ex.V5, ex.TODAY),
    "V6": lambda: filed.corrected(ex.V6, ex.TODAY),
    "V7": lambda: diary.noted(ex.V7, ex.TODAY),
    "V8": lambda: visit.facts_draft(ex.V8, ex.TODAY),
    "V9": lambda: visit.facts_draft(ex.V9, ex.TODAY),
    "F1": lambda: reminder.task_due(ex.F1, date(2026, 4, 28)),
    "F2": lambda: reminder.task_done(ex.F1, datetime(2026, 4, 28, 10, 12, tzinfo=ex.CHINA)),
    "F3": lambda: reminder.morning(ex.F3, date(2026, 4, 22)),
    "F4": lambda: reminder.evening(ex.F4, ex.TODAY),
    "F5": lambda: reminder.report(ex.F5, ex.TODAY, 24),
    "F6": lambda: brief.brief(ex.F6, ex.TODAY),
    "K1": lambda: keeping.merge(ex.K1),
    "K2": lambda: keeping.why(ex.KEY, "天虹纺织", ex.K2, ex.TODAY),
    "F7": lambda: customer.archive(ex.F7, ex.TODAY),
    "F8": lambda: customer.timeline(ex.F8, ex.TODAY),
    "A1": lambda: approval.key_field(ex.A1, ex.NOW),
    "A3": lambda: approval.decided_manager(ex.A3, LATER),
    "A4": lambda: approval.returned(ex.A4, LATER),
    "D1": lambda: dormant.dormant(ex.D1, ex.TODAY),
    "H1": lambda: handover.request(ex.H1, ex.TODAY),
    "H2": lambda: handover.dossier(ex.H2, date(2026, 4, 22)),
    "H3": lambda: handover.accept(ex.H3, ex.TODAY),
    "H4": lambda: handover.sign(ex.H4, ex.TODAY),
    "H5": lambda: transfer.progress(ex.H5, date(2026, 4, 23)),
    "H6": lambda: transfer.refusals(ex.H6, ex.TODAY),
    "R3": lambda: accuracy.weekly(ex.R3),
    "P1": lambda: help.help_card(ex.P1),
    "P2": lambda: help.first_contact(ex.KEY, "李娜"),
    "E1": lambda: help.not_understood(ex.KEY),
    "E2": lambda: help.voice_unheard(ex.KEY),
    "E3": lambda: help.too_long(ex.KEY, 3),
    "E4": lambda: help.busy(ex.KEY),
    "E5": lambda: help.broken(ex.KEY),
}


def test_every_box_is_read() -> None:
    assert len(boxes()) == text().count("\n┌ ") - 1 + text().count(" ┌ ")
    assert boxes()["V1"].title == "鼎盛机械 · 今天上门，你看对不对"
    assert all(box.buttons for id, box in boxes().items() if id != "M5")


@pytest.mark.parametrize("id", sorted(set(boxes()) - NO_CARDS))
def test_the_books_examples_keep_its_limits(id: str) -> None:
    box = boxes()[id]
    assert 0 < len(box.title) <= TITLE
    assert len(box.subtitle) <= SUBTITLE
    assert len(box.rows) <= LINES
    assert all(0 < len(label) <= LABEL and 0 < len(value) <= VALUE for label, value in box.rows), box.rows
    assert len(box.quote) <= QUOTE
    assert len(box.body) <= BODY
    assert 0 < len(box.buttons) <= 4
    assert all(len(label) <= BUTTON for label, _ in box.buttons)
    assert len(box.menu) <= 3


@pytest.mark.parametrize("id", sorted(BUILT))
def test_a_card_says_the_books_words(id: str) -> None:
    card = BUILT[id]()
    assert faults(card) == []
    want, have = boxes()[id], drawn(card, id)
    if id == "F3":  # the box does not keep to the order that is written under it
        want.rows[2:4] = want.rows[3:1:-1]
    assert have == want


def test_the_books_intentions_of_built_cards_exist() -> None:
    names = {name for id in BUILT for _, name in boxes()[id].buttons if name != "↗"}
    assert names <= set(ACTIONS)


# -- the variants under the boxes ---------------------------------------------------------------------


def says(card: Card, *words: str) -> None:
    """The card is sound, and says these words of the book."""
    assert faults(card) == []
    said = "\n".join(
        (
            card.title,
            card.subtitle,
            card.body,
            card.footer,
            *(f"{row.label}   {row.written}" for row in card.rows),
            *(button.label for button in card.buttons),
        )
    )
    for each in words:
        assert each in text(), f"not in the book: {each}"
        assert each in said, f"not on the card: {each}"


def taps(card: Card) -> dict[str, Action | None]:
    return {button.label: button.action for button in card.buttons}


def test_v1_marks_the_words_that_facts_came_from() -> None:
    quote = visit.draft(ex.V1, ex.TODAY).quote
    assert quote
    marked = [quote.text[mark.start : mark.end] for mark in quote.marks]
    assert marked == ["两台贴标机", "十二万八", "博世", "下周三前发方案"]
    assert "幺三八****" in quote.whole
    in_whole = [quote.whole[mark.start : mark.end] for mark in quote.whole_marks]
    assert in_whole == [*marked, "幺三八****…"]


def test_only_the_author_gets_the_whole_note() -> None:
    heard = replace(ex.V1.heard, author=False)
    theirs = filed.VisitRecord(ex.KEY, "鼎盛机械", 9, ex.TODAY, ex.V1.facts, heard, author="李娜")
    quote = filed.record(theirs, ex.TODAY).quote
    assert quote
    assert quote.whole == ""


def test_the_lines_that_matter_stay() -> None:
    facts = replace(
        ex.V1.facts,
        told=(Told("headcount", "600"), Told("industry", "包装"), Told("address", "昆山")),
        tags=("price_sensitive", "urgent"),
    )
    card = visit.draft(replace(ex.V1, facts=facts), ex.TODAY)
    assert faults(card) == []
    assert [line.label for line in card.lines] == ["要什么", "预算", "阶段", "下一步", "新电话", "还有"]
    assert card.lines[-1] == Line("还有", "5 条，点开看", link=ex.V1.page)
    many = replace(facts, amounts=tuple(Money("quote", n * 1000) for n in range(1, 7)))
    card = visit.draft(replace(ex.V1, facts=many, page=""), ex.TODAY)
    assert faults(card) == []
    assert card.lines[-1].value == "10 条，存了都在档案里"
    assert card.body.startswith("另有报价 6,000元；阶段 初步接触 → 需求确认；下一步 2026-04-29前发方案；")


def test_v1_faces() -> None:
    hint = visit.draft_hint(ex.V1, ex.TODAY, other_contact="张薇")
    says(hint, "直接说改哪里，比如“预算改成15万”“不是张伟，是张薇”")
    assert list(taps(hint)) == ["保存", "逐项改", "不用记"]
    assert hint.lines == visit.draft(ex.V1, ex.TODAY).lines

    gone = visit.draft_dropped(ex.GONE, ex.TODAY)
    says(gone, "好，没记鼎盛这条", "原话给你留到明晚，要的话点找回。", "找回")
    expired = visit.draft_expired(ex.GONE, ex.TODAY)
    says(expired, "鼎盛机械 · 4月21日上门", "放了 7天，我没替你存。内容还在", "重新打开", "不要了")
    foreign = visit.draft_foreign("鼎盛机械", "李娜")
    says(foreign, "鼎盛机械的一次拜访", "这张要李娜本人点，我没动它")
    assert not foreign.lines
    assert not foreign.quote
    assert foreign.done
    again = filed.saved_already(ex.V5)
    says(again, "✓ 鼎盛机械记好了", "18:24 已经存过了", "看档案", "撤销")


def test_v1_in_place_of_an_old_version() -> None:
    stale = visit.draft(ex.V1, ex.TODAY, stale=True)
    says(stale, "这张旧了，最新的在这", "没提到谁拍板，想起来再说。")
    assert stale.buttons == visit.draft(ex.V1, ex.TODAY).buttons


@pytest.mark.parametrize(
    ("unsure", "line", "button"),
    [
        (Unsure(date(2026, 4, 21), date(2026, 4, 20)), "哪天   4月20日？先按 4月21日记", "是4月20日"),
        (Unsure(QUOTED, PLANNED), "哪个数   预算 12.8万元？先按报价 12.8万元记", "是预算"),
        (Unsure(QUOTED, Money("quote", 150000)), "哪个数   报价 15万元？先按报价 12.8万元记", "是15万元"),
        (Unsure(None, Money("quote", 820000)), "哪个数   报价 82万元？先没记", "记成报价"),
        (Unsure(QUOTED, None), "哪个数   报价 12.8万元？先记着", "不记这个数"),
    ],
)
def test_v1_read_two_ways(unsure: Unsure, line: str, button: str) -> None:
    view = visit.VisitDraft(ex.KEY, "鼎盛机械", ex.TODAY, Facts(unsure=unsure), method="onsite")
    card = visit.draft(view, ex.TODAY)
    says(card, line, button)
    assert list(taps(card)) == ["保存", "改一改", button, "不用记"]
    new = visit.draft(replace(view, new_customer=True), ex.TODAY)
    assert list(taps(new)) == ["保存并建档", button, "改一改", "不用记"]
    assert [each.label for each in new.menu] == ["其实是老客户"]


def test_v1_one_doubt() -> None:
    facts = Facts(doubt=Doubt("张总", (Named(4, "张伟"),)))
    card = visit.draft(visit.VisitDraft(ex.KEY, "鼎盛机械", ex.TODAY, facts, method="onsite"), ex.TODAY)
    says(card, "见了谁   张总？先按“张总”记", "是张伟")
    assert list(taps(card)) == ["保存", "改一改", "是张伟", "不用记"]

    two = Facts(doubt=Doubt("张总", (Named(4, "张伟"), Named(6, "张薇"))))
    card = visit.draft(visit.VisitDraft(ex.KEY, "鼎盛机械", ex.TODAY, two, method="onsite"), ex.TODAY)
    says(card, "张总？张伟还是张薇")
    assert list(taps(card)) == ["保存", "是张伟", "是张薇", "不用记"]
    assert [button.label for button in card.menu] == ["改一改", "换客户"]


def test_v1_new_customer_bare_and_denied() -> None:
    new = visit.VisitDraft(ex.KEY, "宏远包装", ex.TODAY, Facts(), method="onsite", new_customer=True)
    card = visit.draft(new, ex.TODAY)
    says(card, "宏远包装 · 今天上门，你看对不对", "新客户 · 2026-04-21 周二", "保存并建档", "其实是老客户")
    says(card, "只记去过，没有新情况。")
    assert card.buttons[0].action == visit.SaveVisit(12, 3, 5, create=True)

    facts = Facts(told=(Told("headcount", "600"),), denied=("今年没预算",))
    denied = visit.VisitDraft(ex.KEY, "嘉晟塑胶", ex.TODAY, facts, method="onsite", part=(2, 2))
    card = visit.draft(denied, ex.TODAY)
    says(card, "今年没预算，照原话记，没写成 0元。")
    assert card.title.endswith("（2/2）")
    assert card.lines[0].written == "600人"


def test_v2_saved_v3_variants() -> None:
    says(visit.several_saved(ex.V2, ex.NOW), "✓ 3 家记好了")
    says(which.which_kept(ex.V3), "放着了，没存。说“嘉晟那条”就接着来")
    many = which.Which(ex.KEY, "嘉城", tuple(which.Candidate(n, f"嘉城{n}厂") for n in range(4, 12)))
    card = which.which(many, ex.TODAY)
    says(card, "就这家")
    assert card.choice
    assert card.choice.title == "是哪一家"
    assert len(card.choice.options) == 8
    three = which.Which(ex.KEY, "嘉城", tuple(which.Candidate(n, f"嘉城{n}厂") for n in range(3)))
    card = which.which(three, ex.TODAY)
    assert len(card.buttons) == 4
    assert [entry.label for entry in card.menu] == ["先放着"]


def test_v4_variants() -> None:
    phone = which.Duplicates(ex.KEY, "宏源包装", ex.V4.rows[1:], same_phone=True)
    card = which.duplicates(phone, ex.TODAY)
    says(card, "有一家留的是同一个电话，陈浩在跟", "像是同一家")
    assert not card.lines
    question = which.same_question(ex.SAME, ex.TODAY)
    says(question, "李娜今天见了“宏源包装”，和你的宏源包材是一家吗", "是一家", "不是一家")
    says(which.same_thanks(ex.SAME, True))
    for same in (True, False):
        says(which.same_answer(ex.SAME, same))
    says(which.same_asked(ex.SAME, ex.TODAY))
    opened = visit.VisitDraft(ex.KEY, "宏源包装", ex.TODAY, Facts(), draft_file=True)
    says(visit.draft(opened, ex.TODAY), "先建了草稿档案，有名字就够")


def test_v5_variants() -> None:
    says(filed.undone(ex.V5, ex.TODAY), "撤了，档案里没有这条了", "恢复")
    says(filed.too_late_to_undo(ex.V5, ex.TODAY, 10), "过了 10分钟，只能作废，会留痕", "作废", "算了")
    says(filed.voided(ex.V5, ex.TODAY))
    angry = filed.SavedVisit(ex.KEY, "天虹纺织", 9, ex.NOW, ex.TODAY, complaint=True, first=True)
    card = filed.saved(angry, ex.TODAY)
    says(card, "告诉售后", "就这么简单，到点我提醒你。")
    assert card.buttons[0].label == "告诉售后"
    assert len(card.buttons) == 4


def test_the_whole_record() -> None:
    view = filed.VisitRecord(ex.KEY, "鼎盛机械", 9, ex.TODAY, ex.V1.facts, ex.V1.heard, "onsite", "李娜")
    card = filed.record(view, date(2026, 4, 22))
    assert faults(card) == []
    assert card.title == "鼎盛机械 · 4月21日上门"
    assert card.subtitle == "李娜记的 · 张伟，采购经理"
    assert "4月29日前发方案" in [line.value for line in card.lines]


def test_v6_variants() -> None:
    says(filed.correction_undone(ex.V6, ex.TODAY), "改回 4月29日了")
    key_field = filed.Corrected(ex.KEY, "鼎盛机械", 21, ex.V6.altered, waits_for="周强")
    says(filed.corrected(key_field, ex.TODAY), "改好等周强点头")
    draft = filed.Corrected(ex.KEY, "鼎盛机械", 0, ex.V6.altered, draft=ex.KEY)
    says(filed.corrected(draft, ex.TODAY), "保存")
    says(filed.correction_stays(draft, 10))
    records = tuple(
        filed.RecordChoice(n, "鼎盛机械", "鼎盛", date(2026, 4, 21 - n), "onsite") for n in range(3)
    )
    says(filed.which_record(ex.KEY, records, ex.TODAY), "改哪一条")
    amounts = (Money("budget", 128_000), Money("quote", 150_000))
    says(filed.which_amount(ex.KEY, "鼎盛机械", amounts), "哪个数", "预算 12.8万元", "报价 15万元")


def test_v7_v8_variants() -> None:
    past = diary.past_day(ex.KEY, date(2026, 4, 12), date(2026, 5, 12), ex.TODAY)
    says(past, "4月12日已经过了，是 5月12日吗", "5月12日", "改日子")
    says(diary.noted_undone(ex.V7, ex.TODAY))
    says(visit.facts_saved(ex.V8, ex.NOW), "孙磊的生日和节日问候都停了，历史还留着。要不要补个新联系人")
    says(visit.facts_undone(ex.V8))
    says(visit.facts_hint(ex.V8, ex.TODAY))


def test_f1_variants() -> None:
    today = date(2026, 4, 21)
    days = reminder.task_days(ex.F1, today)
    says(days, "挪过去")
    assert days.choice
    assert days.choice.title == "挪到"
    assert [option.label for option in days.choice.options] == [
        "明天 4月22日",
        "周五 4月24日",
        "下周一 4月27日",
        "下周三 4月29日",
        "月底 4月30日",
    ]
    moved = reminder.TaskDue(ex.KEY, "发方案", "鼎盛机械", date(2026, 4, 29), moved=3)
    says(reminder.task_due(moved, today), "挪了三次，要不要换个做法")
    says(reminder.task_cancelled(ex.F1, today), "没做")
    new = reminder.TaskDue(
        ex.KEY, "打电话", "宏远包装", today, hour=ex.time(17), since=date(2026, 4, 20), origin="plan"
    )
    call = reminder.call_new_customer(new, today)
    says(call, "宏远包装是新客户，打个电话吧", "今天 17:00 前 · 昨天建的")
    for card in (
        reminder.task_snoozed(ex.F1, date(2026, 4, 22), today),
        reminder.task_moved(ex.F1, today),
        reminder.task_undone(ex.F1, today),
        reminder.follow_up_planned(ex.F1, today),
        reminder.todays_list(ex.F3, today),
        reminder.todays_list(reminder.Morning(ex.KEY, ()), today),
    ):
        says(card)


def test_archive_variants() -> None:
    foreign = customer.not_yours(ex.KEY, "鼎盛机械", "陈浩")
    says(foreign, "鼎盛机械由陈浩在跟，只能看到名字", "问问陈浩")
    bare = customer.archive(customer.Archive(ex.KEY, "华东机电"), ex.TODAY)
    says(bare)
    assert not bare.lines


def test_brief_and_keeping_variants() -> None:
    says(brief.out_again(ex.KEY), "说吧，我在听。")
    says(brief.brief(brief.Brief(ex.KEY, "宏远包装"), ex.TODAY), "第一次去？只知道名字。出来说一句就有了。")
    says(keeping.merged(ex.KEY, "宏远包装", "宏源包装", 7, 30), "✓ 宏源包装并到宏远包装了", "分回来")
    says(keeping.stays_so(days=30), "过了 30天，撤不了了")
    waits = keeping.Kept(ex.KEY, "天虹纺织", 9, ex.K2, waits_for="周强")
    says(keeping.kept(waits, ex.TODAY), "天虹纺织的等级，交上去了", "等周强点头，先还是原来的。")
    says(customer.asked_owner(ex.KEY, "陈浩", "启明教育"), "问陈浩了，等他找你")
    says(customer.owner_asked(ex.KEY, "李娜", "启明教育"), "李娜想问问你的启明教育")


def test_answers() -> None:
    today = ex.TODAY
    last = customer.LastVisit(ex.KEY, "鼎盛机械", date(2026, 3, 21), "onsite", ex.ZHANG, "要贴标机 2台")
    row = customer.Row("鼎盛机械", "要贴标机", today, 92)
    number = customer.PhoneAnswer(ex.KEY, "鼎盛机械", ex.ZHANG, "13800138000", today)
    for card in (
        customer.last_visit(last, today),
        customer.visits(5, (row,) * 8, date(2026, 4, 1), today, today),
        customer.visits(5, (), None, None, today),
        customer.dormant(5, (row,) * 8, today, planned=4),
        customer.dormant(5, (), today),
        customer.pipeline(5, (customer.StageCount("needs", 3, 210_000),)),
        customer.phone(number, today),
        customer.phone_shown(number, today),
        customer.nothing_found(ex.KEY, "鼎盛机械", "phone"),
        customer.unknown_customer(ex.KEY, "嘉城"),
        customer.no_ranking(5),
    ):
        says(card)
    assert "138****8000" in customer.phone(number, today).title
    assert "13800138000" in customer.phone_shown(number, today).title


def test_approval_variants() -> None:
    ask = approval.ask_reason(ex.A1, ex.NOW)
    says(ask, "退给李娜", "算了")
    assert ask.choice
    assert ask.choice.title == "哪里不对"
    reasons = " / ".join(option.label for option in ask.choice.options)
    assert reasons in text()
    again = approval.KeyField(ex.KEY, "李娜", "宏远包装", 9, "legal_name", ex.NOW, after="宏远", attempt=2)
    says(approval.key_field(again, ex.NOW), "第 2 次交")
    rep = approval.Decided(ex.KEY, "李娜", "周强", "鼎盛机械", 9, "phone", ex.A3.at, contact="张伟")
    says(approval.decided_rep(rep, LATER), "✓ 张伟的新电话用上了", "周强 18:40 同意", "看档案")
    says(approval.decided_elsewhere(rep, LATER), "周强 18:40 已同意", "看档案")
    says(approval.too_late_to_withdraw(rep), "已经用上了，要改请走一次新的")
    says(approval.expired(ex.A1, to_rep=True), "放了 3天，还是老号码", "再交一次")
    says(approval.expired(ex.A1, to_rep=False), "放了 3天，还是老号码")
    says(approval.own_request(ex.A1, "郑洁"), "自己不能批自己的，先等郑洁")
    says(approval.waiting_list(5, (ex.A1,) * 5, ex.NOW), "5 件等你看", "一件件看")
    sent_back = approval.Decided(ex.KEY, "李娜", "", "宏远包装", 9, "legal_name", ex.NOW, agreed=False)
    says(approval.decided_manager(sent_back, LATER), "退给李娜了")
    for card in (
        approval.ask_words(ex.A1),
        approval.withdrawn(rep, LATER),
        approval.change_dropped(rep),
        approval.own_request(ex.A1, ""),
    ):
        says(card)


@pytest.mark.parametrize("field", ["phone", "legal_name", "grade", "owner", "deletion"])
def test_every_key_field_has_its_words(field: str) -> None:
    asked = approval.KeyField(ex.KEY, "李娜", "鼎盛机械", 9, field, ex.NOW, before="旧", after="新")
    says(approval.key_field(asked, ex.NOW))
    says(approval.expired(asked, to_rep=True))
    for agreed in (True, False):
        done = approval.Decided(ex.KEY, "李娜", "周强", "鼎盛机械", 9, field, ex.NOW, agreed=agreed)
        says(approval.decided_manager(done, LATER))
        says(approval.decided_rep(done, LATER))
        says(approval.decided_elsewhere(done, LATER))


def test_d1_variants() -> None:
    says(
        dormant.dormant(replace(ex.D1, days=32, rule=30, grade="A", customer="鼎盛机械"), ex.TODAY),
        "鼎盛机械 32天没联系了",
        "A级客户满 30天提一次",
    )
    half = replace(ex.D1, days=181, rule=180, nudge="")
    says(dormant.dormant(half, ex.TODAY), "博瑞生物半年没动静了", "要么重新打个招呼，要么先放下，都行。")
    year = replace(
        ex.D1, days=366, rule=365, nudge="", decides=True, owner="李娜", owners_word="4月3日说联系过了"
    )
    says(dormant.dormant(year, ex.TODAY), "博瑞生物一年没消息了", "再试一次", "换人跟", "放公海", "归档")
    asked = dormant.ask_day(ex.D1, date(2026, 4, 23))
    says(asked, "记上")
    assert asked.choice
    assert [each.label for each in asked.choice.options] == ["今天", "昨天", "这周", "上周"]
    why = dormant.ask_why(ex.D1, ex.TODAY)
    assert why.choice
    assert " / ".join(each.label for each in why.choice.options) in text()
    says(dormant.contacted(ex.D1, ex.TODAY, ex.TODAY, longer=120), "以后隔 120天再问这家？", "好", "照旧")


def test_handover_variants() -> None:
    decline = handover.ask_decline(ex.H3, "周强")
    assert decline.choice
    assert " / ".join(each.label for each in decline.choice.options) in text()
    says(handover.accepted(ex.H3, "周强"), "等周强签字")
    signed = handover.Signed(ex.KEY, "李娜", "陈浩", 40, ex.NOW, "J-2026-0007", people=36)
    says(handover.signed(signed, ex.TODAY), "要反悔就再交接一次，微信 90天内只能转两次")
    done = replace(ex.H5, done=35, waiting=0, full=0, refused=1, total=36)
    says(transfer.finished(done, ex.TODAY), "✓ 交接完了，35 位过去，1 位没同意")


def test_common_states() -> None:
    says(states.already(filed.saved(ex.V5, ex.TODAY), ex.NOW), "18:24 已经存过了")
    says(states.renewed(filed.saved(ex.V5, ex.TODAY)), "这张旧了，最新的在这")
    says(states.in_progress("40 家交接"), "在办，好了告诉你")
    says(states.right_lost(ex.KEY, "鼎盛机械", "陈浩"), "这家现在归陈浩，我没动。要找他吗", "问问陈浩")
    says(states.failed(ex.KEY), "没存上，不是你的问题", "5分钟内再试", "再试一次")
    show = ShowApproval(12, 3, 5)
    decided = states.decided_by("周强", datetime(2026, 4, 21, 14, 5, tzinfo=ex.CHINA), "同意", show, ex.TODAY)
    says(decided, "周强 14:05 已同意", "看结果")
    says(states.gone())


def test_help_variants() -> None:
    says(help.help_card(help.Help(ex.KEY)), "跟我说话就行")
    says(help.help_card(help.Help(ex.KEY, ("鼎盛",), manager=True)), "待批", "久没动", "漏斗")
    example = help.example(ex.KEY, ex.V1, ex.TODAY)
    says(example, "照着说一句")
    assert example.flag == "例子"
    assert "保存" not in taps(example)
    first = visit.VisitDraft(ex.KEY, "鼎盛机械", ex.TODAY, Facts(contacts=(Person("张伟"),)), first=True)
    says(visit.draft(first, ex.TODAY), "第一次，放心点，10分钟内都能撤")
    says(help.practised(ex.KEY), "就这么简单，到点我提醒你。")
    says(help.small_talk(ex.KEY), "在呢，想记什么就说")
    says(help.listening(ex.KEY), "收到，在听")
    says(help.voice_unheard(ex.KEY, "unclear"), "这段没听清", "再说一遍或打字都行", "再听一次")
    says(help.voice_unheard(ex.KEY, "broken"), "这段语音放不出来", "可能没传完整")
    says(help.voice_unheard(ex.KEY, "long"), "这段太长了，我一次听不完", "10分钟以内我能听")
    received = help.file_received(ex.KEY, "image", "鼎盛机械", ex.TODAY, ex.TODAY)
    says(received, "图收到了，挂在鼎盛机械 4月21日那次", "不是这次")
    says(help.unknown_kind(ex.KEY), "这种文件还打不开", "PDF、图片、Excel 可以")
    dropped = visit.VisitDraft(ex.KEY, "鼎盛机械", ex.TODAY, Facts(dropped=("number",)))
    says(visit.draft(dropped, ex.TODAY), "号码我没留，其他都在")
    for card in (
        help.practice(ex.KEY),
        help.later(ex.KEY),
        help.memo_saved(ex.KEY),
        help.text_too_long(ex.KEY, 2000),
        help.fault_reported(ex.KEY),
        help.dismissed(ex.KEY),
        help.file_waits(ex.KEY, "file"),
        help.empty_text(ex.KEY),
        help.muted_today(ex.KEY),
        help.muted_kind(ex.KEY, "task.due"),
        help.why_this(ex.KEY, "task.due", 1),
        help.why_this(ex.KEY, "unheard.of", 1),
    ):
        says(card)


def test_a_week_of_few_records_has_no_shares() -> None:
    few = replace(ex.R3, saved=49, untouched=48)
    card = accuracy.weekly(few)
    says(card, "太少，算不准，再攒攒")
    assert (card.lines, card.subtitle) == ((), "")
    assert "前一周" not in accuracy.weekly(replace(ex.R3, before=None)).subtitle


def test_the_card_of_an_unknown_company_opens_a_file() -> None:
    says(
        visit.facts_draft(replace(ex.V9, new_customer=True), ex.TODAY), "记下并建档", "其实是老客户", "不用记"
    )


def test_the_longest_week_of_the_largest_company_keeps_the_limits() -> None:
    fields = tuple(accuracy.FieldCount(each, 99_999, 98_765) for each in accuracy.LABELS)
    view = accuracy.Accuracy(ex.KEY, date(2026, 12, 21), date(2026, 12, 27), 99_999, 99_999, fields, 1.0)
    assert faults(accuracy.weekly(view)) == []
