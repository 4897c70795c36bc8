"""Exports with the rights of whoever asks: a column that the role may not see is not there."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from handlers.policies.permissions import Do, See, may_see, reach
from handlers.work.context import Desk
from storage.models.customers import Customer
from storage.models.engine import AuditEntry
from storage.models.visits import Visit
from storage.people import Scope

Row = dict[str, str]

CUSTOMER_COLUMNS = {
    "编号": See.BASICS,
    "简称": See.BASICS,
    "全称": See.BASICS,
    "状态": See.BASICS,
    "等级": See.BASICS,
    "阶段": See.BASICS,
    "行业": See.BASICS,
    "负责人": See.BASICS,
    "联系人": See.CONTACTS,
    "职务": See.CONTACTS,
    "电话": See.PHONES,
    "预算": See.MONEY,
    "最近往来": See.BASICS,
}
VISIT_COLUMNS = {
    "日期": See.VISITS,
    "客户": See.BASICS,
    "谁去的": See.VISITS,
    "方式": See.VISITS,
    "见了谁": See.CONTACTS,
    "阶段": See.VISITS,
    "金额": See.MONEY,
    "下一步": See.TASKS,
    "原话": See.NOTES,
}
AUDIT_COLUMNS = ("编号", "时间", "谁", "消息", "做什么", "怎么", "哪类", "哪一条", "哪几项", "封号", "封印")
"""The trail without what was written: whom and what it is about, not a customer's data once more."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell that is computed begins with, as Excel and WPS take it, typed with a Chinese keyboard too."""


class MayNot(PermissionError):
    """The asker may not export at all."""


async def customers(desk: Desk) -> tuple[Sequence[str], list[Row]]:
    """Columns and rows of the customers in the asker's reach; the export is logged (R172)."""
    scope = _scope(desk)
    found = await desk.unit.customers.within(scope)
    rows = [await _customer(desk, each) for each in found]
    await _log(desk, "customers", len(rows))
    return _columns(desk, CUSTOMER_COLUMNS), rows


async def visits(desk: Desk) -> tuple[Sequence[str], list[Row]]:
    """Columns and rows of the visits in the asker's reach, newest first; logged likewise."""
    scope = _scope(desk)
    found = await desk.unit.visits.within(scope)
    rows = [await _visit(desk, visit, customer) for visit, customer in found if visit.kind == "visit"]
    await _log(desk, "visits", len(rows))
    return _columns(desk, VISIT_COLUMNS), rows


async def audit(desk: Desk) -> tuple[Sequence[str], list[Row]]:
    """The trail, oldest first, for whoever runs the company's bot; logged likewise."""
    role = desk.policy.role(desk.me.role)
    if not desk.asker.active or not {Do.EXPORT.value, Do.OPERATE.value} <= role.does:
        raise MayNot(desk.me.name)
    names = {each.id: each.name for each in await desk.unit.people.everybody()}
    rows = [_entry(desk, each, names) for each in await desk.unit.audit.everything()]
    await _log(desk, "audit", len(rows))
    return AUDIT_COLUMNS, rows


async def note_refusal(desk: Desk, kind: str) -> None:
    """Somebody tried what he may not: the trail says so."""
    await desk.unit.audit.note(kind, desk.my_id, "refused", {"deed": "export"})


