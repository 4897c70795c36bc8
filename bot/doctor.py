"""Tries what the bot stands on, and says of each fault how to mend it."""

import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

from redis.asyncio import Redis

from bot.ai import NoModel, Why
from bot.clock import MovableClock, SystemClock
from bot.finding import Finding
from bot.platforms.dingtalk.doctor import examine_dingtalk
from bot.platforms.dingtalk.stream import lease_of as stream_of
from bot.platforms.wecom.doctor import examine_wecom
from bot.platforms.wecom.line import lease_of
from bot.reading import led, model_of
from bot.scheduler import LAST_BEAT
from config.policy import PolicyError, load_policy
from config.settings import Settings, SettingsError
from handlers.understanding.grounding.answer import NoAnswer
from handlers.understanding.note import Intent, Known, Note
from handlers.understanding.reader import read
from storage.database import Database
from storage.dialect import is_sqlite
from storage.schema import is_current
from storage.secrets import Keyring

LOW_SPACE_GIB = 1.0
CLOCK_SLACK = timedelta(minutes=1)
"""How far two machines' clocks may be apart."""


async def examine(settings: Settings) -> list[Finding]:
    """Everything that can be tried here, in the order in which it is needed."""
    findings = [_policy(settings), _keys(settings), _space(settings), _reader(settings)]
    if settings.llm.on:
        findings.append(await _model(settings))
    async for each in _database(settings):
        findings.append(each)
    if settings.redis_url is not None:
        findings.append(await _redis(settings.redis_url))
    clock = SystemClock(settings.zone)
    bot, stream = lease_of(settings.wecom.bot_id or ""), stream_of(settings.dingtalk.client_id or "")
    held = await _held(settings, bot, stream)
    async for each in examine_wecom(settings, clock, connected=bot in held):
        findings.append(each)
    async for each in examine_dingtalk(settings, clock, connected=stream in held):
        findings.append(each)
    return findings


def _policy(settings: Settings) -> Finding:
    return _tried("公司规矩", PolicyError, lambda: load_policy(settings.policy_file))


def _keys(settings: Settings) -> Finding:
    return _tried("加密密钥", SettingsError, lambda: settings.keys)


