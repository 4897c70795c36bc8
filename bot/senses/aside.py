"""Runs one of our modules beside the bot, on bytes that a stranger chose; knows no format.

Whoever sends a file chooses what a decoder written in C does with it. So that happens in a process of
its own, without our secrets in its environment, with an end to its memory and its time: whatever it
comes to, the bot goes on.
"""

import asyncio
import os
import sys
from dataclasses import dataclass

import structlog

KILLED = -9
PATIENCE = 4
_ERROR = 80

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """How a process ended (0: well) and what it wrote."""

    status: int
    output: bytes


async def run(module: str, content: bytes, *, seconds: float, memory: int) -> Done:
    """Hands the bytes to `python -m module`. `seconds` of computing, `memory` in bytes.

    On a busy machine it may take `PATIENCE` times as long by the clock; then it is ended.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", module, str(memory), str(int(seconds) + 1)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # Our code where it is imported from, and nothing else of ours: the keys are in the environment.
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds * PATIENCE):
            output, error = await process.communicate(content)
    except TimeoutError:
        log.warning("aside_slow", module=module, seconds=seconds)
        return Done(KILLED, b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    status = process.returncode
    assert status is not None  # communicate waits for the end
    if status == 1 or status < 0:
        log.warning("aside_died", module=module, status=status, error=_kind(error))
    return Done(status, output)


def confine(arguments: list[str]) -> None:
    """In the process itself, first of all: no more memory than this, no more time, no file on disk."""
    if sys.platform == "win32":
        return
    import resource

    memory, seconds = (int(each) for each in arguments[-2:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _kind(error: bytes) -> str:
    """The error's name alone: its words may hold the file's."""
    last = error.strip().rpartition(b"\n")[2]
    return last.partition(b":")[0][:_ERROR].decode("ascii", "replace")
