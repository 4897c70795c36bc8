"""A customer moves over: a list, a code, the welcome in time, one tap; and whatever can go wrong."""

from datetime import timedelta

import pytest

from bot.platforms.local import inbound
from cards import consent as words
from cards.actions import BindContact, MarkInvited, MarkRefused, SendInviteText, UndoBind
from handlers.kernel.update import Befriended, Sender
from storage.models.consents import Consent
from storage.models.customers import Contact, Trait
from storage.models.engine import InboxUpdate
from storage.models.handovers import Friend
from storage.models.migration import Invite, Newcomer
from tests.stories.customers import LIST, Customer, code_for, newest_way
from tests.stories.phones import Phone, World

ZHANG = "13800135678"


@pytest.fixture
def zhang(world: World) -> Customer:
    """张伟, as 李娜 has him in her remarks."""
    return Customer(world, "张伟", ZHANG)


async def test_the_whole_way(world: World, li: Phone, zhang: Customer) -> None:
    await li.says("今天去鼎盛见了张伟，要两台贴标机")
    await li.taps("保存")
    await li.says(LIST)
    assert li.card.title == "名单里 3 位，2 位认得出"
    assert li.card.line("没对上") == "1 位：个老同学"
    await li.taps("今天请谁")
    assert li.card.title == "今天请 2 位老客户加工作微信"
    assert li.card.subtitle == "还剩 2 位 · 已加上 0 位"
    assert li.card.line("张伟") == "鼎盛机械，今天刚聊过"
    await li.taps("下一位")
    while "张伟" not in li.card.title:
        await li.taps("发了")
        await li.taps("下一位")
    assert li.card.title == "给张伟的话，你自己发"
    assert li.card.body.startswith("张经理，我换了公司的工作微信")
    assert li.card.card is not None
    assert li.card.card.picture is not None
    await li.taps("要文字和码")
    assert [each.kind for each in li.news] == ["text", "migration.code"]
    await li.taps("发了")
    assert li.card.title == "✓ 张伟请过了，等他加你"

    await zhang.scans(await newest_way(world))
    letter = (await zhang.letters())[-1]
    assert letter.text.startswith("您好，我是本公司的李娜，这是我的工作微信。")
    assert "聊天内容不存档。" in letter.text
    assert letter.title == words.PAGE_TITLE
    assert letter.link.startswith("/c/")
    assert li.card.title == "张伟加上你了，是鼎盛的张伟吧"
    assert li.card.line("对得上") == "码、名字、备注电话尾号 5678"
    await li.taps("是他")
    assert li.card.title == "✓ 张伟绑好了，1 次记录都在他名下"
    assert li.card.line("同意") == "信息说明已发，他还没点"
    (friend,) = await world.rows(Friend)
    contact = await world.contact("张伟")
    assert (friend.contact_id, friend.external_id) == (contact.id, zhang.external)
    await li.says("迁移")
    assert li.card.subtitle == "还剩 1 位 · 已加上 1 位"


async def test_a_list_as_a_file_and_once_more(world: World, li: Phone) -> None:
    sheet = "姓名,单位,电话\n张伟,鼎盛机械,138 0013 5678\n吴莉,,13700137711\n王五,没听过的厂,\n".encode()
    key = await world.app.database.files.save(sheet)
    for found, before in ((2, 0), (0, 2)):
        await li.sends(_file(key, "微信好友.csv"))
        assert li.card.kind == "migration.listed"
        assert li.card.line("对上了") == (f"{found} 位，在你的档案里" if found else "")
        assert li.card.line("早就有") == (f"{before + 1} 位" if before else "")
    assert len(await world.rows(Invite)) == 3


def _file(key: str, name: str):

    return lambda head: inbound.sent_file(head, "file", key, name)


