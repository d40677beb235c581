"""The data directory: there, closed to others, on a disk with room that keeps what it is told to keep."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import time
from pathlib import Path
from typing import Final

from gateway.cli.doctor.findings import Finding, problem, reason, warning, well
from gateway.config import Settings

_LITTLE: Final = 5 * 2**30
_TOO_LITTLE: Final = 256 * 2**20
_SLOW: Final = 0.25  # seconds; every acceptance waits for one


def check(settings: Settings) -> list[Finding]:
    """The directory itself, its free space, whether it syncs, and whether uploads can be renamed into place."""
    directory = settings.data_dir
    try:
        state = directory.stat()
    except FileNotFoundError:
        return [_missing(directory)]
    except OSError as error:
        return [problem("data.directory", f"cannot be used: {reason(error)}", "give this user access to data_dir")]
    if not stat.S_ISDIR(state.st_mode):
        return [problem("data.directory", "data_dir is no directory", "name a directory in data_dir")]
    found = [_modes(state), _space(shutil.disk_usage(directory).free), _synced(directory)]
    if not settings.blobs.url:
        found.append(_one_file_system(settings))
    return found


def _missing(directory: Path) -> Finding:
    parent = directory.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        return problem(
            "data.directory", "data_dir is missing and cannot be made", "make it, owned by the user of the gateway"
        )
    return warning("data.directory", "data_dir is missing", "the first `gateway serve` makes it; check its name")


def _modes(state: os.stat_result) -> Finding:
    mode = stat.S_IMODE(state.st_mode)
    if state.st_uid != os.geteuid():
        advice = "run the doctor as the user of the gateway, or chown data_dir to it"
        return warning("data.directory", "belongs to another user", advice)
    if mode & 0o022:
        return problem("data.directory", f"others may write to it (mode {mode:04o})", "chmod 700 data_dir")
    if mode & 0o055:
        return warning("data.directory", f"others may look into it (mode {mode:04o})", "chmod 700 data_dir")
    return well("data.directory", f"there, closed to others (mode {mode:04o})")


def _space(free: int) -> Finding:
    said = f"{free / 2**30:.1f} GiB free"
    if free < _TOO_LITTLE:
        return problem("data.space", said, "free some space or move data_dir: deposits are being refused, or soon will")
    if free < _LITTLE:
        return warning("data.space", said, "free some space or move data_dir")
    return well("data.space", said)


def _synced(directory: Path) -> Finding:
    """Writes, syncs and removes a file of a name that nothing else has."""
    probe = directory / f".doctor-{secrets.token_hex(8)}"
    begun = time.monotonic()
    try:
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, b"doctor")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
            probe.unlink()
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        advice = "give this user a local disk that it may write to and that supports fsync"
        return problem("data.sync", f"a file cannot be written and synced: {reason(error)}", advice)
    took = time.monotonic() - begun
    if took > _SLOW:
        return warning(
            "data.sync", f"a sync takes {took * 1000:.0f} ms", "use a faster disk: each acceptance waits for it"
        )
    return well("data.sync", f"a file is written and synced in {took * 1000:.0f} ms")


def _one_file_system(settings: Settings) -> Finding:
    """Uploads become blobs by a rename, which no file system does to another."""
    devices = set()
    for place in (settings.blobs_path / "tmp", settings.blobs_path / "objects"):
        nearest = place
        while not nearest.exists() and nearest != nearest.parent:
            nearest = nearest.parent
        devices.add(nearest.stat().st_dev)
    if len(devices) > 1:
        advice = "put blobs/tmp and blobs/objects on one file system"
        return problem("data.file-system", "blobs/tmp and blobs/objects are on two file systems", advice)
    return well("data.file-system", "uploads and blobs are on one file system")
