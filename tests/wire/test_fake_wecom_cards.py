"""Cards at the fake WeCom: what is refused with which code, what a tap brings, how a card is replaced."""

import copy
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.fakes.wecom import Fault, WeCom, cards
from tests.wire.wecom_app import App, card, company

Pair = tuple[WeCom, App]
Change = Callable[[dict[str, Any]], Any]

TEXT = {
    "card_type": "text_notice",
    "main_title": {"title": "新线索 3 条", "desc": "今日 09:00"},
    "emphasis_content": {"title": "3", "desc": "未跟进"},
    "horizontal_content_list": [
        {"keyname": "渠道", "value": "展会"},
        {"type": 1, "keyname": "列表", "value": "打开", "url": "https://crm.example/leads"},
        {"type": 2, "keyname": "附件", "value": "a.pdf", "media_id": "M"},
        {"type": 3, "keyname": "主管", "value": "王五", "userid": "wang.wu"},
    ],
    "jump_list": [
        {"type": 1, "title": "看档案", "url": "https://crm.example"},
        {"type": 2, "title": "小程序", "appid": "wx1"},
    ],
    "card_action": {"type": 1, "url": "https://crm.example/leads"},
}
NEWS = {
    "card_type": "news_notice",
    "main_title": {"title": "周报"},
    "card_image": {"url": "https://crm.example/w.png", "aspect_ratio": 2.0},
    "vertical_content_list": [{"title": "成交", "desc": "12 单"}],
    "card_action": {"type": 2, "appid": "wx1", "pagepath": "/w"},
}
VOTE = {
    "card_type": "vote_interaction",
    "main_title": {"title": "哪些要转"},
    "checkbox": {
        "question_key": "which",
        "mode": 1,
        "option_list": [
            {"id": "a", "text": "鼎盛机械", "is_checked": True},
            {"id": "b", "text": "天虹纺织"},
            {"id": "c", "text": "华东机电"},
        ],
    },
    "submit_button": {"text": "转交", "key": "hand_over"},
    "task_id": "vote-1",
}
SELECT = {
    "card_type": "multiple_interaction",
    "main_title": {"title": "补全线索"},
    "select_list": [
        {
            "question_key": "ind",
            "title": "行业",
            "selected_id": "med",
            "option_list": [{"id": "edu", "text": "教育"}, {"id": "med", "text": "医疗"}],
        },
        {
            "question_key": "lvl",
            "title": "等级",
            "selected_id": "nothing",
            "option_list": [{"id": "a", "text": "A级"}, {"id": "b", "text": "B级"}],
        },
    ],
    "submit_button": {"text": "保存", "key": "lead_save"},
    "task_id": "lead-1",
}
BUTTONS = card()


