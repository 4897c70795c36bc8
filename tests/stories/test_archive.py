"""The archive by talking: by name, before going in, grade with a reason, tags, taboos, merging, numbers."""

from handlers.kernel.update import Sent
from storage.models.changes import Approval
from storage.models.customers import Alias, Contact, Customer, Trait
from storage.models.tasks import Task
from storage.models.visits import StoredFile, Visit
from tests.stories.phones import Phone, World


async def test_a_file_is_shown_by_its_name_and_by_a_part_of_it(world: World, li: Phone) -> None:
    for said in ("档案 华东机电", "档案 华东", "华东的档案", "看看档案 华东机电"):
        await li.says(said)
        assert li.card.kind == "customer.archive", said
        assert li.card.title.startswith("华东机电 · A级 · 老客户")
        assert li.card.card is not None
        assert li.card.card.flag == "别提涨价"
    assert li.card.line("基本").startswith("4/6，何俊 136****2077")
    assert li.card.line("档案").startswith("完整 ")


async def test_a_name_that_fits_several_is_asked_about(world: World, li: Phone) -> None:
    await li.says("档案 嘉")
    assert li.card.kind == "answer.unknown"
    await li.says("档案 塑")
    await li.says("时间轴 机")
    await li.says("档案 有限公司")
    assert li.card.kind == "answer.which"
    assert len(li.card.buttons) == 4
    await li.taps(li.card.buttons[1])
    assert li.card.kind == "customer.archive"


async def test_a_colleagues_customer_shows_its_name_and_he_can_be_asked(
    world: World, li: Phone, chen: Phone
) -> None:
    await li.says("档案 启明教育")
    assert (li.card.kind, li.card.buttons) == ("customer.not_yours", ["问问陈浩"])
    await li.taps("问问陈浩")
    assert li.card.title == "问陈浩了，等他找你"
    assert chen.card.title == "李娜想问问你的启明教育"
    await li.taps("问问陈浩")
    assert len(chen.cards("customer.question")) == 1, "once a day"


async def test_the_time_axis_tells_visits_orders_and_what_was_done(world: World, li: Phone) -> None:
    await li.says("华东机电下单一万一")
    await li.taps("记下")
    await li.says("时间轴 华东机电")
    assert li.card.kind == "customer.timeline"
    told = "\n".join(value for _, value in li.card.lines)
    assert "下单一万一" in told
    assert "见了何俊，传感器用得挺好" in told


async def test_before_going_in_what_is_owed_comes_first(world: World, li: Phone) -> None:
    await li.says("到了华东")
    assert (li.card.kind, li.card.title) == ("brief.arrival", "华东机电 · 进门前看一眼")
    assert li.card.card is not None
    assert li.card.card.flag == "别提涨价"
    assert li.card.subtitle == "何俊，设备科长"
    assert "质检报告" in li.card.line("还欠着")
    assert li.card.line("上次").startswith("4月3日 上门")
    before = await world.archive()
    await li.taps("出来了")
    assert li.card.title == "说吧，我在听。"
    assert await world.archive() == before, "it starts no clock"


async def test_a_place_is_a_greeting_that_is_answered_with_the_brief(world: World, li: Phone) -> None:
    await li.arrives("无锡华东机电有限公司")
    assert li.card.kind == "brief.arrival"


async def test_a_new_customers_brief_says_that_nothing_is_known(world: World, li: Phone) -> None:
    await li.says("到了嘉城")
    assert li.card.body == "第一次去？只知道名字。出来说一句就有了。"


