from __future__ import annotations

import base64

import pytest

from gateway.domain.errors import ForbiddenError, InvalidRequestError
from gateway.domain.identity import Caller
from gateway.domain.revocations import Presented, fingerprint
from gateway.services import revocations
from gateway.services.office import gateway_caller
from tests.services.people import RENNES_API
from tests.services.town import Town

WIRE = b"\0\0\0\x0bssh-ed25519" + bytes(36)
CA = f"ssh-ed25519 {base64.b64encode(WIRE).decode()}"
PRINT = fingerprint(WIRE)


@pytest.fixture(params=["authorities", "marked"])
async def operator(town: Town, request: pytest.FixtureRequest) -> Caller:
    lines = {"authorities": (CA,)} if request.param == "authorities" else {"public_keys": (f"Cert-Authority {CA}",)}
    await town.change_account("rennes", **lines)
    return gateway_caller(town.office, "test")


async def test_what_is_revoked_is_told_and_noted_and_may_be_taken_back(town: Town, operator: Caller) -> None:
    alice, bob = (Presented(PRINT, serial, name, "SHA256:k") for serial, name in ((1, "alice"), (2, "bob")))
    assert await revocations.revoke(town.office, operator, CA, "serial: 1\nid: carol") == 2
    assert [await revocations.revoked(town.office, one) for one in (alice, bob)] == [True, False]
    assert await revocations.revoke(town.office, operator, PRINT, "serial: 1") == 0
    assert [str(one) for one in await revocations.find(town.office, operator)] == ["id: carol", "serial: 1"]
    (line,) = await town.lines("certificates.revoked")
    assert line.detail == {"authority": PRINT, "revoked": 2}
    assert await revocations.restore(town.office, operator, PRINT, "serial: 1\nserial: 3") == 1
    assert not await revocations.revoked(town.office, alice)
    assert [line.detail for line in await town.lines("certificates.restored")] == [{"authority": PRINT, "restored": 1}]


@pytest.mark.parametrize(
    ("authority", "lines", "said"),
    [
        ("SHA256:" + "x" * 43, "serial: 1", "No account trusts"),
        ("nobody", "serial: 1", "authority is not understood"),
        (CA, "serial: 1\nserial: x", "line 2"),
        (CA, "# nothing\n", "empty"),
    ],
)
async def test_what_would_revoke_nothing_is_refused(
    town: Town, operator: Caller, authority: str, lines: str, said: str
) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        await revocations.revoke(town.office, operator, authority, lines)
    assert await revocations.find(town.office, operator) == []


async def test_operators_alone_revoke(town: Town) -> None:
    for verb in (revocations.revoke, revocations.restore):
        with pytest.raises(ForbiddenError):
            await verb(town.office, RENNES_API, CA, "serial: 1")
    with pytest.raises(ForbiddenError):
        await revocations.find(town.office, RENNES_API)
