"""When files change: in place, replaced by another of their name, or through a symbolic link that leads elsewhere.

Directories are watched, never the files themselves: an editor that saves puts a new file in the old one's place, and an
orchestrator swaps the link to a directory (a Kubernetes ConfigMap: `..data`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from watchfiles import awatch

_QUIET: Final = 200  # milliseconds without a change before files are looked at: a save is several changes
_LOOK_AGAIN: Final = 5_000  # milliseconds; for changes while the watch began, and file systems that tell of none
_MOST_LINKS: Final = 16

Place = tuple[str, int, int]


async def stirrings(files: Callable[[], Iterable[Path]]) -> AsyncGenerator[None, None]:
    """Yields whenever one of the files may have changed, and every few seconds anyway; without end.

    `files` is asked again each time. The caller looks at the contents to know whether anything did change.
    """
    while True:
        watched = await asyncio.to_thread(places, files())
        yield None  # what changed while nothing was watched
        with suppress(FileNotFoundError):  # a directory went away meanwhile: look where the way leads now
            async for _ in awatch(
                *(path for path, _, _ in watched),
                watch_filter=None,
                step=_QUIET,
                rust_timeout=_LOOK_AGAIN,
                yield_on_timeout=True,
                recursive=False,
            ):
                yield None
                if await asyncio.to_thread(places, files()) != watched:
                    break


def places(files: Iterable[Path]) -> list[Place]:
    """The directories in which a name on the way to one of the files could be given to something else.

    Those are its own directory, the one above, and those of each symbolic link on the way; each with device and inode,
    so that a directory put in the place of another is told from it. A missing one is left out.
    """
    wanted: dict[str, None] = {}
    for file in files:
        _follow(Path(os.path.abspath(file)), wanted, _MOST_LINKS)
    found: list[Place] = []
    for path in wanted:
        with suppress(OSError):
            state = os.stat(path)
            found.append((path, state.st_dev, state.st_ino))
    return found


def _follow(path: Path, wanted: dict[str, None], links: int) -> None:
    wanted[str(path.parent)] = None
    wanted[str(path.parent.parent)] = None
    for step in (path, *path.parents):
        if links and step.is_symlink():
            wanted[str(step.parent)] = None
            target = Path(os.path.normpath(step.parent / step.readlink()))
            _follow(target / path.relative_to(step), wanted, links - 1)
            return
