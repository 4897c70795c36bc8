"""The installed program, without the second that it takes to import it: a process that has, forks.

Everything else is a process of its own: arguments, folder, environment, the three files, the exit status.
`python -m tests.warm` is that process; it reads a request a line, and writes an exit status a line.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

IMPORTED = (
    "bot.cli",
    "bot.run",
    "bot.app",
    "bot.doctor",
    "bot.importing",
    "bot.finding",
    "openpyxl",
    "numpy",
)
ROOT = Path(__file__).parents[1]


class Program:
    """Runs commands; make one for a file's tests, and close it."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._process.communicate()

    def run(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: bytes = b""
    ) -> "subprocess.CompletedProcess[bytes]":
        """As `subprocess.run` that captures. A command that hangs is ended by a signal."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "0").write_bytes(stdin)
            request = {"command": [*command], "cwd": str(cwd), "env": dict(env), "files": name}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(request | {"seconds": self._seconds}), file=self._process.stdin, flush=True)
            status = int(self._process.stdout.readline())
            told, complained = ((folder / each).read_bytes() for each in ("1", "2"))
        return subprocess.CompletedProcess([*command], status, told, complained)


def serve() -> None:
    for each in IMPORTED:
        importlib.import_module(each)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(request: Mapping[str, Any]) -> None:
    """Is the program from here on, and does not come back."""
    status = 1
    try:
        os.setsid()
        signal.alarm(request["seconds"])
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        for number, flags in enumerate((os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)):
            os.dup2(os.open(f"{request['files']}/{number}", flags), number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (the first one read ahead)
        sys.argv = ["baifang", *request["command"]]
        importlib.import_module("bot.cli").main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (as the interpreter would)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
