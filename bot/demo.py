"""The demo: a sample company on the embedded default, its phones on one page, a clock that can be moved."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from bot.app import App, build
from bot.clock import MovableClock, SystemClock
from bot.platforms.local.customers import LocalCustomers
from bot.sample import found_company
from bot.web.customers import CustomerPages
from bot.web.forms import Forms
from bot.web.login import Picker, SignIn
from bot.web.playground import MANAGER_EXAMPLES, REP_EXAMPLES, Owner, Playground, routes
from config.policy import Policy, load_policy
from config.settings import Settings
from handlers.chat.overview import overview
from handlers.understanding.note import Read
from handlers.work.context import Desk
from handlers.work.people import asker_of
from storage.database import Database
from storage.schema import upgrade
from storage.secrets import Keyring

LOCAL = "local"
COMPANY = "凌云自动化"
LEGAL_NAME = "凌云自动化（苏州）有限公司"
VIEWER = "admin"
"""Through whose eyes the archive panel is drawn: the sample company's administrator."""


@asynccontextmanager
async def build_demo(
    settings: Settings, *, base: datetime | None = None, read: Read | None = None
) -> AsyncIterator[App]:
    """The whole bot with the playground mounted. `base`: where the clock starts, for tests."""
    await upgrade(settings.database_url)
    database = Database(settings.database_url, Keyring(settings.keys), settings.var_dir / "files")
    clock = MovableClock(database, SystemClock(settings.zone))
    await clock.load()
    if base is not None and base > clock.now():
        await clock.move(base - clock.now())

    policy = _policy(settings)

    def picker(forms: Forms) -> SignIn:
        return Picker(lambda: _people(database, policy), forms)

    async with build(
        settings, clock=clock, read=read, database=database, sign_in=picker, policy=policy
    ) as app:
        await found_company(app)
        app.routes.extend(routes(_playground(app, clock)))
        app.routes.extend(customer_pages(app).routes())
        yield app


def _policy(settings: Settings) -> Policy:
    """The rules, in the sample company's name unless a company gave its own."""
    policy = load_policy(settings.policy_file)
    if settings.policy_file is not None:
        return policy
    privacy = policy.privacy.model_copy(
        update={"company": LEGAL_NAME, "officer": "郑洁", "email": "privacy@lingyun.example"}
    )
    return policy.model_copy(update={"company": COMPANY, "privacy": privacy})


async def _people(database: Database, policy: Policy) -> Sequence[tuple[str, str, str]]:
    """Everybody who can be picked: address, name, role."""
    async with database.reading() as unit:
        found = await unit.people.on(LOCAL)
    return [(account.address, person.name, policy.role(person.role).name) for person, account in found]


def customer_pages(app: App) -> CustomerPages:
    """The page on which a newcomer is a customer."""
    customers = LocalCustomers(app.database, app.intake)
    url = app.settings.public_url
    return CustomerPages(app.database, customers, app.clock, app.forms, company=COMPANY, public_url=url)


def _playground(app: App, clock: MovableClock) -> Playground:
    async def owners() -> Sequence[Owner]:
        async with app.database.reading() as unit:
            people = await unit.people.on(LOCAL)
        # Those who write come first, those who decide after them.
        people = sorted(people, key=lambda each: each[0].role == "manager")
        return [
            Owner(account.address, person.name, app.policy.role(person.role).name, _examples(person.role))
            for person, account in people
            if person.role != "admin"
        ]

    async def archive() -> Mapping[str, Any]:
        async with app.database.reading() as unit:
            viewer = await unit.people.at(LOCAL, VIEWER)
            if viewer is None:
                return {"customers": [], "visits": [], "tasks": [], "trail": []}
            desk = Desk(unit, app.policy, clock.now(), viewer, await asker_of(unit, viewer), "")
            return await overview(desk)

    async def move(delta: timedelta) -> object:
        return await app.scheduler.move(clock, delta)

    return Playground(
        database=app.database,
        files=app.database.files,
        intake=app.intake,
        clock=clock,
        hub=app.hub,
        owners=owners,
        archive=archive,
        move=move,
        zone=app.settings.timezone,
        company=COMPANY,
    )


def _examples(role: str) -> tuple[str, ...]:
    return MANAGER_EXAMPLES if role == "manager" else REP_EXAMPLES
