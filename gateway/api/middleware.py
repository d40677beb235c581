"""Around every request: an id, one line in the log, the figures, and an answer in the hub's shape whatever happens.

Lines carry ids and the pattern of the path, never the path or query themselves, which may hold anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Final

import structlog
from aiohttp import web
from structlog.contextvars import bind_contextvars, clear_contextvars

from gateway.api import errors, limits, uploads
from gateway.api.context import CONTEXT, REQUEST_ID
from gateway.api.problems import native, problem
from gateway.domain.identity import Door
from gateway.domain.ids import new_id

log = structlog.stdlib.get_logger("gateway.api")

CLIENT_LEFT: Final = 499
UNMATCHED: Final = "unmatched"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@web.middleware
async def guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answers the request; what a handler raises becomes an answer here and nowhere else."""
    started = perf_counter()
    context = request.app[CONTEXT]
    identifier = request[REQUEST_ID] = new_id()
    clear_contextvars()
    bind_contextvars(request=identifier)
    with context.traffic:
        status = CLIENT_LEFT
        try:
            response = await _answered(request, handler)
            if context.traffic.draining:
                response.force_close()
            status = CLIENT_LEFT if _left(request) else response.status
            return response
        finally:
            seconds = perf_counter() - started
            method = request.method if request.method in _METHODS else "other"
            resource = _resource(request)
            context.meter.answered(method, resource, status, seconds)
            log.info("request", method=method, resource=resource, status=status, ms=round(seconds * 1000, 1))


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that every answer carries, those of streams too."""
    headers = response.headers
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers["Server"] = "gateway"
    limits.tell(request, response)
    uploads.tell(request, response)
    if REQUEST_ID in request:
        headers["X-Request-Id"] = request[REQUEST_ID]


async def _answered(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    begun = False
    try:
        return await handler(request)
    except Exception as caught:
        error = caught
        begun = request.writer.output_size > 0
        if _left(request):
            return errors.error_response(400, "The connection was closed")  # nobody is there to read it
        answer = errors.answer(error)
        if isinstance(error, web.RequestPayloadError):
            answer = errors.error_response(400, "The body is not well-formed")
        if answer is None or begun:
            log.exception("internal error")
            request.app[CONTEXT].meter.count("errors_total", door=Door.API)
            answer = errors.internal_error(request[REQUEST_ID])
    if begun and request.transport is not None:
        request.transport.abort()  # only a broken connection tells the client that its file is not whole
    return problem(answer, error) if native(request) else answer


def _left(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _resource(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical
