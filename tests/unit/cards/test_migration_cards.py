"""The cards and texts of migration and consent say the book's words, inside its limits."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from cards import consent, migration
from cards.limits import faults
from cards.model import Card
from cards.parts import Named, Person
from tests.unit.cards import examples as ex
from tests.unit.cards.book import boxes, drawn, text
from tests.unit.cards.test_card_book import says, taps

WEDNESDAY = date(2026, 4, 22)
EVENING = datetime(2026, 4, 22, 19, 2, tzinfo=ex.CHINA)
M1 = migration.Today(
    ex.KEY,
    (
        migration.Row("张伟", "鼎盛机械", last=date(2026, 4, 21)),
        migration.Row("吴莉", "天虹纺织", meeting=date(2026, 4, 24)),
        migration.Row("王芳", "宏远包装", waits="等报价"),
        migration.Row("何俊", "华东机电", waits="备件常找你"),
        migration.Row("罗文", "嘉晟塑胶", meeting=WEDNESDAY, hour=time(15)),
    ),
    left=48,
    came=12,
)
M2 = migration.Invite(ex.KEY, "张伟", "张经理", "鼎盛机械", picture="/play/wechat/x.svg")
M3 = migration.Came(
    ex.KEY,
    "张伟",
    EVENING,
    who=Person("张伟", "采购经理"),
    contact_id=4,
    customer="鼎盛机械",
    short="鼎盛",
    signs=("code", "phone"),
    phone="13800138000",
)
M4 = migration.Came(ex.KEY, "芳", EVENING)
MAYBES = (
    migration.Maybe(4, "王芳", "宏远包装", "宏远", date(2026, 4, 22), "invited"),
    migration.Maybe(5, "王芳", "新郑仁和医院", "仁和", date(2025, 9, 1)),
)
NOTICE = consent.Notice(
    company="凌云自动化",
    rep="李娜",
    address="苏州市",
    officer="郑洁",
    email="privacy@lingyun.example",
    phone="0512-66668888",
    processors=(("某某云", "放服务器"),),
    platform="企业微信（腾讯）",
    keep_years=3,
    stays_here=True,
)


@pytest.mark.parametrize(
    ("id", "card"),
    [
        ("M1", migration.today(M1, WEDNESDAY)),
        ("M2", migration.invite(M2)),
        ("M3", migration.bound(M3, WEDNESDAY)),
    ],
)
def test_a_card_is_as_the_book_draws_it(id: str, card: Card) -> None:
    assert faults(card) == []
    assert drawn(card, id) == boxes()[id]


def test_m4_names_no_sex() -> None:
    """The book's 她 is known to the one who draws it; nobody told us."""
    card = migration.doubtful(M4, MAYBES, WEDNESDAY)
    assert faults(card) == []
    book, ours = boxes()["M4"], drawn(card, "M4")
    assert ours.rows == [(label, value.removesuffix("她")) for label, value in book.rows]
    assert replace(ours, rows=book.rows) == book


