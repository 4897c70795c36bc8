"""Grown up: web, workers and scheduler as processes of their own, over PostgreSQL and Redis."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from sqlmodel import select

from bot.scheduler import LAST_BEAT
from handlers.work.people import add_person
from storage.database import Database
from storage.models.engine import InboxUpdate, Lease, Outgoing
from storage.models.tasks import Task
from storage.models.visits import SaidNote
from storage.secrets import Keyring
from storage.unit import Unit
from tests.servers import Postgres, _free_port, in_thread

PROGRAM = Path(sys.executable).with_name("baifang")
MORNING = "2026-04-21T08:30:00+08:00"
"""A working day's morning, at the minute of the morning card."""
AT = datetime.fromisoformat(MORNING)
BOUND = 60.0
"""What anything may take on a loaded machine before it counts as hanging."""
STOP_BOUND = 20.0


class Company:
    """One installation: its settings, its database, and the processes that were started in it."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = database_url
        self.env = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "BAIFANG_ENCRYPTION_KEYS": base64.b64encode(b"k" * 32).decode(),
            "BAIFANG_DATABASE_URL": database_url,
            "BAIFANG_REDIS_URL": redis_url,
            "BAIFANG_PORT": str(port),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, part: str) -> None:
        with self.log(name).open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [PROGRAM, "run", "--only", part], cwd=self.folder, env=self.env, stdout=log, stderr=log
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def await_start(self, *names: str) -> None:
        for name in names:
            self.until(lambda name=name: "在跑" in self.log(name).read_text(encoding="utf-8"))  # type: ignore[misc]

    def says(self, *command: str) -> str:
        done = subprocess.run(
            [PROGRAM, *command], cwd=self.folder, env=self.env, capture_output=True, timeout=BOUND, check=True
        )
        return done.stdout.decode().strip()

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, HTTPError, ConnectionError, TimeoutError):
            return False

    def until(self, condition: Callable[[], object]) -> None:
        """Looks until it holds; a process that ended meanwhile fails at once, with its own words."""
        deadline = time.monotonic() + BOUND
        while not condition():
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name} ended:\n{self.log(name).read_text(encoding='utf-8')}"
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def stop(self, *names: str) -> dict[str, int]:
        """Asks processes to end, as an operator's service manager would; their exit statuses."""
        for name in names:
            self.processes[name].send_signal(signal.SIGTERM)
        return {name: self.processes.pop(name).wait(STOP_BOUND) for name in names}

    def in_unit(self, work: Callable[[Unit], Any]) -> Any:
        """Does something in one transaction of the database; what came of it."""
        found = []

        async def run() -> None:
            database = Database(self.url, Keyring([b"k" * 32]), self.folder / "files")
            try:
                async with database.unit(at=AT) as unit:
                    found.append(await work(unit))
            finally:
                await database.close()

        in_thread(lambda: asyncio.run(run()))
        return found[0]

    def state(self, update_id: str) -> str | None:
        async def look(unit: Unit) -> str | None:
            query = select(InboxUpdate.state).where(InboxUpdate.update_id == update_id)
            return (await unit.session.exec(query)).first()

        found: str | None = self.in_unit(look)
        return found

    def rows(self, model: Any) -> list[Any]:
        async def look(unit: Unit) -> list[Any]:
            return list((await unit.session.exec(select(model))).all())

        found: list[Any] = self.in_unit(look)
        return found


@contextmanager
def a_company(postgres: Postgres, redis_url: str) -> Iterator[Company]:
    name = postgres.create_database()
    with tempfile.TemporaryDirectory() as folder:
        company = Company(Path(folder), postgres.url(name), redis_url, _free_port())
        try:
            yield company
        finally:
            for process in company.processes.values():
                process.kill()
                process.wait()
            postgres.drop_database(name)


async def promise(unit: Unit) -> None:
    """李娜 has something to do that day, so that there is a morning card to send."""
    lina = await add_person(unit, name="李娜", role="rep", platform="local", address="lina", at=AT)
    note = await unit.add(SaidNote(update_id="n1", person_id=lina.id, lane="l", text="…", at=AT))
    await unit.add(
        Task(
            person_id=lina.id, note_id=note.id, kind="promise", what="发方案", day=AT.date(),
            said_at=datetime(2026, 4, 20, tzinfo=UTC),
        )
    )  # fmt: skip


@pytest.mark.slow
def test_each_part_runs_as_its_own_process_and_the_work_is_done_once(
    postgres_server: Postgres, redis_url: str
) -> None:
    with a_company(postgres_server, redis_url) as company:
        # All of them migrate the same empty database at once.
        for part in ("web", "worker", "scheduler"):
            company.start(part, part)
        company.start("second", "worker")
        company.await_start(*company.processes)
        company.until(company.ready)

        company.in_unit(promise)
        update_id = company.says("tick", "morning", "--at", MORNING)
        assert company.says("tick", "morning", "--at", MORNING) == update_id
        company.until(lambda: company.state(update_id) == "done")
        company.until(lambda: [each.state for each in company.rows(Outgoing)] == ["sent"])

        company.until(lambda: company.in_unit(last_beat))

        # Whichever worker stays does what comes next.
        assert company.stop("worker") == {"worker": 0}
        later = company.says("tick", "drafts-expire", "--at", MORNING)
        company.until(lambda: company.state(later) == "done")
        (card,) = company.rows(Outgoing)
        assert (card.key.partition(":")[0], card.attempts, card.begun) == ("morning", 0, 1)

        rest = tuple(company.processes)
        logs = {name: company.log(name) for name in rest}
        assert company.stop(*rest) == dict.fromkeys(rest, 0)
        assert not company.rows(Lease), "a process that ends gives its lanes back"
        assert not company.ready()
        for name, log in logs.items():
            assert "Traceback" not in log.read_text(encoding="utf-8"), name


async def last_beat(unit: Unit) -> str | None:
    """What the scheduler process keeps of its beating."""
    found: str | None = await unit.marks.get(LAST_BEAT)
    return found
