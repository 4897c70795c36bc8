"""The installed `baifang` program, run as an operator runs it: exit statuses, and one line for each fault."""

import asyncio
import atexit
import base64
import csv
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.scheduler import LAST_BEAT
from config.policy import DEFAULTS
from handlers.kernel.update import Said, Sender, dump
from handlers.work.people import add_person
from storage.database import Database
from storage.inbox import Arrival
from storage.models.customers import Contact, Customer, Money
from storage.models.visits import Draft, SaidNote, Visit
from storage.schema import upgrade
from storage.secrets import Keyring
from storage.unit import Unit
from tests.corpus.grounded import losses
from tests.fakes import llm
from tests.servers import in_thread
from tests.warm import Program

PROGRAM = Path(sys.executable).with_name("baifang")
KEY = base64.b64encode(b"k" * 32).decode()
OTHER_KEY = base64.b64encode(b"o" * 32).decode()
NOW = datetime(2026, 4, 21, 9, 30, tzinfo=UTC)
SECONDS = 60
"""More than any command needs on a loaded machine; it only ends one that hangs."""


def environment(key: str = KEY) -> dict[str, str]:
    """What the program is started with; the code under test where that is not the installed one."""
    here = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**here, "LANG": "C.UTF-8", "BAIFANG_ENCRYPTION_KEYS": key}


@cache
def warm() -> Program:
    program = Program(SECONDS)
    atexit.register(program.close)
    return program


class Home:
    """An empty folder to run the program in; `env` are its settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "var" / "baifang.db"

    def run(
        self, *command: str, stdin: bytes = b"", key: str = KEY, **env: str
    ) -> "subprocess.CompletedProcess[bytes]":
        return warm().run(command, self.folder, environment(key) | env, stdin)

    def run_installed(self, *command: str) -> "subprocess.CompletedProcess[bytes]":
        """By the script that pip made, from the first import on."""
        return subprocess.run(
            [PROGRAM, *command], cwd=self.folder, env=environment(), capture_output=True, timeout=SECONDS,
            check=False,
        )  # fmt: skip

    def says(self, *command: str, **env: str) -> str:
        """What a command that goes well prints."""
        done = self.run(*command, **env)
        assert (done.returncode, done.stderr.decode()) == (0, "")
        return done.stdout.decode()

    def refuses(self, *command: str, status: int = 2, stdin: bytes = b"", **env: str) -> str:
        """The one line with which a command ends that can't do its work."""
        done = self.run(*command, stdin=stdin, **env)
        told = done.stderr.decode()
        assert (done.returncode, len(told.splitlines())) == (status, 1), told
        assert "Traceback" not in told
        return told

    def fill(self, work: Callable[[Unit], Awaitable[Any]]) -> None:
        """Writes into the database by the program's own means, while it is not running."""

        async def fill() -> None:
            await upgrade(f"sqlite+aiosqlite:///{self.database}")
            database = Database(f"sqlite+aiosqlite:///{self.database}", Keyring([b"k" * 32]))
            try:
                async with database.unit(at=NOW) as unit:
                    await work(unit)
            finally:
                await database.close()

        in_thread(lambda: asyncio.run(fill()))

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """As somebody with the file alone would."""
        connection = sqlite3.connect(self.database)
        with connection:
            found = connection.execute(statement, values).fetchall()
        connection.close()
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_installed_program_is_that_one(home: Home) -> None:
    done = home.run_installed("user", "list")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == home.run("user", "list").stdout


