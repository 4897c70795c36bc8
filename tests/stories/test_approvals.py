"""A1, A3, A4: a key field waits for one decision, whoever taps, and every copy tells the same."""

import asyncio

import pytest

from cards.actions import Approve, Return
from storage.models.changes import Approval, Change
from tests.stories.phones import Phone, World

NEW_PHONE = "今天去鼎盛见了张伟，他换手机了13811112222"


async def asked(world: World, li: Phone) -> Approval:
    await li.says(NEW_PHONE)
    await li.taps("保存")
    return await world.newest(Approval)


async def phone(world: World) -> str | None:
    return (await world.contact("张伟")).phone


async def test_a_yes_is_carried_out_and_told(world: World, li: Phone, zhou: Phone) -> None:
    await asked(world, li)
    assert zhou.card.title == "李娜想改张伟的电话"
    assert zhou.card.subtitle == "鼎盛机械 · 今天 18:20"
    assert zhou.card.lines[0] == ("电话", "138****5678 → 138****2222")
    assert zhou.card.buttons == ["同意", "退回"]
    card = zhou.card
    await zhou.taps("同意")
    assert zhou.card.title == "✓ 你同意了张伟的新电话"
    assert zhou.card.buttons == ["撤回", "看档案"]
    assert (li.card.title, li.card.subtitle) == ("✓ 张伟的新电话用上了", "周强 18:20 同意")
    assert await phone(world) == "13811112222"
    told = len(li.history)
    await zhou.taps("同意", on=card)
    assert zhou.card.title == "✓ 你同意了张伟的新电话"
    assert len(li.history) == told
    entry = [each for each in await world.trail("changed") if each.subject == "contacts"][-1]
    assert (entry.actor_id, entry.deed) == (2, "approvals.approve")


async def test_a_no_has_a_reason(world: World, li: Phone, zhou: Phone) -> None:
    await asked(world, li)
    await zhou.taps("退回")
    assert list(zhou.card.options) == ["没写依据", "像是填错", "名称不全", "重复了", "我来说一句"]
    await zhou.taps("退给李娜")  # nothing was picked: it asks once more
    assert zhou.card.options
    await zhou.taps("算了")
    assert zhou.card.buttons == ["同意", "退回"]
    await zhou.taps("退回")
    await zhou.taps("退给李娜", picks="像是填错")
    assert zhou.card.title == "✓ 退给李娜了"
    assert li.card.title == "周强退回了，差一点"
    assert li.card.lines == [("原因", "像是填错"), ("电话", "还是 138****5678")]
    assert await phone(world) == "13800135678"
    await li.taps("问周强")
    assert zhou.card.title == "李娜想问你鼎盛机械那处退回"
    await li.taps("改好再交")
    assert li.card.title == "你说，我来改"
    await li.says("电话是13811113333")
    assert zhou.card.lines[0] == ("电话", "138****5678 → 138****3333")
    await zhou.taps("同意")
    assert await phone(world) == "13811113333"


async def test_a_reason_in_ones_own_words(world: World, li: Phone, zhou: Phone) -> None:
    await asked(world, li)
    await zhou.taps("退回")
    await zhou.taps("退给李娜", picks="我来说一句")
    assert zhou.card.body == "说说原因，我原样带给李娜。"
    assert (await world.newest(Approval)).state == "waiting"
    await zhou.says("这个号是空号，再问一下")
    assert li.card.title == "周强退回了，差一点"
    assert li.card.line("原因") == "这个号是空号，再问一下"
    await zhou.says("好的")
    assert zhou.card.kind == "small_talk"


async def test_a_decision_is_withdrawn_within_ten_minutes(world: World, li: Phone, zhou: Phone) -> None:
    await asked(world, li)
    await zhou.taps("同意")
    await world.moves(minutes=9)
    await zhou.taps("撤回")
    assert any(each.title == "✓ 撤回了，等你重新定" for each in zhou.news)
    assert await phone(world) == "13800135678"
    await zhou.taps("同意")
    assert await phone(world) == "13811112222"
    decided = zhou.card
    await world.moves(minutes=11)
    await zhou.taps("撤回", on=decided)
    assert zhou.card.title == "已经用上了，要改请走一次新的"
    assert await phone(world) == "13811112222"


async def test_after_three_days_it_stays_as_it_was(world: World, li: Phone, zhou: Phone) -> None:
    await asked(world, li)
    card = zhou.card
    await world.moves(hours=71, minutes=50)
    assert (await world.newest(Approval)).state == "waiting"
    await world.moves(minutes=30)
    assert (await world.newest(Approval)).state == "expired"
    for phone_ in (li, zhou):
        expired = phone_.cards("approval.expired")[-1]
        assert (expired.title, expired.body) == ("鼎盛机械，张伟的电话", "放了 3天，还是老号码")
    await zhou.taps("同意", on=card)
    assert await phone(world) == "13800135678"
    await li.taps("再交一次")
    assert zhou.card.subtitle.endswith("第 2 次交")
    await zhou.taps("同意")
    assert await phone(world) == "13811112222"


@pytest.mark.parametrize("first", [True, False])
async def test_two_deciders_at_once_make_one_decision(
    world: World, li: Phone, zhou: Phone, zheng: Phone, first: bool
) -> None:
    approval = await asked(world, li)
    what = (approval.id, approval.revision)
    told = len(li.history)

    def body(by: Phone, action: Approve | Return, picked: list[str]) -> dict[str, object]:
        from cards.actions import encode

        return {"phone": by.address, "id": world.new_id(), "action": encode(action), "picked": picked}

    yes = body(zhou if first else zheng, Approve(*what, to=2), [])
    no = body(zheng if first else zhou, Return(*what, to=1), ["wrong"])
    await asyncio.gather(world.straight("click", yes), world.straight("click", no))
    await asyncio.gather(world.app.worker.once(), world.app.worker.once())
    await world.settles()
    decided = await world.newest(Approval)
    assert decided.state in ("approved", "returned")
    assert await phone(world) == ("13811112222" if decided.state == "approved" else "13800135678")
    assert (await world.newest(Change)).state in ("done", "dropped", "waiting")
    assert len(li.history) == told + 1
    words = "已同意" if decided.state == "approved" else "已退回"
    loser = zhou if decided.decided_by == 1 else zheng
    assert words in loser.card.title


async def test_what_waits_is_asked_for(world: World, li: Phone, zhou: Phone) -> None:
    await zhou.says("待批")
    assert zhou.card.title == "没有等你看的"
    await asked(world, li)
    await zhou.says("要我批的")
    assert zhou.card.title == "李娜想改张伟的电话"


async def test_nobody_decides_on_his_own_or_a_strangers(world: World, li: Phone, chen: Phone) -> None:
    approval = await asked(world, li)
    before = await world.archive()
    for phone_ in (li, chen):
        await phone_.does(Approve(approval.id, approval.revision, 3))
        assert phone_.card.title == "自己不能批自己的，先等周强"
    assert await world.archive() == before


async def test_the_rep_lets_it_go_after_the_no_was_withdrawn(world: World, li: Phone, zhou: Phone) -> None:
    await asked(world, li)
    await zhou.taps("退回")
    await zhou.taps("退给李娜", picks="像是填错")
    returned = li.card
    await zhou.taps("撤回")
    waiting = zhou.card
    await li.taps("不改了", on=returned)
    assert li.card.title == "好，不改了"
    await zhou.taps("同意", on=waiting)
    assert await phone(world) == "13800135678"
