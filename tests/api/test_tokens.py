"""Access tokens."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.identity import Door, Role
from gateway.domain.referential import ApiClient
from tests.api.serving import START, Clock, PlainSecrets
from tests.api.visitor import BASE, OSL, Answer, Visitor, basic, secret_of

FORM = {"grant_type": "client_credentials", "scope": "OSL"}
IN_BODY = {**FORM, "client_id": "depot", "client_secret": secret_of("depot")}


async def works(visitor: Visitor, answer: Answer) -> bool:
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    return (await visitor.raw("GET", f"{BASE}/notifications", headers=headers)).status == 200


@pytest.mark.parametrize("path", ["/token", "/oauth2/token"])
@pytest.mark.parametrize(
    "options",
    [
        {"data": FORM, "headers": basic("depot", secret_of("depot"))},
        {"data": IN_BODY},
        {"json": IN_BODY},
        {"json": FORM, "headers": basic("depot", secret_of("depot"))},
    ],
)
async def test_a_client_gets_a_token_in_every_spelling(visitor: Visitor, path: str, options: dict[str, Any]) -> None:
    answer = await visitor.raw("POST", path, **options)
    assert answer.status == 200
    assert {name: answer.json[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "OSL",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert await works(visitor, answer)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "SI"}, 400, "invalid_scope"),
        ({"scope": "KING"}, 400, "invalid_scope"),
        ({"scope": None}, 400, "invalid_scope"),
        ({"client_id": "nul\0"}, 400, "invalid_request"),
        ({"client_secret": "s" * 1025}, 400, "invalid_request"),
    ],
)
async def test_a_refusal_is_worded_as_oauth_has_it(
    visitor: Visitor, changes: dict[str, str | None], status: int, error: str
) -> None:
    asked = {name: value for name, value in {**IN_BODY, **changes}.items() if value is not None}
    for options in ({"data": asked}, {"json": asked}):
        answer = await visitor.raw("POST", "/token", **options)
        assert answer.status == status
        assert set(answer.json) == {"error", "error_description"}
        assert answer.json["error"] == error
        assert answer.headers["Cache-Control"] == "no-store"
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    "authorization", ["Basic", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"no colon").decode(), "Basic /w=="]
)
async def test_what_is_no_basic_is_refused(visitor: Visitor, authorization: str) -> None:
    answer = await visitor.raw("POST", "/token", data=IN_BODY, headers={"Authorization": authorization})
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'{"grant_type": "\\ud800"}'),
        ("application/json", b"[" * 10_000),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("application/x-www-form-urlencoded", b"grant_type=%FF"),
        ("application/x-www-form-urlencoded", b"scope=OSL&scope=SI&grant_type=client_credentials"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(30))),
        ("application/x-www-form-urlencoded", b""),
        ("text/plain", b"grant_type=client_credentials"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(visitor: Visitor, kind: str, raw: bytes) -> None:
    answer = await visitor.raw("POST", "/token", data=raw, headers={"Content-Type": kind})
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


async def test_a_body_that_is_too_large_is_not_read(visitor: Visitor) -> None:
    assert (await visitor.raw("POST", "/token", data={**IN_BODY, "more": "x" * 20_000})).errors[0]["code"] == 413


async def test_datapass_may_act_as_admin(visitor: Visitor) -> None:
    for scope in ("DATAPASS", "ADMIN"):
        form = {**FORM, "scope": scope}
        answer = await visitor.raw("POST", "/token", data=form, headers=basic("datapass", secret_of("datapass")))
        assert (answer.status, answer.json["scope"]) == (200, scope)


async def test_a_secret_works_however_the_client_encodes_it(visitor: Visitor) -> None:
    hashes = (PlainSecrets().hash("50%25 + é:&"),)
    await visitor.office.store.write(
        lambda tx: tx.clients.add(ApiClient("spécial", OSL, Role.OSL, None, hashes), START)
    )
    plain = basic("spécial", "50%25 + é:&")
    encoded = basic("sp%C3%A9cial", "50%2525+%2B+%C3%A9%3A%26")
    for headers in (plain, encoded):
        answer = await visitor.raw("POST", "/token", data=FORM, headers=headers)
        assert answer.status == 200, answer.body


async def test_a_token_is_not_remembered_for_ever(visitor: Visitor, clock: Clock) -> None:
    answer = await visitor.raw("POST", "/token", json=IN_BODY)
    assert await works(visitor, answer)
    clock.pass_by(timedelta(hours=2))
    assert not await works(visitor, answer)


async def test_only_post_gives_tokens(visitor: Visitor) -> None:
    answer = await visitor.raw("GET", "/token")
    assert answer.errors == [{"code": 405, "message": "Method not allowed"}]
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/token/revoke", "/oauth2/revoke"])
async def test_a_token_is_given_back(visitor: Visitor, path: str) -> None:
    answer = await visitor.raw("POST", "/token", json=IN_BODY)
    assert await works(visitor, answer)
    form = {"token": answer.json["access_token"], "token_type_hint": "access_token"}
    theirs = await visitor.raw("POST", path, data=form, headers=basic("autre-depot", secret_of("autre-depot")))
    assert theirs.status == 200
    assert await works(visitor, answer)
    for _ in range(2):
        ended = await visitor.raw("POST", path, data=form, headers=basic("depot", secret_of("depot")))
        assert (ended.status, ended.json) == (200, {})
        assert not await works(visitor, answer)


async def test_only_a_client_gives_tokens_back(visitor: Visitor) -> None:
    body = {"client_id": "depot", "client_secret": secret_of("depot")}
    answer = await visitor.raw("POST", "/token/revoke", json=body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    for wrong in ({"token": "x"}, {**body, "token": "x", "client_secret": "wrong"}):
        answer = await visitor.raw("POST", "/token/revoke", data=wrong)
        assert (answer.status, answer.json["error"]) == (401, "invalid_client")
        assert "WWW-Authenticate" in answer.headers


async def test_what_software_asks_for_a_token_is_noted(visitor: Visitor) -> None:
    headers = {"editorName": "Editeur", "softwareVersion": "1.0", "User-Agent": "library/2"}
    assert (await visitor.raw("POST", "/token", data=IN_BODY, headers=headers)).status == 200
    found = await visitor.office.store.read(lambda tx: tx.sightings.get(Door.API, "depot"))
    assert found is not None
    assert found.software == "Editeur 1.0 library/2"
