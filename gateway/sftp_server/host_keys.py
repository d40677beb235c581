"""The door's own keys: made once, kept in one directory, parsed once.

A kind of key has up to three files: the one in use, its successor that is only announced (`.next`), and its
predecessor (`.old`), announced too until it is retired. The keys in use come first in every list.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncssh

from gateway.sftp_server.algorithms import RSA_HOST_SIGNATURES

KINDS: Final[dict[str, tuple[str, dict[str, int]]]] = {
    "ssh_host_ed25519_key": ("ssh-ed25519", {}),
    "ssh_host_rsa_key": ("ssh-rsa", {"key_size": 3072}),
    "ssh_host_ecdsa_key": ("ecdsa-sha2-nistp256", {}),
}
"""Each kind by the name of its file, with its algorithm and how a new one is made."""

MADE: Final = ("ssh_host_ed25519_key", "ssh_host_rsa_key")
"""The kinds that a door has in any case; the others come by import only."""

NEXT: Final = ".next"
OLD: Final = ".old"

Look = tuple[tuple[str, int, int], ...]


class HostKeyError(Exception):
    """A host key that cannot be used; the message is for the operator who starts the gateway."""


def load(directory: Path) -> list[asyncssh.SSHKey]:
    """The private host keys in `directory`: those in use, then those that are announced beside them.

    An Ed25519 and an RSA key are made when missing, readable by us alone. Several processes may start at the same
    time: one makes a key, all use it. Blocks; raises HostKeyError or OSError.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in MADE:
        if not (directory / name).exists():
            make(directory / name, *KINDS[name])
    return [existing(directory / name) for name in _names() if (directory / name).exists()]


def look(directory: Path) -> Look:
    """What tells whether the keys in `directory` changed, without reading them. Blocks; raises OSError."""
    found = []
    for name in _names():
        path = directory / name
        if path.exists():
            status = path.stat()
            found.append((name, status.st_mtime_ns, status.st_ino))
    return tuple(found)


def inspect(directory: Path) -> list[tuple[str, str | None, str | None]]:
    """Each key by the name of its file, with its fingerprint, or with what is wrong; with neither when it is missing.

    Makes nothing. Blocks; raises OSError.
    """
    found: list[tuple[str, str | None, str | None]] = []
    for name in _names():
        path = directory / name
        if not path.exists() and name not in MADE:
            continue
        try:
            found.append((name, existing(path).get_fingerprint() if path.exists() else None, None))
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


def existing(path: Path) -> asyncssh.SSHKey:
    """The private key in that file. Raises HostKeyError when others may read it or it is damaged."""
    if path.stat().st_mode & 0o077:
        raise HostKeyError(f"Other users may read the host key {path}: chmod 600 it, or replace it if they did")
    try:
        return asyncssh.read_private_key(path)
    except asyncssh.KeyImportError as error:
        raise HostKeyError(
            f"The host key {path} cannot be read ({error}): restore it, or remove it for a new one"
        ) from None


def make(path: Path, algorithm: str, options: dict[str, int]) -> None:
    """Makes a new key in that file, unless another process was faster."""
    key = asyncssh.generate_private_key(algorithm, comment="gateway", **options)
    write(path, key.export_private_key())


def write(path: Path, content: bytes, *, replacing: bool = False) -> bool:
    """Writes a whole new file, for us alone; False, and nothing done, when it exists and is not to be replaced.

    Raises OSError.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replacing:
            draft.replace(path)
        else:
            os.link(draft, path)
    except FileExistsError:
        return False  # another process was faster; its key is the one
    finally:
        draft.unlink(missing_ok=True)
    settle(path.parent)
    return True


def settle(directory: Path) -> None:
    """Returns when changes of names in the directory are on the disk."""
    parent = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _names() -> list[str]:
    return [name + ending for ending in ("", NEXT, OLD) for name in KINDS]
