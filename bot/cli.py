"""The commands; each is one line of wiring, and every fault of use is one line on standard error."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import structlog
import typer

from bot.stop import FAULTS, WRONG_USE, Stop
from config.policy import PolicyError
from config.settings import Settings, SettingsError, demo_keys, load_settings

if TYPE_CHECKING:
    from handlers.understanding.note import Read

cli = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="拜访：企业微信和钉钉里的销售拜访助手",
)
user = typer.Typer(help="同事和角色")
db = typer.Typer(help="数据库")
audit = typer.Typer(help="操作记录")
cli.add_typer(user, name="user")
cli.add_typer(db, name="db")
cli.add_typer(audit, name="audit")
parked = typer.Typer(help="处理不了、先搁着的消息")
cli.add_typer(parked, name="parked")


INTERRUPTED = 130

UsageFault: type[Exception] = typer.BadParameter.__bases__[0]
"""What Typer raises for every wrong use; it has no public name of its own."""


def main() -> NoReturn:
    """The console script. Exit statuses: 0 done, 1 faults found, 2 wrong usage or configuration."""
    try:
        cli(standalone_mode=False)
    except (SettingsError, PolicyError) as wrong:
        _end(str(wrong), WRONG_USE)
    except Stop as stop:
        _end(stop.line, stop.status)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except UsageFault as wrong:
        told: str = getattr(wrong, "format_message", wrong.__str__)()
        _end(f"用法不对：{told.rstrip('.')}。看看 baifang --help", WRONG_USE)
    except BrokenPipeError:  # whoever reads us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if line := _explained(error):
            _end(line, WRONG_USE)
        raise
    sys.exit(0)


def _explained(error: Exception) -> str:
    """Which setting to mend where what it names can't be used; "" for a bug of ours."""
    from storage.dialect import is_away
    from storage.secrets import SecretsError

    if isinstance(error, SecretsError):
        return f"{error}。检查 BAIFANG_ENCRYPTION_KEYS：加密用过的密钥都要留着，新的在前"
    if type(error).__name__ == "ArgumentError":  # SQLAlchemy's, which only storage imports
        return "BAIFANG_DATABASE_URL 读不懂。写成 sqlite+aiosqlite:///… 或 postgresql+asyncpg://…"
    if isinstance(error, ValueError) and "BAIFANG_DATABASE_URL" in str(error):
        return str(error)
    if is_away(error):
        return (
            f"数据库用不了（{type(error).__name__}）。"
            "检查 BAIFANG_DATABASE_URL 和 BAIFANG_VAR_DIR，数据库是否在跑、文件夹能不能写"
        )
    return ""


def _end(line: str, status: int) -> NoReturn:
    print(" ".join(line.split()), file=sys.stderr)
    sys.exit(status)


@cli.command()
def demo() -> None:
    """起一套带样例公司的演示，网页上几台手机可以试。"""
    from bot.run import serve_demo

    _run(lambda: serve_demo(_demo_settings()))


@cli.command()
def run(
    only: Annotated[str, typer.Option(help="只跑一部分：web,worker,scheduler")] = "",
) -> None:
    """按配置好的平台跑起来。"""
    from bot.run import serve

    _run(lambda: serve(load_settings(), _parts(only)))


@cli.command()
def parse(
    with_model: Annotated[bool, typer.Option("--with-model", help="让配置好的模型一起读")] = False,
) -> None:
    """从标准输入读语料（一行一个 JSON），往标准输出写读出来的结果。"""
    from handlers.understanding.corpus import parse_stream

    with _reader(with_model) as read:
        try:
            for line in parse_stream(sys.stdin, read):
                sys.stdout.write(line.rstrip("\n") + "\n")
        except ValueError as wrong:
            raise Stop(f"标准输入里有读不了的行：{wrong}") from None


@contextmanager
def _reader(with_model: bool) -> Iterator["Read"]:
    """The built-in reader, or one that the configured model leads, as in chat."""
    from handlers.understanding.reader import read as built_in

    if not with_model:
        yield built_in
        return
    from bot.reading import waiting_reader

    settings = load_settings()
    if not settings.llm.on:
        raise Stop("BAIFANG_LLM__BASE_URL 没有填：要让模型一起读，先填它和 BAIFANG_LLM__MODEL")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # answers alone go out
    with waiting_reader(settings, built_in) as read:
        yield read


@cli.command()
def export(
    kind: Annotated[str, typer.Argument(help="customers、visits 或 audit")],
    as_user: Annotated[str, typer.Option("--as", help="以谁的身份导，平台上的账号")],
    format: Annotated[str, typer.Option(help="xlsx、csv 或 jsonl")] = "xlsx",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写到哪个文件")] = None,
) -> None:
    """按那个人看得到的范围导出。"""
    from bot.run import export_as

    _run(lambda: export_as(_settings_here(), kind, as_user, format, output))