async def test_a_name_of_two_people_is_never_guessed(world: World, li: Phone) -> None:
    async with world.app.database.unit() as unit:
        namesake = Contact(
            customer_id=(await world.customer("天虹纺织")).id, name="张伟", created_at=world.now
        )
        await unit.add(namesake)
    await li.says("我微信里有张伟")
    assert li.card.line("同名的") == "1 位，带上单位再说一次"
    assert await world.rows(Invite) == []
    await li.says("我微信里有天虹的张伟")
    (invite,) = await world.rows(Invite)
    assert invite.contact_id == namesake.id


async def test_a_colleagues_customer_is_not_found_by_his_number(world: World, chen: Phone) -> None:
    await chen.says(f"我微信里有张伟 {ZHANG}")
    assert chen.card.line("没对上") == "1 位：张伟"
    assert "鼎盛" not in chen.card.words


async def test_the_welcome_goes_before_everything_else(world: World, li: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    for number in range(60):
        await world.straight("say", {"phone": "chen", "id": f"crowd-{number:03}", "text": "帮助"})
        await world.straight("say", {"phone": f"li{number}", "id": f"lane-{number:03}", "text": "帮助"})
    await zhang.scans(way, settle=False)
    first_worker, first_sender = world.app.first
    await first_worker.once()
    await first_sender.once()
    assert len(await zhang.letters()) == 1
    waiting = [each for each in await world.rows(InboxUpdate) if each.state == "new"]
    assert len(waiting) >= 120  # and nobody else was served before him
    await world.settles()


async def test_after_twenty_seconds_the_rep_gets_the_words(world: World, li: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await zhang.scans(way, settle=False)
    await world.clock.move(timedelta(seconds=21))  # everything stood still meanwhile
    world.may_park = True
    await world.settles()
    assert await zhang.letters() == []
    assert li.cards("migration.no_welcome")
    home = world.app.settings.public_url
    by_hand = next(each for each in li.history if f"《您的信息怎么用》{home}/c/" in each.text)
    assert by_hand.text.startswith("您好，我是本公司的李娜")
    newcomer = await world.newest(Newcomer)
    assert newcomer.welcome == "missed"
    await li.taps("是他")
    assert li.card.line("同意") == "信息说明还没发成"


async def test_without_a_code_the_rep_gets_the_words(world: World, li: Phone) -> None:
    added = Befriended("local:b1", Sender("local", "li"), "local:befriended:wx", world.now, "wx-unknown")
    await world.receives(added)
    assert li.cards("migration.no_welcome")
    assert li.card.title == "有人加了你，认不准是谁"
    assert li.card.subtitle == "没看到微信名 · 没留电话"


async def test_the_same_news_twice_is_one(world: World, li: Phone) -> None:
    added = Befriended("local:b2", Sender("local", "li"), "local:befriended:wx", world.now, "wx")
    await world.receives(added, added)
    assert len(await world.rows(Newcomer)) == 1
    assert (await world.newest(Newcomer)).times == 1
    assert len(li.cards("migration.doubtful")) == 1


async def test_second_taps_do_nothing(world: World, li: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await li.taps("发了")
    at = max(each.asked_at for each in await world.rows(Invite) if each.asked_at)
    await world.moves(minutes=3)
    invite = next(each for each in await world.rows(Invite) if each.asked_at == at)
    await li.does(MarkInvited(invite.id, invite.revision, invite.person_id))
    assert "已经记过了" in li.card.body
    assert [each.asked_at for each in await world.rows(Invite) if each.id == invite.id] == [at]
    await zhang.scans(way)
    question = li.card
    await li.taps("是他")
    await world.moves(minutes=2)
    await li.taps("是他", on=question)
    assert li.card.body.endswith("已经绑过了")
    assert len(await world.rows(Friend)) == 1


async def test_a_stranger_moves_nothing(world: World, li: Phone, chen: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await zhang.scans(way)
    newcomer, invite = await world.newest(Newcomer), (await world.rows(Invite))[0]
    contact = await world.contact("张伟")
    before = await world.archive(Newcomer, Invite, Friend)
    for action in (
        BindContact(newcomer.id, newcomer.revision, 3, contact=contact.id),
        MarkRefused(invite.id, invite.revision, 3),
        SendInviteText(invite.id, invite.revision, 3),
        UndoBind(newcomer.id, newcomer.revision, 3),
    ):
        await chen.does(action)
        assert "李娜本人点" in chen.card.words
        assert "张伟" not in chen.card.words
    assert await world.archive(Newcomer, Invite, Friend) == before


async def test_a_code_that_somebody_else_scanned(world: World, li: Phone) -> None:
    way = await code_for(world, li, "张伟")
    await li.taps("发了")
    fang = Customer(world, "芳")
    await fang.scans(way)
    assert li.card.title == "有人加了你，认不准是谁"
    assert li.card.subtitle == "微信名“芳” · 没留电话"
    assert li.card.line("张伟") == "鼎盛机械，今天请过"
    assert await world.rows(Friend) == []
    await li.taps("都不是")
    await li.taps("就这家", picks="天虹纺织")
    assert li.card.title.startswith("✓ 芳绑好了")
    contact = await world.contact("芳")
    assert contact.customer_id == (await world.customer("天虹纺织")).id
    assert next(each for each in await world.rows(Invite) if each.way == way.state).state == "asked"


async def test_what_was_put_off_is_asked_once_more_after_they_talked(world: World, li: Phone) -> None:
    way = await code_for(world, li, "张伟")
    await Customer(world, "芳").scans(way)
    await li.taps("先放着")
    await li.says("今天去天虹见了吴莉，聊了聊")
    await li.taps("保存")
    assert not li.shows("认不准是谁")  # she is none of those whom he may be
    await li.says("今天去鼎盛见了张伟，要两台贴标机")
    await li.taps("保存")
    assert li.shows("有人加了你，认不准是谁")
    await li.taps("先放着")
    await li.says("今天去鼎盛见了张伟，定了交期")
    await li.taps("保存")
    assert not li.shows("认不准是谁")


async def test_a_code_that_was_used_before(world: World, li: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await zhang.scans(way)
    await li.taps("是他")
    boss = Customer(world, "张伟")  # the same name: the director, to whom the code was passed on
    await boss.scans(way)
    assert li.card.kind == "migration.doubtful"
    assert li.card.line("张伟") == "鼎盛机械，用的是这位的码，已经加上了"
    await li.taps("先放着")
    assert li.card.title == "放着了，没绑谁"
    assert len(await world.rows(Friend)) == 1


async def test_a_code_that_ran_out(world: World, li: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await world.jumps(days=31)
    await zhang.scans(way)
    card = li.cards("migration.doubtful")[-1]
    assert card.line("张伟") == "鼎盛机械，用的是这位的码，早过期了"
    await li.taps("要文字和码")
    assert li.card.kind == "migration.no_code"
    await li.taps("再试一次")
    assert li.card.kind == "migration.invite"
    assert (await newest_way(world)).state != way.state


async def test_a_customer_who_adds_twice(world: World, li: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await zhang.scans(way)
    await li.taps("是他")
    await world.moves(days=1)
    await zhang.scans(way)
    assert li.cards("migration.again")[-1].title == "张伟又加上你了"
    assert len(await zhang.letters()) == 2
    assert len(await world.rows(Friend)) == len(await world.rows(Newcomer)) == 1


async def test_a_customer_who_deletes_the_rep(world: World, li: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await zhang.scans(way)
    await li.taps("是他")
    await world.moves(days=1)
    await zhang.deletes(li)
    assert li.card.title == "张伟把你的工作微信删了"
    assert await world.rows(Friend) == []
    assert (await world.newest(Newcomer)).state == "parted"
    cards = len(li.cards())
    await zhang.deletes(li)  # and the platform says so again
    assert len(li.cards()) == cards
    await li.says("我微信里有鼎盛的张伟")
    await li.says("迁移")
    assert "张伟" not in li.card.labels  # nobody asks him over again
    await zhang.scans(way)
    assert li.cards("migration.again")[-1].title == "张伟又加上你了"
    (friend,) = await world.rows(Friend)
    assert friend.contact_id == (await world.contact("张伟")).id


async def test_a_slip_is_undone_within_ten_minutes(world: World, li: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await zhang.scans(way)
    await li.taps("是他")
    bound = li.card
    await li.taps("撤销")
    assert li.card.title == "解开了，谁都没绑"
    assert await world.rows(Friend) == []
    await li.taps("重新认一认")
    await li.taps("鼎盛的张伟")
    await world.moves(minutes=11)
    await li.taps("撤销", on=bound)
    assert li.card.kind == "migration.too_late"
    assert len(await world.rows(Friend)) == 1


async def test_a_no_is_final(world: World, li: Phone) -> None:
    await code_for(world, li, "张伟")
    await li.taps("他说不用")
    assert li.card.title == "张伟说不用 → 不再请"
    await li.taps("点错了")
    assert li.card.kind == "migration.invite"
    await li.taps("他说不用")
    refused = li.card
    await world.moves(minutes=11)
    await li.taps("点错了", on=refused)
    assert li.card.buttons == ["下一位"]
    await world.jumps(days=180)
    await li.says("迁移")
    assert "张伟" not in li.card.labels
    await li.says("我微信里有鼎盛的张伟")
    assert next(each for each in await world.rows(Invite) if each.state == "refused")
    assert len([each for each in await world.rows(Invite) if each.contact_id]) == 2


async def test_a_few_a_working_day_and_never_at_night(world: World, li: Phone, chen: Phone) -> None:
    await li.says(LIST)
    await world.moves_to(22, 8, 35)
    assert li.cards("migration.today") == []
    await world.moves_to(22, 9, 35)
    assert [each.title for each in li.cards("migration.today")] == ["今天请 2 位老客户加工作微信"]
    assert chen.cards("migration") == []
    await li.taps("换几位")
    assert li.card.title == "今天没有合适请的"
    await world.moves_to(25, 12)  # Saturday
    assert len(li.cards("migration.today")) == 2  # Wednesday's was swapped away; Thursday's, Friday's
    await li.taps("为什么提醒我")
    assert "工作日提几位" in li.card.body


async def test_who_complained_is_left_alone(world: World, li: Phone) -> None:
    await li.says("今天去了鼎盛见了张伟，他投诉我们的设备老坏，很生气")
    await li.taps("保存")
    await li.says(LIST)
    await li.taps("今天请谁")
    traits = [each.value for each in await world.rows(Trait)]
    assert ("张伟" in li.card.labels) == ("complaint" not in traits)


async def test_a_customer_who_was_handed_on_is_not_invited_by_the_old_rep(
    world: World, li: Phone, chen: Phone
) -> None:
    await code_for(world, li, "张伟")
    async with world.app.database.unit() as unit:
        customer = await unit.customers.get((await world.customer("鼎盛机械")).id)
        assert customer is not None
        customer.owner_id = next(each.id for each in await unit.people.everybody() if each.name == "陈浩")
        await unit.add(customer)
    await li.taps("发了")
    assert li.card.title == "鼎盛机械现在归陈浩"


async def test_the_manager_sees_figures(world: World, li: Phone, zhou: Phone, zhang: Customer) -> None:
    way = await code_for(world, li, "张伟")
    await li.taps("发了")
    await zhang.scans(way)
    await li.taps("是他")
    await zhou.says("迁移")
    assert zhou.card.kind == "migration.team"
    assert zhou.card.title.startswith("团队加上 1 位")
    assert zhou.card.line("李娜").startswith("加上 1")


async def test_the_customers_wish_passed_on_by_the_rep(world: World, li: Phone) -> None:
    await li.says("张伟不想收新品")
    assert li.card.title == "停了，鼎盛机械的订单和售后照常"
    (row,) = await world.rows(Consent)
    assert (row.scope, row.answer, row.channel) == ("news", "withdrawn", "said")
    await li.says("邓涛别再发祝福了")  # of a colleague's customer
    assert li.card.kind == "consent.who"
    assert len(await world.rows(Consent)) == 1
