"""Customer contact over the wire: each news of WeCom, each call to it, and whatever goes wrong with both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.app import build
from bot.clock import FixedClock
from bot.platforms import (
    CustomerContact,
    GiveUp,
    Spent,
    TransferAnswer,
    TransferOrder,
    TransferState,
    TryLater,
)
from bot.platforms.wecom.api import Api
from bot.platforms.wecom.customers import WeComCustomers
from handlers.kernel.contacts import LookOrder, Stranger, WayOrder, WelcomeOrder
from handlers.kernel.update import Befriended, Parted, Stayed, load
from storage.cache import MemoryCache
from storage.models.engine import InboxUpdate, Outgoing
from storage.models.migration import Newcomer
from tests.fakes.wecom import TUESDAY, Phone
from tests.fakes.wecom import WeCom as FarSide
from tests.fakes.wecom.externalcontact import External
from tests.wire.wecom_bot import Stage, on_wecom, rows, settings_for

HOME = "https://crm.example/m/"
DAY = timedelta(days=1)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_wecom(tmp_path) as built:
        yield built


@pytest.fixture
async def li(stage: Stage) -> Phone:
    phone = stage.wecom.phone("li.na")
    await phone.says("你好")
    return phone


@pytest.fixture
async def far() -> AsyncIterator[FarSide]:
    async with FarSide(clock=FixedClock(TUESDAY)) as built:
        for name in ("li.na", "chen.hao"):
            built.member(name)
        yield built
        assert built.problems == []


@pytest.fixture
async def contact(far: FarSide) -> AsyncIterator[WeComCustomers]:
    """The adapter alone."""
    async with ClientSession() as http:
        api = Api(http, far.base, far.company.corpid, "app-secret", MemoryCache(far.clock.now().timestamp))
        yield WeComCustomers(api, HOME)


async def told(stage: Stage) -> list[Any]:
    """What the inbox holds of customers, oldest first."""
    kinds = ("befriended", "parted", "stayed")
    return [load(each.kind, each.payload) for each in await stage.rows(InboxUpdate) if each.kind in kinds]


# -- what WeCom tells --------------------------------------------------------------------------------------


async def test_who_adds_a_rep_is_durable_before_the_answer_and_once(stage: Stage, li: Phone) -> None:
    stage.wecom.callbacks.copies = 3
    stage.way["lost"] = 2  # two of our answers never arrive, so that WeCom tells it again as well
    customer = await stage.wecom.befriends("li.na", "张伟")
    [one] = await told(stage)
    assert isinstance(one, Befriended)
    assert (one.sender.address, one.external, one.lane) == (
        "li.na",
        customer.id,
        f"wecom:befriended:{customer.id}",
    )
    await stage.settles()
    assert len(customer.welcomes) == 1
    assert (await stage.rows(Newcomer))[0].times == 1


async def test_two_customers_of_one_second_are_two(stage: Stage, li: Phone) -> None:
    """FromUserName is sys for both, and CreateTime the same."""
    both = [await stage.wecom.befriends("li.na", name) for name in ("张伟", "何俊")]
    await stage.settles()
    assert [len(each.welcomes) for each in both] == [1, 1]
    assert len(await stage.rows(Newcomer)) == 2


async def test_the_welcome_has_the_page_in_full(stage: Stage, li: Phone) -> None:
    customer = await stage.wecom.befriends("li.na", "张伟")
    await stage.settles()
    [body] = customer.welcomes
    [attachment] = body["attachments"]
    assert body["text"]["content"].startswith("您好，我是本公司的李娜")
    assert attachment["link"]["url"].startswith("https://crm.example/c/")
    assert attachment["link"]["title"] == "您的信息怎么用"


async def test_a_friendship_in_two_halves_is_welcomed_once(stage: Stage, li: Phone) -> None:
    customer = await stage.wecom.befriends("li.na", "张伟", half=True)
    await stage.settles()
    await li.looks()
    cards = len(li.history)
    await stage.wecom.befriends("li.na", customer, chatting=True)  # mutual now, and no code with it
    await stage.settles()
    await li.looks()
    assert len(customer.welcomes) == 1
    assert (await stage.rows(Newcomer))[0].times == 1
    assert len(li.history) == cards  # nothing of a second coming, and of no welcome missed


@pytest.mark.parametrize("why", ["console", "chatting", "colleague"])
async def test_without_a_code_the_rep_gets_the_words(stage: Stage, li: Phone, why: str) -> None:
    stage.wecom.company.member("li.na").console_welcome = why == "console"
    await stage.wecom.befriends("li.na", "张伟", chatting=why == "chatting", colleague=why == "colleague")
    await stage.settles()
    await li.looks()
    assert any("《您的信息怎么用》https://crm.example/c/" in each.text for each in li.history)
    assert stage.wecom.count("externalcontact/send_welcome_msg") == 0


async def test_without_an_address_there_is_a_clear_answer(tmp_path: Path) -> None:
    """A link that nobody can open is sent to nobody, and the rep hears who can mend it."""
    clock = FixedClock(TUESDAY)
    async with FarSide(clock=clock) as far:
        far.member("li.na", "李娜")
        settings = settings_for(tmp_path, far, public_url="http://127.0.0.1:8080")
        async with build(settings, clock=clock) as app, served(app, far) as stage:
            customer = await far.befriends("li.na", "张伟")
            await stage.settles()
            shown = far.phone("li.na")
            await shown.looks()
            [card] = [each for each in shown.history if "欢迎语没发" in each.title]
            assert "请管理员在设置里填好" in card.words
            assert "127.0.0.1" not in card.words
            assert customer.welcomes == []


async def test_a_rep_who_never_spoke_to_us_is_known_by_the_book(stage: Stage) -> None:
    customer = await stage.wecom.befriends("li.na", "张伟")
    await stage.settles()
    assert len(customer.welcomes) == 1


async def test_who_deletes_and_is_deleted(stage: Stage, li: Phone) -> None:
    customer = await stage.wecom.befriends("li.na", "张伟")
    await stage.settles()
    stage.wecom.callbacks.copies = 2
    await stage.wecom.is_dropped("li.na", customer)
    [_, parted] = await told(stage)
    assert isinstance(parted, Parted)
    assert (parted.by, parted.external) == ("customer", customer.id)
    await stage.settles()
    assert (await stage.rows(Newcomer))[0].state == "parted"
    stage.clock.move(DAY)
    stage.wecom.callbacks.copies = 1
    await stage.wecom.befriends("li.na", customer)
    await stage.settles()
    [row] = await stage.rows(Newcomer)
    assert (row.state, row.times, len(customer.welcomes)) == ("new", 2, 2)
    await stage.wecom.drops("li.na", customer)
    assert (await told(stage))[-1].by == "rep"
    await stage.settles()
    assert (await stage.rows(Newcomer))[0].state == "parted"


@pytest.mark.parametrize(
    ("why", "state"),
    [("customer_refused", TransferState.REFUSED), ("customer_limit_exceed", TransferState.FULL)],
)
async def test_a_transfer_that_failed(stage: Stage, li: Phone, why: str, state: TransferState) -> None:
    fields = {"UserID": "li.na", "ExternalUserID": "wmX", "FailReason": why}
    await stage.wecom.customer_event("transfer_fail", fields)
    [one] = await told(stage)
    assert isinstance(one, Stayed)
    assert (one.sender.address, one.external, one.state) == ("li.na", "wmX", state)
    await stage.settles()  # of no handover of ours: nothing follows


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ("edit_external_contact", {}),
        ("msg_audit_approved", {"WelcomeCode": "W1"}),
        ("del_external_contact", {"Source": "DELETE_BY_TRANSFER"}),
        ("transfer_fail", {"FailReason": "of another kind"}),
        ("add_external_contact", {"UserID": ""}),
        ("add_external_contact", {"ExternalUserID": ""}),
        ("came_after_us", {}),
    ],
    ids=str,
)
async def test_what_is_none_of_ours_is_taken_and_left(
    stage: Stage, change: str, more: dict[str, Any]
) -> None:
    fields = {"UserID": "li.na", "ExternalUserID": "wmX"} | more
    head = {"FromUserName": "sys", "CreateTime": stage.wecom.company.seconds, "MsgType": "event"}
    event = {**head, "Event": "change_external_contact", "ChangeType": change, **fields}
    delivery = await stage.wecom.callbacks.push(stage.wecom.app, event)
    assert delivery.accepted
    assert await told(stage) == []


# -- an address of its own ---------------------------------------------------------------------------------


@asynccontextmanager
async def served(app: Any, far: FarSide, path: str = "/wecom/callback") -> AsyncIterator[Stage]:
    site = web.Application()
    site.add_routes(app.routes)
    async with TestServer(site) as server:
        url = str(server.make_url(path))
        await far.saves_callback(url)
        yield Stage(app, far, far.clock, url)  # type: ignore[arg-type]


async def test_with_keys_of_its_own_it_comes_by_its_own_address(tmp_path: Path) -> None:
    """Told by both addresses it is one piece of news, and what is called goes by the own secret."""
    clock = FixedClock(TUESDAY)
    async with FarSide(clock=clock) as far:
        far.member("li.na", "李娜")
        own = {"contact_secret": "contact-secret", "contact_token": "ctoken", "contact_aes_key": "C" * 43}
        async with build(settings_for(tmp_path, far, **own), clock=clock) as app, served(app, far) as stage:
            url = stage.url.replace("/callback", "/contact")
            second = far.add_app(
                1000009, "contact-secret", callback_url=url, token="ctoken", aes_key="C" * 43
            )
            await far.callbacks.verify(second)
            far.app.customers = True
            customer = await far.befriends("li.na", "张伟")
            assert len(far.callbacks.deliveries) == 2
            await stage.settles()
            assert len(await rows(app.database, Newcomer)) == 1
            assert len(customer.welcomes) == 1
            [call] = [each for each in far.calls if each.path == "externalcontact/send_welcome_msg"]
            assert call.app is second
            assert all(each.accepted for each in far.callbacks.deliveries)


# -- codes, welcomes, who it is ------------------------------------------------------------------------------


async def test_a_code_carries_the_orders_state(far: FarSide, contact: WeComCustomers) -> None:
    way = await contact.contact_way(WayOrder(7, "li.na", "S7"), TUESDAY)
    [made] = far.customers.ways.values()
    assert (made.fields["state"], made.fields["user"], way.config) == ("S7", ["li.na"], made.id)
    assert way.picture.endswith(f"/wwpic/{made.id}/0")


async def test_the_code_comes_as_a_picture_that_can_be_forwarded(stage: Stage, li: Phone) -> None:
    await li.says("今天去了鼎盛机械，见了张伟，要两台贴标机")
    await li.taps("保存并建档")
    await li.says("我微信里有鼎盛的张伟")
    await li.taps("今天请谁")
    await li.taps("下一位")
    assert li.card.title == "给张伟的话，你自己发"
    await li.taps("要文字和码")
    text, picture = li.history[-2:]
    assert text.text.startswith("张")
    assert picture.type == "image"


async def test_no_right_to_it_is_told_at_once(stage: Stage, li: Phone) -> None:
    """The rep waits for the code: the operator's fault is no reason to let her wait for minutes."""
    stage.wecom.app.customers = False
    await li.says("今天去了鼎盛机械，见了张伟，要两台贴标机")
    await li.taps("保存并建档")
    await li.says("我微信里有鼎盛的张伟")
    await li.taps("今天请谁")
    await li.taps("下一位")
    assert li.card.title == "张伟的码没做成"
    [row] = [each for each in await stage.rows(Outgoing) if each.kind == "way"]
    assert (row.state, "可调用接口的应用" in row.error) == ("parked", True)
    stage.wecom.app.customers = True
    await li.taps("再试一次")
    assert li.card.title == "给张伟的话，你自己发"


