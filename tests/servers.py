"""Real servers for tests: started from installed programs on free loopback ports, ended with the tests."""

import asyncio
import atexit
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

import asyncpg

START_SECONDS = 30.0
STOP_SECONDS = 10.0
TRIES = 3
LOG_LINES = 15
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


class Missing(Exception):
    """This machine has not what a server needs. The text says what: "initdb not found"."""


def find(*names: str, folders: Iterable[Path] = ()) -> Path:
    """The first of the programs on PATH or in the folders. Raises Missing."""
    for name in names:
        if found := shutil.which(name) or next((str(f / name) for f in folders if (f / name).exists()), None):
            return Path(found)
    raise Missing(f"{names[0]} not found")


def find_chromium() -> Path:
    return find("chromium", "chromium-browser", "google-chrome")


class Server:
    """One server process in a folder of its own. `start` and `kill` may alternate: port and data stay."""

    name = "server"
    end_signal = signal.SIGTERM
    orphan_signal = signal.SIGTERM

    def __init__(self, user: str | None = None) -> None:
        self.user = user
        self.folder = Path(tempfile.mkdtemp(prefix=f"baifang-{self.name}-"))
        if user is not None:
            shutil.chown(self.folder, user, pwd.getpwnam(user).pw_gid)
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Returns when the server answers. Another program may take the free port first: then anew."""
        known = self.port
        for _ in range(TRIES):
            self.port = known or _free_port()
            self._spawn()
            if self._await_answer():
                return
            self.kill()
            time.sleep(0.2)  # a killed PostgreSQL's children need a moment to see it
        raise RuntimeError(f"{self.name} did not start:\n{self.log_tail()}")

    def stop(self) -> None:
        """Ends the server as an operator would; kills it where it does not listen."""
        if self._process is not None:
            self._process.send_signal(self.end_signal)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """Ends the server as a power cut would, its children too."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Ends the server and forgets its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def log_tail(self) -> str:
        lines = (self.folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])

    def run_program(self, *command: str) -> None:
        """Runs a program to its end as the server's user. Raises RuntimeError with what it said."""
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, check=False, **self._as_user()
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr).strip()}")

    def _spawn(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C reaches the tests alone, which then end us in order
                preexec_fn=self._die_with_parent,  # noqa: PLW1509 - calls one system call only
                **self._as_user(),
            )

    def _as_user(self) -> dict[str, object]:
        if self.user is None:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def _die_with_parent(self) -> None:
        """A killed test run runs no clean-up; the kernel then ends the server."""
        _libc.prctl(PR_SET_PDEATHSIG, int(self.orphan_signal))

    def _await_answer(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.answers():
                return True
            time.sleep(0.05)
        return False


class Postgres(Server):
    """PostgreSQL. Quick and forgetful by default; `durable` writes as a real one does."""

    name = "postgresql"
    end_signal = signal.SIGINT  # "fast": open connections are cut
    orphan_signal = signal.SIGQUIT

    def __init__(self, *, durable: bool = False) -> None:
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        self._initdb = find("initdb", folders=folders)
        self._postgres = find("postgres", folders=[self._initdb.parent, *folders])
        super().__init__(_unprivileged())
        self._durable = durable
        self._numbers = count(1)
        options = ["-U", "baifang", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync"]
        self.run_program(str(self._initdb), "-D", f"{self.folder}/data", *options)

    def command(self) -> list[str]:
        told = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "max_connections": "200",
        }
        if not self._durable:
            told |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [part for key, value in told.items() for part in ("-c", f"{key}={value}")]
        return [str(self._postgres), "-D", f"{self.folder}/data", *flags]

    def answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+asyncpg://baifang@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """The name of a new database, empty or like the template."""
        name = f"test_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Runs one statement; also where an event loop is running already."""

        async def run() -> None:
            connection = await asyncpg.connect(
                host="127.0.0.1", port=self.port, user="baifang", database=database, timeout=5
            )
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        in_thread(lambda: asyncio.run(run()))


class Redis(Server):
    """Redis without persistence."""

    name = "redis"

    def __init__(self) -> None:
        self._program = find("redis-server")
        super().__init__()

    def command(self) -> list[str]:
        told = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
        }
        return [str(self._program), *(part for key, value in told.items() for part in (f"--{key}", value))]

    def answers(self) -> bool:
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        self.ask("FLUSHALL")

    def ask(self, command: str) -> str:
        """The first line of the answer to an inline command."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(command.encode() + b"\r\n")
            return connection.makefile("r", encoding="utf-8").readline().strip()


def in_thread(call: Callable[[], None]) -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(call).result()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged() -> str | None:
    """Whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for user in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(user).pw_name
        except KeyError:
            continue
    raise Missing("no user but root to run it as")
