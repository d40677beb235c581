"""The programs that the tests of foreign clients run, and which of them this machine lacks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NoReturn

import pytest

from tests.engines.required import unavailable

PACKAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sftp": "openssh-client",
        "lftp": "lftp",
        "curl": "curl",
        "rclone": "rclone",
        "sshfs": "sshfs",
        "fusermount3": "fuse3",
    }
)
"""Each program and the Debian package that brings it."""

NOT_INSTALLABLE: Final = "CLIENTS_NOT_INSTALLABLE"
"""Of the environment: the packages, separated by blanks, that this machine has no way to get. CI goes without them."""


def program(name: str) -> str:
    """The path of a program.

    Where it is absent the present test is skipped; in CI it fails, unless the machine cannot get the program.
    """
    found = shutil.which(name)
    if found is None:
        lacking(name, PACKAGES[name])
    return found


def lacking(name: str, package: str) -> NoReturn:
    """Says that the present test needs a program, of that Debian package, which is absent; see `program`."""
    if package in os.environ.get(NOT_INSTALLABLE, "").split():
        pytest.skip(f"{name} cannot be installed here (Debian: {package})")
    unavailable(f"{name} is not installed (Debian: apt install {package})")


def not_run(skipped: Iterable[tuple[str, str]]) -> list[str]:
    """What the end of a session says of clients: `skipped` holds (test, reason) pairs of the tests that did not run."""
    absent = [f"{name} (Debian: {package})" for name, package in PACKAGES.items() if shutil.which(name) is None]
    reasons = sorted({reason for test, reason in skipped if test.startswith("tests/clients/")})
    lines = [f"foreign clients that are not installed: {', '.join(absent)}"] if absent else []
    return lines + [f"foreign client not run: {reason.removeprefix('Skipped: ')}" for reason in reasons]