async def test_a_tap_in_the_smart_bots_chat_gets_its_code_by_the_app(tmp_path: Path) -> None:
    clock = FixedClock(TUESDAY)
    async with FarSide(clock=clock) as far:
        far.member("li.na", "李娜")
        settings = settings_for(
            tmp_path, far, bot_id="aibX", bot_secret="bot-secret", bot_url=far.ws_url.rstrip("/")
        )
        async with build(settings, clock=clock) as app:
            bot = app.sender._platforms["wecombot"]
            assert isinstance(bot, CustomerContact)
            way = await bot.contact_way(WayOrder(7, "li.na", "S7"), TUESDAY)
            assert way.config in far.customers.ways


async def test_the_smart_bot_alone_reaches_no_customers(tmp_path: Path) -> None:
    clock = FixedClock(TUESDAY)
    async with FarSide(clock=clock) as far:
        app = dict.fromkeys(("corp_id", "agent_id", "secret", "token", "aes_key"))
        settings = settings_for(tmp_path, far, **app, bot_id="aibX", bot_secret="bot-secret")
        async with build(settings, clock=clock) as built:
            assert not isinstance(built.sender._platforms["wecombot"], CustomerContact)


def welcome_of(code: str) -> WelcomeOrder:
    until = TUESDAY + timedelta(seconds=20)
    return WelcomeOrder(1, "li.na", "wmX", code, "您好", "您的信息怎么用", "/c/x", until)


