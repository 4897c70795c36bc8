"""Whatever is thrown at it is answered kindly, and nothing that was said is lost."""

import asyncio
from datetime import datetime

import pytest
from sqlmodel import text

from bot.platforms.local import inbound
from handlers.kernel.update import Said, Sent
from handlers.understanding.note import Known, Note
from handlers.understanding.reader import read
from handlers.work.context import Desk
from handlers.work.customers import NewContact, NewCustomer, do_open
from handlers.work.people import asker_of
from storage.models.customers import Customer
from storage.models.engine import InboxUpdate
from storage.models.visits import SaidNote, Visit
from tests.stories.conftest import Build
from tests.stories.phones import Phone, World

NASTY = "<b>'; DROP TABLE visits;--"
VISIT = "今天去鼎盛见了张伟，要贴标机，预算二十万"
CURSED = "今天去天虹见了吴莉，预算十万，这句会让程序摔一跤"


@pytest.mark.parametrize("said", ["", "   ", "\n\t", "。。。", "😀👍🏽🎉", "？！", "\u200b\u200d", "———"])
async def test_nothing_readable_is_said_so(world: World, li: Phone, said: str) -> None:
    before = await world.archive(Visit, Customer)
    await li.sends(lambda head: Said(head.update_id, head.sender, head.lane, head.at, said))
    assert li.card.title in ("这条是空的", "跟我说话就行")
    assert await world.archive(Visit, Customer) == before


async def test_small_talk_gets_one_line(world: World, li: Phone) -> None:
    for said in ("你好", "谢谢", "嗯嗯", "哈哈哈"):
        await li.says(said)
        assert (li.card.title, li.card.buttons) == ("在呢，想记什么就说", [])


async def test_twenty_thousand_characters_are_kept_and_answered(world: World, li: Phone) -> None:
    said = "今天去鼎盛聊了很多，预算十万。" * 1334
    assert len(said) > 20_000
    await li.says(said)
    assert li.card.title == "太长了，我一次看不完"
    assert (await world.newest(SaidNote)).text == said
    await li.taps("知道了")
    assert li.card.title == "好"


async def test_ten_thousand_digits_and_a_long_word_are_read_in_time(world: World, li: Phone) -> None:
    for said in ("1" * 1400, "万" * 1400, "去" * 1400, "13800138000" * 100, "a" * 1400, "（" * 1400):
        await li.says(said)
        assert li.news, said[:5]


async def test_markup_and_sql_are_only_text(world: World, li: Phone) -> None:
    async with world.app.database.unit() as unit:
        person = await unit.people.at("local", "li")
        assert person is not None
        desk = Desk(unit, world.app.policy, world.now, person, await asker_of(unit, person), "nasty")
        contact = NewContact("<script>alert(1)</script>", "'; --", "13812349999")
        await do_open(desk, NewCustomer(NASTY, contacts=(contact,)), person.id)
    await li.says(f"今天去{NASTY}谈了，预算十万")
    assert li.news
    await li.says(VISIT)
    await li.taps("换客户")
    picked = [label for label, id in li.card.options.items() if id == str((await world.customer(NASTY)).id)]
    await li.taps("就这家", picks=picked[0])
    assert NASTY[:10] in li.card.title
    await li.taps("保存")
    await li.taps("看档案")
    assert NASTY[:10] in li.card.words
    async with world.app.database.reading() as unit:
        count = (await unit.session.exec(text("SELECT count(*) FROM visits"))).one()  # type: ignore[call-overload]
    assert count[0] == len(await world.rows(Visit))


async def test_a_voice_note_without_words_is_kept(world: World, li: Phone) -> None:
    await li.sends(lambda head: inbound.spoke(head, "some-key", "audio/mp4"))
    assert li.card.title == "语音收到了，可我这边听不了"
    await li.taps("知道了")
    assert li.card.title == "好"
    assert (await world.newest(SaidNote)).file == "some-key"


async def test_a_transcript_without_words_is_asked_again(world: World, li: Phone) -> None:
    await li.speaks("。。")
    assert li.card.title == "这段没听清"
    assert li.card.buttons == ["知道了"]


@pytest.mark.parametrize("kind", ["mini_program", "red_packet", "merged_forward", "video"])
async def test_an_unknown_kind_of_message_is_answered(world: World, li: Phone, kind: str) -> None:
    await li.sends(lambda head: Sent(head.update_id, head.sender, head.lane, head.at, kind))
    assert li.card.title == "这种文件还打不开"


async def test_a_picture_hangs_on_the_visit_or_waits(world: World, li: Phone) -> None:
    def picture(key: str) -> object:
        return lambda head: Sent(head.update_id, head.sender, head.lane, head.at, "image", key, f"{key}.png")

    await li.sends(picture("one"))  # type: ignore[arg-type]
    assert li.card.title == "图收到了，先放着"
    await li.says(VISIT)
    await li.taps("保存")
    await li.sends(picture("two"))  # type: ignore[arg-type]
    assert "鼎盛机械 4月21日那次" in li.card.words
    await li.taps("不是这次")
    assert li.card.title == "摘下来了，先单独留着"


