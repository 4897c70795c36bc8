"""A draft's card in each of its states: whatever is tapped, whenever, by whom, the state of now comes."""

from storage.models.customers import Customer
from storage.models.engine import InboxUpdate
from storage.models.visits import Draft, Meeting, SaidNote, Visit
from tests.stories.phones import Phone, World

VISIT = "今天去鼎盛见了张伟，要贴标机，预算二十万"


async def test_one_doubt_is_asked_and_left_alone_it_stays_as_said(world: World, li: Phone) -> None:
    await li.says("今天去鼎盛见了张总，聊了设备，预算二十万")
    assert li.card.line("见了谁") == "张总？张伟还是张薇，先按“张总”记"
    assert li.card.buttons == ["保存", "是张伟", "是张薇", "不用记"]
    assert li.card.menu == ["改一改", "换客户"]
    await li.taps("是张薇")
    assert li.card.subtitle == "2026-04-21 周二 · 张薇，设备主管"
    assert li.card.buttons == ["保存", "改一改", "换客户", "不用记"]
    await li.taps("保存")
    assert (await world.newest(Meeting)).contact_id == (await world.contact("张薇")).id


async def test_saved_in_doubt_the_contact_is_kept_as_said(world: World, li: Phone) -> None:
    await li.says("今天去鼎盛见了张总，聊了设备，预算二十万")
    await li.taps("保存")
    assert (await world.newest(Meeting)).contact_id == (await world.contact("张总")).id


async def test_a_hint_is_no_mode(world: World, li: Phone) -> None:
    await li.says(VISIT)
    await li.taps("改一改")
    assert li.card.body.startswith("直接说改哪里，比如“预算改成15万”")
    assert li.card.buttons == ["保存", "不用记"]
    await li.taps("保存")
    assert li.card.title == "✓ 鼎盛机械记好了"


async def test_a_dropped_draft_comes_back(world: World, li: Phone) -> None:
    await li.says(VISIT)
    first = li.card
    await li.taps("不用记")
    assert (li.card.title, li.card.body) == ("好，没记鼎盛这条", "原话给你留到明晚，要的话点找回。")
    await li.taps("保存", on=first)
    assert li.card.title == "好，没记鼎盛这条"
    assert (await world.newest(Draft)).state == "dropped"
    await li.taps("找回")
    assert li.card.lines == first.lines
    await li.taps("保存")
    assert li.card.title == "✓ 鼎盛机械记好了"


async def test_a_dropped_drafts_words_go_after_the_next_night(world: World, li: Phone) -> None:
    await li.says(VISIT)
    await li.taps("不用记")
    gone = li.card
    await world.moves_to(23, 0, 30)
    assert (await world.newest(Draft)).content == {}
    assert (await world.newest(SaidNote)).text == ""
    await li.taps("找回", on=gone)
    assert li.card.kind == "state.gone"


async def test_a_draft_expires_unfiled_and_reopens(world: World, li: Phone) -> None:
    await li.says(VISIT)
    first = li.card
    await world.moves(days=6, hours=23)
    assert li.cards("visit.draft.expired") == []
    await world.moves(hours=2)
    expired = li.cards("visit.draft.expired")[0]
    assert (expired.title, expired.body) == ("鼎盛机械 · 4月21日上门", "放了 7天，我没替你存。内容还在")
    assert expired.buttons == ["重新打开", "不要了"]
    await li.taps("保存", on=first)
    assert li.card.kind == "visit.draft.expired"
    assert (await world.newest(Draft)).state == "expired"
    await li.taps("重新打开")
    assert li.card.lines == first.lines
    await li.taps("保存")
    assert li.card.title == "✓ 鼎盛机械记好了"
    assert (await world.newest(Visit)).day.isoformat() == "2026-04-21"


async def test_an_old_version_is_replaced_and_files_nothing(world: World, li: Phone) -> None:
    await li.says(VISIT)
    first = li.card
    await li.says("预算改成50万")
    before = await world.archive()
    await li.taps("保存", on=first)
    assert li.card.line("预算") == "50万元"
    assert li.card.body.startswith("这张旧了，最新的在这")
    assert await world.archive() == before


async def test_somebody_elses_tap_shows_no_facts_and_does_nothing(
    world: World, li: Phone, chen: Phone
) -> None:
    await li.says(VISIT)
    before = await world.archive()
    for label in li.card.buttons:
        await chen.taps(label, on=li.card)
        assert chen.card.title == "鼎盛机械的一次拜访"
        assert chen.card.body == "这张要李娜本人点，我没动它"
        assert chen.card.lines == []
    assert await world.archive() == before
    assert li.news == []


