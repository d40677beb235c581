"""The `Idempotency-Key` header: a request that is repeated under its key gets its first answer again.

The key belongs to the client. Under a key that was used, other content, another path or another method answer 409.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final, TypeVar

from aiohttp import web

from gateway.api import parameters, rendering
from gateway.services.once import Once, Replay

V = TypeVar("V")
REPLAYED: Final = {"Idempotency-Replayed": "true"}


def once(request: web.Request, raw: bytes, render: Callable[[V], str]) -> Once | None:
    """How often the verb of this request may be done, or None when the client does not say. `raw`: its body."""
    key = parameters.idempotency_key(request)
    if key is None:
        return None
    asked = hashlib.sha256(f"{request.method}\n{request.path}\n".encode())
    asked.update(raw)
    return Once(key, asked.digest(), render)


def created(answer: V | Replay, render: Callable[[V], str]) -> web.Response:
    """201 with the object, or once more with the body of the first answer."""
    if isinstance(answer, Replay):
        return rendering.json_response(answer.text, 201, REPLAYED)
    return rendering.json_response(render(answer), 201)


def accepted(answer: V | Replay, render: Callable[[V], str]) -> web.Response:
    """202 with what is under way, or once more with the body of the first answer."""
    if isinstance(answer, Replay):
        return rendering.json_response(answer.text, 202, REPLAYED)
    return rendering.json_response(render(answer), 202)


def silent(_done: object) -> str:
    """What is kept of an answer without a body."""
    return ""


def done(answer: Replay | None) -> web.Response:
    """204, for the first time or once more."""
    return web.Response(status=204, headers=None if answer is None else REPLAYED)
