"""What a power cut would leave: only what a program had made durable.

Killing a process does not lose what it wrote without syncing, since the page cache outlives it. `durable.c` is a shim
that remembers, apart, each file as of its last sync and each directory's entries as of theirs; from that record
`build_image` makes the tree that a machine would find after a power cut.

    environment = {**os.environ, **durable_environment(root, shadow)}
    ... run a program that works below `root`, kill it ...
    build_image(shadow, image)
    ... start it again on the image ...

The rule is strict: a file system may keep more than it promised, the image never does. What is below `root` before
the program starts is not durable either, unless `settle` says so.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engines.required import unavailable

_SOURCE = Path(__file__).with_suffix(".c")
_SYNC_ALL = """
import os, sys
for directory, _, names in os.walk(sys.argv[1], topdown=False):
    for path in (*(os.path.join(directory, name) for name in names), directory):
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)
"""


def durable_environment(root: Path, shadow: Path) -> dict[str, str]:
    """The variables to add to a program's environment; makes `root` and `shadow` (outside of `root`) if missing.

    Programs that run one after another, or at once, on the same root share one shadow. Skips the test, or fails it in
    CI, where the shim cannot be built.
    """
    root.mkdir(parents=True, exist_ok=True)
    for kind in ("files", "dirs"):
        (shadow / kind).mkdir(parents=True, exist_ok=True)
    root, shadow = root.resolve(), shadow.resolve()
    if shadow.is_relative_to(root):
        raise ValueError("the shadow of a tree cannot be inside of it")
    preload = [str(_shim()), *os.environ.get("LD_PRELOAD", "").split()]
    return {"LD_PRELOAD": " ".join(preload), "DURABLE_ROOT": str(root), "DURABLE_SHADOW": str(shadow)}


def settle(root: Path, shadow: Path) -> None:
    """Records everything that is below `root` now as durable, as `sync` would."""
    environment = os.environ | durable_environment(root, shadow)
    subprocess.run([sys.executable, "-S", "-c", _SYNC_ALL, str(root.resolve())], env=environment, check=True)


def build_image(shadow: Path, target: Path) -> None:
    """Makes `target`, a new directory, hold what was durable.

    Each directory has the entries of its last sync (none if there was no sync), each file the content of its own
    (empty if there was none). Raises RuntimeError when the shim never ran: the image would prove nothing.
    """
    if not (shadow / "armed").exists():
        raise RuntimeError("the program did not load the shim: was durable_environment in its environment?")
    _build_directory(shadow, "root", target)


def _build_directory(shadow: Path, identity: str, target: Path) -> None:
    target.mkdir(mode=0o700)
    record = shadow / "dirs" / identity
    entries = record.read_bytes().split(b"\0")[:-1] if record.exists() else []
    for entry in entries:
        kind, child, name = os.fsdecode(entry).split(" ", 2)
        if kind == "d":
            _build_directory(shadow, child, target / name)
        elif kind == "f":
            _build_file(shadow / "files" / child, target / name)
        else:
            raise RuntimeError(f"{name} is neither a file nor a directory")


def _build_file(record: Path, target: Path) -> None:
    if record.exists():
        shutil.copyfile(record, target)
    else:
        target.touch()
    target.chmod(0o600)


@functools.cache
def _shim() -> Path:
    """The compiled shim, built once per process."""
    if not sys.platform.startswith("linux"):
        unavailable("the fault layer preloads a library, which needs Linux")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        unavailable("the fault layer needs a C compiler (Debian: apt install gcc libc6-dev)")
    directory = Path(tempfile.mkdtemp(prefix="gateway-durable-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    library = directory / "durable.so"
    command = [compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl"]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode != 0:
        unavailable(f"the fault layer does not build here: {built.stderr.strip()[-500:]}")
    return library
