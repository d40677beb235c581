"""Who may ask what."""

from datetime import timedelta

import pytest

from gateway.api.problems import NATIVE_BASE
from gateway.api.routes import REFERENTIAL_BASE
from tests.api.serving import Clock
from tests.api.visitor import BASE, Visitor, basic, folder_body, secret_of


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer unknown", "Bearer é", "Basic cmVubmVzOng=", "Bearer a b", "unknown"],
)
async def test_without_a_valid_token_nothing_is_answered(visitor: Visitor, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await visitor.raw("GET", f"{BASE}/notifications", headers=headers)
    assert answer.status == 401
    assert [error["code"] for error in answer.errors] == [900901]
    assert answer.messages[0].startswith("Invalid Credentials")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_ends_with_its_lifetime(visitor: Visitor, clock: Clock) -> None:
    assert (await visitor.call("rennes", "GET", "/notifications")).status == 200
    clock.pass_by(timedelta(hours=1, seconds=1))
    answer = await visitor.call("rennes", "GET", "/notifications")
    assert answer.errors[0]["code"] == 900901


async def test_a_role_is_needed_before_anything_is_read(visitor: Visitor) -> None:
    answer = await visitor.call("rennes", "POST", "/folders", data=b"{", headers={"Content-Type": "application/json"})
    assert answer.errors == [{"code": 403, "message": "Unauthorized user"}]


async def test_a_client_for_subscriptions_only_reads_no_inbox(visitor: Visitor) -> None:
    assert (await visitor.call("datapass", "GET", "/notifications")).status == 403


async def test_what_datapass_may_as_admin_ends_with_the_hubs_paths(visitor: Visitor) -> None:
    form = {"grant_type": "client_credentials", "scope": "ADMIN"}
    granted = await visitor.raw("POST", "/token", data=form, headers=basic("datapass", secret_of("datapass")))
    lent = {"Authorization": f"Bearer {granted.json['access_token']}"}
    assert (await visitor.raw("GET", f"{REFERENTIAL_BASE}/subscriptions", headers=lent)).status == 200
    for method, path in (("GET", "/clients"), ("POST", "/clients/depot/secrets"), ("GET", "/notifications")):
        answer = await visitor.raw(method, f"{NATIVE_BASE}{path}", headers=lent)
        assert (answer.status, b"on the hub's paths alone" in answer.body) == (403, True), answer.body


async def test_client_software_is_named_within_fifty_characters(visitor: Visitor) -> None:
    headers = {"editorName": "e" * 51, "softwareVersion": "v" * 51, "applicationName": "a" * 50}
    answer = await visitor.call("depot", "POST", "/folders", json=folder_body(), headers=headers)
    assert answer.status == 400
    assert [message.partition(":")[0] for message in answer.messages] == [
        "@header.editorName",
        "@header.softwareVersion",
    ]


async def test_an_override_needs_a_token_too(visitor: Visitor) -> None:
    headers = {"X-HTTP-Method-Override": "PATCH", **basic("depot", "x")}
    answer = await visitor.raw("POST", f"{BASE}/cases/x", headers=headers)
    assert answer.status == 401
