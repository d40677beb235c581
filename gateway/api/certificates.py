"""Certificates of switches, for operators: made, and verified beside exported journals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

from aiohttp import web

from gateway.api import parameters, rendering
from gateway.api.context import CONTEXT, office_of
from gateway.api.errors import Refusal
from gateway.api.listing import Query
from gateway.api.spool import spooled
from gateway.domain.identity import Caller
from gateway.services.access import operators_alone
from gateway.services.certify import Asked, Balance, certificate, of_move
from gateway.services.verifying import Verdict, checking, verify

JSON_LINES: Final = "application/jsonl"
_BODIES: Final = frozenset({JSON_LINES, "application/x-ndjson", "application/octet-stream"})
_PIECE: Final = 64 * 1024
_LONGEST: Final = 16 * 1024 * 1024
"""Bytes of a line that is looked at: some hundred thousand ids."""
_MOST_EPOCH: Final = 2**31 - 1
_KEY_LENGTH: Final = 1000


async def of_moves(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /moves/{moveName}/certificate: of everything that the move switched; 409 when that is nothing."""
    Query(request).check()
    name = request.match_info["moveName"]
    asked = await of_move(office_of(request), caller, name)
    return await _certificate(request, caller, asked, {"move": name}, "move")


async def of_subscription(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /subscriptions/{subscriptionId}/certificate: from its latest switch on, or from that which began `epoch`."""
    (identifier,) = parameters.path_ids(request, "subscriptionId")
    query = Query(request, "epoch")
    epoch = query.number("epoch", 0, 1)
    if epoch > _MOST_EPOCH:
        query.refuse("epoch", f"must be at most {_MOST_EPOCH}")
    query.check()
    asked = Asked(identifier, epoch or None)
    return await _certificate(request, caller, [asked], {"subscription": identifier}, "switch")


async def key(request: web.Request, caller: Caller) -> web.StreamResponse:
    """GET /journal/key: the public key, by which anybody can verify what the gateway has signed."""
    operators_alone(caller)
    signer = office_of(request).signer
    assert signer is not None, "an office that signs has a key"
    body = {"keyId": signer.key_id, "algorithm": "Ed25519", "publicKey": signer.public_key}
    return rendering.json_response(rendering.json_text(body))


async def check(request: web.Request, caller: Caller) -> web.StreamResponse:
    """POST /moves/verify: whether the certificate, or the exported journal, in the body is as it was signed.

    `publicKey` is the key that is trusted, as PEM; the gateway's own when it is not given.
    """
    operators_alone(caller)
    query = Query(request, "publicKey")
    public_key = request.query.get("publicKey")
    if public_key is not None and len(public_key) > _KEY_LENGTH:
        query.refuse("publicKey", f"must be at most {_KEY_LENGTH} characters")
    query.check()
    office = office_of(request)
    checking(office, public_key)
    if request.content_type not in _BODIES:
        raise Refusal(415, f"Content-Type must be {JSON_LINES}")
    async with spooled(request, request.app[CONTEXT].attachment_max_size) as file:
        found = await asyncio.to_thread(lambda: verify(office, caller, _lines(file), public_key))
    return rendering.json_response(rendering.json_text(_verdict(found)))


async def _certificate(
    request: web.Request, caller: Caller, asked: Sequence[Asked], about: Mapping[str, Any], name: str
) -> web.StreamResponse:
    """The lines as they are made; what is refused is refused before the first is sent."""
    lines = certificate(office_of(request), caller, asked, about, Balance())
    headers = {"Content-Type": JSON_LINES, "Content-Disposition": f'attachment; filename="{name}.cert"'}
    first = await anext(lines) + await anext(lines)
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    async for piece in _pieces(first, lines):
        await response.write(piece.encode())
    await response.write_eof()
    return response


async def _pieces(first: str, lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """Lines in pieces, since each is small."""
    held, size = [first], len(first)
    async for line in lines:
        held.append(line)
        size += len(line)
        if size >= _PIECE:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines of the body; one that is too long ends them, and is none that can be verified."""
    file.seek(0)
    while line := file.readline(_LONGEST):
        yield line.decode("utf-8", "replace")
        if len(line) == _LONGEST:
            return


def _verdict(found: Verdict) -> rendering.Json:
    wrong = None if found.holds else {"line": found.line, "journalLine": found.seq, "reason": found.wrong}
    return {
        "kind": found.kind,
        "holds": found.holds,
        "clean": found.clean,
        "lines": found.lines,
        "seals": found.seals,
        "wrong": wrong,
        "balance": found.balance,
    }
