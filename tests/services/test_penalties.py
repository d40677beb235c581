"""Who fails to log in waits: as that account and from that address."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.domain.errors import ForbiddenError, UnauthorizedError
from gateway.domain.identity import Door, Role
from gateway.domain.penalties import EVERYBODY, PenaltyName
from gateway.domain.referential import ApiClient
from gateway.services import authenticate, housekeeping, penalties
from gateway.services.office import gateway_caller
from tests.services.people import BREST, BREST_API
from tests.services.town import Town

HERE, ELSEWHERE, PUBLIC = "192.0.2.1", "198.51.100.1", "8.8.8.8"


@pytest.fixture(autouse=True)
async def passwords(town: Town) -> None:
    for name in ("rennes", "rennes-2"):
        await town.change_account(name, password_hash=f"hash of {name}")


async def login(town: Town, name: str = "rennes", password: str | None = None, address: str = HERE) -> bool:
    return await authenticate.password_login(town.office, name, password or name, address) is not None


async def fail(town: Town, times: int, name: str = "rennes", address: str = HERE) -> None:
    for _ in range(times):
        assert not await login(town, name, "wrong", address)


async def test_who_fails_too_often_waits_longer_and_longer(town: Town) -> None:
    rules = town.office.policy.penalties
    await fail(town, rules.after - 1)
    await fail(town, 1)
    wait = rules.first
    for _ in range(3):
        assert not await login(town), "the right password does not help"
        town.clock.pass_by(wait - timedelta(milliseconds=1))
        assert not await login(town)
        town.clock.pass_by(timedelta(milliseconds=1))
        await fail(town, 1)
        wait *= 2
    town.clock.pass_by(wait)
    assert await login(town)
    assert await penalties.find(town.office, gateway_caller(town.office, "test")) == [], "and is forgiven"


async def test_a_few_failures_are_forgiven_by_a_login(town: Town) -> None:
    for _ in range(3):
        await fail(town, town.office.policy.penalties.after - 1)
        assert await login(town)


async def test_neither_another_address_nor_another_account_is_hindered(town: Town) -> None:
    await fail(town, town.office.policy.penalties.after)
    assert not await login(town)
    assert await login(town, address=ELSEWHERE)
    assert await login(town, "rennes-2")
    assert not await login(town), "the login from elsewhere lifts nothing here"


async def test_an_ipv6_neighbour_is_the_same_address(town: Town) -> None:
    for number in range(town.office.policy.penalties.after):
        await fail(town, 1, address=f"2001:db8::{number:x}")
    assert not await login(town, address="2001:db8::ffff")
    assert await login(town, address="2001:db8:0:1::1")


async def test_many_names_make_an_address_wait_for_its_passwords(town: Town) -> None:
    assert await login(town)
    for number in range(200):
        await fail(town, 1, f"guess-{number}")
    kept = await penalties.find(town.office, gateway_caller(town.office, "test"))
    assert any(one.name.account == EVERYBODY and one.blocks(town.clock()) for one in kept)
    assert len(kept) < 70, "guessing fills no table"
    assert not await login(town, "rennes-2")
    assert await login(town), "a password that was verified a moment ago goes on being taken"
    assert await authenticate.key_login(town.office, "rennes-2", HERE) is not None, "and a key cannot be guessed"
    assert await login(town, "rennes-2", address=ELSEWHERE)


async def test_who_logs_in_after_a_failure_does_not_count_against_the_address(town: Town) -> None:
    rules = town.office.policy.penalties
    for number in range(rules.names - 1):
        await fail(town, 1, f"guess-{number}")
    for _ in range(3):
        await fail(town, 1, address=ELSEWHERE)
        assert await login(town, address=ELSEWHERE)
    crowd = PenaltyName(Door.SFTP, ELSEWHERE, EVERYBODY)
    assert await town.store.read(lambda tx: tx.penalties.get(crowd, town.clock())) is None
    assert await login(town, "rennes-2"), "one name is missing"
    await fail(town, 1)
    assert not await login(town, "rennes-3")
    crowd = PenaltyName(Door.SFTP, HERE, EVERYBODY)
    found = await town.store.read(lambda tx: tx.penalties.get(crowd, town.clock()))
    assert found is not None
    assert found.blocks(town.clock())


async def test_one_mistyped_name_makes_no_address_wait(town: Town) -> None:
    await fail(town, 100, "renes")
    assert await login(town)


async def test_a_penalty_is_counted_and_told(town: Town) -> None:
    rules = town.office.policy.penalties
    await fail(town, rules.after + 5)
    (line,) = await town.lines("penalty.imposed")
    assert (line.actor, line.detail) == ("rennes", {"failures": rules.after, "seconds": 30})
    assert (await town.payloads())[line.seq] == f'{{"address":"{HERE}"}}'
    assert town.meter.seen["penalties_total", "SFTP"] == 1
    assert town.meter.seen["logins_refused_total", "SFTP", "password"] == rules.after
    assert town.meter.seen["logins_refused_total", "SFTP", "penalty"] == 5


async def test_operators_see_and_lift(town: Town) -> None:
    operator = gateway_caller(town.office, "gateway penalties")
    after = town.office.policy.penalties.after
    await fail(town, after)
    await fail(town, after, address=ELSEWHERE)
    await fail(town, 1, "rennes-2")
    await fail(town, after, "renes")
    found = await penalties.find(town.office, operator, blocking=True)
    assert sorted((one.name.address, one.name.account[:6]) for one in found if one.name.account[0] != "?") == [
        (HERE, "rennes"),
        (ELSEWHERE, "rennes"),
    ]
    assert await penalties.lift(town.office, operator, account="nobody at all") == 0
    assert await penalties.lift(town.office, operator, account="rennes", address=f"::ffff:{HERE}") == 1
    assert await login(town)
    assert not await login(town, address=ELSEWHERE)
    assert await penalties.lift(town.office, operator, account="rennes") == 1
    assert await login(town, address=ELSEWHERE)
    await fail(town, after)
    assert await penalties.lift(town.office, operator) >= 2
    assert await penalties.find(town.office, operator) == []
    line = (await town.lines("penalties.lifted"))[-1]
    assert line.actor == "gateway penalties"
    lines = len(await town.lines())
    assert await penalties.lift(town.office, operator) == 0
    assert len(await town.lines()) == lines, "nothing done, nothing told"
    for verb in (penalties.find, penalties.lift):
        with pytest.raises(ForbiddenError):
            await verb(town.office, BREST_API)


async def test_a_mistyped_account_is_lifted_by_its_name(town: Town) -> None:
    await fail(town, town.office.policy.penalties.after, "renes")
    assert await penalties.lift(town.office, gateway_caller(town.office, "test"), account="renes") == 1


async def test_housekeeping_forgets_them(town: Town) -> None:
    await fail(town, 1)
    town.clock.pass_by(town.office.policy.penalties.forget)
    await housekeeping.forget(town.office)
    assert await town.store.write(lambda tx: tx.penalties.forget(town.clock())) == 0


def test_a_proxy_is_not_whom_it_speaks_for() -> None:
    for address in (PUBLIC, "2a00::1", "::ffff:8.8.8.8"):
        assert penalties.counts_at_rest_door(address)
    for private in ("127.0.0.1", "10.1.2.3", "fd00::1", "", None):
        assert not penalties.counts_at_rest_door(private)


async def test_clients_of_the_api_wait_in_the_same_way(town: Town) -> None:
    client = ApiClient("brest-ec", BREST, Role.SI, None, ("hash of secret",))
    await town.store.write(lambda tx: tx.clients.add(client, town.clock()))
    for _ in range(town.office.policy.penalties.after):
        with pytest.raises(UnauthorizedError):
            await authenticate.grant_token(town.office, "brest-ec", "wrong", "SI", address=PUBLIC)
    with pytest.raises(UnauthorizedError):
        await authenticate.grant_token(town.office, "brest-ec", "secret", "SI", address=PUBLIC)
    assert (await authenticate.grant_token(town.office, "brest-ec", "secret", "SI", address="9.9.9.9")).token
    assert (await authenticate.grant_token(town.office, "brest-ec", "secret", "SI")).token
    town.clock.pass_by(town.office.policy.penalties.first)
    grant = await authenticate.grant_token(
        town.office, "brest-ec", "secret", "SI", address=PUBLIC, software="Logiciel/1.0"
    )
    assert grant.token
    seen = await town.store.read(lambda tx: tx.sightings.get(Door.API, "brest-ec"))
    assert seen is not None
    assert seen.software == "Logiciel/1.0"
