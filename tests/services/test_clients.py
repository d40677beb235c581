"""API clients: two secrets at a time, and what ends at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    UnauthorizedError,
)
from gateway.domain.identity import Caller, Door, Right, Role
from gateway.domain.referential import ApiClient
from gateway.services import authenticate, clients
from gateway.services.office import gateway_caller
from gateway.services.once import Once
from tests.services.people import BREST, GATEWAY, START
from tests.services.scene import STRANGER
from tests.services.town import Town


@pytest.fixture
async def operator(town: Town) -> Caller:
    client = ApiClient("zz-client", BREST, Role.SI, "EtatCivil", ("hash of first",))
    await town.store.write(lambda tx: tx.clients.add(client, START))
    return gateway_caller(town.office, "operator")


async def admitted(town: Town, secret: str) -> bool:
    try:
        await authenticate.grant_token(town.office, "zz-client", secret, "SI")
    except UnauthorizedError:
        return False
    return True


async def entries(town: Town) -> list[str]:
    found = await town.store.read(lambda tx: tx.journal.after(0))
    return [line.entry for line in found if line.entry.startswith(("credential", "tokens"))]


async def test_a_secret_is_rotated_without_a_moment_in_which_none_works(town: Town, operator: Caller) -> None:
    secret = await clients.add_secret(town.office, operator, "zz-client")
    assert await admitted(town, "first")
    assert await admitted(town, secret)
    with pytest.raises(ConflictError) as raised:
        await clients.add_secret(town.office, operator, "zz-client")
    assert raised.value.state == {"clientId": "zz-client", "secrets": "2"}
    await clients.retire_secret(town.office, operator, "zz-client", "old")
    assert not await admitted(town, "first")
    assert await admitted(town, secret)
    assert await entries(town) == ["credential.added", "credential.ended"]


async def test_a_repetition_says_which_secret_it_was_and_never_the_secret(town: Town, operator: Caller) -> None:
    once = Once("key", b"request".ljust(32, b"."), str)
    secret = await clients.add_secret(town.office, operator, "zz-client", once)
    with pytest.raises(ConflictError, match="given already, as secret 2") as told:
        await clients.add_secret(town.office, operator, "zz-client", once)
    assert told.value.state == {"clientId": "zz-client", "secrets": "2", "secret": "2"}
    assert secret not in str(told.value)
    await clients.retire_secret(town.office, operator, "zz-client", "old")
    with pytest.raises(ConflictError, match="as secret 1") as told:
        await clients.add_secret(town.office, operator, "zz-client", once)
    assert told.value.state == {"clientId": "zz-client", "secrets": "1", "secret": "1"}
    await clients.add_secret(town.office, operator, "zz-client")
    await clients.retire_secret(town.office, operator, "zz-client", "1")
    with pytest.raises(ConflictError, match="retired since") as told:
        await clients.add_secret(town.office, operator, "zz-client", once)
    assert told.value.state == {"clientId": "zz-client", "secrets": "1", "secret": None}
    assert not await admitted(town, secret)


async def test_a_refused_request_for_a_secret_leaves_its_key_unused(town: Town, operator: Caller) -> None:
    await clients.add_secret(town.office, operator, "zz-client")
    once = Once("key", b"request".ljust(32, b"."), str)
    with pytest.raises(ConflictError, match="has two secrets"):
        await clients.add_secret(town.office, operator, "zz-client", once)
    await clients.retire_secret(town.office, operator, "zz-client", "old")
    assert await admitted(town, await clients.add_secret(town.office, operator, "zz-client", once))


@pytest.mark.parametrize(("which", "kept"), [("old", False), ("1", False), ("new", True), ("2", True)])
async def test_either_secret_can_be_retired_but_not_the_last(
    town: Town, operator: Caller, which: str, kept: bool
) -> None:
    secret = await clients.add_secret(town.office, operator, "zz-client")
    await clients.retire_secret(town.office, operator, "zz-client", which)
    assert await admitted(town, "first") is kept
    assert await admitted(town, secret) is not kept
    with pytest.raises(ConflictError, match="no other secret"):
        await clients.retire_secret(town.office, operator, "zz-client", which)
    with pytest.raises(InvalidRequestError):
        await clients.retire_secret(town.office, operator, "zz-client", "3")


async def test_revoked_tokens_and_disabled_clients_end_at_once(town: Town, operator: Caller) -> None:
    grant = await authenticate.grant_token(town.office, "zz-client", "first", "SI")
    assert await clients.revoke_tokens(town.office, operator, "zz-client") == 1
    with pytest.raises(UnauthorizedError):
        await authenticate.bearer(town.office, grant.token)
    grant = await authenticate.grant_token(town.office, "zz-client", "first", "SI")
    for _ in range(2):
        assert not (await clients.set_enabled(town.office, operator, "zz-client", enabled=False)).enabled
    with pytest.raises(UnauthorizedError):
        await authenticate.bearer(town.office, grant.token)
    assert not await admitted(town, "first")
    assert (await clients.set_enabled(town.office, operator, "zz-client", enabled=True)).enabled
    with pytest.raises(UnauthorizedError):
        await authenticate.bearer(town.office, grant.token)  # what ended stays ended
    assert await admitted(town, "first")
    assert await entries(town) == ["tokens.revoked", "credential.ended", "tokens.revoked", "credential.added"]


async def test_a_client_ends_its_own_token_only(town: Town, operator: Caller) -> None:
    other = ApiClient("zz-other", BREST, Role.SI, None, ("hash of theirs",))
    await town.store.write(lambda tx: tx.clients.add(other, START))
    token = (await authenticate.grant_token(town.office, "zz-client", "first", "SI")).token
    assert not await authenticate.revoke_token(town.office, "zz-other", "theirs", token)
    assert (await authenticate.bearer(town.office, token)).actor == "zz-client"
    with pytest.raises(UnauthorizedError):
        await authenticate.revoke_token(town.office, "zz-client", "wrong", token)
    assert await authenticate.revoke_token(town.office, "zz-client", "first", token)
    assert not await authenticate.revoke_token(town.office, "zz-client", "first", token)
    with pytest.raises(UnauthorizedError):
        await authenticate.bearer(town.office, token)
    assert await entries(town) == ["tokens.revoked"]


async def test_clients_are_for_operators(town: Town, operator: Caller) -> None:
    office = town.office
    assert (await clients.read(office, operator, "zz-client")).organization == BREST
    assert (await clients.find(office, operator, "zz", 5))[0].client_id == "zz-client"
    for verb in (
        clients.find(office, STRANGER, "", 5),
        clients.read(office, STRANGER, "zz-client"),
        clients.add_secret(office, STRANGER, "zz-client"),
        clients.retire_secret(office, STRANGER, "zz-client", "old"),
        clients.revoke_tokens(office, STRANGER, "zz-client"),
        clients.set_enabled(office, STRANGER, "zz-client", enabled=False),
    ):
        with pytest.raises(ForbiddenError):
            await verb


async def test_nobody_gets_further_with_moves_by_the_secret_of_another(town: Town, operator: Caller) -> None:
    office, approver = town.office, ApiClient("approver", GATEWAY, Role.ADMIN, rights=frozenset({Right.APPROVE}))
    await town.store.write(lambda tx: tx.clients.add(approver, START))
    planner = replace(operator, door=Door.API, rights=frozenset({Right.PLAN, Right.APPLY}))
    with pytest.raises(ForbiddenError, match="more with moves"):
        await clients.add_secret(office, planner, "approver")
    assert (await clients.read(office, planner, "approver")).secret_hashes == ()
    assert await clients.add_secret(office, planner, "zz-client")
    assert await clients.add_secret(office, replace(planner, rights=frozenset(Right)), "approver")
    assert await clients.add_secret(office, operator, "approver")


@pytest.mark.parametrize("client_id", ["nobody", "a\0b"])
async def test_an_unknown_client_is_not_found(town: Town, operator: Caller, client_id: str) -> None:
    office = town.office
    for verb in (
        clients.read(office, operator, client_id),
        clients.add_secret(office, operator, client_id),
        clients.retire_secret(office, operator, client_id, "old"),
        clients.revoke_tokens(office, operator, client_id),
        clients.set_enabled(office, operator, client_id, enabled=False),
    ):
        with pytest.raises(NotFoundError):
            await verb
