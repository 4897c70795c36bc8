"""The demo as its users start it: a real process on a free port, with an empty home and folder."""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from chinese_calendar import is_workday

from tests.servers import START_SECONDS, Server

ROOT = Path(__file__).parents[2]
SUPERVISOR = Path(__file__).with_name("supervisor.py")
PATIENCE = 10.0
TUESDAY = 1


class Demo(Server):
    """`baifang demo`. Its data outlive `kill`, and `start` brings it back on the same port."""

    name = "demo"

    def program(self) -> list[str]:
        return [str(Path(sys.executable).with_name("baifang")), "demo"]

    def command(self) -> list[str]:
        told = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),  # the tree that holds this test, wherever the package was installed from
            "OPENBLAS_NUM_THREADS": "1",
            "BAIFANG_PORT": str(self.port),
        }
        return ["env", "-i", *(f"{key}={value}" for key, value in told.items()), *self.program()]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            return bool(self.get("/healthz")["ok"])
        except (OSError, ValueError):
            return False

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
            return json.load(answer)

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        headers = {"Content-Type": "application/json", "Origin": self.url}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def state(self) -> Any:
        return self.get("/play/state")

    def messages(self, phone: str) -> list[dict[str, Any]]:
        return next(each["messages"] for each in self.state()["phones"] if each["address"] == phone)

    def move_to_an_ordinary_tuesday(self) -> datetime:
        """18:20 on a Tuesday with two usual weeks ahead, so that no test depends on the day it is run."""
        now = datetime.fromisoformat(self.state()["now"])
        evening = datetime.combine(ordinary_tuesday(now.date()), datetime.min.time(), now.tzinfo)
        self.post("/play/clock", {"to": (evening + timedelta(hours=18, minutes=20)).isoformat()})
        return datetime.fromisoformat(self.state()["now"])

    def settle(self) -> None:
        """Until nothing is left to be done: a moved clock goes through each of its missed moments."""
        deadline = time.monotonic() + START_SECONDS
        while any(self.depths()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the queues do not empty:\n{self.log_tail()}")
            time.sleep(0.05)

    def depths(self) -> list[float]:
        """Rows of the inbox and the outbox that are still to be worked on."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=PATIENCE) as answer:
            lines = answer.read().decode().splitlines()
        return [float(each.split()[1]) for each in lines if each.startswith("baifang_queue_depth{")]


class Supervised(Demo):
    """The demo under a supervisor that starts it again at once, with its imports done: 20 times as quick."""

    orphan_signal = signal.SIGKILL

    def program(self) -> list[str]:
        return [sys.executable, str(SUPERVISOR), str(self._pid_file)]

    @property
    def pid(self) -> int:
        return int(self._pid_file.read_text(encoding="ascii") or 0)

    def strike(self) -> None:
        """`kill -9`; returns when the next life answers."""
        dead = self.pid
        os.kill(dead, signal.SIGKILL)
        deadline = time.monotonic() + START_SECONDS
        while self.pid == dead or not self.answers():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the demo did not come back:\n{self.log_tail()}")
            time.sleep(0.01)

    @property
    def _pid_file(self) -> Path:
        return self.folder / "pid"


def ordinary_tuesday(today: date) -> date:
    """The next Tuesday after today whose week and the week after hold no public holiday."""
    day = today + timedelta(days=(TUESDAY - today.weekday() - 1) % 7 + 1)
    for _ in range(20):
        monday = day - timedelta(days=TUESDAY)
        if all(_is_usual(monday + timedelta(days=each)) for each in range(14)):
            return day
        day += timedelta(days=7)
    raise AssertionError("twenty weeks without an ordinary one")


def _is_usual(day: date) -> bool:
    try:
        return bool(is_workday(day)) == (day.weekday() < 5)
    except NotImplementedError:  # a year that the calendar does not know yet: it can't know holidays either
        return True