def test_every_other_face_keeps_the_limits() -> None:
    long = "一家名字非常非常长的股份有限公司"
    view = replace(M2, customer=long, name="欧阳修远志", calls="欧阳总经理")
    came = replace(M3, who=Person("欧阳修远志", "采购总监"), customer=long, short=long[:4])
    firms = tuple(Named(number, f"{long}{number}") for number in range(12))
    cards = (
        migration.nobody_today(M1),
        migration.skipped(M1),
        migration.listed(migration.Listed(ex.KEY, 3, 2, 1, 4, ("张三", "李四", "一个名字很长的人"))),
        migration.empty_list(ex.KEY, "/m/migration"),
        migration.code(view),
        migration.making(view),
        migration.no_code(view),
        migration.asked(view, EVENING),
        migration.refused(view, undoable=True),
        migration.came_already(view),
        migration.not_his(view, "陈浩"),
        migration.bound(came, WEDNESDAY),
        migration.done(came, 3, ""),
        migration.done(came, 0, "given", archives=True),
        migration.done_already(migration.done(came, 3, "withdrawn"), EVENING),
        migration.undone(came),
        migration.too_late(came, 10),
        migration.kept(came),
        migration.which_firm(came, firms[:9]),
        migration.which_firm(M4, ()),
        migration.again(came),
        migration.welcome_missed(M4),
        migration.welcome_impossible(M4),
        migration.parted(ex.KEY, came.who.name if came.who else "", came.customer),
        migration.opted_out(5, "欧阳修远志", long, "all"),
        migration.who_opts_out(5, "欧阳修远志"),
        migration.withdrawn(ex.KEY, "欧阳修远志", long, "declined"),
        migration.team(ex.KEY, tuple(migration.Board(f"员工{n}", 3, 2, 1) for n in range(9)), "/m/migration"),
        migration.doubtful(M4, (), WEDNESDAY),
        migration.doubtful(replace(M4, called="", phone="13800138000"), MAYBES, WEDNESDAY),
        *(migration.invite(replace(view, draft=number)) for number in range(4)),
    )
    for card in cards:
        assert faults(card) == [], card.kind
    assert len({card.kind for card in cards}) >= 24


def test_words_of_the_faces() -> None:
    says(migration.refused(replace(M2, name="王芳"), undoable=False), "王芳说不用 → 不再请")
    says(migration.done(M3, 3, ""), "信息说明已发，他还没点", "聊天不存档")
    says(migration.opted_out(5, "张伟", "鼎盛", "news"), "停了，鼎盛的订单和售后照常")
    assert "聊天不存档" not in str(migration.done(M3, 3, "", archives=True))
    assert list(taps(migration.refused(M2, undoable=False))) == ["下一位"]


def test_three_wordings_and_no_gift_in_any() -> None:
    told = [migration.invitation(replace(M2, draft=number)) for number in range(3)]
    assert len(set(told)) == 3
    assert told[0] in text()
    for each in told:
        assert each.startswith("张经理，")
        assert not any(word in each for word in ("优惠", "礼", "红包", "券", "！"))
    assert migration.invitation(replace(M2, draft=3)) == told[0]


def test_the_welcome_is_the_books() -> None:
    for line in consent.welcome(NOTICE).splitlines():
        assert line in text()
    archived = consent.welcome(replace(NOTICE, archives_chats=True))
    assert "不存档" not in archived


def test_the_page_is_the_books_as_far_as_it_is_true() -> None:
    told = {each.label: each.text for each in consent.paragraphs(NOTICE)}
    book = [line.removeprefix("│ ") for line in text().splitlines() if line.startswith("│ ")]
    for label in ("为什么", "用什么", "怎么记", "您可以"):
        assert f"{label}  {told[label]}" in book
    assert told["谁在用"] == "凌云自动化，苏州市，联系人 郑洁，privacy@lingyun.example，0512-66668888"
    assert told["谁经手"].startswith(
        "我们的销售和售后；企业微信（腾讯）传送消息；某某云：放服务器。不卖，不出境"
    )
    assert told["留多久"] == "最后一次往来后 3 年，法律另有要求的除外；到期删除或去标识"
    bare = {each.label: each.text for each in consent.paragraphs(consent.Notice("凌云自动化"))}
    assert bare["谁经手"] == "我们的销售和售后。不卖"
    assert "电话" not in bare["您可以"]
    assert "留多久" not in bare


def test_another_set_up_is_another_wording() -> None:
    assert consent.wording(NOTICE) != consent.wording(replace(NOTICE, keep_years=5))
    for label in (*consent.SCOPES.values(), consent.ASKED_APART, consent.STOPPED, consent.THANKS):
        assert label.removesuffix("。") in text()


def test_keys() -> None:
    card = migration.bound(M3, WEDNESDAY)
    action = taps(card)["是他"]
    assert action is not None
    assert (action.what, action.rev, action.to) == (ex.KEY.what, ex.KEY.rev, ex.KEY.to)