class TestWrongUse:
    """Status 2, one line that says which setting or option and how to mend it, never a traceback."""

    @pytest.mark.parametrize(
        ("command", "env", "told"),
        [
            ("", {}, ("--help",)),
            ("nonsense", {}, ("nonsense", "--help")),
            ("export customers", {}, ("--as",)),
            ("export secrets --as lina", {}, ("secrets", "customers、visits、audit")),
            ("export customers --as lina --format pdf", {}, ("pdf", "csv、jsonl、xlsx")),
            ("run --only web,wrker", {}, ("wrker", "web、worker、scheduler")),
            ("user add x --platform local --name X --role boss", {}, ("boss", "rep、manager")),
            ("parse --with-model", {}, ("BAIFANG_LLM__BASE_URL",)),
            ("parked replay 12", {}, ("12", "inbox:12", "parked list")),
            ("tick --at heute morning", {}, ("--at", "2026-04-21T08:30")),
            ("tick --at 0001-01-01 morning", {}, ("--at",)),
            ("user list", {"BAIFANG_ENCRYPTION_KEYS": ""}, ("BAIFANG_ENCRYPTION_KEYS", "openssl rand")),
            ("user list", {"BAIFANG_PRT": "1"}, ("BAIFANG_PRT", "是不是 BAIFANG_PORT")),
            ("user list", {"BAIFANG_PORT": "acht"}, ("BAIFANG_PORT", "整数")),
            ("user list", {"BAIFANG_DATABASE_URL": "sqlite+aiosqlite"}, ("BAIFANG_DATABASE_URL",)),
            ("user list", {"BAIFANG_DATABASE_URL": "sqlite+aiosqlite://"}, ("BAIFANG_DATABASE_URL",)),
            (
                "user list",
                {"BAIFANG_DATABASE_URL": "postgresql+asyncpg://a@127.0.0.1:1/b"},
                ("BAIFANG_DATABASE_URL", "数据库"),
            ),
            ("tick --list", {"BAIFANG_POLICY_FILE": "gone.toml"}, ("gone.toml", "BAIFANG_POLICY_FILE")),
            ("run --only web", {"BAIFANG_HOST": "192.0.2.1"}, ("192.0.2.1", "BAIFANG_HOST")),
        ],
    )
    def test_it_ends_with_one_line_that_says_how_to_mend_it(
        self, home: Home, command: str, env: dict[str, str], told: Sequence[str]
    ) -> None:
        line = home.refuses(*command.split(), **env)
        assert all(each in line for each in told), line

    def test_a_broken_settings_file_is_named(self, home: Home) -> None:
        (home.folder / "baifang.toml").write_text("port = \n")
        assert "baifang.toml" in home.refuses("user", "list")

    def test_a_broken_policy_file_is_named_with_its_key(self, home: Home) -> None:
        rules = home.folder / "rules.toml"
        rules.write_text('[speaking]\nmornign = "08:00"\n')
        line = home.refuses("tick", "--list", BAIFANG_POLICY_FILE="rules.toml")
        assert "rules.toml" in line
        assert "是不是 morning" in line

    def test_a_data_folder_that_is_none_is_named(self, home: Home) -> None:
        (home.folder / "var").write_text("")
        assert "BAIFANG_VAR_DIR" in home.refuses("user", "list")

    def test_a_port_that_somebody_else_holds_is_named(self, home: Home) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            line = home.refuses("run", "--only", "web", BAIFANG_PORT=port)
        assert f"127.0.0.1:{port}" in line
        assert "BAIFANG_PORT" in line


class TestParse:
    CASES = (
        {"id": "b", "now": "2026-04-21T18:00+08:00", "text": "今天去了鼎盛机械，见了张经理"},
        {"id": "a", "now": "2026-04-21T18:00+08:00", "text": "谢谢"},
    )

    def test_predictions_come_in_the_order_of_the_cases(self, home: Home) -> None:
        lines = "\n\n".join(json.dumps(each, ensure_ascii=False) for each in self.CASES)
        done = home.run("parse", stdin=lines.encode(), key="")
        assert (done.returncode, done.stderr) == (0, b"")
        predicted = [json.loads(line) for line in done.stdout.decode().splitlines()]
        assert [each["id"] for each in predicted] == ["b", "a"]
        assert predicted[0]["intent"] == "visit"
        assert not list(home.folder.iterdir()), "it needs no folder of its own"

    def test_a_line_that_is_no_case_ends_it_and_is_counted(self, home: Home) -> None:
        good = json.dumps(self.CASES[1], ensure_ascii=False)
        assert "line 2" in home.refuses("parse", stdin=f"{good}\n{{}}\n".encode())
        assert "标准输入" in home.refuses("parse", stdin=b"\xff\xfe\n")


