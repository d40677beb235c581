"""The least that an aiohttp server can do: a JSON answer made from Python objects, without store or policy.

    python -m tools.bench.bare FILE

Answers every GET with the JSON of FILE; says on standard output which port it listens on.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from aiohttp import web


async def serve(value: Any) -> None:
    """Serves until it is ended."""

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(value)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
