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
from storage.models.dormancy import Silence
from storage.models.handovers import Friend
from storage.models.local import LocalFriend
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
    ("li", 18, "今天上门去了华东机电，见了何俊，传感器用得挺好，答应下周给他们质检报告"),
    ("li", 9, "给天虹纺织的吴莉打了电话，她要样册，还问了贴标机的价格"),
    ("chen", 12, "去启明教育见了刘敏，报价十五万，她说要跟校长商量"),
)
"""Who said what, how many days ago, in the words that they would say."""

LIVED = "sample-history"
"""The mark that says that the company has a longer past, for the demo's clock to run into."""

LONG_KNOWN = (
    (
        "li",
        NewCustomer(
            "金穗食品",
            "昆山金穗食品有限公司",
            ("金穗",),
            grade="C",
            industry="食品",
            contacts=(NewContact("王芳", "采购", "13900132211"),),
        ),
    ),
    (
        "chen",
        NewCustomer(
            "新郑仁和",
            "新郑仁和医院",
            ("仁和",),
            grade="B",
            industry="医疗",
            contacts=(NewContact("周敏", "设备科长", "13700136655"),),
        ),
    ),
)
LONG_AGO = (
    ("li", 28, "今天上门去了鼎盛机械，见了张伟，说等预算批下来再定"),
    ("chen", 88, "今天上门去了博瑞生物，见了邓涛，他们在搬厂房，搬完厂房再说"),
    ("li", 178, "今天去了金穗食品，见了王芳，看了样品，说用完库存再订"),
    ("chen", 372, "今天去了新郑仁和，见了周敏，设备先不换"),
)
"""Soon 30, 90, 180 and 365 days without a word, on the ladder's default rungs."""
FRIENDS = (("何俊", "li", "yes"), ("吴莉", "li", "no"), ("刘敏", "chen", "yes"))
"""Whom of the customers' people a colleague has as a contact, and what he says to being handed on."""
ASKED_DAYS = 20
"""So long ago the rep was asked about the one that is silent for a year, and did not answer."""


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


async def live_through(app: App) -> None:
    """Gives the company a longer past: silences that come to a head within days, contacts to hand on."""
    now = app.clock.now()
    async with app.database.unit(deed="sample") as unit:
        if await unit.marks.lock(LIVED, now) is not None:
            return
        people = {key: await _at(unit, ADDRESSES.get(key, key)) for key, *_ in PEOPLE}
        for key, each in LONG_KNOWN:
            desk = await _desk(app, unit, people[key], now - timedelta(days=400), "sample-history")
            await do_open(desk, each, people[key].id, status="official")
        for place, (key, days, text) in enumerate(LONG_AGO):
            desk = await _desk(app, unit, people[key], _afternoon(now, days), f"sample-history:{place}")
            await _file(app, desk, key, text)
        await _befriend(unit, people, now)
        await _asked_before(unit, people["chen"], now)
        await unit.marks.set(LIVED, True, now)


async def _at(unit: Unit, address: str) -> Person:
    found = await unit.people.at("local", address)
    if found is None:  # the company was founded just before
        raise LookupError(f"nobody at {address}")
    return found


async def _befriend(unit: Unit, people: dict[str, Person], now: datetime) -> None:
    for name, key, wish in FRIENDS:
        owner = people[key]
        mine = [each.id for each in await unit.handovers.owned_by(owner.id)]
        contacts = [each for some in (await unit.customers.contacts(mine)).values() for each in some]
        contact = next((each for each in contacts if each.name == name), None)
        if contact is None:
            continue
        external = f"sample-{contact.id}"
        await unit.add(
            Friend(
                contact_id=contact.id,
                person_id=owner.id,
                platform="local",
                external_id=external,
                since=now - timedelta(days=200),
            )
        )
        await unit.add(LocalFriend(external_id=external, owner=key, wish=wish))


async def _asked_before(unit: Unit, rep: Person, now: datetime) -> None:
    """The rep was asked about the longest silence, so that his manager is next."""
    longest = min(
        (each for each in await unit.handovers.owned_by(rep.id) if each.last_interaction_at is not None),
        key=lambda each: each.last_interaction_at or now,
    )
    since = longest.last_interaction_at or now
    asked = now - timedelta(days=ASKED_DAYS)
    await unit.add(
        Silence(
            customer_id=longest.id,
            person_id=rep.id,
            rung="sleeping",
            days=180,
            since=since,
            state="asked",
            found_at=asked,
            asked_at=asked,
            told_at=now,
        )
    )


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
