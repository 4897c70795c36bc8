"""Whether the process lives, whether it can work, and its figures for Prometheus; no personal data."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis.asyncio import Redis

from bot.clock import Clock
from bot.faults import place_of
from storage.database import Database


def health_routes(
    database: Database, clock: Clock, redis_url: str | None = None, figures: CollectorRegistry | None = None
) -> list[web.RouteDef]:
    """`figures`: what the process has counted so far, beside what the queues hold now."""

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
        counted = generate_latest(figures) if figures is not None else b""
        body = generate_latest(registry) + counted
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

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
