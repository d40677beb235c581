"""The table of operations, held against the hub's own list."""

import pytest

from gateway.api.routes import OPERATIONS
from gateway.domain.identity import Role
from tests.api.visitor import BASE, NOWHERE, Visitor

O, S, A = Role.OSL, Role.SI, Role.ADMIN  # noqa: E741 (the roles of the hub's list)
EVENT = "/cases/{caseId}/events/{eventId}"
HUB = {
    ("GET", "/notifications"): {O, S, A},
    ("DELETE", "/notifications/{notificationId}"): {O, S, A},
    ("POST", "/folders"): {O, A},
    ("GET", "/folders/{folderId}"): {O, A},
    ("PATCH", "/folders/{folderId}"): {O, A},
    ("DELETE", "/folders/{folderId}"): {O, A},
    ("PUT", "/folders/{folderId}/attachments/{attachmentId}"): {O, A},
    ("GET", "/cases/{caseId}"): {O, S, A},
    ("PATCH", "/cases/{caseId}"): {O, S, A},
    ("GET", "/cases/{caseId}/attachments/{attachmentId}"): {O, S, A},
    ("POST", "/cases/{caseId}/events"): {O, S, A},
    ("GET", EVENT): {O, S, A},
    ("PATCH", EVENT): {O, S, A},
    ("DELETE", EVENT): {O, S, A},
    ("PUT", EVENT + "/attachments/{attachmentId}"): {O, S, A},
    ("GET", EVENT + "/attachments/{attachmentId}"): {O, S, A},
    ("PUT", "/cases/migrate"): {S, A},
    ("GET", "/attachmentsIdsForPurge"): {O, S, A},
    ("PUT", "/idsPurged"): {O, S, A},
}


def test_every_operation_is_open_to_the_hubs_roles() -> None:
    assert {(method, path): set(roles) for method, path, _, roles in OPERATIONS} == HUB


@pytest.mark.parametrize(("method", "path"), [*HUB, ("POST", "/folders/{folderId}")])
async def test_no_operation_answers_without_a_token(visitor: Visitor, method: str, path: str) -> None:
    for name in ("notificationId", "folderId", "caseId", "eventId", "attachmentId"):
        path = path.replace(f"{{{name}}}", NOWHERE)
    answer = await visitor.raw(method, BASE + path, headers={"X-HTTP-Method-Override": "PATCH"})
    assert answer.errors[0]["code"] == 900901


@pytest.mark.parametrize(
    "path",
    ["/", "/teledossiers", BASE, f"{BASE}/", f"{BASE}/cases", f"{BASE}/folders/", f"{BASE}/cases/{NOWHERE}/x", "/a%00"],
)
async def test_an_unknown_route_is_not_found_in_the_hubs_shape(visitor: Visitor, path: str) -> None:
    answer = await visitor.raw("GET", path)
    assert answer.errors == [{"code": 404, "message": "Resource is not found"}]


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/folders"), ("HEAD", "/notifications"), ("PUT", f"/cases/{NOWHERE}"), ("DELETE", f"/cases/{NOWHERE}")],
)
async def test_an_unknown_method_is_not_allowed(visitor: Visitor, method: str, path: str) -> None:
    answer = await visitor.raw(method, BASE + path)
    assert answer.status == 405
    assert answer.headers["Allow"]
    assert method == "HEAD" or answer.errors == [{"code": 405, "message": "Method not allowed"}]
