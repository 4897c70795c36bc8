"""The card book's notes, read as a careful colleague would read them."""

from datetime import date, time

from handlers.understanding.note import (
    AmountKind,
    Field,
    Intent,
    Known,
    KnownContact,
    KnownCustomer,
    Method,
    Mood,
    Stage,
    Tag,
)
from tests.unit.understanding.book import BOOK, NOW, said, words


def test_a_new_customer_met_for_the_first_time() -> None:
    text = "今天下午拜访了宏远包装的陈老板，他们预算三十万左右，下周三之前要报价单，电话13812345678"
    note = said(text)
    (visit,) = note.visits
    assert note.intent is Intent.VISIT
    assert (visit.customer.name, visit.customer.known, visit.customer.candidates) == ("宏远包装", None, ())
    assert (visit.when.day, visit.when.hour, visit.when.part) == (NOW.date(), None, "下午")
    assert [(p.name, p.known) for p in visit.contacts] == [("陈老板", False)]
    assert visit.method is not None
    assert visit.method.value is Method.ONSITE
    (amount,) = visit.amounts
    assert (amount.kind, amount.value, amount.maximum, amount.approximate) == (
        AmountKind.BUDGET,
        300_000,
        None,
        True,
    )
    assert words(text, amount.spans) == ["三十万左右"]
    (action,) = visit.next_actions
    assert "报价单" in action.what
    assert (action.due, action.by, action.owner) == (date(2026, 4, 29), True, "us")
    assert words(text, action.due_spans) == ["下周三之前"]
    (phone,) = [f for f in visit.facts if f.field is Field.PHONE]
    assert (phone.of, phone.value, words(text, phone.spans)) == ("陈老板", "13812345678", ["13812345678"])


def test_a_known_customer_dictated() -> None:
    text = (
        "刚从鼎盛出来，见了张伟，要两台贴标机，预算十二万八，比博世贵，"
        "让我下周三前发方案，他换手机了幺三八零零一三八零零零"
    )
    (visit,) = said(text).visits
    assert visit.customer.known == "dingsheng"
    assert [(p.name, p.known) for p in visit.contacts] == [("张伟", True)]
    assert [(a.kind, a.value) for a in visit.amounts] == [(AmountKind.BUDGET, 128_000)]
    assert visit.stage is not None
    assert visit.stage.value is Stage.NEEDS
    assert [c.value for c in visit.competitors] == ["博世"]
    assert [(a.what, a.due, a.by) for a in visit.next_actions] == [("发方案", date(2026, 4, 29), True)]
    assert ("customer", Field.PRODUCT, "贴标机") in [(f.of, f.field, f.value) for f in visit.facts]
    (phone,) = [f for f in visit.facts if f.field is Field.PHONE]
    assert (phone.of, phone.value, words(text, phone.spans)) == (
        "张伟",
        "13800138000",
        ["幺三八零零一三八零零零"],
    )


def test_two_customers_and_a_doubt() -> None:
    text = (
        "今天两家，上午鼎盛见了张伟，要两台贴标机，预算十二万八，比博世贵，下周三前发方案，他换手机了幺三八零零一三八零零零；"
        "下午嘉城塑胶罗文那边是第一次上门，六百个人，今年没预算，路上堵死了"
    )
    first, second = said(text).visits
    assert (first.customer.known, first.when.day, first.when.part) == ("dingsheng", NOW.date(), "上午")
    assert [a.value for a in first.amounts] == [128_000]
    assert [a.due for a in first.next_actions] == [date(2026, 4, 29)]
    assert second.customer.name == "嘉城塑胶"
    assert second.customer.candidates == ("jiasheng", "jiacheng")
    assert [p.name for p in second.contacts] == ["罗文"]
    assert (second.when.day, second.when.part) == (NOW.date(), "下午")
    assert second.amounts == ()
    assert second.stage is not None
    assert second.stage.value is Stage.CONTACT
    assert ("customer", Field.HEADCOUNT, "600") in [(f.of, f.field, f.value) for f in second.facts]


def test_what_one_does_with_a_thing_named_first() -> None:
    text = "今天去了天虹，见了吴莉，合同我周五前寄过去，样布他下周一前送过来"
    (visit,) = said(text).visits
    assert [(a.what, a.due, a.owner) for a in visit.next_actions] == [
        ("寄合同", date(2026, 4, 24), "us"),
        ("送样布", date(2026, 4, 27), "customer"),
    ]


def test_what_was_said_face_to_face_has_happened() -> None:
    note = said("今天去天虹，当面谈的付款方式")
    (visit,) = note.visits
    assert (note.intent, visit.customer.known, note.plans) == (Intent.VISIT, "tianhong", ())


def test_a_complaint_is_contact_in_a_bad_mood() -> None:
    for text in ("天虹投诉了，机器老卡纸", "天虹投诉我们的布有色差，吴莉很生气"):
        (visit,) = said(text).visits
        assert visit.customer.known == "tianhong"
        assert visit.mood is not None
        assert visit.mood.value is Mood.NEGATIVE
        assert [tag.value for tag in visit.tags] == [Tag.COMPLAINT]