class TestModel:
    """`parse --with-model` and `doctor` against an endpoint on the loopback."""

    CASES = (
        Path(__file__)
        .parents[1]
        .joinpath("corpus", "dev.jsonl")
        .read_text(encoding="utf-8")
        .splitlines()[:20]
    )

    def test_a_careful_model_is_right_to_the_last_field(self, home: Home) -> None:
        cases = [json.loads(line) for line in self.CASES]
        bare = [{key: value for key, value in case.items() if key != "gold"} for case in cases]
        lines = "\n".join(json.dumps(each, ensure_ascii=False) for each in bare).encode()
        with llm.serving(llm.careful(cases)) as endpoint:
            env = {"BAIFANG_LLM__BASE_URL": endpoint.url, "BAIFANG_LLM__MODEL": "m"}
            done = home.run("parse", "--with-model", stdin=lines, key="", **env)
            alone = home.run("parse", stdin=lines, key="", **env)
        assert (done.returncode, done.stderr) == (0, b"")
        predicted = [json.loads(line) for line in done.stdout.decode().splitlines()]
        assert [
            (case["id"], losses(case["gold"], each))
            for case, each in zip(cases, predicted, strict=True)
            if losses(case["gold"], each)
        ] == []
        assert len(endpoint.seen) == len(cases), "without --with-model nobody was asked"
        assert alone.stdout != done.stdout

    def test_without_an_answer_it_reads_alone_and_says_so_beside(self, home: Home) -> None:
        line = self.CASES[1].encode()
        with llm.serving(llm.refuses) as endpoint:
            env = {"BAIFANG_LLM__BASE_URL": endpoint.url, "BAIFANG_LLM__MODEL": "m"}
            done = home.run("parse", "--with-model", stdin=line, key="", **env)
            alone = home.run("parse", stdin=line, key="")
        assert done.stdout == alone.stdout
        assert b"refused" in done.stderr

    @pytest.mark.parametrize(
        ("behave", "told"),
        [
            (llm.refuses, "BAIFANG_LLM__API_KEY"),
            (llm.silent, "BAIFANG_LLM__TIMEOUT_SECONDS"),
            (llm.busy, "余额"),
            (llm.says("你好"), "JSON"),
            (llm.says({"intent": "chat"}), "换个大一点的模型"),
        ],
    )
    def test_the_doctor_says_how_to_mend_an_endpoint(
        self, home: Home, behave: llm.Behaviour, told: str
    ) -> None:
        said = self.examined(home, behave)
        assert "✗ 模型 m：" in said
        assert told in said

    def test_the_doctor_is_content_with_one_that_reads_a_sentence(self, home: Home) -> None:
        visit = {"customer": {"quote": "鼎盛机械", "id": None}}
        assert "✓ 模型 m" in self.examined(home, llm.says({"intent": "visit", "visits": [visit]}))

    def examined(self, home: Home, behave: llm.Behaviour) -> str:
        with llm.serving(behave) as endpoint:
            env = {"BAIFANG_LLM__BASE_URL": endpoint.url, "BAIFANG_LLM__MODEL": "m"}
            return home.run("doctor", BAIFANG_LLM__TIMEOUT_SECONDS="0.5", **env).stdout.decode()


class TestPeopleAndDatabase:
    def test_the_database_is_upgraded_any_number_of_times(self, home: Home) -> None:
        assert home.says("db", "upgrade") == home.says("db", "upgrade") == "数据库是最新的\n"

    def test_colleagues_are_added_changed_and_listed(self, home: Home) -> None:
        home.says("user", "add", "zhou", "--platform", "local", "--name", "周强", "--role", "manager")
        rep = ("user", "add", "lina", "--platform", "wecom", "--role", "rep")
        home.says(*rep, "--name", "李娜")
        assert "nobody" in home.refuses(*rep, "--name", "李娜", "--manager", "nobody")
        home.says(*rep, "--name", "李小娜", "--manager", "zhou")
        assert home.says("user", "list").splitlines() == [
            "周强\t主管\tlocal:zhou",
            "李小娜\t销售\twecom:lina\t上级 周强",
        ]


# --- Exports ---

SUM = "=HYPERLINK(1)"
"""A customer's name that a table program would compute."""


async def company(unit: Unit) -> None:
    """周强 leads 李娜; 王伟 is in nobody's team. Each rep has one customer with one contact and one visit."""
    ids = {}
    for address, name, role, above in (
        ("zhou", "周强", "manager", ""),
        ("lina", "李娜", "rep", "zhou"),
        ("wang", "王伟", "rep", ""),
        ("cai", "蔡会计", "finance", ""),
        ("ext", "外人", "partner", ""),
    ):
        person = await add_person(
            unit, name=name, role=role, platform="local", address=address, at=NOW, manager_id=ids.get(above)
        )
        ids[address] = person.id
    await customer(unit, ids["lina"], SUM, "13800138000")
    await customer(unit, ids["wang"], "明达\x07电子", "13900139000")


async def hire_admin(unit: Unit) -> None:
    await add_person(unit, name="郑洁", role="admin", platform="local", address="zheng", at=NOW)


