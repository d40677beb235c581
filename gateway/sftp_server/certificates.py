"""OpenSSH user certificates: whether one lets its holder in as an account whose authority signed it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast

import asyncssh
from asyncssh.packet import SSHPacket, String
from asyncssh.public_key import SSHOpenSSHCertificate

from gateway.domain.authorized_keys import AuthorizedKey, keys_of, plain_address
from gateway.domain.referential import SftpAccount
from gateway.domain.revocations import Presented, fingerprint
from gateway.sftp_server.algorithms import SIGNATURES

_USER: Final = 1
_ACCEPTED: Final = frozenset(name.encode() for name in SIGNATURES)


def fault(certificate: SSHOpenSSHCertificate, account: SftpAccount, address: str, now: datetime) -> str | None:
    """Why the certificate lets nobody in as the account from that address, for the log; None when it does.

    That its signature is right, and that it has no critical option that is not known, was seen when it was read.
    """
    lines = [line for line in _authorities(account) if _data(line) == certificate.signing_key.public_data]
    line = next((line for line in lines if line.admits(address) and not line.expired(now)), None)
    if line is None:
        return "signed by no authority of the account"
    if _signature(certificate) not in _ACCEPTED:
        return "signed with an old algorithm"
    if certificate._cert_type != _USER:
        return "no user certificate"
    if not set(line.principals or (account.username,)) & set(certificate.principals):
        return "for other principals"
    if not certificate._valid_after <= now.timestamp() < certificate._valid_before:
        return "not valid at this time"
    if certificate.options.get("force-command") is not None:
        return "forces a command, and there are no commands here"
    networks = certificate.options.get("source-address")
    if networks is not None and not _within(cast("list[object]", networks), address):
        return "not valid from this address"
    return None


def presented(certificate: SSHOpenSSHCertificate) -> Presented:
    """What the certificate is known by where certificates are revoked."""
    return Presented(
        fingerprint(certificate.signing_key.public_data),
        certificate._serial,
        certificate._key_id,
        fingerprint(certificate.key.public_data),
    )


def _authorities(account: SftpAccount) -> Iterator[AuthorizedKey]:
    yield from keys_of(account.authorities)
    yield from (line for line in keys_of(account.public_keys) if line.authority)


def _data(line: AuthorizedKey) -> bytes:
    try:
        return asyncssh.import_public_key(line.key).public_data
    except asyncssh.KeyImportError:
        return b""


def _signature(certificate: SSHOpenSSHCertificate) -> bytes:
    """The algorithm with which the authority signed; the signature is the last field, right after its key."""
    data = certificate.public_data
    authority = String(certificate.signing_key.public_data)
    signature = SSHPacket(data[data.rindex(authority) + len(authority) :]).get_string()
    return SSHPacket(signature).get_string()


def _within(networks: list[object], address: str) -> bool:
    source = plain_address(address)
    found = (network for network in networks if isinstance(network, ipaddress.IPv4Network | ipaddress.IPv6Network))
    return source is not None and any(source in network for network in found)