def _tried(what: str, fault: type[Exception], attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except fault as wrong:
        return Finding(False, what, str(wrong))
    return Finding(True, what)


def _space(settings: Settings) -> Finding:
    folder = settings.var_dir if settings.var_dir.exists() else settings.var_dir.absolute().parent
    try:
        free = shutil.disk_usage(folder).free / 2**30
    except OSError as error:
        return Finding(False, "磁盘", f"{folder} 看不了（{error.strerror}），请检查 BAIFANG_VAR_DIR")
    return Finding(free >= LOW_SPACE_GIB, "磁盘", f"只剩 {free:.1f} GiB，清一清再跑")


def _reader(settings: Settings) -> Finding:
    """The built-in reader reads one plain sentence."""
    note = read(SENTENCE, datetime.now(settings.zone), Known())
    return Finding(note.intent is Intent.VISIT, "内置的读法", "装得不全：重新 make install")


async def _model(settings: Settings) -> Finding:
    """The model is asked about one plain sentence, as in chat."""
    at = datetime.now(settings.zone)
    what = f"模型 {settings.llm.model}"
    async with model_of(settings.llm, at.date) as model:
        assert model is not None
        begun = model.now()
        try:
            note = await led(model, SENTENCE, at, Known(), Note(SENTENCE, Intent.CHAT))
        except NoModel as no:
            return Finding(False, what, MENDS[no.why].format(seconds=settings.llm.timeout_seconds))
        except NoAnswer:
            return Finding(False, what, MENDS[Why.GARBLED])
        took = model.now() - begun
    if not note.visits:
        return Finding(False, what, "一句最简单的话也没读对，换个大一点的模型")
    return Finding(True, f"{what}，{took:.1f} 秒读完一句（{model.format}）")


SENTENCE = "今天去了鼎盛机械，见了张经理"
MENDS = {
    Why.AWAY: "连不上，请检查 BAIFANG_LLM__BASE_URL、网络和代理",
    Why.SLOW: "{seconds:g} 秒没答完：换个快的模型，关掉思考（BAIFANG_LLM__EXTRA），"
    "或调大 BAIFANG_LLM__TIMEOUT_SECONDS",
    Why.REFUSED: "不认这把密钥，请检查 BAIFANG_LLM__API_KEY",
    Why.UNKNOWN: "不认这个请求，请检查 BAIFANG_LLM__MODEL 和 BAIFANG_LLM__BASE_URL（一般以 /v1 结尾）",
    Why.BUSY: "说太忙或额度用完了，请在它的控制台看限流和余额",
    Why.BROKEN: "那边出错了，过一会儿再试，或看它的状态页",
    Why.GARBLED: "答的不是约定的 JSON，换个会按 JSON 回答的模型",
    Why.OPEN: "刚连着失败，过一分钟再试",
    Why.SPENT: "今天的额度用完了，见 BAIFANG_LLM__TOKENS_PER_DAY",
}


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.encryption_keys:
        return
    try:
        database = Database(settings.database_url, Keyring(settings.keys), settings.var_dir / "files")
    except Exception:  # noqa: BLE001 (whatever is wrong with it, the answer is the same)
        yield Finding(False, "数据库的地址", "请检查 BAIFANG_DATABASE_URL，写法见 docs/reference/settings.md")
        return
    path = database.engine.url.database if is_sqlite(settings.database_url) else None
    try:
        if path is not None and not Path(path).exists():  # noqa: ASYNC240 (nothing else runs here)
            yield Finding(False, f"数据库 {path}", "还没有，跑一次 baifang db upgrade")
            return
        await database.ping()
        yield Finding(True, "数据库连得上")
        current = await is_current(settings.database_url)
        yield Finding(current, "数据库是这一版的", "跑一次 baifang db upgrade")
        if current:
            yield await _clock(settings, database)
    except Exception as error:  # noqa: BLE001 (whatever the driver says, the answer is the same)
        yield Finding(
            False, "数据库连得上", f"{type(error).__name__}，请检查 BAIFANG_DATABASE_URL 和数据库是否在跑"
        )
    finally:
        await database.close()


async def _clock(settings: Settings, database: Database) -> Finding:
    """A clock that was set back starts no job until it has caught up with the last beat."""
    clock = MovableClock(database, SystemClock(settings.zone))
    await clock.load()
    async with database.reading() as unit:
        last = await unit.marks.get(LAST_BEAT)
    behind = datetime.fromisoformat(last) - clock.now() if last else timedelta()
    return Finding(
        behind <= CLOCK_SLACK,
        "时钟",
        f"比上次跑的时候还早 {behind.total_seconds():.0f} 秒，先校时（NTP）再跑",
    )


async def _held(settings: Settings, *leases: str) -> set[str]:
    """Which of the platforms' lines a running process has."""
    try:
        database = Database(settings.database_url, Keyring(settings.keys), settings.var_dir / "files")
    except Exception:  # noqa: BLE001 (that was said already)
        return set()
    try:
        async with database.reading() as unit:
            now = datetime.now(settings.zone)
            return {each for each in leases if await unit.leases.is_taken(each, now)}
    except Exception:  # noqa: BLE001 (likewise)
        return set()
    finally:
        await database.close()


async def _redis(url: str) -> Finding:
    redis = Redis.from_url(url)
    try:
        await redis.ping()
    except Exception as error:  # noqa: BLE001 (likewise)
        return Finding(
            False, "Redis 连得上", f"{type(error).__name__}，请检查 BAIFANG_REDIS_URL 和 Redis 是否在跑"
        )
    finally:
        await redis.aclose()
    return Finding(True, "Redis 连得上")
