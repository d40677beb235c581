"""The master key: from the environment, from a file, or made once and kept beside the data."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from gateway.config.faults import ConfigurationError, Fault
from gateway.config.settings import Settings

KEY_BYTES: Final = 32
_VARIABLE: Final = "GATEWAY__SECRETS__MASTER_KEY"
_FILE_KEY: Final = "secrets.master_key_file"


def master_key(settings: Settings) -> bytes:
    """The 32 bytes of the master key.

    Without a setting, the file secrets/master.key of the data directory holds it, and is made durably on first use,
    readable by its owner alone; of several processes that start together one makes it. Raises ConfigurationError
    when the key is no base64 of 32 bytes, or when its file is missing, unreadable or open to others.
    """
    given = settings.secrets.master_key.get_secret_value()
    if given:
        return _decoded(given, "secrets.master_key", _VARIABLE)
    if settings.secrets.master_key_file:
        return _read(Path(settings.secrets.master_key_file))
    path = _kept(settings)
    if not path.exists():
        _make(path)
    return _read(path)


def has_master_key(settings: Settings) -> bool:
    """Whether the master key is there and usable; False when it would be made on first use. Makes nothing.

    Raises ConfigurationError as `master_key` does.
    """
    made_here = not settings.secrets.master_key.get_secret_value() and not settings.secrets.master_key_file
    try:
        if made_here and not _kept(settings).exists():
            return False
    except OSError as error:
        raise _refused(f"its directory cannot be looked at: {(error.strerror or 'no reason given').lower()}") from None
    master_key(settings)
    return True


def _kept(settings: Settings) -> Path:
    return settings.data_dir / "secrets" / "master.key"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(1024).decode("ascii", "replace")
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise _refused(f"the file {path.name} cannot be read: {reason}") from None
    if mode & 0o077:
        raise _refused(f"the file {path.name} is open to others (mode {mode:04o}): chmod 600 it")
    return _decoded(text, _FILE_KEY, "")


def _decoded(text: str, path: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_" if {*text} & {*"-_"} else None, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        message = f"must hold base64 of {KEY_BYTES} bytes, as `openssl rand -base64 {KEY_BYTES}` prints"
        raise ConfigurationError([Fault(path, 0, 0, message, source)])
    return key


def _refused(message: str) -> ConfigurationError:
    return ConfigurationError([Fault(_FILE_KEY, 0, 0, message)])


def _make(path: Path) -> None:
    """Write a new key; when another process was faster, its key stands."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        finally:
            temporary.unlink()
        for directory in (path.parent, path.parent.parent, path.parent.parent.parent):
            _sync(directory)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise _refused(f"the master key cannot be kept in data_dir: {reason}") from None


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
