"""What all tests share: real servers on demand, a fresh database each, and no way out of the machine."""

import ipaddress
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from bot import memory
from tests.servers import Missing, Postgres, Redis, Server, find_chromium

NOT_HERE = "Not run on this machine: "

settings.register_profile("shared machine", deadline=None)  # speed is the benchmarks' business
settings.load_profile("shared machine")

for _name in [each for each in os.environ if each.upper().startswith("BAIFANG_")]:
    del os.environ[_name]  # the tests' own settings only


# --- Nothing leaves the machine ---

_attempts: list[str] = []
_ADDRESS = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}


class WayOutError(RuntimeError):
    """A test tried to reach another machine."""


def _keep_in(event: str, args: tuple[Any, ...]) -> None:
    position = _ADDRESS.get(event)
    if position is None:
        return
    target = args[position]
    host = target[0] if isinstance(target, tuple) else target if position == 0 else None
    if not _is_here(host):
        _attempts.append(f"{event}: {target}")
        raise WayOutError(f"a test tried to reach {target}")


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if not isinstance(host, str) or host in ("", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


sys.addaudithook(_keep_in)


@pytest.fixture(autouse=True)
def nothing_leaves() -> Iterator[list[str]]:
    """Fails a test that tried, even where the code under test swallowed the refusal."""
    _attempts.clear()
    yield _attempts
    assert not _attempts


# --- Speed ---


def pytest_collection_finish() -> None:
    """As the program does once it has started."""
    memory.settle()


# --- Servers ---


def _start(make: Callable[[], Server], title: str) -> Iterator[Any]:
    with_server = _or_skip(make, title)
    try:
        with_server.start()
        yield with_server
    finally:
        with_server.remove()


def _or_skip(make: Callable[[], Any], title: str) -> Any:
    """What `make` makes. Where the machine lacks it: a failure in CI, else a skip that is told at the end."""
    try:
        return make()
    except Missing as reason:
        told = f"{NOT_HERE}{title} ({reason})"
    if os.environ.get("CI") == "true":
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    yield from _start(Postgres, "PostgreSQL")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    yield from _start(Redis, "Redis")


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """An empty Redis."""
    redis_server.flush()
    return redis_server.url


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The system's browser."""
    return Path(_or_skip(find_chromium, "Chromium"))


# --- Databases ---


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


# --- The closing lines ---


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says in plain words what this machine could not run, and what to install for it."""
    told = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    missing = {reason: number for reason, number in told.items() if reason.startswith(NOT_HERE)}
    if missing:
        terminalreporter.section("NOT EVERYTHING WAS TESTED", sep="!", red=True, bold=True)
        for reason, number in sorted(missing.items()):
            terminalreporter.write_line(f"{reason} — {number} test{'s' if number > 1 else ''}", red=True)
        terminalreporter.write_line("On Debian or Ubuntu, .ci/run as root installs what is missing.")
