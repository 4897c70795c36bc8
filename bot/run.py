"""What the commands do: serving, and one-off work beside a running bot."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot import memory
from bot.opening import PLATFORMS, open_database, open_unit, person_at
from bot.stop import FAULTS, Stop
from config.policy import load_policy
from config.settings import Settings
from handlers.work import exports
from handlers.work.context import Desk
from handlers.work.people import add_person, asker_of

if TYPE_CHECKING:  # a command that serves nothing need not wait for all of the bot to be imported
    from bot.app import App


async def serve_demo(settings: Settings) -> None:
    """Runs the demo until it is told to stop."""
    from bot.demo import build_demo

    stopped = _on_stop()
    async with build_demo(settings) as app, _listening(app):
        print(f"试用台：http://{settings.host}:{settings.port}/   （按 Ctrl-C 停）", flush=True)
        await stopped.wait()


async def serve(settings: Settings, parts: Iterable[str]) -> None:
    """Runs the named parts until told to stop. Several processes need Redis to wake one another."""
    from bot.app import build

    stopped = _on_stop()
    async with build(settings) as app, _listening(app, parts):
        print(f"在跑：{'、'.join(parts)}", flush=True)
        await stopped.wait()


async def export_as(settings: Settings, kind: str, user: str, format: str, output: Path | None) -> None:
    """Writes the export to a file, or to standard output; with the user's rights."""
    if kind not in exports.KINDS:
        raise Stop(f"不会导 {kind}：可以导 {'、'.join(exports.KINDS)}")
    if format not in exports.WRITERS:
        raise Stop(f"--format 没有 {format}：可以是 {'、'.join(exports.WRITERS)}")
    async with open_unit(settings, "export") as (unit, now):
        person = await person_at(unit, user)
        unit.acting(person.id, "export")
        desk = Desk(unit, load_policy(settings.policy_file), now, person, await asker_of(unit, person), "")
        try:
            found = await exports.KINDS[kind](desk)
        except exports.MayNot:
            await exports.note_refusal(desk, kind)
            found = None
    if found is None:  # told only now: what the trail says of it is kept
        raise Stop(f"{person.name} 的角色不能导出这些，要导请找管理员")
    _write(exports.as_bytes(format, *found), output)


async def tick_by_hand(settings: Settings, name: str, at: datetime | None) -> None:
    """Puts one moment of a job into the inbox; a running worker does the work."""
    from bot.jobs import jobs
    from bot.scheduler import Scheduler, UnknownJob
    from bot.wake import LocalWake

    policy = load_policy(settings.policy_file)
    async with open_database(settings) as (database, clock):
        # Nobody to ring in this process: the workers look by themselves every second.
        scheduler = Scheduler(database, LocalWake(), clock, jobs(policy, settings.zone))
        try:
            print(await scheduler.tick(name, at))
        except UnknownJob as unknown:
            raise Stop(str(unknown)) from None


def list_jobs(settings: Settings) -> list[str]:
    from bot.jobs import jobs

    policy = load_policy(settings.policy_file)
    return [f"{each.name:18} {each.trigger}" for each in jobs(policy, settings.zone)]


async def add_user(settings: Settings, id: str, platform: str, name: str, role: str, manager: str) -> None:
    """Adds a colleague, or changes the one who has the account."""
    policy = load_policy(settings.policy_file)
    roles = [each.id for each in policy.roles]
    if platform not in PLATFORMS:
        raise Stop(f"--platform 没有 {platform}：可以是 {'、'.join(PLATFORMS)}")
    if role not in roles:
        raise Stop(f"--role 没有 {role}：可以是 {'、'.join(roles)}")
    async with open_unit(settings, "user.add") as (unit, now):
        above = await person_at(unit, manager, platform) if manager else None
        person = await add_person(
            unit,
            name=name,
            role=role,
            platform=platform,
            address=id,
            at=now,
            manager_id=above.id if above else None,
        )
    print(f"{person.name}，{policy.role(role).name}，{platform} {id}")


async def list_users(settings: Settings) -> None:
    policy = load_policy(settings.policy_file)
    async with open_database(settings) as (database, _), database.reading() as unit:
        everybody = {each.id: each for each in await unit.people.everybody()}
        for person in everybody.values():
            places = " ".join(
                f"{each.platform}:{each.address}" for each in await unit.people.accounts(person.id)
            )
            above = everybody.get(person.manager_id or 0)
            told = (person.name, policy.role(person.role).name, places, f"上级 {above.name}" if above else "")
            print("\t".join(each for each in told if each))


async def verify_audit(settings: Settings) -> None:
    """Says whether the trail holds; exit status 1 and the first bad entry where it was tampered with."""
    async with open_database(settings) as (database, _), database.reading() as unit:
        broken = await unit.audit.verify()
        if broken is not None:
            raise Stop(f"第 {broken.seal_no} 条起对不上：{broken.why}", FAULTS)
    print("操作记录完整，没有被动过")


QUEUES = {"inbox": "收到的", "outbox": "要发的"}


async def list_parked(settings: Settings) -> None:
    """What was set aside because it could not be done: never its words, only where it stuck."""
    async with open_database(settings) as (database, _), database.reading() as unit:
        for name, queue in (("inbox", unit.inbox), ("outbox", unit.outbox)):
            for row in await queue.parked():
                print(f"{name}:{row.id}\t{QUEUES[name]}\t{row.error}")


async def replay(settings: Settings, name: str) -> None:
    """Lets one parked row be worked on again."""
    queue_name, _, number = name.partition(":")
    if queue_name not in QUEUES or not number.isdigit():
        raise Stop(f"没有 {name}：写成 inbox:12 这样，用 baifang parked list 看有哪些")
    async with open_unit(settings, "replay") as (unit, _):
        queue = unit.inbox if queue_name == "inbox" else unit.outbox
        if not await queue.replay(int(number)):
            raise Stop(f"{name} 不在搁置的里面：用 baifang parked list 看有哪些", FAULTS)
    print(f"{name} 放回去了，在跑的进程会接着做")


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise Stop(f"{output} 写不了（{error.strerror}）。换个地方再试") from None
    print(f"写到 {output}", file=sys.stderr)


@asynccontextmanager
async def _listening(
    app: "App", parts: Iterable[str] = ("web", "worker", "scheduler")
) -> AsyncIterator[None]:
    from bot.app import running

    try:
        async with running(app, parts):
            memory.settle()
            yield
    except OSError as error:
        where = f"{app.settings.host}:{app.settings.port}"
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise Stop(f"{where} 不是这台机器的地址。改 BAIFANG_HOST，比如 127.0.0.1 或 0.0.0.0") from None
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise Stop(f"{where} 用不了（被占用或没有权限）。改 BAIFANG_PORT 换一个，比如 8081") from None


def _on_stop() -> asyncio.Event:
    """Set by Ctrl-C or a request to end; made before anything is started, so that none is missed."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, done.set)
    return done
