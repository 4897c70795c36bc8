"""Actions, plans and days that stand in the midst of other words."""

from datetime import date, time

from handlers.understanding.note import AmountKind, Field, Intent, Stage
from tests.unit.understanding.book import NOW, said


def _actions(text: str) -> list[tuple[str, date | None, str]]:
    return [(a.what, a.due, a.owner) for visit in said(text).visits for a in visit.next_actions]


def test_a_bare_verb_beside_a_day_is_about_what_was_named_before() -> None:
    monday = date(2026, 4, 27)
    assert _actions("今天去天虹见了吴莉，要两台验布机，下周一送") == [("送验布机", monday, "us")]
    assert _actions("今天去了华东，孙磊说欠我们的货款月底前给") == [("给货款", date(2026, 4, 30), "customer")]


def test_what_we_have_to_ask_inside() -> None:
    assert _actions("去了华东机电，何俊说账期要九十天，我说得请示领导") == [("请示领导", None, "us")]
    assert _actions("去了华东机电，何俊说账期要九十天，我请示了领导") == []


def test_to_come_again_some_day() -> None:
    assert _actions("去了鼎盛，张伟出差了，门卫让我改天再来") == [("改天再来", None, "us")]


def test_a_part_that_the_customer_pays_first() -> None:
    assert ("付三成", None, "customer") in _actions("今天去华东见了何俊，定了一台贴标机，先付三成")
    assert all(what != "付三成" for what, _, _ in _actions("今天去华东见了何俊，定了一台贴标机，先付三成了"))


def test_who_hands_something_to_us_is_the_customer() -> None:
    assert _actions("今天去天虹见了吴莉，她说色卡明天发我") == [("发色卡", date(2026, 4, 22), "customer")]


def test_what_must_be_done_today_is_due_today() -> None:
    text = "上午去天虹，吴莉说布有色差，要我今天必须把新布送到"
    assert _actions(text) == [("送新布", NOW.date(), "us")]


def test_going_there_on_a_set_day_is_a_plan_and_sending_is_not() -> None:
    rows = [
        ("今天去了天虹，吴莉嫌贵，让我周五把新样布带过去", [date(2026, 4, 24)]),
        ("今天去鼎盛见了张伟，我周四亲自过去给他调机器", [date(2026, 4, 23)]),
        ("今天去了天虹，吴莉嫌贵，让我周五把新样布寄过去", []),
    ]
    for text, days in rows:
        note = said(text)
        assert [plan.when.day for plan in note.plans] == days, text
        assert len(note.visits[0].next_actions) == (0 if days else 1), text


def test_a_customer_on_the_way_has_the_day_of_the_plan_before_it() -> None:
    note = said("明天上午去鼎盛见张伟，顺路看看天虹的吴莉")
    assert note.intent is Intent.PLAN
    assert [(p.customer.known if p.customer else None, p.when.day) for p in note.plans] == [
        ("dingsheng", date(2026, 4, 22)),
        ("tianhong", date(2026, 4, 22)),
    ]


def test_the_hour_told_next_belongs_to_the_plan() -> None:
    (plan,) = said("周五下午去天虹，跟吴莉约的三点半").plans
    assert (plan.when.day, plan.when.hour) == (date(2026, 4, 24), time(15, 30))


def test_a_reminder_ends_before_an_afterthought() -> None:
    (reminder,) = said("周四提醒我给吴莉寄色卡，她说等着用").reminders
    assert reminder.what == "给吴莉寄色卡"
    (reminder,) = said("明早八点叫我一声，鼎盛的合同要寄").reminders
    assert (reminder.when.hour, reminder.what) == (time(8), "合同要寄")


def test_stages_that_are_plainly_told() -> None:
    rows = [
        ("今天去华东见了何俊，这单没戏了，签给了别家", Stage.LOST),
        ("去了天虹，吴莉问验布机多少钱，我报了三万八", Stage.PROPOSAL),
    ]
    for text, stage in rows:
        (visit,) = said(text).visits
        assert visit.stage is not None, text
        assert visit.stage.value is stage, text


def test_a_price_a_piece_is_a_quote_and_one_of_all_is_no_number() -> None:
    (visit,) = said("今天去天虹，吴莉拿了六箱，一箱二百四一共一千四百四").visits
    assert [(a.kind, a.value) for a in visit.amounts] == [
        (AmountKind.QUOTE, 240),
        (AmountKind.ORDER, 1440),
    ]


def test_rivals_named_in_so_many_words() -> None:
    rows = [
        ("今天去华东见了何俊，竞品：恒力达，报价比我们低", ["恒力达"]),
        ("今天去了华东，何俊说现在由恒力达维护，合同下月到期", ["恒力达"]),
        ("今天去华东见了何俊，竞品的价格没问到", []),
    ]
    for text, names in rows:
        (visit,) = said(text).visits
        assert [rival.value for rival in visit.competitors] == names, text


def test_a_title_beside_a_name() -> None:
    for text in ("去了华东，生产主管宋涛接待的，聊了换线", "今天去华东，接待的是宋涛，生产主管，聊了换线"):
        (visit,) = said(text).visits
        assert ("宋涛", Field.TITLE, "生产主管") in [(f.of, f.field, f.value) for f in visit.facts], text
    (visit,) = said("今天去鼎盛，见了采购经理张伟").visits
    assert [f for f in visit.facts if f.field is Field.TITLE] == []  # the book has it
