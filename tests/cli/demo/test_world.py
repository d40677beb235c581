from __future__ import annotations

import stat
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from gateway.cli.demo.world import NAMES, SFTP_USER, World, make_key, onboarding_file
from gateway.services.declaration_checks import check_public_key, row_faults
from tests.cli.onboarding import declared


def test_the_declarations_are_sound(tmp_path: Path) -> None:
    world = World(tmp_path / "key")
    found = declared(onboarding_file(world, make_key(world.key)))
    assert [*row_faults(found)] == []
    assert {str(row.record.id): row.record.name for row in found.organizations} == NAMES
    assert [(row.record.username, row.password) for row in found.accounts] == [(SFTP_USER, world.password)]
    assert {row.record.client_id: row.secret for row in found.clients} == {
        client.client_id: client.secret for client in world.clients
    }


def test_the_key_is_a_pair_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    check_public_key(make_key(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    load_ssh_private_key(path.read_bytes(), password=None)


def test_every_run_has_secrets_of_its_own_and_shows_none(tmp_path: Path) -> None:
    one, other = World(tmp_path / "key"), World(tmp_path / "key")
    secrets = [world.password for world in (one, other)] + [client.secret for client in (*one.clients, *other.clients)]
    assert len(set(secrets)) == len(secrets)
    assert not any(secret in repr(one) for secret in secrets)
