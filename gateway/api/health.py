"""Whether the gateway lives, whether it may be sent requests, and its figures for those who may read them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.api import rendering
from gateway.api.context import CONTEXT
from gateway.domain.errors import UnavailableError
from gateway.services import figures

log = structlog.stdlib.get_logger("gateway.api.health")

PATIENCE: Final = 5.0
"""Seconds after which what does not answer is not ready."""
_SOON: Final = timedelta(seconds=5)


async def live(_request: web.Request) -> web.StreamResponse:
    """GET /health/live: the process answers."""
    return rendering.json_response('{"status":"live"}')


async def ready(request: web.Request) -> web.StreamResponse:
    """GET /health/ready: store and blobs are usable, and the door is not being stopped; otherwise 503."""
    context = request.app[CONTEXT]
    if context.traffic.draining:
        raise UnavailableError("The gateway is being stopped", _SOON)
    try:
        async with asyncio.timeout(PATIENCE):
            await context.ready()
    except UnavailableError:
        raise
    except Exception as error:
        log.warning("not ready", exc_info=True)
        raise UnavailableError("The gateway is not ready", _SOON) from error
    return rendering.json_response('{"status":"ready"}')


async def metrics(request: web.Request) -> web.StreamResponse:
    """GET /metrics, for the networks that may read it; others are told that there is no such resource."""
    context = request.app[CONTEXT]
    if not _admitted(request):
        raise web.HTTPNotFound
    try:
        snapshot = await figures.snapshot(context.office)
    except Exception:
        log.warning("no figures of the store", exc_info=True)
        snapshot = None
    text = context.meter.exposition(snapshot, context.office.clock())
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _admitted(request: web.Request) -> bool:
    """What came through a proxy is never admitted: the proxy's address says nothing of who asks."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ip_address((request.remote or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in request.app[CONTEXT].metrics_networks)
