from __future__ import annotations

from cryptography.hazmat.primitives.serialization import load_ssh_private_key, load_ssh_public_key

from gateway.services.declaration_checks import check_public_key
from gateway.services.office import Office
from gateway.services.push_keys import private_key, public_key


def test_the_gateways_own_key_is_always_the_same_pair(office: Office) -> None:
    line = public_key(office)
    check_public_key(line)
    assert line == public_key(office)
    assert line.endswith(" gateway")
    private = load_ssh_private_key(private_key(office).encode(), None)
    public = load_ssh_public_key(line.encode())
    assert private.public_key() == public
