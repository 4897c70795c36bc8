"""The self-built app over the wire: signed payload → HTTP → inbox → card at WeCom → tap → updated card."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.models.people import Person
from storage.models.visits import Visit
from tests.fakes.wecom import Phone
from tests.wire.wecom_bot import Stage, on_wecom


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_wecom(tmp_path) as built:
        yield built


@pytest.fixture
def li(stage: Stage) -> Phone:
    return stage.wecom.phone("li.na")


async def test_from_the_first_word_to_the_filed_visit(stage: Stage, li: Phone) -> None:
    await li.says("今天去了鼎盛机械，见了张伟，要两台贴标机，预算十二万八")
    card = li.card
    assert card.title == "鼎盛机械 · 今天上门，你看对不对"
    assert card.line("预算") == "12.8万元 ←“十二万八”"
    await li.taps("保存并建档")
    assert li.card.id == card.id
    assert li.card.title == "✓ 鼎盛机械记好了"
    [visit] = await stage.rows(Visit)
    people = {each.id: each for each in await stage.rows(Person)}
    rep = people[visit.person_id]
    assert (rep.name, rep.role) == ("李娜", "rep")
    manager = people[rep.manager_id]
    assert (manager.name, manager.role) == ("周强", "manager")