async def test_the_same_message_twenty_times_is_one_note(world: World, li: Phone) -> None:
    body = {"phone": "li", "id": "same-message", "text": VISIT}
    await asyncio.gather(*(world.straight("say", dict(body)) for _ in range(20)))
    await asyncio.gather(world.app.worker.once(), world.app.worker.once())
    await world.settles()
    await asyncio.gather(*(world.straight("say", dict(body)) for _ in range(20)))
    await world.settles()
    assert len(li.cards("visit.draft")) == 1
    assert [each.text for each in await world.rows(SaidNote)].count(VISIT) == 1


async def test_the_same_tap_twenty_times_files_once(world: World, li: Phone) -> None:
    await li.says(VISIT)
    action = li.card.taps[0].action
    assert action is not None
    from cards.actions import encode

    body = {"phone": "li", "message": li.card.id, "action": encode(action), "picked": []}
    await asyncio.gather(*(world.straight("click", body | {"id": world.new_id()}) for _ in range(20)))
    await world.settles()
    assert len([each for each in await world.rows(Visit) if each.day == world.today]) == 1
    assert len(li.cards("visit.saved")) == 1


async def test_many_phones_at_once_wait_for_nobody(world: World, li: Phone, chen: Phone, zhou: Phone) -> None:
    bodies = [
        {"phone": phone.address, "id": world.new_id(), "text": f"今天去{name}，预算{number}万"}
        for number in range(2, 7)
        for phone, name in ((li, "鼎盛见了张伟"), (chen, "启明教育见了刘敏"), (zhou, "天虹见了吴莉"))
    ]
    await asyncio.gather(*(world.straight("say", body) for body in bodies))
    await world.settles()
    for phone in (li, chen, zhou):
        assert [each.line("预算").split("元")[0] for each in phone.cards("visit.draft")] == [
            f"{number}万" for number in range(2, 7)
        ]


@pytest.mark.parametrize(
    "raw",
    [
        *("Nonsense.1.2.3.4", "SaveVisit.9.1.1.1.0", "SaveVisit.1.x.1.1.0", "{}", "保存", "A" * 500, "..."),
        f"SaveVisit.1.{2**80}.1.1.0",
    ],
)
async def test_a_button_that_nobody_can_read(world: World, li: Phone, raw: str) -> None:
    await li.taps_raw(raw)
    assert li.card.title == "这张太旧了，我没动它"
    assert li.card.body == "直接说想办什么就行"


async def test_ids_that_never_were(world: World, li: Phone) -> None:
    from cards.actions import ACTIONS

    before = await world.archive()
    for number in (999_999,):
        for kind in ACTIONS.values():
            if kind.__name__ not in ("MuteToday", "MuteKind"):
                await li.does(kind(number, 1, 3))
                assert li.news or await world.parked() == [], kind.__name__
    assert await world.parked() == []
    assert {name for name in await world.archive() if name not in before} == set()


async def test_a_tap_on_yesterdays_card_still_counts(world: World, li: Phone) -> None:
    await li.says(VISIT)
    await world.moves_to(22, 19)
    await li.taps("保存")
    assert (await world.newest(Visit)).day.isoformat() == "2026-04-21"
    assert li.card.title == "✓ 鼎盛机械记好了"


async def test_a_stranger_gets_no_answer_and_breaks_nothing(world: World) -> None:
    await world.straight("say", {"phone": "nobody", "id": "stranger-1", "text": VISIT})
    await world.settles()
    assert [each.state for each in await world.rows(InboxUpdate)][-1] == "done"
    assert all(phone.news == [] for phone in world.phones.values())


async def test_a_bug_of_ours_costs_one_apology_and_nothing_that_was_said(worlds: Build) -> None:
    broken = True

    def clumsy(said: str, at: datetime, known: Known) -> Note:
        if broken and said == CURSED:
            raise ZeroDivisionError(CURSED)
        return read(said, at, known)

    async with worlds(clumsy) as world:
        world.may_park = True
        li, chen, zheng = world.phones["li"], world.phones["chen"], world.phones["admin"]
        await li.says(CURSED)
        assert li.card.title == "我这边出错了，没存上"
        assert li.card.body == "不是你的问题，原话还在。修好我自己补，也可以再点一次。"
        apology = li.card
        assert (await world.parked())[0].startswith("parked said: ZeroDivisionError")
        assert CURSED not in str(await world.parked())

        await li.says(VISIT)  # the conversation goes on
        assert li.card.title == "鼎盛机械 · 今天上门，你看对不对"
        await li.taps("转管理员", on=apology)
        assert zheng.card.title == "李娜有一条没处理成"
        assert "吴莉" not in zheng.card.words

        await chen.taps("再试一次", on=apology)
        assert chen.card.kind == "state.gone"

        await li.taps("再试一次", on=apology)  # still broken: the same message says so again
        assert len({each.id for each in li.history if each.kind == "error.broken"}) == 1
        assert len(li.cards("error.broken")) == 1
        broken = False
        await li.taps("再试一次", on=apology)
        assert any(each.title == "天虹纺织 · 今天上门，你看对不对" for each in li.news)
        assert await world.parked() == []
        assert len({each.id for each in li.history if each.kind == "error.broken"}) == 1
