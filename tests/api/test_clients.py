"""Clients and their credentials over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.visitor import CLIENTS, RENNES, Answer, Visitor, basic, organization, secret_of

NATIVE = "/gateway/v1"


async def native(visitor: Visitor, who: str, method: str, path: str, **options: Any) -> Answer:
    headers = {"Authorization": f"Bearer {await visitor.token(who)}", **options.pop("headers", {})}
    answer = await visitor.raw(method, NATIVE + path, headers=headers, **options)
    if answer.status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
    return answer


async def granted(visitor: Visitor, secret: str) -> int:
    form = {"grant_type": "client_credentials", "scope": "SI"}
    return (await visitor.raw("POST", "/token", data=form, headers=basic("rennes", secret))).status


async def test_a_secret_is_rotated(visitor: Visitor) -> None:
    made = await native(visitor, "admin", "POST", "/clients/rennes/secrets")
    assert (made.status, made.json["clientId"]) == (201, "rennes")
    assert made.headers["Cache-Control"] == "no-store"
    assert (await native(visitor, "admin", "POST", "/clients/rennes/secrets")).status == 409
    for secret in (secret_of("rennes"), made.json["clientSecret"]):
        assert await granted(visitor, secret) == 200
    assert (await native(visitor, "admin", "DELETE", "/clients/rennes/secrets/old")).status == 204
    assert await granted(visitor, secret_of("rennes")) == 401
    assert await granted(visitor, made.json["clientSecret"]) == 200
    assert (await native(visitor, "admin", "DELETE", "/clients/rennes/secrets/new")).status == 409
    assert (await native(visitor, "admin", "DELETE", "/clients/rennes/secrets/third")).status == 400


async def test_a_secret_is_made_once_and_told_once(visitor: Visitor) -> None:
    path, headers = "/clients/rennes/secrets", {"Idempotency-Key": "one"}
    made = await native(visitor, "admin", "POST", path, headers=headers)
    assert made.status == 201
    again = await native(visitor, "admin", "POST", path, headers=headers)
    assert again.status == 409
    assert json.loads(again.body)["state"] == {"clientId": "rennes", "secrets": "2", "secret": "2"}
    assert made.json["clientSecret"].encode() not in again.body
    other = await native(visitor, "admin", "POST", "/clients/brest/secrets", headers=headers)
    assert "used for another request" in json.loads(other.body)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("DELETE", "/clients/rennes/tokens", None, 204),
        ("PATCH", "/clients/rennes", {"enabled": False}, 200),
    ],
)
async def test_what_is_revoked_or_disabled_ends_with_the_next_request(
    visitor: Visitor, method: str, path: str, body: Any, status: int
) -> None:
    assert (await visitor.call("rennes", "GET", "/notifications")).status == 200
    assert (await native(visitor, "admin", method, path, json=body)).status == status
    assert (await visitor.call("rennes", "GET", "/notifications")).status == 401


@pytest.mark.parametrize("body", [{}, {"enabled": "no"}, {"enabled": True, "role": "ADMIN"}, []])
async def test_only_enabled_can_be_changed(visitor: Visitor, body: Any) -> None:
    assert (await native(visitor, "admin", "PATCH", "/clients/rennes", json=body)).status == 400


async def test_the_list_has_pages_and_no_hash(visitor: Visitor) -> None:
    seen: list[dict[str, Any]] = []
    path = "/clients?limit=3"
    while True:
        answer = await native(visitor, "admin", "GET", path)
        assert answer.status == 200
        assert b"hash" not in answer.body
        assert len(answer.json["items"]) <= 3
        seen += answer.json["items"]
        if answer.json["next"] is None:
            break
        path = f"/clients?limit=3&cursor={answer.json['next']}"
    assert [one["clientId"] for one in seen] == sorted(CLIENTS)
    assert next(one for one in seen if one["clientId"] == "rennes-ec") == {
        "clientId": "rennes-ec",
        "organization": organization(RENNES),
        "role": "SI",
        "processCode": "EtatCivil",
        "enabled": True,
        "secrets": 1,
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/clients"),
        ("PATCH", "/clients/rennes"),
        ("POST", "/clients/rennes/secrets"),
        ("DELETE", "/clients/rennes/secrets/old"),
        ("DELETE", "/clients/rennes/tokens"),
    ],
)
async def test_clients_are_for_operators(visitor: Visitor, method: str, path: str) -> None:
    for who in ("depot", "rennes"):
        assert (await native(visitor, who, method, path)).status == 403
    if "rennes" in path:
        nobody = path.replace("rennes", "nobody%00")
        assert (await native(visitor, "admin", method, nobody, json={"enabled": True})).status == 404
