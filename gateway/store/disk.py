"""How bytes become durable on a local disk: the order of fsync and rename, and who made which directory.

Everything here blocks. Callers on the event loop send what waits for the disk to a thread.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.domain.blob import StorageUnavailable

_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def storage_errors(verb: str) -> Iterator[None]:
    """Turns an OSError into StorageUnavailable; its text names no path of the host, its cause keeps it for the log."""
    try:
        yield
    except OSError as error:
        reason = "the storage is full" if error.errno in _FULL else "the storage failed"
        raise StorageUnavailable(f"Cannot {verb} the file: {reason}; try again later") from error


def sync_directory(path: Path) -> None:
    """Makes the present entries of a directory durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_directories(path: Path) -> None:
    """Makes `path` and its missing parents, closed to other users, and makes their names durable.

    The name of `path` itself is synced even if it was there: whoever made it may have crashed before doing so.
    """
    missing = [path]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for directory in reversed(missing):
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        sync_directory(directory.parent)


def create_exclusive(path: Path) -> int:
    """Opens a new file for writing and locks it; the kernel drops the lock when its writer closes it or dies."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        path.unlink(missing_ok=True)
        raise
    return fd


def is_abandoned(path: Path) -> bool:
    """True if no living process is writing the file (it may also be gone by now)."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def give_name(file: BinaryIO, path: Path, size: int) -> bool:
    """Gives a file without a name one, and locks it; False where that cannot be, or the file has another size.

    It cannot be on another file system, nor for a file that was opened to stay without a name.
    """
    try:
        fd = file.fileno()
        if os.fstat(fd).st_size != size:
            return False
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Given a directory, Python takes the call that follows the link; for an absolute path it is not looked at.
        os.link(f"/proc/self/fd/{fd}", path, src_dir_fd=fd)
    except OSError:
        return False
    return True


def write_whole(fd: int, chunk: memoryview) -> None:
    """Writes every byte of `chunk`; the system may take fewer at a time, for example when the disk fills up."""
    while chunk:
        chunk = chunk[os.write(fd, chunk) :]


def publish(fd: int, written: Path, final: Path, root: Path, *, new_parents: bool, keep: bool = False) -> None:
    """Makes the file behind `fd` durable and gives it its final name below `root`; takes over and closes `fd`.

    With `new_parents` the directories between `root` and the file are made, and their names synced whoever made
    them. They are made first and synced last, deepest first, so that a journaling file system commits only once.
    On failure nothing is left under either name, or with `keep` the bytes under one of them.
    """
    try:
        try:
            os.utime(fd)  # the age of a blob counts from here, however slow its upload was
            os.fsync(fd)
            if new_parents:
                _make_parents(final.parent, root)
            written.rename(final)
        finally:
            os.close(fd)
        directory = final.parent
        sync_directory(directory)
        while new_parents and directory != root:
            directory = directory.parent
            sync_directory(directory)
    except OSError:
        if not keep:
            remove(written, final)
        raise


def remove(*paths: Path) -> None:
    """Unlinks what exists of `paths` and leaves the rest to the sweep of orphans: used where an error is on its way."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


def subdirectories(directory: Path) -> list[Path]:
    """The directories directly in `directory`, in the order of their names."""
    with os.scandir(directory) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))


def files_older_than(directory: Path, timestamp: float) -> list[str]:
    """Names of the regular files in `directory` that were last modified before `timestamp`."""
    names = []
    with os.scandir(directory) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < timestamp:
                    names.append(entry.name)
    return names


def _make_parents(directory: Path, root: Path) -> None:
    if directory.parent != root:
        _make_parents(directory.parent, root)
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