def as_bytes(format: str, columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """The file's content. Raises KeyError for a format that is not xlsx, csv or jsonl."""
    return WRITERS[format](columns, rows)


def _scope(desk: Desk) -> Scope:
    """One's own rows are always one's own to take along; others' need the right to export."""
    role = desk.policy.role(desk.me.role)
    scope = Scope(reach(desk.asker, desk.policy))
    own_only = scope.owners == (desk.my_id,)
    if not desk.asker.active or (Do.EXPORT.value not in role.does and not own_only):
        raise MayNot(desk.me.name)
    return scope


def _columns(desk: Desk, columns: dict[str, See]) -> Sequence[str]:
    sees = desk.policy.role(desk.me.role).sees
    return [name for name, part in columns.items() if part.value in sees]


async def _customer(desk: Desk, customer: Customer) -> Row:
    owner = await desk.unit.people.one(customer.owner_id)
    contacts = (await desk.unit.customers.contacts([customer.id])).get(customer.id, [])
    main = next((each for each in contacts if each.left_on is None), None)
    sums = await desk.unit.customers.money(customer.id)
    budget = next((each for each in sums if each.kind == "budget"), None)
    row = {
        "编号": customer.code or "",
        "简称": customer.name,
        "全称": customer.legal_name or "",
        "状态": "草稿" if customer.status == "draft" else "正式",
        "等级": customer.grade or "",
        "阶段": desk.policy.stage(customer.stage).name if customer.stage else "",
        "行业": customer.industry or "",
        "负责人": owner.name,
        "联系人": main.name if main else "",
        "职务": main.title or "" if main else "",
        "电话": main.phone or "" if main else "",
        "预算": f"{budget.value:.2f}" if budget else "",
        "最近往来": desk.local(customer.last_interaction_at).date().isoformat()
        if customer.last_interaction_at
        else "",
    }
    return _allowed(desk, customer, row, CUSTOMER_COLUMNS)


async def _visit(desk: Desk, visit: Visit, customer: Customer) -> Row:
    who = await desk.unit.people.one(visit.person_id)
    met = await desk.unit.visits.met(visit.id)
    sums = await desk.unit.customers.money_of_visit(visit.id)
    tasks = await desk.unit.tasks.of_visit(visit.id)
    row = {
        "日期": visit.day.isoformat() + (f" {visit.hour:%H:%M}" if visit.hour else ""),
        "客户": customer.name,
        "谁去的": who.name,
        "方式": desk.policy.method(visit.method).name if visit.method else "",
        "见了谁": "、".join(contact.name for _, contact in met),
        "阶段": desk.policy.stage(visit.stage).name if visit.stage else "",
        "金额": "；".join(f"{desk.policy.money_kind(each.kind).name} {each.value:.2f}" for each in sums),
        "下一步": "；".join(
            f"{each.what}{f'（{each.day.isoformat()}）' if each.day else ''}" for each in tasks
        ),
        "原话": visit.quote,
    }
    return _allowed(desk, customer, row, VISIT_COLUMNS)


def _entry(desk: Desk, entry: AuditEntry, names: Mapping[int, str]) -> Row:
    fields = entry.details if isinstance(entry.details, dict) else {}
    cells = (
        *(
            str(entry.id),
            desk.local(entry.at).isoformat(" ", "seconds"),
            names.get(entry.actor_id or 0, "时钟"),
        ),
        *(entry.update_id, entry.deed, entry.change, entry.subject, entry.subject_id),
        *("、".join(fields), str(entry.seal_no or ""), entry.seal or ""),
    )
    return dict(zip(AUDIT_COLUMNS, cells, strict=True))


def _allowed(desk: Desk, customer: Customer, row: Row, columns: dict[str, See]) -> Row:
    """Only what may be seen of this customer."""
    return {
        name: value
        for name, value in row.items()
        if may_see(desk.asker, columns[name], customer.owner_id, desk.policy)
    }


def _inert(value: str) -> str:
    """Nothing that a table program would take for a formula, or could not keep at all."""
    value = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{value}" if value.startswith(_FORMULA) else value


async def _log(desk: Desk, kind: str, rows: int) -> None:
    await desk.unit.audit.note(kind, desk.my_id, "exported", {"rows": rows})


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows({name: _inert(value) for name, value in row.items()} for row in rows)
    # Excel takes a file without the mark for the local code page.
    return out.getvalue().encode("utf-8-sig")


def _jsonl(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    lines = (json.dumps({name: row.get(name, "") for name in columns}, ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _xlsx(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet()
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_inert(row.get(name, "")) for name in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WRITERS: dict[str, Callable[[Sequence[str], Sequence[Row]], bytes]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
}
KINDS = {"customers": customers, "visits": visits, "audit": audit}