async def newcomer(far: FarSide, **more: Any) -> tuple[External, str]:
    customer = await far.befriends("li.na", "张伟", **more)
    return customer, list(far.customers.welcomes)[-1]


async def test_41051_is_spent_and_41050_is_void(far: FarSide, contact: WeComCustomers) -> None:
    customer, code = await newcomer(far)
    await contact.welcome(welcome_of(code), TUESDAY)
    with pytest.raises(Spent):
        await contact.welcome(welcome_of(code), TUESDAY)
    assert len(customer.welcomes) == 1
    with pytest.raises(GiveUp) as void:
        await contact.welcome(welcome_of("nonsense"), TUESDAY)
    assert not isinstance(void.value, Spent)


async def test_another_app_that_is_just_sending_is_waited_for(far: FarSide, contact: WeComCustomers) -> None:
    _, code = await newcomer(far)
    far.customers.welcomes[code].held = True
    with pytest.raises(TryLater) as later:
        await contact.welcome(welcome_of(code), TUESDAY)
    assert later.value.seconds == 1.0


@pytest.mark.parametrize("done", [False, True], ids=["not carried out", "carried out"])
async def test_a_welcome_whose_answer_was_lost_is_said_once(stage: Stage, li: Phone, done: bool) -> None:
    """Where WeCom had taken it, the second try is answered 41051, and that is no failure."""
    stage.wecom.goes_wrong("externalcontact/send_welcome_msg", cut=True, done=done)
    customer = await stage.wecom.befriends("li.na", "张伟")
    await stage.settles()
    await stage.passes(seconds=2)
    assert len(customer.welcomes) == 1
    assert (await stage.rows(Newcomer))[0].welcome == "said"


