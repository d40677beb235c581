"""Changes of the host keys by an operator: a successor is announced, then used; what it replaced is kept, then retired.

A running door reads them within seconds.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import asyncssh
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.sftp_server.host_keys import KINDS, NEXT, OLD, HostKeyError, existing, make, settle, write

RSA_BITS: Final = 2048
NAMES: Final = {name.split("_")[2]: name for name in KINDS}
"""What operators call a kind, with the name of its file."""

_LARGEST: Final = 2**16


def rotate(directory: Path, kind: str) -> asyncssh.SSHKey:
    """Makes the next key of that kind, to be announced beside the one in use; the new key.

    Blocks; raises HostKeyError when there is one already, or nothing that it could follow.
    """
    path = _path(directory, kind)
    if not path.exists():
        raise HostKeyError(f"There is no {kind} host key that another could follow")
    following = _with(path, NEXT)
    if following.exists():
        raise HostKeyError(f"The next {kind} host key is there already: activate or retire it")
    make(following, *KINDS[path.name])
    return existing(following)


def activate(directory: Path, kind: str) -> asyncssh.SSHKey:
    """Lets the next key be used from now on, and keeps the one before it announced; the key now in use.

    Blocks; raises HostKeyError when there is no next key, or one from an earlier change still has to be retired.
    """
    path = _path(directory, kind)
    following = _with(path, NEXT)
    if not following.exists():
        raise HostKeyError(f"There is no next {kind} host key: make one with rotate, and wait until clients know it")
    key = existing(following)
    _keep(path, kind)
    following.replace(path)
    settle(directory)
    return key


def retire(directory: Path, kind: str) -> asyncssh.SSHKey:
    """Ends the key that was replaced, or else the next one that is only announced; what was ended.

    Clients forget it at their next login. Blocks; raises HostKeyError when there is neither.
    """
    path = _path(directory, kind)
    for one in (_with(path, OLD), _with(path, NEXT)):
        if one.exists():
            key = existing(one)
            one.unlink()
            settle(directory)
            return key
    raise HostKeyError(f"No {kind} host key waits to be retired: the one in use stays")


def take_over(directory: Path, file: Path) -> tuple[str, asyncssh.SSHKey]:
    """Uses a private host key of another server, so that its clients see no change; its kind and the key.

    The one in use until now is kept beside it. Blocks; raises HostKeyError with what is wrong, and changes nothing.
    """
    key = _foreign(file)
    kind = next((name for name, path in NAMES.items() if KINDS[path][0] == key.get_algorithm()), None)
    if kind is None and key.get_algorithm().startswith("ecdsa-sha2-"):
        kind = "ecdsa"
    if kind is None:
        raise HostKeyError(f"{file.name} holds a {key.get_algorithm()} key: host keys are Ed25519, RSA or ECDSA")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _path(directory, kind)
    if path.exists() and existing(path).public_data == key.public_data:
        raise HostKeyError(f"{file.name} is the {kind} host key in use already")
    replacing = path.exists()
    if replacing:
        _keep(path, kind)
    if not write(path, key.export_private_key(), replacing=replacing):
        raise HostKeyError(f"Another process made a {kind} host key at the same time: try again")
    return kind, key


def _foreign(file: Path) -> asyncssh.SSHKey:
    try:
        status = file.stat()
    except OSError as error:
        raise HostKeyError(f"{file.name} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
        raise HostKeyError(f"{file.name} is no file of a private key")
    if status.st_mode & 0o077:
        raise HostKeyError(f"Other users may read {file.name}: chmod 600 it, or take no key that they may have copied")
    try:
        key = asyncssh.import_private_key(file.read_bytes())
    except asyncssh.KeyEncryptionError:
        raise HostKeyError(_PROTECTED.format(file.name)) from None
    except asyncssh.KeyImportError as error:
        if "assphrase" in str(error) or "encrypted" in str(error).lower():
            raise HostKeyError(_PROTECTED.format(file.name)) from None
        raise HostKeyError(f"{file.name} holds no private key in OpenSSH or PEM form ({error})") from None
    except OSError as error:
        raise HostKeyError(f"{file.name} cannot be read: {error.strerror}") from None
    if key.get_algorithm() == "ssh-dss":
        raise HostKeyError(f"{file.name} is a DSA key, which no current client takes: import the RSA key beside it")
    bits = key.pyca_key.key_size if isinstance(key.pyca_key, RSAPrivateKey) else RSA_BITS
    if bits < RSA_BITS:
        raise HostKeyError(f"{file.name} is an RSA key of {bits} bits, too short: at least {RSA_BITS} are needed")
    return key


_PROTECTED: Final = "{} is protected by a password: take it off first, with ssh-keygen -p -f FILE"


def _keep(path: Path, kind: str) -> None:
    """Gives the key in use the name of the one before too. It keeps its own: a door that finds none makes a new key."""
    old = _with(path, OLD)
    try:
        os.link(path, old)
    except FileExistsError:
        raise HostKeyError(f"The {kind} host key before the one in use is still kept: retire it first") from None


def _path(directory: Path, kind: str) -> Path:
    if kind not in NAMES:
        raise HostKeyError(f"There is no kind {kind} of host keys: {', '.join(NAMES)}")
    return directory / NAMES[kind]


def _with(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
