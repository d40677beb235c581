"""Real files and the kernel's own notices; a watch that misses a change is caught by the deadline."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from gateway.config import watching
from gateway.config.watching import places, stirrings

DEADLINE = 20.0


async def seen(notices: AsyncIterator[None], there: Callable[[], bool]) -> None:
    """Waits for a notice after which `there` holds."""
    async with asyncio.timeout(DEADLINE):
        async for _ in notices:
            if there():
                return


@pytest.fixture(autouse=True)
def _never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look every few seconds must not be what a test sees."""
    monkeypatch.setattr(watching, "_LOOK_AGAIN", 600_000)


async def watched(file: Path, *changes: Callable[[], None]) -> list[bytes]:
    """What the file held each time something was told of it, after each change in turn."""
    contents: list[bytes] = []
    async with aclosing(stirrings(lambda: [file])) as notices:
        await anext(notices)
        for change in changes:
            waiting = asyncio.ensure_future(seen(notices, partial(_differs, file, _content(file))))
            await asyncio.to_thread(_watching, file)
            change()
            await waiting
            contents.append(_content(file))
    return contents


def _watching(file: Path) -> None:
    """Returns once the kernel tells this process of changes in the file's directory."""
    inode = f"ino:{file.resolve().parent.stat().st_ino:x} "
    while not any(
        inode in line
        for path in Path("/proc/self/fdinfo").iterdir()
        for line in _lines(path)
        if line.startswith("inotify")
    ):
        os.sched_yield()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []  # a descriptor that was closed meanwhile


async def test_writing_in_place_and_saving_as_editors_do_are_seen(tmp_path: Path) -> None:
    file, other = tmp_path / "gateway.yaml", tmp_path / ".gateway.yaml.swp"
    file.write_text("1")
    other.write_text("3")
    found = await watched(file, lambda: _write(file, "2"), lambda: _replace(other, file))
    assert found == [b"2", b"3"]


async def test_a_link_to_a_directory_that_is_swapped_is_seen(tmp_path: Path) -> None:
    """As Kubernetes changes a ConfigMap: the name leads through `..data`, which is replaced by a rename."""
    for version in ("1", "2", "3"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "gateway.yaml").write_text(version)
    (tmp_path / "..data").symlink_to("1")
    file = tmp_path / "gateway.yaml"
    file.symlink_to("..data/gateway.yaml")

    def swap(version: str) -> Callable[[], None]:
        def swapped() -> None:
            (tmp_path / "..new").symlink_to(version)
            _replace(tmp_path / "..new", tmp_path / "..data")

        return swapped

    assert await watched(file, swap("2"), swap("3")) == [b"2", b"3"]


async def test_a_directory_put_in_the_place_of_another_is_seen(tmp_path: Path) -> None:
    for name, text in (("conf", "1"), ("next", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "gateway.yaml").write_text(text)
    file = tmp_path / "conf" / "gateway.yaml"

    def put() -> None:
        (tmp_path / "conf").rename(tmp_path / "old")
        (tmp_path / "next").rename(tmp_path / "conf")

    assert await watched(file, put, lambda: _write(file, "3")) == [b"2", b"3"]


def test_places_are_the_directories_of_every_name_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "real.yaml").write_text("")
    (tmp_path / "a" / "link.yaml").symlink_to("../b/real.yaml")
    found = [path for path, _, _ in places([tmp_path / "a" / "link.yaml"])]
    assert found == [str(tmp_path / "a"), str(tmp_path), str(tmp_path / "b")]
    assert places([tmp_path / "missing" / "x.yaml"]) == places([tmp_path / "y" / "z.yaml"])


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    assert [path for path, _, _ in places([tmp_path / "one"])] == [str(tmp_path), str(tmp_path.parent)]


def _content(path: Path) -> bytes:
    return path.read_bytes()


def _differs(path: Path, before: bytes) -> bool:
    return path.read_bytes() != before


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _replace(source: Path, target: Path) -> None:
    source.replace(target)