@pytest.mark.parametrize("code", [40014, 42001])
async def test_a_token_that_ends_in_the_middle_costs_no_welcome(stage: Stage, li: Phone, code: int) -> None:
    stage.wecom.tokens.revoke(code=code)
    customer = await stage.wecom.befriends("li.na", "张伟")
    await stage.settles()
    assert len(customer.welcomes) == 1


async def test_chatting_already_gives_the_words_to_the_rep(stage: Stage, li: Phone) -> None:
    async with stage.wecom.callbacks.holding():
        customer = await stage.wecom.befriends("li.na", "张伟")
        for each in stage.wecom.customers.welcomes.values():
            each.chatting = True
    await stage.settles()
    await li.looks()
    assert customer.welcomes == []
    assert any("欢迎语没发成" in each.title for each in li.history)


async def test_a_slow_answer_holds_nobody_up(stage: Stage, li: Phone) -> None:
    """The welcome goes a way of its own, and what hangs is asked again while there is time."""
    stage.wecom.goes_wrong("externalcontact/get", seconds=1.0)
    await stage.wecom.line.text("li.na", "帮助")
    customer = await stage.wecom.befriends("li.na", "张伟")
    first_worker, first_sender = stage.app.first
    await first_worker.once()
    async with asyncio.timeout(0.9):
        await first_sender.once()
    assert len(customer.welcomes) == 1
    await stage.settles()


