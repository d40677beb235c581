"""Logging in, as stock clients do it and as attackers do."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncssh
import paramiko
import pytest

from gateway.domain.errors import UnavailableError
from gateway.domain.referential import SftpAccount
from gateway.services import authenticate
from gateway.sftp_server.admission import Limits
from gateway.sftp_server.login import ParsedKeys
from tests.sftp_server.scene import Scene, logged_in, transport_to

ACCEPTED = "logins_total door=SFTP outcome=accepted"
REFUSED = "logins_total door=SFTP outcome=refused"
MOST = Limits()


async def _refused(scene: Scene, **options: Any) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        async with scene.connect(**options):
            pytest.fail("it was let in")
    await scene.settled()


def _turned_away(reason: str) -> str:
    return f"logins_refused_total door=SFTP reason={reason}"


def _ways(scene: Scene) -> list[dict[str, Any]]:
    """With the password, and with the key."""
    return [{}, {"client_keys": [scene.key], "password": None}]


async def test_a_password_opens_a_session(scene: Scene) -> None:
    assert await scene.play(lambda sftp: sftp.listdir("/")) == ["CERTDC", "EtatCivil"]
    await scene.settled()
    assert scene.figures.counts == {ACCEPTED: 1}


async def test_a_session_is_counted_while_it_is_open(scene: Scene) -> None:
    async with scene.connect(), scene.connect():
        assert scene.figures.gauges["sftp_sessions"] == 2
    await scene.settled()
    assert scene.figures.gauges["sftp_sessions"] == 0


@pytest.mark.parametrize("username", ["rennes", "nobody"])
async def test_a_wrong_password_is_refused_whoever_it_is(scene: Scene, username: str) -> None:
    def attempt() -> None:
        with logged_in(scene.address, username, "wrong"):
            pytest.fail("it was let in")

    with pytest.raises(paramiko.AuthenticationException):
        await asyncio.to_thread(attempt)
    await scene.settled()
    assert scene.secrets.checks == 1, "an unknown account costs the same work"
    reason = "password" if username == "rennes" else "unknown"
    assert scene.figures.counts == {REFUSED: 1, _turned_away(reason): 1}


async def test_a_key_opens_a_session(scene: Scene) -> None:
    async with scene.connect(client_keys=[scene.key], password=None) as conn:
        sftp = await conn.start_sftp_client()
        assert sorted(await sftp.listdir("/")) == [".", "..", "CERTDC", "EtatCivil"]
    assert scene.secrets.checks == 0


@pytest.mark.parametrize("username", ["rennes", "brest", "nobody"])
async def test_another_key_is_refused_whoever_it_is(scene: Scene, username: str) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    await _refused(scene, username=username, client_keys=[key], password=None)


async def test_a_key_of_another_account_is_refused(scene: Scene) -> None:
    await _refused(scene, username="brest", client_keys=[scene.key], password=None)


async def test_the_keys_of_a_changed_account_are_read_again(scene: Scene) -> None:
    async with scene.connect(client_keys=[scene.key], password=None):
        pass
    await scene.change_account("rennes", lambda account: replace(account, public_keys=(), version=account.version + 1))
    await _refused(scene, client_keys=[scene.key], password=None)


async def test_a_disabled_account_is_refused(scene: Scene) -> None:
    await scene.change_account("rennes", lambda account: replace(account, enabled=False))
    await _refused(scene)
    await _refused(scene, client_keys=[scene.key], password=None)


@pytest.mark.parametrize(("network", "inside"), [("192.0.2.0/24", False), ("127.0.0.0/8", True)])
async def test_an_account_may_be_bound_to_networks(scene: Scene, network: str, inside: bool) -> None:
    await scene.change_account("rennes", lambda account: replace(account, networks=(network,)))
    for options in _ways(scene):
        if inside:
            async with scene.connect(**options):
                pass
        else:
            await _refused(scene, **options)


async def test_only_keys_and_passwords_are_offered(scene: Scene) -> None:
    def attempt() -> list[str]:
        with transport_to(scene.address) as transport:
            transport.start_client(timeout=10)
            with pytest.raises(paramiko.BadAuthenticationType) as caught:
                transport.auth_none("rennes")
            return caught.value.allowed_types

    assert sorted(await asyncio.to_thread(attempt)) == ["password", "publickey"]


async def test_passwords_can_be_tried_a_few_times_only(scene: Scene) -> None:
    tried = []

    class Guesser(asyncssh.SSHClient):
        def password_auth_requested(self) -> str:
            tried.append("wrong")
            return "wrong"

    await _refused(scene, client_factory=Guesser, password=None)
    assert len(tried) == MOST.passwords + 1
    assert scene.secrets.checks == MOST.passwords
    reasons = {_turned_away("password"): MOST.passwords, _turned_away("attempts"): 1}
    assert scene.figures.counts == {REFUSED: 1, **reasons}


async def test_an_agent_may_offer_a_few_keys_first(scene: Scene) -> None:
    others = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(MOST.keys)]
    async with scene.connect(client_keys=[*others[:6], scene.key], password=None):
        pass
    await _refused(scene, client_keys=[*others, scene.key], password=None)


async def test_the_name_may_not_change_for_ever(scene: Scene) -> None:
    login = scene.server._login()
    assert [login.begin_auth(str(number)) for number in range(MOST.names)] == [True] * MOST.names
    with pytest.raises(asyncssh.PermissionDenied):
        login.begin_auth("one more")


async def test_what_was_proven_for_one_name_opens_no_other(scene: Scene) -> None:
    """A key that is only offered proves nothing, and less so under the next name."""
    login = scene.server._login()
    assert login.begin_auth("rennes")
    assert login._proven is None
    login._proven = await authenticate.sftp_account(scene.office, "rennes")
    login.begin_auth("brest")
    assert login._proven is None


@pytest.mark.parametrize("error", [UnavailableError("busy", timedelta(1)), OSError("/secret/path")])
async def test_a_failing_store_is_told_from_a_wrong_password(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception, lines: list[MutableMapping[str, Any]]
) -> None:
    async def fail(*_: object) -> None:
        raise error

    for way in ("read", "glance"):
        monkeypatch.setattr(scene.office.store, way, fail)
    for options in _ways(scene):
        with pytest.raises(asyncssh.DisconnectError, match="try again later") as caught:
            async with scene.connect(**options):
                pytest.fail("it was let in")
        assert "secret" not in str(caught.value)
    logged = [line for line in lines if line["event"] == "internal error"]
    assert len(logged) == (2 if isinstance(error, OSError) else 0)


async def test_nothing_personal_is_logged(scene: Scene, lines: list[MutableMapping[str, Any]]) -> None:
    await scene.play(lambda sftp: sftp.listdir("/"))
    await scene.settled()
    assert [line["event"] for line in lines] == ["session opened", "session closed"]
    assert {key for line in lines for key in line} == {"event", "log_level", "session", "account"}


def test_keys_are_parsed_once_per_version_of_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    real = asyncssh.import_public_key

    def noted(line: str) -> asyncssh.SSHKey:
        parsed.append(line)
        return real(line)

    monkeypatch.setattr(asyncssh, "import_public_key", noted)
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    account = SftpAccount("id", "SI-1", "name", public_keys=(key, "damaged"))
    keys = ParsedKeys()
    assert set(keys.of(account)) == set(keys.of(account)) == {real(key).public_data}
    assert len(parsed) == 1
    assert keys.of(replace(account, public_keys=(), version=2)) == {}


@pytest.mark.parametrize(
    ("options", "admitted"),
    [
        ('from="127.0.0.0/8",expiry-time="20260303"', True),
        ("restrict", True),
        ('expiry-time="20260302"', False),
        ('from="192.0.2.0/24"', False),
        ("cert-authority", False),
        ('environment="A=B"', False),
    ],
)
async def test_the_options_of_a_key_are_kept(scene: Scene, options: str, admitted: bool) -> None:
    line = f"{options} {scene.key.export_public_key().decode().strip()}"
    await scene.change_account("rennes", lambda account: replace(account, public_keys=(line,)))
    if admitted:
        async with scene.connect(client_keys=[scene.key], password=None):
            pass
    else:
        await _refused(scene, client_keys=[scene.key], password=None)
