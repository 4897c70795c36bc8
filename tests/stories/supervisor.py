"""Runs `baifang demo` and starts it anew whenever it is killed, without importing everything again.

Imports are most of a start. Each life is a fork of this process: one process, killed as any other is.
"""

import ctypes
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import bot.run  # noqa: F401 (imported here so that no life has to)
from bot.cli import main
from handlers.understanding.note import Known
from handlers.understanding.reader import read

LIVES = 200
PR_SET_PDEATHSIG = 1


def supervise(pid_file: Path) -> None:
    # The reader's first note loads its models; a real server is warm when it is killed.
    read("刚从鼎盛机械出来，见了张伟，他们预算61万", datetime.now(UTC), Known())
    for _ in range(LIVES):
        pid = os.fork()
        if pid == 0:
            live()
        fresh = pid_file.with_suffix(".new")
        fresh.write_text(str(pid), encoding="ascii")
        fresh.replace(pid_file)
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            sys.exit(f"the demo ended by itself: {os.waitstatus_to_exitcode(status)}")


def live() -> NoReturn:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    sys.argv = ["baifang", "demo"]
    main()


if __name__ == "__main__":
    supervise(Path(sys.argv[1]))