def put(path: str, value: Any) -> Change:
    """Sets what stands at a path like `button_list.0.key`; the value ABSENT takes it away."""

    def change(each: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for name in way:
            each = each[int(name) if isinstance(each, list) else name]
        key: Any = int(last) if isinstance(each, list) else last
        if value is ABSENT:
            del each[key]
        else:
            each[key] = value

    return change


ABSENT = object()
OPTION = {"id": "x", "text": "x"}
LONG = "字" * 400

REFUSED = [
    (BUTTONS, put("card_type", "poll"), 42031),
    (BUTTONS, put("card_type", ABSENT), 42031),
    (BUTTONS, put("template_card", {}), 41016),
    (BUTTONS, put("task_id", ABSENT), 42014),
    (BUTTONS, put("task_id", "a.b"), 42014),
    (BUTTONS, put("task_id", "访-1"), 42014),
    (BUTTONS, put("task_id", "a" * 129), 42014),
    (BUTTONS, put("task_id", "ok\n"), 42014),
    (BUTTONS, put("main_title", {"desc": "x"}), 41016),
    (BUTTONS, put("source.desc_color", 4), 40058),
    (BUTTONS, put("button_list", []), 40058),
    (BUTTONS, put("button_list", [{"text": "x", "key": str(each)} for each in range(7)]), 40058),
    (BUTTONS, put("button_list.0.text", ""), 42038),
    (BUTTONS, put("button_list.0.key", ABSENT), 42039),
    (BUTTONS, put("button_list.0.key", LONG), 42039),
    (BUTTONS, put("button_list.0.key", "drop:1"), 42039),
    (BUTTONS, put("button_list.0.style", 5), 40058),
    (BUTTONS, put("button_list.2.url", ABSENT), 42028),
    (BUTTONS, put("button_selection.question_key", LONG), 42043),
    (BUTTONS, put("button_selection.option_list", []), 42037),
    (
        BUTTONS,
        put("button_selection.option_list", [{"id": str(each), "text": "x"} for each in range(11)]),
        42037,
    ),
    (BUTTONS, put("button_selection.option_list.0.id", "字" * 43), 42040),
    (BUTTONS, put("button_selection.option_list.0.id", "c2"), 42040),
    (BUTTONS, put("button_selection.option_list.0.text", ABSENT), 42041),
    (BUTTONS, put("action_menu.action_list", [{"text": "x", "key": "k"}, {"text": "y", "key": "k"}]), 42051),
    (BUTTONS, put("action_menu.action_list", [{"text": "x", "key": str(each)} for each in range(4)]), 40058),
    (BUTTONS, put("action_menu.action_list.0.key", ABSENT), 40058),
    (BUTTONS, put("quote_area", {"type": 1, "quote_text": "x"}), 42028),
    (BUTTONS, put("quote_area", {"type": 2, "quote_text": "x"}), 42030),
    (BUTTONS, put("horizontal_content_list.0.keyname", ABSENT), 42027),
    (BUTTONS, put("card_action", {"type": 3}), 42045),
    (TEXT, put("card_action", ABSENT), 42045),
    (TEXT, put("card_action.type", 0), 42045),
    (TEXT, put("card_action.url", ABSENT), 42028),
    (TEXT, put("card_action", {"type": 2}), 42030),
    (TEXT, put("main_title", ABSENT), 41016),
    (TEXT, put("horizontal_content_list", [{"keyname": "x"}] * 7), 42035),
    (TEXT, put("horizontal_content_list.1.url", ABSENT), 42028),
    (TEXT, put("horizontal_content_list.2.media_id", ABSENT), 42029),
    (TEXT, put("horizontal_content_list.3.userid", ABSENT), 42050),
    (TEXT, put("jump_list", [{"title": "x"}] * 4), 42042),
    (TEXT, put("jump_list.0.title", ABSENT), 42033),
    (TEXT, put("jump_list.0.url", ABSENT), 42028),
    (TEXT, put("jump_list.1.appid", ABSENT), 42030),
    (TEXT, put("action_menu", {"action_list": [{"text": "x", "key": "k"}]}), 42014),
    (NEWS, put("card_image", ABSENT), 42044),
    (NEWS, put("card_image.url", ABSENT), 42044),
    (NEWS, put("card_image.aspect_ratio", 2.3), 42044),
    (NEWS, put("vertical_content_list", [{"title": "x"}] * 5), 42036),
    (NEWS, put("vertical_content_list.0.title", ABSENT), 42033),
    (VOTE, put("checkbox", ABSENT), 42043),
    (VOTE, put("checkbox.question_key", ABSENT), 42043),
    (VOTE, put("checkbox.option_list", [{"id": str(each), "text": "x"} for each in range(21)]), 42037),
    (VOTE, put("checkbox.mode", 2), 40058),
    (
        VOTE,
        lambda each: each["checkbox"].update(
            mode=0, option_list=[{**OPTION, "is_checked": True}, {"id": "y", "text": "y", "is_checked": True}]
        ),
        40058,
    ),
    (VOTE, put("submit_button.key", ABSENT), 42046),
    (VOTE, put("submit_button.text", ""), 42049),
    (SELECT, put("select_list", []), 42047),
    (
        SELECT,
        put("select_list", [{"question_key": str(each), "option_list": [OPTION]} for each in range(4)]),
        42047,
    ),
    (SELECT, put("select_list.1.question_key", "ind"), 42043),
    (SELECT, put("select_list.1.option_list.0.text", ABSENT), 42041),
    (SELECT, put("submit_button", ABSENT), 42046),
]


@pytest.mark.parametrize("good", [BUTTONS, TEXT, NEWS, VOTE, SELECT], ids=lambda each: each["card_type"])
def test_a_card_within_all_limits_is_accepted(good: dict[str, Any]) -> None:
    cards.check(good)
    assert cards.warnings(good) == []


@pytest.mark.parametrize(
    ("good", "change", "code"),
    REFUSED,
    ids=[f"{number:02}-{good['card_type']}-{code}" for number, (good, _, code) in enumerate(REFUSED)],
)
def test_each_broken_rule_has_its_code(good: dict[str, Any], change: Change, code: int) -> None:
    bad = copy.deepcopy(good)
    change(bad)
    with pytest.raises(Fault) as refused:
        cards.check(bad)
    assert refused.value.code == code


def test_a_bots_card_has_keys_on_all_its_buttons_and_no_attachments() -> None:
    with pytest.raises(Fault) as refused:
        cards.check(BUTTONS, bot=True)
    assert refused.value.code == 42039
    with pytest.raises(Fault):
        cards.check(TEXT, bot=True)
    asks = {
        **TEXT,
        "horizontal_content_list": [],
        "jump_list": [{"type": 3, "title": "还有呢", "question": "还有呢"}],
    }
    cards.check(asks, bot=True)
    with pytest.raises(Fault):
        cards.check(asks)


def test_what_is_folded_or_ignored_is_told() -> None:
    long = {**BUTTONS, "main_title": {"title": "长" * 37}, "jump_list": [{"title": "x"}]}
    told = cards.warnings(long)
    assert any("jump_list is ignored" in each for each in told) and any(
        "37 characters" in each for each in told
    )


def test_picks_become_selected_items_of_every_shape() -> None:
    assert cards.answers(BUTTONS) == [("who", ["c1"])]
    assert cards.answers(BUTTONS, "模具") == [("who", ["c2"])]
    assert cards.answers(VOTE) == [("which", ["a"])]
    assert cards.answers(VOTE, ["天虹", "华东"]) == [("which", ["b", "c"])]
    assert cards.answers(VOTE, []) == [("which", [])]
    assert cards.answers(SELECT) == [("ind", ["med"]), ("lvl", ["a"])]
    assert cards.answers(SELECT, ["教育", "B级"]) == [("ind", ["edu"]), ("lvl", ["b"])]
    assert cards.answers(SELECT, {"等级": "b"}) == [("ind", ["med"]), ("lvl", ["b"])]
    assert cards.answers(TEXT) == []
    frozen = copy.deepcopy(SELECT)
    frozen["select_list"][0]["disable"] = True
    assert cards.answers(frozen, ["教育", "B级"]) == [("ind", ["med"]), ("lvl", ["b"])]
    with pytest.raises(AssertionError, match="not offered"):
        cards.answers(VOTE, "没有这家")


# -- on phones -------------------------------------------------------------------------------------


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with company() as (wecom, app):
        yield wecom, app


async def test_a_tap_tells_key_task_and_answers(pair: Pair) -> None:
    wecom, app = pair
    sent = await app.send_card("li.na", card())
    shown = await wecom.next_card("li.na")
    assert sent["response_code"] and (shown.title, shown.kind) == ("鼎盛机械", "visit")
    assert shown.buttons == ["保存", "不记", "逐项改"] and shown.menu == ["别提醒"]
    assert shown.lines == [("金额", "12.8万元")] and "“下周三给报价”" in shown.words
    await wecom.tap(shown, "保存", picks="模具")
    event = app.told[-1]
    assert (event["Event"], event["EventKey"], event["TaskId"]) == (
        "template_card_event",
        "save:1",
        "visit-1",
    )
    assert event["CardType"] == "button_interaction" and event["FromUserName"] == "li.na"
    assert event["SelectedItems"] == {"SelectedItem": {"QuestionKey": "who", "OptionIds": {"OptionId": "c2"}}}
    await wecom.tap(shown, "别提醒")
    assert app.told[-1]["Event"] == "template_card_menu_event" and "SelectedItems" not in app.told[-1]


async def test_two_taps_before_an_update_are_two_events_with_two_codes(pair: Pair) -> None:
    wecom, app = pair
    await app.send_card("li.na", card())
    shown = await wecom.next_card("li.na")
    await wecom.tap(shown, "保存")
    await wecom.tap(shown, "保存")
    codes = [each["ResponseCode"] for each in app.told]
    assert len(set(codes)) == 2
    for each in codes:
        assert (await replace(app, each, {"button": {"replace_name": "已保存"}}))["errcode"] == 0


async def test_ticks_come_as_lists(pair: Pair) -> None:
    wecom, app = pair
    await app.send("li.na", "template_card", VOTE)
    await wecom.phone("li.na").taps("转交", picks=["天虹", "华东"])
    one = app.told[-1]["SelectedItems"]["SelectedItem"]
    assert one == {"QuestionKey": "which", "OptionIds": {"OptionId": ["b", "c"]}}
    await app.send("li.na", "template_card", SELECT)
    await wecom.phone("li.na").taps("保存", picks={"行业": "教育"})
    both = app.told[-1]["SelectedItems"]["SelectedItem"]
    assert [each["QuestionKey"] for each in both] == ["ind", "lvl"]


async def replace(app: App, code: str, change: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"userids": ["li.na"], "agentid": 1000002, "response_code": code, **change, **more}
    return await app.post("message/update_template_card", body)


async def test_a_code_works_once_and_for_three_days(pair: Pair) -> None:
    wecom, app = pair
    grey = {"button": {"replace_name": "已保存"}}
    first = (await app.send_card("li.na", card()))["response_code"]
    assert (await replace(app, first, grey))["errcode"] == 0
    assert (await replace(app, first, grey))["errcode"] == 60140
    second = (await app.send_card("li.na", card("visit-2")))["response_code"]
    await wecom.passes(hours=72)
    app.token = ""
    assert (await replace(app, second, grey))["errcode"] == 60140
    assert (await replace(app, "RC_never", grey))["errcode"] == 60140
    await wecom.phone("li.na").taps("保存")
    assert (await replace(app, app.told[-1]["ResponseCode"], grey))["errcode"] == 0


async def test_a_replaced_card_stands_in_its_place_and_may_be_tapped_again(pair: Pair) -> None:
    wecom, app = pair
    await app.send_card("li.na", card())
    await app.send("li.na", content={"content": "后面一句"})
    phone = wecom.phone("li.na")
    await phone.taps("保存")
    new = {
        "template_card": {
            **card("ignored"),
            "main_title": {"title": "记好了"},
            "button_list": [{"text": "撤销", "key": "undo:1"}],
        }
    }
    assert (await replace(app, app.told[-1]["ResponseCode"], new))["errcode"] == 0
    assert [each.title for each in phone.shown] == ["记好了", "后面一句"]
    assert [each.title for each in phone.history] == ["鼎盛机械", "后面一句", "记好了"]
    await phone.taps("撤销")
    assert (app.told[-1]["EventKey"], app.told[-1]["TaskId"]) == ("undo:1", "visit-1")


async def test_a_frozen_card_gives_nothing(pair: Pair) -> None:
    wecom, app = pair
    code = (await app.send_card("li.na", card()))["response_code"]
    old = await wecom.next_card("li.na")
    await replace(app, code, {"button": {"replace_name": "已保存"}})
    assert await wecom.tap(old, "保存") is None and app.told == []
    await wecom.phone("li.na").taps_raw("save:1", old.id)
    assert app.told[-1]["EventKey"] == "save:1", "a tap that crossed the replacement"
    await replace(app, app.told[-1]["ResponseCode"], {"template_card": card("x", replace_text="已处理")})
    assert wecom.shown("li.na")[0].grey == "已处理" and wecom.shown("li.na")[0].buttons == []


async def test_each_person_has_a_card_of_his_own(pair: Pair) -> None:
    wecom, app = pair
    sent = await app.send_card("li.na|wang.wu", card())
    await wecom.phone("wang.wu").taps("保存")
    answer = await replace(
        app, sent["response_code"], {"button": {"replace_name": "已保存"}}, userids=["li.na", "ghost"]
    )
    assert answer["errcode"] == 0 and answer["invaliduser"] == ["ghost"]
    assert [wecom.shown(each)[0].grey for each in ("li.na", "wang.wu")] == ["已保存", ""]
    answer = await replace(
        app, app.told[-1]["ResponseCode"], {"button": {"replace_name": "完"}}, userids=[], atall=1
    )
    assert answer["errcode"] == 0
    assert [wecom.shown(each)[0].grey for each in ("li.na", "wang.wu")] == ["完", "完"]


async def test_wrong_replacements_are_refused_and_cost_no_code(pair: Pair) -> None:
    wecom, app = pair
    code = (await app.send_card("li.na", card()))["response_code"]
    grey = {"button": {"replace_name": "已保存"}}
    for change, more, errcode in [
        ({}, {}, 40058),
        ({**grey, "template_card": card()}, {}, 40058),
        ({"template_card": {**card(), "button_list": []}}, {}, 40058),
        (grey, {"agentid": 5}, 301002),
        (grey, {"userids": []}, 82001),
        (grey, {"userids": "li.na"}, 40035),
        (grey, {"userids": ["ghost"]}, 81013),
    ]:
        answer = await replace(app, code, change, **more)
        assert (answer["errcode"], isinstance(answer["invaliduser"], list)) == (errcode, True)
    wecom.add_app(7, "other-secret", callback_url=app.url)
    other = App(wecom, app.http, secret="other-secret")
    assert (await replace(other, code, grey, agentid=7))["errcode"] == 42015
    assert (await replace(app, code, grey))["errcode"] == 0


async def test_a_notice_with_a_menu_can_become_another_card_but_has_no_grey_buttons(pair: Pair) -> None:
    _, app = pair
    menu = {"action_menu": {"action_list": [{"text": "别提醒", "key": "mute"}]}, "task_id": "digest-1"}
    sent = await app.send("li.na", "template_card", {**TEXT, **menu})
    assert (await app.send("li.na", "template_card", TEXT))["response_code"] == ""
    assert (await replace(app, sent["response_code"], {"button": {"replace_name": "x"}}))["errcode"] == 40058
    assert (await replace(app, sent["response_code"], {"template_card": NEWS}))["errcode"] == 0


async def test_a_task_id_is_used_once_and_cards_that_call_back_need_an_address(pair: Pair) -> None:
    wecom, app = pair
    assert (await app.send_card("li.na", card()))["errcode"] == 0
    assert (await app.send_card("wang.wu", card()))["errcode"] == 42014
    wecom.app.callback_url = ""
    assert (await app.send_card("li.na", card("visit-2")))["errcode"] == 43012
    assert (await app.send("li.na", "template_card", TEXT))["errcode"] == 0


async def test_a_link_opens_its_page(pair: Pair) -> None:
    wecom, app = pair
    site = wecom.api_url + "gettoken"
    await app.send_card("li.na", card(button_list=[{"type": 1, "text": "逐项改", "url": site}]))
    page = await wecom.tap(await wecom.next_card("li.na"), "逐项改")
    assert page.status == 200 and "41004" in page.text and app.told == []


async def test_the_plug_in_shows_no_cards(pair: Pair) -> None:
    wecom, app = pair
    wecom.company.member("li.na").plugin = True
    assert (await app.send_card("li.na", card()))["errcode"] == 0
    assert wecom.shown("li.na") == []
