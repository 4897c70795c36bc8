"""Notes about several customers: V2 for four of them, V3 where one name is a doubt."""

from storage.models.visits import Draft, Visit
from tests.stories.phones import Phone, World

FOUR = (
    "上午去了鼎盛见张伟，预算十万。然后去天虹见吴莉，要样册。"
    "下午去华东机电见何俊，传感器坏了。晚上和嘉晟的罗文吃饭，聊了合同"
)
DOUBT = "今天去了嘉城塑胶，第一次上门，要两台设备"


async def today_filed(world: World) -> list[Visit]:
    return [each for each in await world.there(Visit) if each.day == world.today]


async def test_four_customers_are_a_list_first_and_all_are_saved(world: World, li: Phone) -> None:
    await li.says(FOUR)
    assert li.card.title == "听出 4 家，你看对不对"
    assert li.card.labels == ["鼎盛机械", "天虹纺织", "华东机电", "嘉晟塑胶"]
    assert li.card.line("鼎盛机械") == "预算 10万元"
    assert li.card.buttons == ["这 4 家都存", "一家一家看", "都不用记"]
    listed = li.card
    await li.taps("这 4 家都存")
    assert li.card.title == "✓ 4 家记好了"
    assert len(await today_filed(world)) == 4
    await li.taps("这 4 家都存", on=listed)
    assert len(await today_filed(world)) == 4


async def test_saved_together_they_are_still_seen_one_by_one(world: World, li: Phone) -> None:
    await li.says(FOUR)
    await li.taps("这 4 家都存")
    await li.taps("一家一家看")
    assert [each.title for each in li.news] == [
        f"✓ {name}记好了" for name in ("鼎盛机械", "天虹纺织", "华东机电", "嘉晟塑胶")
    ]
    await li.taps("撤销")
    assert len(await today_filed(world)) == 3


async def test_one_by_one_each_has_its_own_card(world: World, li: Phone) -> None:
    await li.says(FOUR)
    await li.taps("一家一家看")
    assert [each.title[-5:] for each in li.news] == ["（1/4）", "（2/4）", "（3/4）", "（4/4）"]
    await li.taps("不用记", on=li.news[1])
    await li.says("保存")
    assert len(await today_filed(world)) == 3
    assert {each.state for each in await world.rows(Draft) if each.total == 4} == {"saved", "dropped"}


async def test_none_is_saved_and_each_can_be_found_again(world: World, li: Phone) -> None:
    await li.says(FOUR)
    listed = li.card
    await li.taps("都不用记")
    assert li.card.title == "好，这 4 家都没记"
    assert li.card.body == "要找回哪家，一家一家看里还有。"
    await li.taps("一家一家看")
    assert [each.buttons for each in li.news] == [["找回"]] * 4
    await li.taps("找回", on=li.news[0])
    await li.taps("保存")
    assert len(await today_filed(world)) == 1
    await world.moves_to(23, 9)
    await li.taps("一家一家看", on=listed)
    assert li.shows("✓ 鼎盛机械记好了")


async def test_a_list_of_forgotten_words_is_answered(world: World, li: Phone) -> None:
    await li.says(FOUR)
    listed = li.card
    await li.taps("都不用记")
    await world.moves_to(23, 0, 30)
    for label in listed.buttons:
        await li.taps(label, on=listed)
        assert li.card.kind == "state.gone"


async def test_an_unclear_one_stays_when_the_clear_ones_are_saved(world: World, li: Phone) -> None:
    await li.says(
        "上午去了鼎盛见张伟，预算十万。然后去天虹见吴莉，要样册。下午去华东机电见何俊，传感器坏了。"
        "后来去了嘉城塑胶，第一次上门，预算二十万"
    )
    assert li.card.subtitle == "2026-04-21 周二 · 有 1 家要你认一下"
    assert li.card.line("嘉城塑胶？") == "名字拿不准，下面问你"
    await li.taps("存前 3 家")
    assert li.cards("visit.several")[0].title == "✓ 3 家记好了"
    assert li.card.title == "嘉城塑胶，是哪一家"
    assert len(await today_filed(world)) == 3
    await li.taps("嘉城塑业")
    await li.taps("保存")
    assert len(await today_filed(world)) == 4


async def test_a_doubtful_name_is_a_new_customer(world: World, li: Phone) -> None:
    await li.says(DOUBT)
    await li.taps("是新客户")
    assert li.card.title == "嘉城塑胶 · 今天上门，你看对不对"
    await li.taps("保存并建档")
    assert (await world.newest(Visit)).customer_id == (await world.customer("嘉城塑胶")).id


async def test_put_aside_it_files_nothing_and_its_card_goes_on(world: World, li: Phone) -> None:
    await li.says(DOUBT)
    which = li.card
    await li.taps("先放着")
    assert li.card.title == "嘉城塑胶，放着了，没存"
    assert await today_filed(world) == []
    await li.taps("嘉晟塑胶", on=which)
    await li.taps("保存")
    assert len(await today_filed(world)) == 1


async def test_put_aside_it_is_resumed_by_name(world: World, li: Phone) -> None:
    await li.says(DOUBT)
    await li.taps("先放着")
    await li.says("嘉晟那条")
    assert li.card.title == "嘉城塑胶，是哪一家"