async def customer(unit: Unit, owner: int, name: str, phone: str) -> None:
    row = await unit.add(Customer(name=name, owner_id=owner, created_at=NOW, created_by=owner))
    await unit.add(Contact(customer_id=row.id, name="张伟", phone=phone, created_at=NOW))
    await unit.add(Money(customer_id=row.id, kind="budget", value=128000, at=NOW))
    note = await unit.add(SaidNote(update_id=f"n{owner}", person_id=owner, lane="l", text="聊了预算", at=NOW))
    draft = await unit.add(Draft(note_id=note.id, person_id=owner, content={}, created_at=NOW))
    await unit.add(
        Visit(
            draft_id=draft.id, note_id=note.id, customer_id=row.id, person_id=owner, day=date(2026, 4, 21),
            quote="聊了预算", filed_at=NOW,
        )
    )  # fmt: skip


@pytest.fixture(scope="class")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("firm"))
    home.fill(company)
    # The default rules, but finance may export what it sees.
    rules = DEFAULTS.read_text(encoding="utf-8")
    finance = 'sees = ["basics", "money"]\ndoes = '
    assert f"{finance}[]" in rules
    (home.folder / "rules.toml").write_text(
        rules.replace(f"{finance}[]", f'{finance}["export"]'), encoding="utf-8"
    )
    return home


class TestExport:
    def test_a_rep_takes_the_own_customers_along_and_no_formula_with_them(self, firm: Home) -> None:
        done = firm.run("export", "customers", "--as", "lina", "--format", "csv")
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.startswith(b"\xef\xbb\xbf"), "Excel takes it for the local code page without"
        (row,) = csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig")))
        assert (row["简称"], row["联系人"], row["电话"]) == (f"'{SUM}", "张伟", "13800138000")
        assert (row["负责人"], row["预算"]) == ("李娜", "128000.00")

    def test_a_manager_takes_the_teams_visits_along_and_no_others(self, firm: Home) -> None:
        lines = firm.says("export", "visits", "--as", "zhou", "--format", "jsonl").splitlines()
        (row,) = [json.loads(line) for line in lines]
        assert (row["客户"], row["谁去的"], row["原话"]) == (SUM, "李娜", "聊了预算")

    def test_finance_takes_along_only_what_finance_sees_once_it_may(self, firm: Home) -> None:
        assert "蔡会计" in firm.refuses("export", "customers", "--as", "cai")
        done = firm.run(
            "export", "customers", "--as", "cai", "-o", "all.xlsx", BAIFANG_POLICY_FILE="rules.toml"
        )
        assert (done.returncode, done.stdout) == (0, b"")
        sheet = load_workbook(firm.folder / "all.xlsx").worksheets[0]
        head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert not {"联系人", "职务", "电话"} & set(head)
        assert {"简称", "预算"} <= set(head)
        names = [row[head.index("简称")] for row in rows]
        assert names == [f"'{SUM}", "明达电子"], "a bell can't be kept in a sheet"
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
        assert b"13800138000" not in (firm.folder / "all.xlsx").read_bytes()

    def test_a_partner_takes_nothing_along(self, firm: Home) -> None:
        assert "外人" in firm.refuses("export", "customers", "--as", "ext", "--format", "csv")

    def test_the_trail_goes_to_whoever_runs_the_bot_without_what_was_written(self, firm: Home) -> None:
        firm.fill(hire_admin)
        done = firm.run("export", "audit", "--as", "zheng", "--format", "csv")
        assert (done.returncode, done.stderr) == (0, b"")
        rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig"))))
        assert len(rows) > 10
        made = next(each for each in rows if each["哪类"] == "contacts")
        assert {"customer_id", "name", "phone"} <= set(made["哪几项"].split("、"))
        assert not any(
            secret in done.stdout.decode() for secret in ("13800138000", "张伟", "聊了预算", "128000")
        )

    @pytest.mark.parametrize("user", ["lina", "zhou", "cai", "ext"])
    def test_a_refused_export_leaves_its_trace(self, firm: Home, user: str) -> None:
        before = firm.sql("SELECT count(*) FROM audit_entries WHERE change = 'refused'")[0][0]
        firm.refuses("export", "audit", "--as", user)
        found = firm.sql("SELECT subject, deed FROM audit_entries WHERE change = 'refused'")
        assert len(found) == before + 1
        assert found[-1] == ("audit", "export")

    def test_a_stranger_and_an_unwritable_place_are_named(self, firm: Home) -> None:
        assert "nobody" in firm.refuses("export", "customers", "--as", "nobody")
        line = firm.refuses("export", "customers", "--as", "lina", "-o", "no/such/folder.xlsx")
        assert "no/such/folder.xlsx" in line

    def test_another_key_is_named_as_the_fault(self, firm: Home) -> None:
        line = firm.refuses("export", "customers", "--as", "lina", key=OTHER_KEY)
        assert "BAIFANG_ENCRYPTION_KEYS" in line
        assert OTHER_KEY not in line