@cli.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=".xlsx、.csv 或 .vcf", metavar="FILE")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只写报告，什么也不导")] = False,
    as_user: Annotated[str, typer.Option("--as", help="以谁的身份导，平台上的账号；不写是管理员")] = "",
    owner: Annotated[str, typer.Option(help="表里没写负责人的归谁，平台上的账号；不写归导的人")] = "",
    columns: Annotated[list[str] | None, typer.Option("--map", help="列名=项，如 抬头=name；可多次")] = None,
    fill: Annotated[bool, typer.Option("--fill", help="库里已有的，补上空着的项和新联系人")] = False,
) -> None:
    """从表格或通讯录导入客户；断了再跑一次就接着来，不会重复。"""
    from bot.importing import Wish, import_file

    wish = Wish(file, as_user, owner, _columns(columns or []), fill, dry_run)
    _run(lambda: import_file(_settings_here(), wish))


@cli.command()
def tick(
    name: Annotated[str, typer.Argument(help="任务名")] = "",
    at: Annotated[str, typer.Option(help="当作哪个时刻，ISO 8601")] = "",
    list_: Annotated[bool, typer.Option("--list", help="列出所有任务")] = False,
) -> None:
    """手动起一个定时任务，走同一个收件箱。"""
    from bot.run import list_jobs, tick_by_hand

    settings = _settings_here()
    if list_ or not name:
        for line in list_jobs(settings):
            print(line)
        return
    _run(lambda: tick_by_hand(settings, name, _moment(at, settings)))


@cli.command()
def doctor() -> None:
    """查一遍配置、数据库、Redis、时钟，说出每处怎么修。"""
    from bot.doctor import examine

    settings = _settings_here()
    healthy = True
    for finding in asyncio.run(examine(settings)):
        healthy &= finding.ok
        print(f"{'✓' if finding.ok else '✗'} {finding.what}{'' if finding.ok else '：' + finding.mend}")
    if not healthy:
        sys.exit(FAULTS)


@user.command("add")
def user_add(
    id: Annotated[str, typer.Argument(help="平台上的账号")],
    platform: Annotated[str, typer.Option(help="local、wecom 或 dingtalk")],
    name: Annotated[str, typer.Option(help="姓名")],
    role: Annotated[str, typer.Option(help="rep、manager、finance、service、partner、admin")],
    manager: Annotated[str, typer.Option(help="上级的账号")] = "",
) -> None:
    """加一个人，或改他的名字、角色和上级。"""
    from bot.run import add_user

    _run(lambda: add_user(_settings_here(), id, platform, name, role, manager))


@user.command("list")
def user_list() -> None:
    """列出所有人。"""
    from bot.run import list_users

    _run(lambda: list_users(_settings_here()))


@db.command("upgrade")
def db_upgrade() -> None:
    """把数据库升到这一版。"""
    from storage.schema import upgrade

    settings = load_settings()
    _run(lambda: upgrade(settings.database_url))
    print("数据库是最新的")


@audit.command("verify")
def audit_verify() -> None:
    """验操作记录有没有被动过。"""
    from bot.run import verify_audit

    _run(lambda: verify_audit(_settings_here()))


@parked.command("list")
def parked_list() -> None:
    """列出搁着的消息和卡在哪。"""
    from bot.run import list_parked

    _run(lambda: list_parked(_settings_here()))


@parked.command("replay")
def parked_replay(name: Annotated[str, typer.Argument(help="inbox:12 或 outbox:12")]) -> None:
    """修好以后，放回去再做一次。"""
    from bot.run import replay

    _run(lambda: replay(_settings_here(), name))


def _run(work: Callable[[], Coroutine[Any, Any, object]]) -> None:
    try:
        import uvloop

        uvloop.run(work())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _demo_settings() -> Settings:
    """The embedded default; the demo makes its own key, once."""
    settings = load_settings()
    if settings.encryption_keys:
        return settings
    return load_settings(encryption_keys=demo_keys(settings.var_dir))


def _settings_here() -> Settings:
    """For commands beside a running bot: the configured keys, else those that the demo made."""
    settings = load_settings()
    if settings.encryption_keys or not (settings.var_dir / "demo.key").exists():
        return settings
    return load_settings(encryption_keys=demo_keys(settings.var_dir))


def _columns(pairs: list[str]) -> dict[str, str]:
    if strange := [each for each in pairs if "=" not in each.strip("=")]:
        raise Stop(f"--map {strange[0]} 写法不对：列名=项，比如 抬头=name")
    return dict(each.rsplit("=", 1) for each in pairs)


def _parts(only: str) -> tuple[str, ...]:
    known = ("web", "worker", "scheduler")
    parts = tuple(each.strip() for each in only.split(",") if each.strip()) or known
    strange = [each for each in parts if each not in known]
    if strange:
        raise Stop(f"--only 里的 {'、'.join(strange)} 不认得：可以是 web、worker、scheduler，逗号隔开")
    return parts


def _moment(text: str, settings: Settings) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=settings.zone)
        at.astimezone(UTC)  # the first and last days of the calendar have no UTC
    except (ValueError, OverflowError):
        raise Stop(f"--at {text} 不是 ISO 8601 的时刻，例如 2026-04-21T08:30") from None
    return at
