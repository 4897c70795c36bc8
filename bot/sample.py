"""The sample company of the demo, made through the same use cases as any user's data, once."""

from datetime import datetime, timedelta

from bot.app import App
from handlers.kernel.update import Said, Sender
from handlers.understanding.reader import read
from handlers.work import drafting, filing
from handlers.work.content import of_row
from handlers.work.context import Desk
from handlers.work.customers import NewContact, NewCustomer, do_open
from handlers.work.people import add_person, asker_of, known_to
from storage.models.people import Person
from storage.unit import Unit

FOUNDED = "sample-company"
"""The mark that says the company is there: it is founded in one transaction."""

PEOPLE = (
    ("zheng", "郑洁", "admin", None),
    ("zhou", "周强", "manager", "zheng"),
    ("li", "李娜", "rep", "zhou"),
    ("chen", "陈浩", "rep", "zhou"),
)
ADDRESSES = {"zheng": "admin"}

CUSTOMERS: dict[str, tuple[NewCustomer, ...]] = {
    "li": (
        NewCustomer(
            "鼎盛机械",
            "苏州鼎盛机械有限公司",
            ("鼎盛",),
            grade="A",
            stage="contact",
            industry="机械",
            contacts=(
                NewContact("张伟", "采购经理", "13800135678"),
                NewContact("张薇", "设备主管", "13900132266"),
            ),
        ),
        NewCustomer(
            "天虹纺织",
            "常熟天虹纺织有限公司",
            ("天虹",),
            grade="B",
            stage="needs",
            industry="纺织",
            contacts=(NewContact("吴莉", "采购主管", "13700137711"),),
        ),
        NewCustomer(
            "华东机电",
            "无锡华东机电有限公司",
            ("华东",),
            grade="A",
            stage="won",
            industry="机电",
            contacts=(
                NewContact("何俊", "设备科长", "13600132077"),
                NewContact("孙磊", "采购", "13500135588"),
            ),
            preferences=("别提涨价",),
        ),
        NewCustomer(
            "嘉晟塑胶",
            "东莞市嘉晟塑胶有限公司",
            ("嘉晟",),
            industry="塑胶",
            contacts=(NewContact("罗文", "信息主管", "13527700314"),),
        ),
        NewCustomer("嘉城塑业", "佛山市嘉城塑业有限公司", ("嘉城",), industry="塑胶"),
    ),
    "chen": (
        NewCustomer(
            "启明教育",
            "深圳启明教育集团",
            ("启明",),
            grade="B",
            stage="proposal",
            industry="教育",
            contacts=(NewContact("刘敏", "校务主任", "13400134409"),),
        ),
        NewCustomer(
            "博瑞生物",
            "苏州博瑞生物技术有限公司",
            ("博瑞",),
            grade="B",
            industry="生物",
            contacts=(NewContact("邓涛", "IT负责人", "18620380174"),),
        ),
    ),
}

HISTORY = (
    ("li", 18, "今天上门去了华东机电，见了何俊，传感器修好了，答应下周给他们质检报告"),
    ("li", 9, "给天虹纺织的吴莉打了电话，她要样册，还问了贴标机的价格"),
    ("chen", 12, "去启明教育见了刘敏，报价十五万，她说要跟校长商量"),
)
"""Who said what, how many days ago, in the words that they would say."""


async def found_company(app: App) -> None:
    """Makes the company if it is not there yet; all of it or nothing."""
    now = app.clock.now()
    async with app.database.unit(deed="sample") as unit:
        if await unit.marks.lock(FOUNDED, now) is not None:
            return
        people = await _people(unit, now)
        for key, customers in CUSTOMERS.items():
            desk = await _desk(app, unit, people[key], now - timedelta(days=60), "sample")
            for each in customers:
                await do_open(desk, each, people[key].id, status="official")
        for place, (key, days, text) in enumerate(HISTORY):
            desk = await _desk(app, unit, people[key], _afternoon(now, days), f"sample:{place}")
            await _file(app, desk, key, text)
        await unit.marks.set(FOUNDED, True, now)


async def _people(unit: Unit, now: datetime) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for key, name, role, above in PEOPLE:
        people[key] = await add_person(
            unit,
            name=name,
            role=role,
            platform="local",
            address=ADDRESSES.get(key, key),
            at=now,
            manager_id=people[above].id if above else None,
        )
    return people


async def _desk(app: App, unit: Unit, person: Person, at: datetime, update_id: str) -> Desk:
    return Desk(unit, app.policy, at, person, await asker_of(unit, person), update_id)


async def _file(app: App, desk: Desk, address: str, text: str) -> None:
    """A note of some days ago, read and filed as if its card had been tapped."""
    said = Said(desk.update_id, Sender("local", address), f"local:{address}", desk.now, text)
    kept = await drafting.keep_note(desk, said)
    note = read(text, desk.now, await known_to(desk.unit, desk.me, app.policy))
    drafts, _ = await drafting.do_draft(desk, kept, note)
    for draft in drafts:
        await filing.do_file(desk, draft, of_row(draft.content))


def _afternoon(now: datetime, days: int) -> datetime:
    return (now - timedelta(days=days)).replace(hour=17, minute=30, second=0, microsecond=0)