async def test_a_grade_changes_with_a_reason_and_the_managers_yes(
    world: World, li: Phone, zhou: Phone
) -> None:
    await li.says("定级 天虹 A")
    assert (li.card.kind, li.card.buttons) == ("customer.why", ["情况变了", "原来记错", "客户说的", "不改了"])
    assert li.card.line("等级") == "B级 → A级"
    await li.taps("情况变了")
    assert li.card.title == "天虹纺织的等级，交上去了"
    assert zhou.card.title == "李娜想改天虹纺织的等级"
    assert zhou.card.line("原因") == "情况变了"
    assert (await world.customer("天虹纺织")).grade == "B"
    await zhou.taps("同意")
    assert (await world.customer("天虹纺织")).grade == "A"
    assert len(await world.rows(Approval)) == 1


async def test_a_reason_in_the_same_breath_or_in_the_next_is_taken(
    world: World, li: Phone, zhou: Phone
) -> None:
    await li.says("定级 天虹 C，因为今年没有下单")
    assert zhou.card.line("原因") == "今年没有下单"
    await li.says("定级 华东 B")
    await li.says("他们换了老板")
    assert zhou.card.title == "李娜想改华东机电的等级"
    assert zhou.card.line("原因") == "他们换了老板"


async def test_a_first_grade_needs_nobody_and_can_be_undone(world: World, li: Phone) -> None:
    await li.says("定级 嘉晟 B")
    assert li.card.title == "✓ 嘉晟塑胶，等级改了"
    assert (await world.customer("嘉晟塑胶")).grade == "B"
    await li.taps("撤销")
    assert (await world.customer("嘉晟塑胶")).grade is None
    await li.says("定级 嘉晟 特大")
    assert li.card.body == "可以是 A、B、C。"


async def test_tags_are_a_closed_list(world: World, li: Phone) -> None:
    await li.says("标签 天虹 价格敏感")
    assert (await world.newest(Trait)).value == "price_sensitive"
    await li.says("标签 天虹 嫌贵")
    assert li.card.kind == "customer.already_so"
    await li.says("去掉标签 天虹 嫌贵")
    assert (await world.newest(Trait)).removed_at is not None
    await li.taps("撤销")
    assert (await world.newest(Trait)).removed_at is None
    await li.says("标签 天虹 话多")
    assert li.card.kind == "customer.unknown_tag"


async def test_a_taboo_stands_red_before_the_next_visit(world: World, li: Phone) -> None:
    await li.says("忌讳 天虹 别提他们老厂长")
    assert li.card.line("忌讳") == "别提他们老厂长"
    await li.says("到了天虹")
    assert li.card.card is not None
    assert li.card.card.flag == "别提他们老厂长"


async def test_two_files_become_one_and_are_taken_apart_again(world: World, li: Phone) -> None:
    await li.says("今天去嘉晟塑业见了罗文，要两台注塑机，下周三前发方案")
    await li.taps("是新客户")
    await li.taps("保存并建档")
    before = await world.archive(Customer, Contact, Visit, Task, Trait)
    await li.says("合并 嘉晟塑胶 嘉晟塑业")
    assert li.card.kind == "customer.merge"
    assert "1 次记录" in li.card.line("一起来")
    await li.taps("并成一家")
    assert li.card.title == "✓ 嘉晟塑业并到嘉晟塑胶了"
    stays = await world.customer("嘉晟塑胶")
    assert (await world.newest(Visit)).customer_id == stays.id
    assert [each.name for each in await world.there(Contact) if each.customer_id == stays.id] == ["罗文"]
    assert "嘉晟塑业" in [each.name for each in await world.there(Alias) if each.customer_id == stays.id]
    await li.says("档案 嘉晟塑业")
    assert li.card.title.startswith("嘉晟塑胶")
    await li.taps("分回来")
    after = await world.archive(Customer, Contact, Visit, Task, Trait)
    for row in (*before.values(), *after.values()):
        row.pop("revision")
    assert after == before
    assert [each.name for each in await world.there(Alias) if each.name == "嘉晟塑业"] == []


async def test_a_merge_can_be_undone_for_weeks_and_not_for_ever(world: World, li: Phone) -> None:
    await li.says("合并 嘉晟塑胶 嘉城塑业")
    await li.taps("并成一家")
    card = li.having("分回来")
    await world.moves(days=31)
    await li.taps("分回来", on=card)
    assert li.card.title == "过了 30天，撤不了了"


