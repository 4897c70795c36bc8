"""Whether the process lives, whether it can work, and its figures for Prometheus; no personal data."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis.asyncio import Redis

from bot.clock import Clock
from bot.faults import place_of
from storage.database import Database

Fault = Callable[[], Awaitable[str]]
"""What keeps a part from working; "" where nothing does."""


def health_routes(
    database: Database,
    clock: Clock,
    redis_url: str | None = None,
    platforms: Mapping[str, Fault] | None = None,
    counted: CollectorRegistry | None = None,
) -> list[web.RouteDef]:
    """`platforms`: what to ask each whether it can work. `counted`: what the process counts as it goes."""

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "now": clock.now().isoformat()})

    async def ready(_request: web.Request) -> web.Response:
        """503 with the part that is away."""
        try:
            await database.ping()
        except Exception as error:  # noqa: BLE001 (whatever the driver raises, we are not ready)
            return web.json_response({"ok": False, "database": place_of(error)}, status=503)
        if redis_url is not None and (fault := await _redis_fault(redis_url)):
            return web.json_response({"ok": False, "redis": fault}, status=503)
        for name, ask in (platforms or {}).items():
            if fault := await ask():
                return web.json_response({"ok": False, name: fault}, status=503)
        return web.json_response({"ok": True})

    async def metrics(_request: web.Request) -> web.Response:
        registry = CollectorRegistry()
        depth = Gauge("baifang_queue_depth", "Rows still to be worked on", ["queue"], registry=registry)
        parked = Gauge(
            "baifang_queue_parked", "Rows set aside for the operator", ["queue"], registry=registry
        )
        async with database.reading() as unit:
            for name, queue in (("inbox", unit.inbox), ("outbox", unit.outbox)):
                depth.labels(name).set(await queue.depth())
                parked.labels(name).set(len(await queue.parked()))
        figures = generate_latest(registry) + (generate_latest(counted) if counted is not None else b"")
        return web.Response(body=figures, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)]


async def _redis_fault(url: str) -> str:
    """What keeps Redis from answering; "" where it does."""
    redis = Redis.from_url(url)
    try:
        await redis.ping()
    except Exception as error:  # noqa: BLE001 (whatever it is, we are not ready)
        return type(error).__name__
    finally:
        await redis.aclose()
    return ""
