"""The virtual tree: from a client's path to a node of its account, never to the real disk (PEC contract, Transport).

/                    the account's processes
/<process>/in        archives to fetch; DONE and FAILED below hold what the account moved there
/<process>/out       answers to hand in; DONE and FAILED below hold what became of them

A flat account, with one process, sees /in and /out instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import normalize

LONGEST_PATH: Final = 4096
LONGEST_NAME: Final = 255


class Side(StrEnum):
    """The two directories of a process."""

    IN = "in"
    OUT = "out"


PLACES: Final = ("DONE", "FAILED")


class NoSuchPathError(Exception):
    """The path is none of this tree's, or not one that any tree could have."""


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory, with the names of the directories in it. `side` is None above in and out."""

    path: str
    directories: tuple[str, ...]
    process: str = ""
    side: Side | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """The place where a file could be: `place` is '' for in or out itself, else DONE or FAILED."""

    process: str
    side: Side
    place: str
    name: str


Node = Directory | File


class Tree:
    """The tree of one account: the codes of its processes, shown flat when it asks for that and has just one."""

    def __init__(self, processes: tuple[str, ...], *, flat: bool) -> None:
        self._flat = processes[0] if flat and len(processes) == 1 else None
        self._processes = processes

    def node(self, path: bytes) -> Node:
        """What stands, or could stand, at that path. Raises NoSuchPathError."""
        parts = _parts(path)
        shown = "/" + "/".join(parts)
        process = self._flat
        if process is None:
            if not parts:
                return Directory(shown, self._processes)
            if parts[0] not in self._processes:
                raise NoSuchPathError
            process = parts.pop(0)
        if not parts:
            return Directory(shown, (Side.IN, Side.OUT), process)
        if parts[0] not in (Side.IN, Side.OUT):
            raise NoSuchPathError
        side = Side(parts.pop(0))
        place = parts.pop(0) if parts and parts[0] in PLACES else ""
        if not parts:
            return Directory(shown, () if place else PLACES, process, side, place)
        if len(parts) > 1:
            raise NoSuchPathError
        # Archives are named in composed characters; macOS asks for them in decomposed ones. Uploads keep their names.
        name = normalize("NFC", parts[0]) if side is Side.IN else parts[0]
        return File(process, side, place, name)


def normal(path: bytes) -> bytes:
    """The absolute path without `.`, `..` and doubled slashes; `..` at the top stays there. Raises NoSuchPathError."""
    return b"/" + "/".join(_parts(path)).encode()


def _parts(path: bytes) -> list[str]:
    if len(path) > LONGEST_PATH:
        raise NoSuchPathError
    try:
        text = path.decode()
    except UnicodeDecodeError:
        raise NoSuchPathError from None
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            # Control characters would let a name forge lines of a listing or a log.
            if len(part.encode()) > LONGEST_NAME or any(sign < " " or "\x7f" <= sign <= "\x9f" for sign in part):
                raise NoSuchPathError
            parts.append(part)
    return parts