def test_a_name_alike_in_sound_alone_is_a_doubt() -> None:
    hongyuan = KnownCustomer("hongyuan", "宏远包装有限公司", ("宏远",), (KnownContact("马骏", "老板"),))
    known = Known((*BOOK.customers, hongyuan))
    rows = [
        ("今天去了宏源，聊了报价", ("hongyuan",)),
        ("今天去了宏源，见了马骏", ()),
        ("今天去了宏远，聊了报价", ()),
        ("今天去了鼎胜，聊了报价", ()),  # 胜 and 盛 are the same in tone, too
    ]
    for text, candidates in rows:
        (visit,) = said(text, known).visits
        assert visit.customer.known in ("hongyuan", "dingsheng"), text
        assert visit.customer.candidates == candidates, text


def test_a_book_with_a_nameless_contact_is_no_hindrance() -> None:
    nameless = KnownCustomer("nameless", "川味园食品有限公司", ("川味园",), (KnownContact("", None),))
    (visit,) = said("今天去了川味园，见了廖总", Known((*BOOK.customers, nameless))).visits
    assert [p.name for p in visit.contacts] == ["廖总"]


def test_a_plan_with_an_hour() -> None:
    note = said("周五下午三点去天虹见吴莉")
    (plan,) = note.plans
    assert note.intent is Intent.PLAN
    assert plan.customer is not None
    assert plan.customer.known == "tianhong"
    assert (plan.when.day, plan.when.hour) == (date(2026, 4, 24), time(15))
    assert [p.name for p in plan.contacts] == ["吴莉"]


def test_reminders() -> None:
    rows = [
        ("周五提醒我打给吴莉", date(2026, 4, 24), "打给吴莉", "tianhong"),
        ("明天提醒我带样册", date(2026, 4, 22), "带样册", None),
        ("下周一提醒我问华东机电回款", date(2026, 4, 27), "问华东机电回款", "huadong"),
    ]
    for text, day, what, customer in rows:
        note = said(text)
        (reminder,) = note.reminders
        assert note.intent is Intent.REMIND
        assert (reminder.when.day, reminder.what) == (day, what)
        assert (reminder.customer.known if reminder.customer else None) == customer


def test_facts_without_a_visit() -> None:
    note = said("华东的钱到账八万，孙磊上个月走了")
    (update,) = note.updates
    assert (note.intent, note.visits) == (Intent.UPDATE, ())
    assert update.customer.known == "huadong"
    assert [(a.kind, a.value) for a in update.amounts] == [(AmountKind.PAYMENT, 80_000)]
    assert [(f.of, f.field, f.value) for f in update.facts] == [("孙磊", Field.LEFT, "yes")]
    assert update.stage is None


def test_a_new_number_without_a_visit() -> None:
    (update,) = said("张伟换手机了，13800138000").updates
    assert update.customer.known == "dingsheng"
    assert [(f.of, f.field, f.value) for f in update.facts] == [("张伟", Field.PHONE, "13800138000")]


def test_small_talk_writes_nothing() -> None:
    for text in (
        "你好",
        "今天好累",
        "在吗",
        "😀😀",
        "",
        "   ",
        "'; DROP TABLE visits;--",
        "<script>alert(1)</script>",
    ):
        note = said(text)
        assert note.intent is Intent.CHAT, text
        assert not (note.visits or note.plans or note.reminders or note.updates), text
        assert not (note.query or note.handover or note.correction), text


def test_hearsay_and_wishes_give_no_fact() -> None:
    for text in ("去了鼎盛，见了张伟，听说孙磊要走", "去了华东机电，孙磊可能要离职"):
        facts = [f for v in said(text).visits for f in v.facts]
        assert Field.LEFT not in [f.field for f in facts], text


def test_a_private_customer_is_customer_and_contact() -> None:
    owner = KnownCustomer("liu", "刘女士(绿岛湖业主)", ("刘女士", "刘姐"), (KnownContact("刘芳", "业主"),))
    (visit,) = said("今天去刘姐家量了尺寸，她电话换成13912345678了", Known((owner,))).visits
    assert visit.customer.known == "liu"
    assert [p.name for p in visit.contacts] == ["刘芳"]
    assert [(f.of, f.value) for f in visit.facts if f.field is Field.PHONE] == [("customer", "13912345678")]


def test_two_contacts_of_one_surname_are_a_doubt() -> None:
    firm = KnownCustomer(
        "xin", "鑫隆五金", ("鑫隆",), (KnownContact("曾国华", "采购"), KnownContact("曾敏", "采购"))
    )
    (visit,) = said("今天去鑫隆见了曾小姐，报价三万", Known((firm,))).visits
    (person,) = visit.contacts
    assert (person.name, person.known, person.candidates) == ("曾小姐", False, ("曾国华", "曾敏"))


def test_a_name_that_sounds_like_one_of_the_book_is_new_where_it_was_the_first_time() -> None:
    known = Known((KnownCustomer("hongyuan", "宏远包装有限公司", ("宏远包装", "宏远")),))
    (visit,) = said("今天第一次去了宏源包装，见了马总，想要两台设备", known).visits
    assert (visit.customer.name, visit.customer.known) == ("宏源包装", None)
    (again,) = said("今天又去了宏源包装，见了马总，想要两台设备", known).visits
    assert again.customer.known == "hongyuan"


def test_somebody_named_behind_a_company_is_of_that_company() -> None:
    known = Known(
        (
            KnownCustomer("deli", "德力电机有限公司", ("德力电机", "德力")),
            KnownCustomer("jinhai", "金海阀门有限公司", ("金海阀门", "金海"), (KnownContact("王总"),)),
        )
    )
    visits = said("下午去了德力电机的王总那里，他想要三台减速机", known).visits
    assert [visit.customer.known for visit in visits] == ["deli"]