async def test_who_he_is(far: FarSide, contact: WeComCustomers) -> None:
    customer, _ = await newcomer(far)
    order = LookOrder(1, "LI.NA", customer.id)  # a userid has no case
    assert await contact.look(order) == Stranger("张伟")
    follow = far.customers.follow("li.na", customer.id)
    assert follow is not None
    follow.mobiles = ["+86 138-0013-5678", "0512 8888 6666"]
    assert await contact.look(order) == Stranger("张伟", ("13800135678", "051288886666"))
    assert await contact.look(LookOrder(1, "li.na", "wmNobody")) == Stranger("")
    far.customers.follows.clear()
    assert await contact.look(order) == Stranger("")  # 84061


async def test_who_he_is_among_many_colleagues(far: FarSide, contact: WeComCustomers) -> None:
    customer = far.customer("chen.hao", "张伟")
    for number in range(600):
        far.follows(far.member(f"m{number}").userid, customer)
    far.follows("li.na", customer)
    follow = far.customers.follow("li.na", customer.id)
    assert follow is not None
    follow.mobiles = ["13800135678"]
    assert await contact.look(LookOrder(1, "li.na", customer.id)) == Stranger("张伟", ("13800135678",))


# -- handing over ------------------------------------------------------------------------------------------


def over(*externals: str, **more: Any) -> TransferOrder:
    return TransferOrder(1, "li.na", "chen.hao", externals, words="换陈浩服务您", **more)


def plain(answers: Any) -> list[tuple[str, str]]:
    return [(each.external, each.state.value) for each in answers]


async def test_a_transfer_begins_waits_and_ends(far: FarSide, contact: WeComCustomers) -> None:
    one, two = (far.customer("li.na", name).id for name in ("张伟", "何俊"))
    begun = await contact.transfer(over(one, two), TUESDAY)
    assert begun == [TransferAnswer(each, TransferState.WAITING, TUESDAY + DAY) for each in (one, two)]
    assert far.bodies("externalcontact/transfer_customer")[0]["transfer_success_msg"] == "换陈浩服务您"
    stands = await contact.transfer_result(over(one, two), TUESDAY)
    assert [each.until for each in stands] == [TUESDAY + DAY] * 2
    far.transfers.refuse(two)
    await far.passes(hours=24)
    assert plain(await contact.transfer_result(over(one, two), TUESDAY + DAY)) == [
        (one, "done"),
        (two, "refused"),
    ]


async def test_begun_again_it_does_not_count_twice(far: FarSide, contact: WeComCustomers) -> None:
    """The first answer was lost: what WeCom has already is waiting, and later done; never in the way."""
    one = far.customer("li.na", "张伟").id
    await contact.transfer(over(one), TUESDAY)
    assert plain(await contact.transfer(over(one), TUESDAY)) == [(one, "waiting")]
    assert len(far.transfers.all) == 1
    await far.passes(hours=24)
    assert plain(await contact.transfer(over(one), TUESDAY + DAY)) == [(one, "done")]


async def test_another_transfer_is_in_the_way(far: FarSide, contact: WeComCustomers) -> None:
    one = far.customer("li.na", "张伟").id
    far.member("zhou.qiang")
    other = TransferOrder(2, "li.na", "zhou.qiang", (one,))
    assert plain(await contact.transfer(other, TUESDAY)) == [(one, "waiting")]
    assert plain(await contact.transfer(over(one), TUESDAY)) == [(one, "running")]


