"""Small programs that write below a directory, say what they hold for done, and wait to be killed.

    python -m tests.faults.writers PROGRAM DIRECTORY

Each line on the standard output is an answer: what it names must outlive a power cut. The line `ready` comes last.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.store import disk
from gateway.store.blobs import BlobWriter, LocalBlobs

RECORD = 64  # bytes of one record of `concurrent_appends`


def answer(text: object) -> None:
    os.write(1, f"{text}\n".encode())


def sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def sqlite_rows(root: Path, synchronous: str = "FULL") -> object:
    """Three rows committed one by one, a fourth one not; checkpoints never run."""
    connection = sqlite3.connect(root / "rows.db", isolation_level=None)
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, filling BLOB)")
    for number in (1, 2, 3):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO row VALUES (?, randomblob(9000))", (number,))
        connection.execute("COMMIT")
        answer(number)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO row VALUES (4, randomblob(9000))")
    return connection


def sqlite_rows_unsynced(root: Path) -> object:
    return sqlite_rows(root, "OFF")


def sqlite_checkpoint(root: Path) -> object:
    """Rows that went through a checkpoint and a clean close, then one more through a new log."""
    connection = sqlite_rows(root)
    assert isinstance(connection, sqlite3.Connection)
    connection.execute("ROLLBACK")
    connection.close()
    again = sqlite3.connect(root / "rows.db", isolation_level=None)
    again.execute("PRAGMA synchronous=FULL")
    again.execute("INSERT INTO row VALUES (5, NULL)")
    answer(5)
    return again


def blobs(root: Path) -> object:
    """Two blobs committed, a third one half written."""

    async def write() -> BlobWriter:
        store = LocalBlobs(root / "var" / "blobs")
        await store.open()
        for content in (b"first", b"second" * 100_000):
            writer = await store.create()
            await writer.write(content)
            answer(f"{(await writer.commit()).key} {len(content)}")
        half = await store.create()
        await half.write(b"half")
        return half

    return asyncio.run(write())


def blobs_without_directory_sync(root: Path) -> object:
    disk.sync_directory = lambda path: None
    return blobs(root)


def forgets_the_file(root: Path) -> None:
    (root / "unsynced").write_bytes(b"content")
    sync(root)


def forgets_the_directory(root: Path) -> None:
    (root / "known").write_bytes(b"old")
    sync(root / "known")
    sync(root)
    (root / "known").write_bytes(b"new")
    (root / "unknown").write_bytes(b"content")
    sync(root / "unknown")


def uses_an_inode_again(root: Path) -> None:
    (root / "before").write_bytes(b"content of the file before")
    sync(root / "before")
    (root / "before").unlink()
    (root / "after").touch()
    sync(root)


def renames_and_removes(root: Path) -> None:
    (root / "kept").mkdir()
    for name in ("moved", "removed", "removed-unsynced"):
        (root / name).write_bytes(name.encode())
        sync(root / name)
    sync(root)
    (root / "moved").rename(root / "kept" / "moved")
    (root / "removed").unlink()
    sync(root / "kept")
    sync(root)
    (root / "removed-unsynced").unlink()


def concurrent_appends(root: Path) -> None:
    """Threads that append to one file and sync it, without end: answers are the sizes that are durable."""
    fd = os.open(root / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.fsync(fd)
    sync(root)

    def append(letter: bytes) -> None:
        while True:
            os.write(fd, letter * (RECORD - 1) + b"\n")
            size = os.fstat(fd).st_size
            os.fdatasync(fd)
            answer(size)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, (b"a", b"b", b"c", b"d")))


PROGRAMS: dict[str, Callable[[Path], object]] = {
    program.__name__: program
    for program in (
        sqlite_rows,
        sqlite_rows_unsynced,
        sqlite_checkpoint,
        blobs,
        blobs_without_directory_sync,
        forgets_the_file,
        forgets_the_directory,
        uses_an_inode_again,
        renames_and_removes,
        concurrent_appends,
    )
}

if __name__ == "__main__":
    open_until_killed = PROGRAMS[sys.argv[1]](Path(sys.argv[2]))
    answer("ready")
    sys.stdin.read()