# --- The engine's commands ---


class TestTick:
    def test_a_moment_by_hand_is_one_row_however_often(self, home: Home) -> None:
        ids = [home.says("tick", "morning", "--at", at) for at in ("2026-04-21T08:30", "2026-04-21T00:30Z")]
        assert ids == ["tick:morning:2026-04-21T00:30:00+00:00\n"] * 2
        found = home.sql("SELECT update_id, lane, kind, state FROM inbox_updates")
        assert found == [(ids[0].strip(), "clock", "ticked", "new")]

    def test_jobs_are_listed_and_an_unknown_one_is_told_the_known(self, home: Home) -> None:
        listed = [line.split()[0] for line in home.says("tick", "--list").splitlines()]
        assert {"morning", "reminders-due", "seal-audit"} <= set(listed)
        line = home.refuses("tick", "noon")
        assert all(each in line for each in ("noon", *listed))

    def test_beside_a_demo_whose_clock_was_moved_now_is_the_demos(self, home: Home) -> None:
        async def moved(unit: Unit) -> None:
            await unit.marks.set("clock-offset", timedelta(days=400).total_seconds(), NOW)

        home.fill(moved)
        told = home.says("tick", "morning").strip().removeprefix("tick:morning:")
        assert datetime.fromisoformat(told) > datetime.now(UTC) + timedelta(days=399)


class TestAudit:
    def test_a_trail_that_was_tampered_with_is_found_with_its_first_bad_entry(self, home: Home) -> None:
        async def sealed(unit: Unit) -> None:
            await company(unit)
            await unit.audit.seal(NOW)

        home.fill(sealed)
        assert "完整" in home.says("audit", "verify")
        home.sql("UPDATE audit_entries SET actor_id = 99 WHERE seal_no = 3")
        assert "第 3 条" in home.refuses("audit", "verify", status=1)
        assert "BAIFANG_ENCRYPTION_KEYS" in home.refuses("audit", "verify", key=OTHER_KEY)


class TestDoctor:
    def test_each_fault_comes_with_how_to_mend_it(self, home: Home) -> None:
        done = home.run("doctor", BAIFANG_REDIS_URL="redis://127.0.0.1:1/0")
        told = done.stdout.decode()
        assert (done.returncode, done.stderr) == (1, b"")
        assert "✗ 数据库" in told
        assert "baifang db upgrade" in told
        assert "✗ Redis 连得上" in told
        assert "BAIFANG_REDIS_URL" in told
        assert not home.database.exists(), "looking makes nothing"

    def test_without_keys_it_says_how_to_make_one(self, home: Home) -> None:
        done = home.run("doctor", key="", BAIFANG_DATABASE_URL="sqlite+aiosqlite://")
        assert (done.returncode, done.stderr) == (1, b"")
        assert "openssl rand -base64 32" in done.stdout.decode()

    def test_a_whole_installation_is_well_until_its_clock_is_set_back(self, home: Home) -> None:
        home.says("db", "upgrade")
        assert "✗" not in home.says("doctor")

        async def ahead(unit: Unit) -> None:
            await unit.marks.set(LAST_BEAT, (datetime.now(UTC) + timedelta(hours=1)).isoformat(), NOW)

        home.fill(ahead)
        done = home.run("doctor")
        assert done.returncode == 1
        assert "✗ 时钟" in done.stdout.decode()


class TestParked:
    def test_what_stuck_is_listed_without_its_words_and_goes_back(self, home: Home) -> None:
        async def stuck(unit: Unit) -> None:
            said = Said("u1", Sender("local", "lina"), "local:lina", NOW, "张总电话13800138000")
            await unit.inbox.put_many([Arrival("u1", said.lane, "said", dump(said), NOW)])
            claimed = await unit.inbox.claim_lane("me", NOW, 60)
            assert claimed is not None
            await unit.inbox.park(claimed[1], "me", "RuntimeError handlers.chat.notes:7")
            await unit.inbox.release(said.lane, "me")

        home.fill(stuck)
        listed = home.says("parked", "list")
        assert listed == "inbox:1\t收到的\tRuntimeError handlers.chat.notes:7\n"
        assert "放回去了" in home.says("parked", "replay", "inbox:1")
        assert home.sql("SELECT state FROM inbox_updates") == [("new",)]
        assert "parked list" in home.refuses("parked", "replay", "inbox:1", status=1)
        assert home.says("parked", "list") == ""
