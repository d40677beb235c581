"""A subscriber's webhook: an HTTP server that keeps what it was sent and answers as it is told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True)
class Received:
    """One call as it arrived, and when by the loop's clock in seconds."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def signed_by(self, key: bytes) -> bool:
        """Whether the signature is that of the Standard Webhooks specification."""
        signed = b".".join((self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return self.headers["webhook-signature"].split() == [f"v1,{expected}"]


@dataclass
class Receiver:
    """`answers` are the statuses of the next calls; then 204. `hold`: no call is answered before it is set."""

    url: str = ""
    calls: list[Received] = field(default_factory=list)
    answers: deque[int] = field(default_factory=deque)
    always: int = 204
    hold: asyncio.Event | None = None
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        async with self._came:
            self.calls.append(Received(headers, body, asyncio.get_running_loop().time()))
            self._came.notify_all()
        if self.hold is not None:
            await self.hold.wait()
        status = self.answers.popleft() if self.answers else self.always
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    async def came(self, count: int, deadline: float = 20) -> None:
        """Waits until so many calls have come."""
        async with asyncio.timeout(deadline), self._came:
            await self._came.wait_for(lambda: len(self.calls) >= count)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        if receiver.hold is not None:
            receiver.hold.set()
        await runner.cleanup()
