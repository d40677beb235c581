"""The door's own keys: made once, kept in one directory, parsed once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncssh

from gateway.sftp_server.algorithms import RSA_HOST_SIGNATURES

_KINDS: Final[tuple[tuple[str, str, dict[str, int]], ...]] = (
    ("ssh_host_ed25519_key", "ssh-ed25519", {}),
    ("ssh_host_rsa_key", "ssh-rsa", {"key_size": 3072}),
)


class HostKeyError(Exception):
    """A host key that cannot be used; the message is for the operator who starts the gateway."""


def load(directory: Path) -> list[asyncssh.SSHKey]:
    """The private host keys in `directory`, an Ed25519 and an RSA one; what is missing is made, readable by us alone.

    Several processes may start at the same time: one makes a key, all use it. Blocks; raises HostKeyError or OSError.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [_load(directory / name, algorithm, options) for name, algorithm, options in _KINDS]


def inspect(directory: Path) -> list[tuple[str, str | None, str | None]]:
    """Each key by the name of its file, with its fingerprint, or with what is wrong; with neither when it is missing.

    Makes nothing. Blocks; raises OSError.
    """
    found: list[tuple[str, str | None, str | None]] = []
    for name, _, _ in _KINDS:
        path = directory / name
        try:
            found.append((name, _existing(path).get_fingerprint() if path.exists() else None, None))
        except HostKeyError as error:
            found.append((name, None, str(error).replace(str(path), name)))
    return found


def pairs(keys: Sequence[asyncssh.SSHKey]) -> list[asyncssh.SSHKeyPair]:
    """The keys as asyncssh wants them, each with the signature algorithms that the door offers.

    RSA becomes one pair per algorithm, since connections share a pair and each sets the algorithm it negotiated.
    """
    found: list[asyncssh.SSHKeyPair] = []
    for key in keys:
        if key.get_algorithm() != "ssh-rsa":
            found += asyncssh.load_keypairs([key])
            continue
        for algorithm in RSA_HOST_SIGNATURES:
            (pair,) = asyncssh.load_keypairs([key])
            pair.host_key_algorithms = (algorithm,)
            found.append(pair)
    return found


def _load(path: Path, algorithm: str, options: dict[str, int]) -> asyncssh.SSHKey:
    if not path.exists():
        _make(path, algorithm, options)
    return _existing(path)


def _existing(path: Path) -> asyncssh.SSHKey:
    if path.stat().st_mode & 0o077:
        raise HostKeyError(f"Other users may read the host key {path}: chmod 600 it, or replace it if they did")
    try:
        return asyncssh.read_private_key(path)
    except asyncssh.KeyImportError as error:
        raise HostKeyError(
            f"The host key {path} cannot be read ({error}): restore it, or remove it for a new one"
        ) from None


def _make(path: Path, algorithm: str, options: dict[str, int]) -> None:
    key = asyncssh.generate_private_key(algorithm, comment="gateway", **options)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(key.export_private_key())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was faster; its key is the one
    finally:
        draft.unlink()
    parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
