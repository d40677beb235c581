"""The fault layer itself: it keeps what was synced, and it does lose the rest."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.domain.blob import BlobMissing
from gateway.store.blobs import LocalBlobs
from tests.faults import writers
from tests.faults.durable import build_image, durable_environment, settle

PROJECT = Path(__file__).parents[2]


class Crash:
    """One directory, the programs that were killed while working in it, and what a power cut left."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "root"
        self.shadow = tmp_path / "shadow"
        self.image = tmp_path / "image"
        self.environment = os.environ | durable_environment(self.root, self.shadow)

    def run(self, program: Callable[[Path], object], answers: int | None = None) -> list[str]:
        """Runs a program until it is ready, or has given so many answers; kills it; returns its answers."""
        command = [sys.executable, "-m", "tests.faults.writers", program.__name__, str(self.root)]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command, env=self.environment, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True
        ) as process:
            assert process.stdout is not None
            given = list(_until_ready(process.stdout, answers))
            process.kill()
            given.extend(line.strip() for line in process.stdout if line.endswith("\n"))
        build_image(self.shadow, self.image)
        return [line for line in given if line != "ready"]

    def left(self) -> dict[str, bytes]:
        """Relative path and content of every file of the image."""
        return {str(p.relative_to(self.image)): p.read_bytes() for p in self.image.rglob("*") if p.is_file()}


def _until_ready(lines: Iterator[str], answers: int | None) -> Iterator[str]:
    for line in lines:
        yield line.strip()
        if line == "ready\n":
            return
        if answers is not None:
            answers -= 1
            if answers == 0:
                return
    pytest.fail("the program ended by itself")


@pytest.fixture
def crash(tmp_path: Path) -> Crash:
    return Crash(tmp_path)


def rows(database: Path) -> list[int]:
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [number for (number,) in connection.execute("SELECT number FROM row ORDER BY number")]


def test_committed_rows_are_left_and_others_are_not(crash: Crash) -> None:
    """The directory entry of a new database is among what SQLite syncs: nobody else does it here."""
    assert crash.run(writers.sqlite_rows) == ["1", "2", "3"]
    assert rows(crash.image / "rows.db") == [1, 2, 3]


def test_rows_committed_without_sync_are_lost(crash: Crash) -> None:
    assert crash.run(writers.sqlite_rows_unsynced) == ["1", "2", "3"]
    assert not (crash.image / "rows.db").exists()


def test_rows_survive_a_checkpoint_and_a_new_log(crash: Crash) -> None:
    assert crash.run(writers.sqlite_checkpoint) == ["1", "2", "3", "5"]
    assert rows(crash.image / "rows.db") == [1, 2, 3, 5]


async def test_committed_blobs_are_left_and_others_are_not(crash: Crash) -> None:
    answers = crash.run(writers.blobs)
    assert len(answers) == 2
    store = LocalBlobs(crash.image / "var" / "blobs")
    await store.open()
    for (key, size), content in zip(map(str.split, answers), (b"first", b"second" * 100_000), strict=True):
        reader = await store.reader(key)
        assert reader.size == int(size)
        assert await reader.read(0, reader.size) == content
        await reader.close()
    assert len(crash.left()) == 2


async def test_a_blob_store_that_forgets_its_directories_loses_blobs(crash: Crash) -> None:
    """Proof that the test above can fail."""
    (key, _), *_ = map(str.split, crash.run(writers.blobs_without_directory_sync))
    assert crash.left() == {}
    store = LocalBlobs(crash.image / "var" / "blobs")
    await store.open()
    with pytest.raises(BlobMissing):
        await store.reader(key)


def test_a_file_that_was_never_synced_is_empty(crash: Crash) -> None:
    crash.run(writers.forgets_the_file)
    assert (crash.root / "unsynced").read_bytes() == b"content"
    assert crash.left() == {"unsynced": b""}


def test_a_name_that_was_never_synced_is_lost_and_a_file_is_as_of_its_last_sync(crash: Crash) -> None:
    crash.run(writers.forgets_the_directory)
    assert crash.left() == {"known": b"old"}


def test_a_new_file_does_not_inherit_the_content_of_a_removed_one(crash: Crash) -> None:
    crash.run(writers.uses_an_inode_again)
    assert crash.left() == {"after": b""}


def test_renames_and_removals_need_a_sync_too(crash: Crash) -> None:
    crash.run(writers.renames_and_removes)
    assert crash.left() == {"kept/moved": b"moved", "removed-unsynced": b"removed-unsynced"}


def test_a_kill_at_any_moment_leaves_every_answered_record_whole(crash: Crash) -> None:
    durable = max(map(int, crash.run(writers.concurrent_appends, answers=200)))
    log = crash.left()["log"]
    assert len(log) >= durable
    records = log[:durable].splitlines(keepends=True)
    assert {len(record) for record in records} == {writers.RECORD}
    assert {len(set(record)) for record in records} == {2}


def test_what_was_there_before_counts_once_settled(crash: Crash) -> None:
    (crash.root / "old").mkdir(parents=True)
    (crash.root / "old" / "file").write_bytes(b"old")
    settle(crash.root, crash.shadow)
    crash.run(writers.forgets_the_directory)
    assert crash.left() == {"old/file": b"old", "known": b"old"}


def test_the_image_of_a_program_without_the_shim_is_refused(tmp_path: Path) -> None:
    durable_environment(tmp_path / "root", tmp_path / "shadow")
    with pytest.raises(RuntimeError, match="did not load the shim"):
        build_image(tmp_path / "shadow", tmp_path / "image")


def test_a_shadow_inside_its_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"):
        durable_environment(tmp_path, tmp_path / "shadow")