async def test_nobody_merges_a_colleagues_customer(world: World, li: Phone, zhou: Phone) -> None:
    before = await world.archive(Customer)
    await li.says("合并 鼎盛机械 启明教育")
    assert li.card.kind == "customer.not_yours"
    assert await world.archive(Customer) == before
    await zhou.says("合并 鼎盛机械 启明教育")
    await zhou.taps("并成一家")
    assert zhou.card.title == "✓ 启明教育并到鼎盛机械了"


async def test_an_official_customer_gets_its_number_with_the_managers_yes(
    world: World, li: Phone, zhou: Phone
) -> None:
    await li.says("今天下午拜访了宏远包装的陈老板，要报价单")
    await li.taps("保存并建档")
    await li.says("把宏远包装转正式")
    assert (li.card.kind, li.card.line("还差")) == ("customer.lacks", "行业")
    async with world.app.database.unit() as unit:
        row = await unit.customers.get((await world.customer("宏远包装")).id)
        assert row is not None
        row.industry = "包装"
        await unit.add(row)
    codes = [each.code for each in await world.there(Customer) if each.code]
    assert len(set(codes)) == len(codes) == 7
    await li.says("把宏远包装转正式")
    assert (await world.customer("宏远包装")).code is None
    await zhou.taps("同意")
    customer = await world.customer("宏远包装")
    assert (customer.status, customer.code) == ("official", "B-2026-000008")


async def test_a_picture_without_a_visit_is_hung_by_saying_whose_it_is(world: World, li: Phone) -> None:
    await world.moves(hours=14)
    await li.sends(
        lambda head: Sent(head.update_id, head.sender, head.lane, head.at, "image", "k1", "照片.jpg")
    )
    assert li.card.kind == "file.waits"
    await li.says("图是华东的")
    assert li.card.title == "✓ 图挂在华东机电了"
    assert (await world.newest(StoredFile)).customer_id == (await world.customer("华东机电")).id
    await li.taps("不是这家")
    assert (await world.newest(StoredFile)).customer_id is None


async def test_the_same_number_is_looked_at_before_a_file_is_opened(
    world: World, li: Phone, chen: Phone
) -> None:
    await chen.says("今天去宏图印刷见了马工，电话13800135678")
    assert (chen.card.kind, chen.card.title) == ("customer.duplicates", "宏图印刷 · 像是同一家")
    assert chen.card.body == "有一家留的是同一个电话，李娜在跟"
    assert "鼎盛" not in chen.card.words
    await li.says("今天去宏图印刷见了马工，电话13800135678")
    assert li.card.line("鼎盛机械").startswith("你在跟")


async def test_a_person_named_with_the_customer_opens_no_second_file(world: World, li: Phone) -> None:
    before = len(await world.there(Customer))
    await li.says("今天去了天虹纺织的王总，聊了报价")
    await li.taps("保存")
    assert len(await world.there(Customer)) == before
    assert (await world.newest(Visit)).customer_id == (await world.customer("天虹纺织")).id


async def test_questions_are_answered_from_the_archive(world: World, li: Phone, zhou: Phone) -> None:
    await li.says("吴莉电话多少")
    assert li.card.title == "吴莉 137****7711"
    await li.says("华东机电还有什么没办")
    assert (li.card.kind, li.card.title) == ("answer.todo", "华东机电还有 1 件")
    await li.says("画像 天虹纺织")
    assert li.card.kind == "customer.profile"
    await li.says("订单 天虹纺织")
    assert li.card.kind == "customer.orders"
    await zhou.says("华东机电上次是什么时候去的")
    assert zhou.card.title == "华东机电 · 上次 4月3日上门"
    assert zhou.card.line("来源").startswith("李娜记的")
