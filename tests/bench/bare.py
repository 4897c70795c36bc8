"""The floor under every figure: a POST of JSON, read and answered by aiohttp on uvloop."""

import sys

import uvloop
from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    await request.json()
    return web.json_response({"ok": True})


def main() -> None:
    app = web.Application()
    app.add_routes([web.post("/", answer)])
    loop = uvloop.new_event_loop()
    web.run_app(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        loop=loop,
        print=lambda *_: print("listening", flush=True),
    )


if __name__ == "__main__":
    main()