async def test_what_is_no_contact_is_absent_and_the_others_go(far: FarSide, contact: WeComCustomers) -> None:
    one, foreign = far.customer("li.na", "张伟").id, far.customer("chen.hao", "何俊").id
    asked = over("wmX", one, foreign)
    assert plain(await contact.transfer(asked, TUESDAY)) == [
        ("wmX", "absent"),
        (one, "waiting"),
        (foreign, "absent"),
    ]


async def test_twice_in_ninety_days(far: FarSide, contact: WeComCustomers) -> None:
    one, back = far.customer("li.na", "张伟"), TransferOrder(2, "chen.hao", "li.na", ())
    for order in (over(one.id), TransferOrder(2, back.giver, back.taker, (one.id,))):
        await contact.transfer(order, TUESDAY)
        await far.passes(hours=24)
    assert plain(await contact.transfer(over(one.id), TUESDAY)) == [(one.id, "often")]


async def test_the_takers_list_is_full(far: FarSide, contact: WeComCustomers) -> None:
    one = far.customer("li.na", "张伟").id
    far.company.member("chen.hao").customer_limit = 0
    await contact.transfer(over(one), TUESDAY)
    await far.passes(hours=24)
    assert plain(await contact.transfer_result(over(one), TUESDAY)) == [(one, "full")]
    assert plain(await contact.transfer(over(one), TUESDAY)) == [
        (one, "waiting")
    ]  # and it may be tried again


@pytest.mark.parametrize("left", [True, False], ids=["known to us", "not yet known to us"])
async def test_a_leavers_customers_go_by_the_other_way(
    far: FarSide, contact: WeComCustomers, left: bool
) -> None:
    one = far.customer("li.na", "张伟").id
    await far.leaves("li.na")
    assert plain(await contact.transfer(over(one, left=left), TUESDAY)) == [(one, "waiting")]
    assert "transfer_success_msg" not in far.bodies("externalcontact/resigned/transfer_customer")[-1]
    await far.passes(hours=24)
    assert plain(await contact.transfer_result(over(one, left=left), TUESDAY)) == [(one, "done")]


async def test_who_left_for_us_only_is_in_service_there(far: FarSide, contact: WeComCustomers) -> None:
    one = far.customer("li.na", "张伟").id
    assert plain(await contact.transfer(over(one, left=True), TUESDAY)) == [(one, "waiting")]
    assert plain(await contact.transfer_result(over(one, left=True), TUESDAY)) == [(one, "waiting")]


async def test_results_of_many_pages(far: FarSide, contact: WeComCustomers) -> None:
    ids = [far.customer("li.na", f"客户{number}").id for number in range(7)]
    await contact.transfer(over(*ids), TUESDAY)
    far.customers.page = 3
    assert plain(await contact.transfer_result(over(*ids), TUESDAY)) == [(each, "waiting") for each in ids]


@pytest.mark.parametrize(
    ("prepare", "words"),
    [("verified", "实名认证"), ("serves", "客户联系")],
)
async def test_a_taker_who_may_not_is_the_operators_to_mend(
    far: FarSide, contact: WeComCustomers, prepare: str, words: str
) -> None:
    one = far.customer("li.na", "张伟").id
    setattr(far.company.member("chen.hao"), prepare, False)
    with pytest.raises(TryLater) as later:
        await contact.transfer(over(one), TUESDAY)
    assert words in str(later.value)
    setattr(far.company.member("chen.hao"), prepare, True)
    assert plain(await contact.transfer(over(one), TUESDAY)) == [(one, "waiting")]


@pytest.mark.parametrize(
    "fault", [{"errcode": -1}, {"status": 502}, {"half": True}, {"cut": True, "done": True}]
)
async def test_an_outage_in_the_middle_is_tried_again(
    far: FarSide, contact: WeComCustomers, fault: dict[str, Any]
) -> None:
    one = far.customer("li.na", "张伟").id
    far.goes_wrong("externalcontact/transfer_customer", **fault)
    with pytest.raises(TryLater):
        await contact.transfer(over(one), TUESDAY)
    assert plain(await contact.transfer(over(one), TUESDAY)) == [(one, "waiting")]
    assert len(far.transfers.all) == 1
