"""Who is calling: tokens, passwords, and where accounts may come from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.errors import InvalidRequestError, UnauthorizedError
from gateway.domain.identity import Caller, Door, Partner, Role
from gateway.domain.referential import ApiClient, SftpAccount
from gateway.services import authenticate
from gateway.services.authenticate import admits
from gateway.services.logins import LIFETIME
from tests.services.people import BREST, GATEWAY, OSL, RENNES, START
from tests.services.town import Town

CLIENT = ApiClient("brest-ec", BREST, Role.SI, "EtatCivil", ("hash of old", "hash of secret"))
ACCOUNT = SftpAccount("id", RENNES, "login")


async def declare(town: Town, **changes: Any) -> None:
    await town.store.write(lambda tx: tx.clients.add(replace(CLIENT, **changes), START))


async def test_a_token_speaks_for_its_client(town: Town) -> None:
    await declare(town)
    grant = await authenticate.grant_token(town.office, "brest-ec", "secret", "SI")
    assert (grant.expires_in, grant.role) == (3600, Role.SI)
    assert len(grant.token) >= 32
    partner = Partner("Éditeur", "Logiciel", "1.0")
    caller = await authenticate.bearer(town.office, grant.token, partner)
    assert caller == Caller(BREST, Role.SI, Door.API, "brest-ec", process="EtatCivil", partner=partner)
    again = await authenticate.grant_token(town.office, "brest-ec", "secret", "SI")
    assert again.token != grant.token
    assert town.meter.seen["logins_total", "API", "accepted"] == 2


async def test_every_secret_of_a_client_works(town: Town) -> None:
    await declare(town)
    for secret in ("old", "secret"):
        assert (await authenticate.grant_token(town.office, "brest-ec", secret, "SI")).token


@pytest.mark.parametrize(
    ("client_id", "secret", "changes"),
    [
        ("brest-ec", "wrong", {}),
        ("brest-ec", "", {}),
        ("nobody", "secret", {}),
        ("brest-ec", "secret", {"enabled": False}),
        ("brest-ec", "secret", {"secret_hashes": ()}),
    ],
)
async def test_whatever_is_wrong_with_a_client_it_is_told_the_same(
    town: Town, client_id: str, secret: str, changes: dict[str, Any]
) -> None:
    await declare(town, **changes)
    with pytest.raises(UnauthorizedError) as refused:
        await authenticate.grant_token(town.office, client_id, secret, "SI")
    assert refused.value.message == "Client authentication failed: check client_id and client_secret"
    assert town.secrets.verified  # the work is done for unknown clients too
    assert town.meter.seen["logins_total", "API", "refused"] == 1


@pytest.mark.parametrize(
    ("role", "scope", "granted"),
    [
        (Role.SI, "SI", True),
        (Role.SI, "OSL", False),
        (Role.SI, "ADMIN", False),
        (Role.SI, "si", False),
        (Role.SI, "", False),
        (Role.OSL, "OSL", True),
        (Role.OSL, "DATAPASS", False),
        (Role.ADMIN, "ADMIN", True),
        (Role.ADMIN, "OSL", False),
        (Role.DATAPASS, "DATAPASS", True),
        (Role.DATAPASS, "ADMIN", True),
        (Role.DATAPASS, "SI", False),
    ],
)
async def test_a_client_asks_for_a_role_of_its_own(town: Town, role: Role, scope: str, granted: bool) -> None:
    owner = {Role.SI: BREST, Role.OSL: OSL}.get(role, GATEWAY)
    await declare(town, organization=owner, role=role, process=None)
    if granted:
        grant = await authenticate.grant_token(town.office, "brest-ec", "secret", scope)
        assert (await authenticate.bearer(town.office, grant.token)).role == scope
    else:
        with pytest.raises(InvalidRequestError, match=f"may use: .*{role}"):
            await authenticate.grant_token(town.office, "brest-ec", "secret", scope)


async def test_a_token_ends_with_its_time_its_client_or_its_revocation(town: Town) -> None:
    await declare(town)
    tokens = [(await authenticate.grant_token(town.office, "brest-ec", "secret", "SI")).token for _ in range(2)]

    async def refused(token: str) -> None:
        with pytest.raises(UnauthorizedError, match=r"^Invalid Credentials"):
            await authenticate.bearer(town.office, token)

    for never in ("", "nothing", tokens[0] + "x"):
        await refused(never)
    town.clock.pass_by(timedelta(hours=1) - timedelta(milliseconds=1))
    await authenticate.bearer(town.office, tokens[0])
    await town.store.write(lambda tx: tx.clients.change(replace(CLIENT, enabled=False), town.clock()))
    await refused(tokens[0])
    await town.store.write(lambda tx: tx.clients.change(CLIENT, town.clock()))
    await authenticate.bearer(town.office, tokens[0])
    town.clock.pass_by(timedelta(milliseconds=1))
    await refused(tokens[0])
    later = await authenticate.grant_token(town.office, "brest-ec", "secret", "SI")
    await town.store.write(lambda tx: tx.clients.revoke("brest-ec"))
    await refused(later.token)


async def test_a_password_is_verified_once_in_a_while(town: Town) -> None:
    await town.change_account("rennes", password_hash="hash of secret")
    for _ in range(3):
        account = await authenticate.password_login(town.office, "rennes", "secret")
        assert account == town.accounts["rennes"]
    assert town.secrets.verified == ["hash of secret"]
    town.clock.pass_by(LIFETIME)
    await authenticate.password_login(town.office, "rennes", "secret")
    assert len(town.secrets.verified) == 2
    await town.change_account("rennes", password_hash="hash of another", version=2)
    assert await authenticate.password_login(town.office, "rennes", "secret") is None
    assert await authenticate.password_login(town.office, "rennes", "another") is not None


async def test_an_account_is_found_for_its_keys_while_it_is_enabled(town: Town) -> None:
    assert await authenticate.sftp_account(town.office, "rennes") == town.accounts["rennes"]
    assert await authenticate.sftp_account(town.office, "nobody") is None
    assert await authenticate.still(town.office, town.accounts["rennes"])
    await town.change_account("rennes", enabled=False)
    assert await authenticate.sftp_account(town.office, "rennes") is None
    assert not await authenticate.still(town.office, town.accounts["rennes"])


@pytest.mark.parametrize(
    ("networks", "address", "admitted"),
    [
        ((), "203.0.113.9", True),
        ((), "not an address", True),
        (("192.0.2.0/24",), "192.0.2.255", True),
        (("192.0.2.0/24",), "192.0.3.0", False),
        (("192.0.2.7",), "192.0.2.7", True),
        (("192.0.2.7/24",), "192.0.2.8", True),
        (("192.0.2.0/24",), "::ffff:192.0.2.1", True),
        (("192.0.2.0/24",), "::ffff:192.0.3.1", False),
        (("192.0.2.0/24", "2001:db8::/32"), "2001:db8::1", True),
        (("192.0.2.0/24",), "2001:db8::1", False),
        (("192.0.2.0/24",), "not an address", False),
        (("192.0.2.0/24",), "", False),
    ],
)
def test_an_account_may_be_bound_to_networks(networks: tuple[str, ...], address: str, admitted: bool) -> None:
    assert admits(replace(ACCOUNT, networks=networks), address) is admitted


def test_an_account_calls_for_its_organization_under_its_own_name() -> None:
    caller = authenticate.account_caller(ACCOUNT)
    assert caller == Caller(RENNES, Role.SI, Door.SFTP, "login", account="id")
    assert authenticate.account_caller(ACCOUNT, Door.PUSH).door is Door.PUSH
