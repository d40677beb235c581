"""The table of operations: method, path, what answers, and who may ask (hub v1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aiohttp import web

from gateway.api import (
    archives,
    attachments,
    capabilities,
    cases,
    certificates,
    clients,
    contract,
    copies,
    events,
    folders,
    handing_in,
    health,
    migration,
    moves,
    native_notifications,
    notifications,
    organizations,
    planning,
    processes,
    readiness,
    rehearsals,
    subscriptions,
    switching,
    synthetic,
    timeline,
    tokens,
    uploads,
    webhooks,
)
from gateway.api.authentication import (
    ANYBODY,
    DEPOSITORS,
    EVERYBODY,
    OPERATORS,
    RECIPIENTS,
    REGISTRARS,
    Handler,
    Operation,
    entitled,
    overridden,
)
from gateway.api.problems import NATIVE_BASE
from gateway.api.reading import expect
from gateway.domain.identity import Role
from gateway.services.move_steps import Step

BASE: Final = "/teledossiers/v1"
REFERENTIAL_BASE: Final = "/referential/v1"
_FOLDER: Final = "/folders/{folderId}"
_CASE: Final = "/cases/{caseId}"
_EVENT: Final = _CASE + "/events/{eventId}"
_WEBHOOK: Final = "/subscriptions/{subscriptionId}/webhook"
_CLIENT: Final = "/clients/{clientId}"
_FILE: Final = "/attachments/{attachmentId}"
_SUBSCRIPTION: Final = "/subscriptions/{subscriptionId}"
_ORGANIZATION: Final = "/organizations/{organizationId}"
_PROCESS: Final = "/processes/{code}"
_MOVE: Final = "/moves/{moveName}"
_UPLOAD: Final = "/uploads/{uploadId}"

Table = tuple[tuple[str, str, Operation, frozenset[Role]], ...]
"""Rows of method, path below the base, what answers, and the roles that may ask."""

OPERATIONS: Final[Table] = (
    ("GET", "/notifications", notifications.find, EVERYBODY),
    ("DELETE", "/notifications/{notificationId}", notifications.delete, EVERYBODY),
    ("POST", "/folders", folders.create, DEPOSITORS),
    ("GET", _FOLDER, folders.read, DEPOSITORS),
    ("PATCH", _FOLDER, folders.update, DEPOSITORS),
    ("DELETE", _FOLDER, folders.delete, DEPOSITORS),
    ("PUT", _FOLDER + _FILE, attachments.put, DEPOSITORS),
    ("GET", _CASE, cases.read, EVERYBODY),
    ("PATCH", _CASE, cases.update, EVERYBODY),
    ("GET", _CASE + _FILE, attachments.fetch, EVERYBODY),
    ("POST", _CASE + "/events", events.create, EVERYBODY),
    ("GET", _EVENT, events.read, EVERYBODY),
    ("PATCH", _EVENT, events.update, EVERYBODY),
    ("DELETE", _EVENT, events.delete, EVERYBODY),
    ("PUT", _EVENT + _FILE, attachments.put_for_event, EVERYBODY),
    ("GET", _EVENT + _FILE, attachments.fetch_of_event, EVERYBODY),
    ("PUT", "/cases/migrate", migration.migrate, RECIPIENTS),
    ("GET", "/attachmentsIdsForPurge", copies.find, EVERYBODY),
    ("PUT", "/idsPurged", copies.purged, EVERYBODY),
)
REFERENTIAL: Final[Table] = (
    ("GET", "/subscriptions", subscriptions.find, DEPOSITORS),
    ("POST", "/subscriptions", subscriptions.create, REGISTRARS),
    ("GET", _SUBSCRIPTION, subscriptions.read, DEPOSITORS),
    ("PUT", _SUBSCRIPTION, subscriptions.update, OPERATORS),
    ("GET", "/organizations", organizations.find, ANYBODY),
    ("POST", "/organizations", organizations.create, OPERATORS),
    ("GET", _ORGANIZATION, organizations.read, ANYBODY),
    ("PUT", _ORGANIZATION, organizations.update, OPERATORS),
    ("GET", "/processes", processes.find, ANYBODY),
    ("POST", "/processes", processes.create, OPERATORS),
    ("GET", _PROCESS, processes.read, ANYBODY),
    ("PUT", _PROCESS, processes.update, OPERATORS),
)
"""Operations below REFERENTIAL_BASE (hub v1, Referential)."""
NATIVE: Final[Table] = (
    ("GET", "/capabilities", capabilities.find, DEPOSITORS),
    ("GET", "/clients", clients.find, OPERATORS),
    ("GET", _CASE + "/archive", archives.fetch, EVERYBODY),
    ("HEAD", _CASE + "/archive", archives.fetch, EVERYBODY),
    ("GET", _CASE + "/timeline", timeline.find, EVERYBODY),
    ("POST", "/folders", handing_in.create, DEPOSITORS),
    ("GET", "/journal/key", certificates.key, OPERATORS),
    ("GET", "/moves", moves.find, OPERATORS),
    ("POST", "/moves", planning.plan, OPERATORS),
    ("POST", "/moves/verify", certificates.check, OPERATORS),
    ("GET", _MOVE, moves.read, OPERATORS),
    ("GET", _MOVE + "/certificate", certificates.of_moves, OPERATORS),
    ("GET", _MOVE + "/rows", moves.rows, OPERATORS),
    *(("POST", f"{_MOVE}/{step}", moves.taking(step), OPERATORS) for step in Step),
    ("GET", "/notifications", native_notifications.find, EVERYBODY),
    ("POST", "/notifications/acknowledge", native_notifications.acknowledge, EVERYBODY),
    ("PATCH", _CLIENT, clients.change, OPERATORS),
    ("POST", _CLIENT + "/secrets", clients.add_secret, OPERATORS),
    ("DELETE", _CLIENT + "/secrets/{secret}", clients.retire_secret, OPERATORS),
    ("DELETE", _CLIENT + "/tokens", clients.revoke_tokens, OPERATORS),
    ("GET", _SUBSCRIPTION + "/certificate", certificates.of_subscription, OPERATORS),
    ("GET", _SUBSCRIPTION + "/readiness", readiness.read, OPERATORS),
    ("POST", _SUBSCRIPTION + "/synthetic", synthetic.send, OPERATORS),
    ("DELETE", _SUBSCRIPTION + "/synthetic", synthetic.clean, OPERATORS),
    ("OPTIONS", "/uploads", uploads.options, EVERYBODY),
    ("POST", "/uploads", uploads.create, EVERYBODY),
    ("HEAD", _UPLOAD, uploads.resource, EVERYBODY),
    ("PATCH", _UPLOAD, uploads.resource, EVERYBODY),
    ("DELETE", _UPLOAD, uploads.resource, EVERYBODY),
    ("POST", _UPLOAD, uploads.resource, EVERYBODY),
    ("GET", _SUBSCRIPTION + "/rehearsal", rehearsals.read, OPERATORS),
    ("POST", _SUBSCRIPTION + "/rehearsal", rehearsals.start, OPERATORS),
    ("DELETE", _SUBSCRIPTION + "/rehearsal", rehearsals.end, OPERATORS),
    ("POST", _SUBSCRIPTION + "/switch", switching.switch, OPERATORS),
    ("GET", _WEBHOOK, webhooks.read, RECIPIENTS),
    ("PUT", _WEBHOOK, webhooks.put, RECIPIENTS),
    ("DELETE", _WEBHOOK, webhooks.delete, RECIPIENTS),
    ("POST", _WEBHOOK + "/test", webhooks.test, RECIPIENTS),
    ("POST", _WEBHOOK + "/secret", webhooks.rotate, RECIPIENTS),
    ("GET", _WEBHOOK + "/calls", webhooks.calls, RECIPIENTS),
    ("POST", _WEBHOOK + "/calls/{callId}/replay", webhooks.replay, RECIPIENTS),
)
"""The gateway's own operations, below NATIVE_BASE; their errors are problems (RFC 9457)."""
TABLES: Final = ((BASE, OPERATIONS), (REFERENTIAL_BASE, REFERENTIAL), (NATIVE_BASE, NATIVE))
OPEN: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "/token", tokens.issue),
    ("POST", "/oauth2/token", tokens.issue),
    ("POST", "/token/revoke", tokens.revoke),
    ("POST", "/oauth2/revoke", tokens.revoke),
    ("GET", "/health/live", health.live),
    ("HEAD", "/health/live", health.live),
    ("GET", "/health/ready", health.ready),
    ("HEAD", "/health/ready", health.ready),
    ("GET", "/metrics", health.metrics),
    ("GET", "/openapi.json", contract.as_json),
    ("GET", "/openapi.yaml", contract.as_yaml),
    ("GET", "/docs", contract.as_page),
)


def connect(router: web.UrlDispatcher) -> None:
    """Puts the tables into effect; every PATCH of the hub can be asked by POST too."""
    for method, path, handler in _handlers():
        router.add_route(method, path, handler, expect_handler=expect)


def _handlers() -> Iterator[tuple[str, str, Handler]]:
    for base, table in TABLES:
        for method, path, operation, roles in table:
            handler = entitled(operation, roles)
            yield method, base + path, handler
            if method == "PATCH" and base == BASE:
                yield "POST", base + path, overridden(handler)
    yield from OPEN
