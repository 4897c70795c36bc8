"""The card book's examples as view-models: 李娜's Tuesday, 2026-04-21."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from cards.accuracy import Accuracy, FieldCount
from cards.approval import Decided, KeyField
from cards.brief import Brief
from cards.brief import Owed as Owed6
from cards.customer import Archive, Event, Timeline
from cards.diary import Entry, Noted
from cards.dormant import Silent
from cards.filed import Corrected, Owed, Reminding, SavedVisit
from cards.handover import Dossier, Offer, Request, Signing, Story
from cards.help import Help
from cards.keeping import Merge
from cards.parts import Altered, Facts, Heard, Key, Money, Person, Phone, StageMove, Step, Told, Waiting
from cards.reminder import Morning, MorningItem, Planned, TaskDue
from cards.transfer import Progress, Refusals, Stuck
from cards.visit import DraftGone, FactsDraft, Several, SeveralRow, VisitDraft
from cards.which import Candidate, Duplicates, Lookalike, SameQuestion, Which

TODAY = date(2026, 4, 21)
CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 4, 21, 18, 24, tzinfo=CHINA)
KEY = Key(12, 3, 5)
ZHANG = Person("张伟", "采购经理")

NOTE = (
    "刚从鼎盛出来，见了张伟，要两台贴标机，预算十二万八，比博世贵，让我下周三前发方案，"
    "他换手机了幺三八零零一三八零零零"
)


def spans(note: str, *parts: str) -> tuple[tuple[int, int], ...]:
    return tuple((note.index(part), note.index(part) + len(part)) for part in parts)


def heard(note: str, *used: str) -> Heard:
    return Heard(note, used=spans(note, *used))


V1 = VisitDraft(
    key=KEY,
    customer="鼎盛机械",
    day=TODAY,
    method="onsite",
    facts=Facts(
        contacts=(ZHANG,),
        needs=(Told("need", "贴标机 2台"),),
        amounts=(Money("budget", 128_000, words="十二万八"),),
        rivals=("博世",),
        tags=("price_sensitive",),
        stage=StageMove("needs", "contact"),
        steps=(Step("发方案", date(2026, 4, 29), by=True, words="下周三前"),),
        phones=(Phone("13800138000", waits_for="周强"),),
    ),
    heard=heard(NOTE, "两台贴标机", "十二万八", "博世", "下周三前发方案", "幺三八零零一三八零零零"),
    missing=("decision_maker",),
    page="https://example.test/d/12",
)
GONE = DraftGone(KEY, "鼎盛机械", "鼎盛", TODAY, "onsite", kept_until=date(2026, 4, 22))
V2 = Several(
    KEY,
    TODAY,
    (
        SeveralRow("宏源包装", clear=False),
        SeveralRow(
            "鼎盛机械",
            Facts(needs=(Told("need", "方案"),), steps=(Step("发", date(2026, 4, 29), by=True),)),
        ),
        SeveralRow("天虹纺织", Facts(amounts=(Money("order", 36_000),))),
        SeveralRow("华东机电"),
    ),
)
V3_NOTE = "上午鼎盛见了张伟，下午嘉城塑胶罗文那边是第一次上门，六百个人，今年没预算"
V3 = Which(
    KEY,
    "嘉城塑胶",
    (Candidate(7, "嘉晟塑胶", "东莞", True), Candidate(8, "嘉城塑业", "佛山", False)),
    contact="罗文",
    called="嘉晟",
    heard=Heard(
        V3_NOTE,
        clauses=spans(V3_NOTE, "嘉城塑胶罗文那边是第一次上门，六百个人，今年没预算"),
        used=spans(V3_NOTE, "嘉城塑胶", "罗文"),
    ),
)
V4 = Duplicates(
    KEY,
    "宏源包装",
    (
        Lookalike(7, "宏远包装", "昆山", last=date(2026, 3, 12), called="宏远"),
        Lookalike(8, "宏源包材", "苏州", owner="陈浩"),
    ),
)
SAME = SameQuestion(KEY, "李娜", "陈浩", "宏源包装", 8, "宏源包材", TODAY)
V5 = SavedVisit(
    KEY,
    "鼎盛机械",
    customer_id=9,
    at=NOW,
    day=TODAY,
    method="onsite",
    nth=3,
    reminding=(Reminding(date(2026, 4, 28), "发方案", date(2026, 4, 29), by=True),),
    waiting=(Waiting("phone", "周强"),),
    owed=(Owed("样册 2本", date(2026, 4, 3), "张伟"),),
)
V6_NOTE = "鼎盛那个方案改成下周四"
V6 = Corrected(
    KEY,
    "鼎盛机械",
    visit=21,
    altered=(Altered("due", date(2026, 4, 30), date(2026, 4, 29), label="发方案"),),
    heard=Heard(V6_NOTE, clauses=spans(V6_NOTE, "改成下周四"), used=spans(V6_NOTE, "下周四")),
)
V7 = Noted(
    KEY,
    (
        Entry(
            date(2026, 4, 24),
            hour=time(15),
            customer="天虹纺织",
            people=(Person("吴莉"),),
        ),
        Entry(date(2026, 4, 27), "问华东机电回款", customer="华东机电", remind=True),
    ),
)
V8_NOTE = "华东的钱到账八万，孙磊上个月走了"
V8 = FactsDraft(
    KEY,
    "华东机电",
    9,
    TODAY,
    Facts(
        amounts=(Money("payment", 80_000, words="到账八万"),),
        told=(Told("left", "", of="孙磊"),),
    ),
    heard=heard(V8_NOTE, "到账八万", "孙磊上个月走了"),
)
V9_NOTE = (
    "苏州鼎盛机械有限公司\n张伟\n采购经理\n手机:13800138000\n"
    "邮箱:zhangwei@dingsheng.example\n地址:苏州市工业园区星湖街218号"
)
V9 = FactsDraft(
    KEY,
    "鼎盛机械",
    9,
    TODAY,
    Facts(
        contacts=(ZHANG,),
        phones=(Phone("13800138000"),),
        told=(
            Told("title", "采购经理", of="张伟"),
            Told("email", "zhangwei@dingsheng.example", of="张伟"),
            Told("address", "苏州市工业园区星湖街218号"),
        ),
    ),
    heard=heard(
        V9_NOTE, "苏州鼎盛机械有限公司", "张伟", "采购经理", "13800138000", "zhangwei@dingsheng.example"
    ),
    printed=True,
)
R3 = Accuracy(
    KEY,
    date(2026, 4, 13),
    date(2026, 4, 19),
    612,
    532,
    (
        FieldCount("customer", 612, 12),
        FieldCount("when", 612, 16),
        FieldCount("amount", 400, 4),
        FieldCount("contact", 500, 0),
        FieldCount("due", 410, 36),
    ),
    0.84,
)
F1_NOTE = "要两台贴标机，让我下周三前发方案，他换手机了"
F1 = TaskDue(
    KEY,
    "发方案",
    "鼎盛机械",
    date(2026, 4, 29),
    by=True,
    contact=ZHANG,
    since=TODAY,
    heard=Heard(F1_NOTE, clauses=spans(F1_NOTE, "让我下周三前发方案"), used=spans(F1_NOTE, "下周三前")),
)
F3 = Morning(
    KEY,
    (
        MorningItem("silent", "博瑞生物", days=92),
        MorningItem("unsaved", "宏远包装", due=TODAY, called="宏远"),
        MorningItem("hour", "嘉晟塑胶", "见罗文", hour=time(15)),
        MorningItem("date", "华东机电", "维保", date(2026, 5, 20)),
        MorningItem("promised", "天虹纺织", "送样品", date(2026, 4, 22), called="天虹"),
    ),
    unsaved=Key(31, 1, 5),
    unsaved_called="宏远",
)
F4 = Planned(KEY, "天虹纺织", TODAY, time(15), "吴莉")
F5 = Planned(KEY, "天虹纺织", date(2026, 4, 20), time(15))
D1_NOTE = "邓涛说等他们搬完厂房，搬完厂房再说，大概三月底"
D1 = Silent(
    KEY,
    "博瑞生物",
    9,
    days=91,
    rule=90,
    grade="B",
    last=date(2026, 1, 20),
    method="onsite",
    who="邓涛",
    said="等他们搬完厂房",
    since="没订单，没来电",
    heard=Heard(D1_NOTE, used=spans(D1_NOTE, "搬完厂房再说，大概三月底")),
    nudge="三月底过了，可以问一句搬得怎样。",
)
H1 = Request(
    KEY,
    "李娜",
    "陈浩",
    40,
    last_day=date(2026, 4, 30),
    movable=36,
    often=2,
    often_until=date(2026, 5, 18),
    running=1,
    alone=1,
    owned=62,
)
H2 = Dossier(
    KEY,
    "李娜",
    40,
    date(2026, 4, 22),
    (
        Story("鼎盛机械", "方案 4月29日前，欠样册"),
        Story("天虹纺织", "吴莉，4月24日 15:00 约好"),
        Story("华东机电", "维保 5月20日到期，别提涨价"),
        Story("博瑞生物", "在搬厂房，92天没聊"),
        Story("宏远包装", "新客户，等报价"),
    ),
    first_customer=9,
    page="https://example.test/h/12",
)
H3 = Offer(KEY, "陈浩", "李娜", 40, 62, week=7, first="见吴莉", first_on=date(2026, 4, 24), people=36)
H4 = Signing(
    KEY,
    "李娜",
    "陈浩",
    40,
    accepted_on=date(2026, 4, 22),
    tasks=31,
    contracts=9,
    people=36,
    staying=4,
    page="https://example.test/h/12",
)
H5 = Progress(
    KEY,
    "李娜",
    "陈浩",
    day=2,
    total=36,
    at=datetime(2026, 4, 23, 17, 50, tzinfo=CHINA),
    done=29,
    waiting=5,
    due=datetime(2026, 4, 23, 19, 0, tzinfo=CHINA),
    refused=1,
    who_refused="天虹纺织 吴莉",
    full=1,
    stuck=2,
)
H6 = Refusals(
    KEY,
    "陈浩",
    (
        Stuck(1, "天虹纺织", "吴莉", "refused"),
        Stuck(2, "嘉晟塑胶", "罗文", "often", date(2026, 5, 18)),
        Stuck(3, "博瑞生物", "邓涛", "often", date(2026, 5, 18)),
        Stuck(4, "启明教育", "刘敏", "running"),
    ),
)
F7 = Archive(
    KEY,
    "华东机电",
    "无锡华东机电有限公司",
    grade="A",
    tier="老客户",
    warning="别提涨价",
    basics=(5, 6),
    contact=Person("何俊", "设备科长"),
    contact_id=44,
    phone="13612342077",
    phone_page="https://example.test/p/44",
    needs_known=(3, 5),
    needs=("备件", "维保"),
    values="到货",
    visits_this_year=6,
    last=date(2026, 4, 3),
    last_method="onsite",
    worth=426_000,
    orders=18,
    likes="喝茶；样品要提前一天到",
    complete=83,
    fresh=True,
    unchecked=("phone",),
)
F8 = Timeline(
    KEY,
    "华东机电",
    (
        Event(date(2026, 4, 17), "发了备件报价", "李娜"),
        Event(date(2026, 4, 3), "上门，修传感器，嫌等太久", "李娜"),
        Event(date(2026, 4, 2), "下单 1.1万元"),
        Event(date(2026, 3, 28), "售后，传感器换好，没再报"),
        Event(date(2026, 3, 12), "上门，谈维保续签", "陈浩"),
    ),
    31,
    TODAY,
)
F6 = Brief(
    KEY,
    "华东机电",
    contact=Person("何俊", "设备科长"),
    decider="刘总",
    warning="别提涨价，去年为这个吵过",
    kept=(Owed6("发备件报价", date(2026, 4, 3), date(2026, 4, 17), done=True),),
    owed=(Owed6("发质检报告", date(2026, 4, 3)),),
    visits=(
        Event(date(2026, 4, 3), "修传感器，嫌等太久"),
        Event(date(2026, 3, 12), "谈维保续签"),
        Event(date(2026, 2, 6), "送备件"),
    ),
    orders="在途 1单 1.1万元，4月25日到",
    phone_page="https://example.test/p/44",
)
K1 = Merge(KEY, "宏远包装", 8, "宏源包装", contacts=2, visits=3, tasks=1, days=30)
K2 = Altered("grade", "A级", "B级")
A1_NOTE = "张伟换手机了，幺三八零零一三八零零零"
A1 = KeyField(
    KEY,
    "李娜",
    "鼎盛机械",
    9,
    "phone",
    NOW,
    contact="张伟",
    before=Phone("13812345678"),
    after=Phone("13800138000"),
    reason="本人换号",
    tasks=2,
    contracts=1,
    heard=Heard(A1_NOTE, used=spans(A1_NOTE, "张伟换手机了", "幺三八零零一三八零零零"), author=False),
    value_page="https://example.test/p/12",
)
A3 = Decided(
    KEY,
    "李娜",
    "",
    "鼎盛机械",
    9,
    "phone",
    datetime(2026, 4, 21, 18, 40, tzinfo=CHINA),
    contact="张伟",
    withdrawable=True,
)
A4 = Decided(
    KEY,
    "李娜",
    "周强",
    "鼎盛机械",
    9,
    "phone",
    NOW,
    contact="张伟",
    agreed=False,
    reason="像是填错，少一位",
    still=Phone("13812345678"),
)
P1 = Help(KEY, ("鼎盛", "天虹"), "吴莉", "陈浩", product="贴标机")
