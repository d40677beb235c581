from __future__ import annotations

from pathlib import Path

import pytest

from gateway.app.tallies import tallies


def test_it_is_a_directory_until_the_end(tmp_path: Path) -> None:
    with tallies(tmp_path) as directory:
        assert directory.parent == tmp_path
        (directory / "counter_1.db").write_bytes(b"1")
    assert list(tmp_path.iterdir()) == []


def test_each_has_its_own_and_leaves_those_of_others(tmp_path: Path) -> None:
    (tmp_path / "an-upload").write_bytes(b"")
    with tallies(tmp_path) as first, tallies(tmp_path) as second:
        assert first != second
        assert first.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["an-upload"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "figures-left"
    left.mkdir()
    (left / "counter_1.db").write_bytes(b"1")
    with tallies(tmp_path):
        assert not left.exists()


def test_it_is_removed_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="within"), tallies(tmp_path):
        raise RuntimeError("within")
    assert list(tmp_path.iterdir()) == []