async def test_a_second_tap_and_a_double_tap_file_once(world: World, li: Phone) -> None:
    await li.says(VISIT)
    first = li.card
    await li.taps("保存")
    await world.moves(minutes=4)
    await li.taps("保存", on=first)
    assert li.card.body == "18:20 已经存过了"
    assert li.card.buttons == ["看档案", "撤销"]
    assert len([each for each in await world.rows(Visit) if each.day.isoformat() == "2026-04-21"]) == 1


async def test_another_customer_is_chosen(world: World, li: Phone) -> None:
    await li.says(VISIT)
    await li.taps("换客户")
    assert "鼎盛" not in "".join(li.card.options)
    await li.taps("就这家", picks="天虹纺织")
    assert li.card.title == "天虹纺织 · 今天上门，你看对不对"
    await li.taps("保存")
    assert (await world.newest(Visit)).customer_id == (await world.customer("天虹纺织")).id


async def test_a_new_customer_was_an_old_one(world: World, li: Phone) -> None:
    await li.says("今天拜访了宏远包装的陈老板，他们预算三十万左右")
    await li.taps("其实是老客户")
    await li.taps("就这家", picks="华东机电")
    assert li.card.title == "华东机电 · 今天上门，你看对不对"
    await li.taps("保存")
    assert [each for each in await world.rows(Customer) if each.name == "宏远包装"] == []


async def test_the_spoken_twins_do_the_same(world: World, li: Phone) -> None:
    await li.says(VISIT)
    await li.speaks("不用记")
    assert li.card.title == "好，没记鼎盛这条"
    await li.taps("找回")
    await li.speaks("保存。")
    assert li.card.title == "✓ 鼎盛机械记好了"
    await li.speaks("撤销")
    assert li.card.title == "撤了，档案里没有这条了"
    await li.speaks("保存")
    assert li.card.title == "没有等着存的"


async def test_look_alikes_of_a_colleague_are_asked_about(world: World, li: Phone, chen: Phone) -> None:
    await li.says("今天上门拜访了博瑞生物技术，见了邓工，想要两台设备")
    assert li.card.title == "博瑞生物技术 · 库里有一家很像"
    assert li.card.lines == [("博瑞生物", "陈浩在跟")]
    await li.taps("问问陈浩")
    assert li.card.title == "问陈浩了，等他回"
    assert chen.card.title == "李娜今天见了“博瑞生物技术”，和你的博瑞生物是一家吗"
    assert chen.card.lines == []
    question = chen.card
    await chen.taps("不是一家")
    assert chen.card.subtitle == "“博瑞生物技术”不是博瑞生物"
    assert li.card.title == "陈浩说不是一家"
    told = len(li.history)
    await chen.taps("不是一家", on=question)
    assert len(li.history) == told  # a second tap tells nobody twice
    await li.taps("是新客户")
    await li.taps("保存并建档")
    assert (await world.customer("博瑞生物技术")).owner_id == 3


async def test_it_is_the_colleagues_customer(world: World, li: Phone, chen: Phone) -> None:
    await li.says("今天上门拜访了博瑞生物技术，见了邓工，想要两台设备")
    await li.taps("问问陈浩")
    await chen.taps("是一家")
    assert (li.card.title, li.card.body) == ("陈浩说是一家", "客户归他跟，你那条还没存。")
    assert li.card.buttons == ["先放着", "不用记"]
    await li.taps("先放着")
    assert "放着了，没存" in li.card.words
    assert [each.name for each in await world.there(Customer) if "博瑞" in each.name] == ["博瑞生物"]


async def test_one_of_ones_own_that_looks_alike_is_used(world: World, li: Phone) -> None:
    await li.says("今天拜访了宏远包装的陈老板，他们预算三十万左右")
    await li.taps("保存并建档")
    await li.says("今天第一次去了宏源包装，见了马总，想要两台设备")
    assert li.card.title == "宏源包装 · 库里有一家很像"
    await li.taps("就是宏远")
    assert li.card.title.startswith("宏远包装 · 今天")
    await li.taps("保存")
    assert (await world.newest(Visit)).customer_id == (await world.customer("宏远包装")).id


async def test_nothing_is_lost_of_what_was_said(world: World, li: Phone) -> None:
    await li.says(VISIT)
    note = await world.newest(SaidNote)
    assert (note.text, note.kind) == (VISIT, "note")
    assert {each.state for each in await world.rows(InboxUpdate)} == {"done"}
