"""The steps that make bytes durable, one by one; that they suffice is shown under tests/faults."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gateway.domain.blob import StorageUnavailable
from gateway.store import disk


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The directories synced so far, in order."""
    paths: list[Path] = []
    monkeypatch.setattr(disk, "sync_directory", paths.append)
    return paths


def test_the_name_of_each_new_directory_is_synced_from_the_top(tmp_path: Path, synced: list[Path]) -> None:
    disk.make_directories(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]


def test_the_name_of_a_directory_that_is_there_is_synced_again(tmp_path: Path, synced: list[Path]) -> None:
    (tmp_path / "a").mkdir()
    disk.make_directories(tmp_path / "a")
    assert synced == [tmp_path]


def test_a_write_taken_in_parts_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:3]))
    fd = disk.create_exclusive(tmp_path / "file")
    disk.write_whole(fd, memoryview(b"0123456789"))
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_a_name_is_created_once(tmp_path: Path) -> None:
    os.close(disk.create_exclusive(tmp_path / "file"))
    with pytest.raises(FileExistsError):
        disk.create_exclusive(tmp_path / "file")


def test_a_file_is_abandoned_when_its_writer_has_gone(tmp_path: Path) -> None:
    fd = disk.create_exclusive(tmp_path / "file")
    assert not disk.is_abandoned(tmp_path / "file")
    os.close(fd)
    assert disk.is_abandoned(tmp_path / "file")
    assert disk.is_abandoned(tmp_path / "gone")


def test_a_file_is_synced_before_it_gets_its_name_and_its_directories_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    final = tmp_path / "one" / "two" / "final"
    monkeypatch.setattr(os, "fsync", lambda fd: steps.append(f"file, named {final.exists()}"))
    monkeypatch.setattr(disk, "sync_directory", lambda path: steps.append(f"{path.name}, named {final.exists()}"))
    fd = disk.create_exclusive(tmp_path / "written")
    disk.publish(fd, tmp_path / "written", final, tmp_path, new_parents=True)
    assert steps == ["file, named False", "two, named True", "one, named True", f"{tmp_path.name}, named True"]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_removal_does_not_hide_the_error_that_led_to_it(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").touch()
    disk.remove(tmp_path / "gone", tmp_path / "directory", tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["directory"]


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "is full"), (errno.EDQUOT, "is full"), (errno.EIO, "failed")]
)
def test_errors_of_the_system_become_ours_without_its_paths(number: int, reason: str) -> None:
    expected = f"^Cannot write the file: the storage {reason}; try again"
    with pytest.raises(StorageUnavailable, match=expected) as caught, disk.storage_errors("write"):
        raise OSError(number, os.strerror(number), "/srv/secret")
    assert "secret" not in caught.value.message
    assert isinstance(caught.value.__cause__, OSError)


def test_listings_hold_old_regular_files_and_directories_only(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for name, modified in (("old", 10), ("new", 20)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (modified, modified))
    assert disk.files_older_than(tmp_path, 20) == ["old"]
    assert disk.subdirectories(tmp_path) == [tmp_path / "a", tmp_path / "b"]
