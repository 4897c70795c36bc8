"""`baifang import`: a file in, customers and a report out; cut off anywhere, it goes on where it was."""

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer

from bot.opening import open_database, person_at
from bot.stop import FAULTS, Stop
from config.policy import Policy, load_policy
from config.settings import Settings
from handlers.work import exports, imports, mapping, tables
from handlers.work.checking import Rules
from handlers.work.context import Desk
from handlers.work.people import asker_of
from storage.database import Database
from storage.models.imports import ImportedRow, ImportRun
from storage.models.people import Person
from storage.unit import Unit

BUNDLE = 100
"""Rows of one transaction: what a cut-off loses at most, and how long others wait on SQLite."""

KINDS = {
    "made": "新建",
    "joined": "并入",
    "filled": "补上",
    "kept": "已有",
    "same": "重复",
    "refused": "没导入",
}
RESULT, REASON = "结果", "原因"

Step = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. `user` acts, `owner` gets what names nobody; "": the first administrator."""

    path: Path
    user: str = ""
    owner: str = ""
    columns: Mapping[str, str] | None = None
    fill: bool = False
    dry: bool = False


async def import_file(settings: Settings, wish: Wish) -> None:
    """Brings the file in, writes the report beside it, prints the sums; status 1 where a row stayed out."""
    content = _bytes(wish.path)
    sheet, columns = _mapped(wish, content)
    rows = [(no, {name: cells[at] for name, at in columns.fields.items()}) for no, cells in sheet.rows]
    policy = load_policy(settings.policy_file)
    async with open_database(settings) as (database, clock):
        job = _Job(database, policy, wish, clock.now())
        await job.prepare()
        with _progress(len(rows)) as step:
            outcomes = await job.bring_in(hashlib.sha256(content).hexdigest(), rows, step)
    report = _report(wish.path, sheet, outcomes)
    _tell(columns.unused, outcomes, report, dry=wish.dry)


class _Job:
    """One run over the rows, bundle by bundle."""

    def __init__(self, database: Database, policy: Policy, wish: Wish, now: datetime) -> None:
        self.database, self.policy, self.wish, self.now = database, policy, wish, now
        self.book = imports.Book()

    async def prepare(self) -> None:
        """Who acts, for whom, by which rules."""
        async with self.database.reading() as unit:
            everybody = [each for each in await unit.people.everybody() if each.active]
            self.me = await self._actor(unit, everybody)
            owner = await person_at(unit, self.wish.owner) if self.wish.owner else self.me
            rules = Rules(self.policy, await _by_name(unit, everybody), self.now.date())
        self.plan = imports.Plan(rules, owner, self.wish.fill)

    async def bring_in(
        self, file_hash: str, rows: Sequence[imports.Numbered], step: Step
    ) -> list[imports.Outcome]:
        run = None
        done: Mapping[int, ImportedRow] = {}
        async with self._unit() as unit:
            desk = await self._desk(unit)
            if not self.wish.dry:
                run, done = await imports.begin(desk, file_hash, len(rows))
            await imports.learn(desk, self.book)
        outcomes: list[imports.Outcome] = []
        for start in range(0, len(rows), BUNDLE):
            part = rows[start : start + BUNDLE]
            outcomes += await self._bundle(run, part, done)
            step(len(part))
        if run is not None:
            async with self._unit() as unit:
                await imports.end(await self._desk(unit), run)
        return outcomes

    async def _bundle(
        self,
        run: ImportRun | None,
        part: Sequence[imports.Numbered],
        done: Mapping[int, ImportedRow],
    ) -> list[imports.Outcome]:
        keyring = self.database.keyring
        told = [
            imports.remember(self.book, row, done[row[0]], self.plan, keyring)
            for row in part
            if row[0] in done
        ]
        fresh = imports.bundle((row for row in part if row[0] not in done), self.plan, keyring)
        if fresh:
            async with self._unit() as unit:
                told += await imports.do_bundle(await self._desk(unit), run, fresh, self.book, self.plan)
        return sorted(told, key=lambda each: each.row_no)

    def _unit(self) -> AbstractAsyncContextManager[Unit]:
        if self.wish.dry:
            return self.database.reading()
        return self.database.unit(self.me.id, "import", at=self.now)

    async def _desk(self, unit: Unit) -> Desk:
        return Desk(unit, self.policy, self.now, self.me, await asker_of(unit, self.me), "")

    async def _actor(self, unit: Unit, everybody: Sequence[Person]) -> Person:
        if self.wish.user:
            return await person_at(unit, self.wish.user)
        admin = next((each for each in everybody if each.role == "admin"), None)
        if admin is None:
            raise Stop("还没有管理员：先 baifang user add 加一个，或用 --as 说以谁的身份导")
        return admin


async def _by_name(unit: Unit, everybody: Sequence[Person]) -> dict[str, list[Person]]:
    """Colleagues by name, and by account where nobody is called so."""
    found: dict[str, list[Person]] = {}
    for person in everybody:
        found.setdefault(person.name, []).append(person)
    for person in everybody:
        for account in await unit.people.accounts(person.id):
            found.setdefault(account.address, [person])
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Stop(f"{path} 读不了（{error.strerror}）。检查路径和权限") from None


def _mapped(wish: Wish, content: bytes) -> tuple[tables.Sheet, mapping.Columns]:
    by_hand = wish.columns or {}
    if strange := [each for each in by_hand.values() if each not in mapping.names()]:
        raise Stop(f"--map 里的 {'、'.join(strange)} 不认得：可以是 {'、'.join(mapping.names())}")
    try:
        sheet = tables.read(
            wish.path.name, content, lambda each: each in by_hand or bool(mapping.field_of(each))
        )
    except tables.Unreadable as wrong:
        raise Stop(str(wrong)) from None
    if missing := [each for each in by_hand if each not in sheet.headings]:
        raise Stop(f"--map 里的列 {'、'.join(missing)} 不在表头里：表头是 {'、'.join(sheet.headings)}")
    columns = mapping.map_columns(sheet.headings, by_hand)
    if "name" not in columns.fields:
        raise Stop(f"表头 {'、'.join(sheet.headings)} 里没有客户名称：用 --map 那一列=name 指一下")
    return sheet, columns


def _report(path: Path, sheet: tables.Sheet, outcomes: Sequence[imports.Outcome]) -> Path:
    """Every row as it was, with what became of it and why: to be put right and brought in again."""
    format = "xlsx" if path.suffix.lower() == ".xlsx" else "csv"
    target = path.with_name(f"{path.stem}.导入报告.{format}")
    columns = [*(each for each in sheet.headings if each not in (RESULT, REASON)), RESULT, REASON]
    rows = [
        {
            **dict(zip(sheet.headings, cells, strict=True)),
            RESULT: KINDS[each.kind] + ("（上次）" if each.before else ""),
            REASON: each.reason,
        }
        for (_, cells), each in zip(sheet.rows, outcomes, strict=True)
    ]
    try:
        target.write_bytes(exports.as_bytes(format, columns, rows))
    except OSError as error:
        raise Stop(f"{target} 写不了（{error.strerror}）。客户已处理完，换个文件夹再跑一次就有报告") from None
    return target


def _tell(unused: Sequence[str], outcomes: Sequence[imports.Outcome], report: Path, *, dry: bool) -> None:
    counted = Counter(each.kind for each in outcomes)
    sums = "，".join(f"{word} {counted[kind]:,}" for kind, word in KINDS.items() if counted[kind])
    before = sum(each.before for each in outcomes)
    print(f"{'试跑，什么也没写：' if dry else ''}{len(outcomes):,} 行：{sums or '没有内容'}")
    if before:
        print(f"其中 {before:,} 行上次已经导入，没有重复")
    if unused:
        print(f"没用上的列：{'、'.join(unused)}")
    print(f"报告：{report}")
    if counted["refused"]:
        raise Stop(f"{counted['refused']:,} 行没导入，原因在报告里；改好再导一次，已导入的不会重复", FAULTS)


@contextmanager
def _progress(total: int) -> Iterator[Step]:
    """A bar where somebody watches; a line for each bundle where a program does."""
    if sys.stderr.isatty():
        with typer.progressbar(length=total, label="导入", file=sys.stderr) as bar:
            yield bar.update
        return
    done = 0

    def step(rows: int) -> None:
        nonlocal done
        done += rows
        print(f"导入 {done}/{total}", file=sys.stderr, flush=True)

    yield step
