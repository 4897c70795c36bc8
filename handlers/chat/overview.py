"""The archive at a glance, for the demo's panel: what one person may see of it, newest first."""

from collections.abc import Mapping
from typing import Any

from cards.words import METHODS, MONEY_KINDS, STAGES, day_short, mask_phone, money
from handlers.policies.permissions import See, may_see, reach
from handlers.work.context import Desk
from storage.models.customers import Contact, Customer
from storage.models.customers import Money as MoneyRow
from storage.models.tasks import Task
from storage.models.visits import Visit
from storage.people import Scope

ROWS = 30
STATES = {"open": "待办", "done": "办完", "missed": "没去成", "cancelled": "不用了"}
SUBJECTS = {
    "customers": "档案",
    "contacts": "联系人",
    "visits": "拜访",
    "tasks": "待办",
    "money": "金额",
    "traits": "情况",
    "approvals": "审批",
    "people": "同事",
    "invites": "老客户名单",
    "newcomers": "新加的客户",
    "consents": "客户的同意",
}
CHANGES = {"made": "记下", "changed": "改了", "looked": "看了", "exported": "导出"}


async def overview(desk: Desk) -> Mapping[str, Any]:
    """Customers, visits, tasks and the trail as plain rows for a page; phones masked."""
    scope = Scope(reach(desk.asker, desk.policy))
    customers = list(await desk.unit.customers.within(scope))[-ROWS:]
    visits = await desk.unit.visits.within(scope, limit=ROWS)
    tasks = await desk.unit.tasks.within(scope, ROWS)
    names = {each.id: each.name for each in await desk.unit.people.everybody()}
    named = {each.id: each.name for each in await desk.unit.customers.within(scope)}
    aliases = await desk.unit.customers.aliases(each.id for each in customers)
    return {
        "customers": [
            {**await _customer(desk, each, names), "aliases": aliases.get(each.id, [])}
            for each in reversed(customers)
        ],
        "visits": [await _visit(desk, visit, customer, names) for visit, customer in visits],
        "tasks": [_task(desk, each, names, named) for each in tasks],
        "trail": await _trail(desk, names),
    }


async def _customer(desk: Desk, customer: Customer, names: Mapping[int, str]) -> Mapping[str, Any]:
    sums = await desk.unit.customers.money(customer.id) if _sees(desk, See.MONEY, customer) else []
    people = (await desk.unit.customers.contacts([customer.id])).get(customer.id, [])
    people = people if _sees(desk, See.CONTACTS, customer) else []
    last = customer.last_interaction_at
    return {
        "id": customer.id,
        "name": customer.name,
        "legal_name": customer.legal_name or "",
        "owner": names.get(customer.owner_id, ""),
        "status": "草稿档案" if customer.status == "draft" else "正式客户",
        "stage": STAGES.get(customer.stage or "", ""),
        "grade": customer.grade or "",
        "contacts": [_contact(each) for each in people],
        "money": [{"kind": MONEY_KINDS.get(each.kind, each.kind), "text": _money(each)} for each in sums[:3]],
        "last": day_short(desk.local(last).date(), desk.today) if last else "",
    }


def _contact(contact: Contact) -> Mapping[str, Any]:
    return {
        "name": contact.name,
        "title": contact.title or "",
        "phone": mask_phone(contact.phone) if contact.phone else "",
        "left": contact.left_on is not None,
    }


async def _visit(desk: Desk, visit: Visit, customer: Customer, names: Mapping[int, str]) -> Mapping[str, Any]:
    sums = await desk.unit.customers.money_of_visit(visit.id) if _sees(desk, See.MONEY, customer) else []
    met = await desk.unit.visits.met(visit.id) if _sees(desk, See.CONTACTS, customer) else []
    tasks = await desk.unit.tasks.of_visit(visit.id) if _sees(desk, See.TASKS, customer) else []
    return {
        "id": visit.id,
        "customer": customer.name,
        "person": names.get(visit.person_id, ""),
        "day": day_short(visit.day, desk.today),
        "method": METHODS.get(visit.method or "", "") if visit.kind == "visit" else "情况",
        "stage": STAGES.get(visit.stage or "", ""),
        "money": "，".join(f"{MONEY_KINDS.get(each.kind, each.kind)} {_money(each)}" for each in sums),
        "contacts": "、".join(contact.name for _, contact in met),
        "next": "；".join(each.what for each in tasks),
        "state": "已记",
    }


def _task(desk: Desk, task: Task, names: Mapping[int, str], named: Mapping[int, str]) -> Mapping[str, Any]:
    return {
        "id": task.id,
        "customer": named.get(task.customer_id or 0, ""),
        "what": task.what,
        "due": f"{day_short(task.day, desk.today)}{'前' if task.by else ''}" if task.day else "没说日子",
        "person": names.get(task.person_id, ""),
        "state": STATES.get(task.state, task.state),
    }


async def _trail(desk: Desk, names: Mapping[int, str]) -> list[Mapping[str, Any]]:
    """Who did what to which part of the archive; the trail itself holds every row and value."""
    entries = await desk.unit.audit.latest(ROWS * 4)
    told = [each for each in entries if each.subject in SUBJECTS and each.change in CHANGES]
    return [
        {
            "id": each.id,
            "at": desk.local(each.at).strftime("%H:%M:%S"),
            "who": names.get(each.actor_id or 0, "系统"),
            "what": f"{CHANGES[each.change]}{SUBJECTS[each.subject]}",
        }
        for each in told[:ROWS]
    ]


def _money(row: MoneyRow) -> str:
    return money(row.value, row.maximum, row.approximate)


def _sees(desk: Desk, part: See, customer: Customer) -> bool:
    return may_see(desk.asker, part, customer.owner_id, desk.policy)
