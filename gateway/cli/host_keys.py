"""`gateway host-keys`: the SFTP door's own keys, as clients know them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gateway.cli.exits import Exit
from gateway.cli.failing import CommandError
from gateway.cli.opening import settings_of
from gateway.cli.printing import console, print_json

_STATES: Final = {".next": "announced", ".old": "replaced"}


def list_keys(config: Path | None, *, json: bool) -> None:
    """Shows each key with its fingerprint and whether it is in use."""
    from gateway.sftp_server import host_keys

    with _readable():
        found = host_keys.inspect(settings_of(config).host_keys_path)
    rows = [
        {"file": name, "state": _STATES.get(Path(name).suffix, "in use"), "fingerprint": fingerprint, "fault": fault}
        for name, fingerprint, fault in found
    ]
    if json:
        print_json(rows)
        return
    from rich.table import Table

    table = Table("file", "state", "fingerprint", box=None, pad_edge=False)
    for row in rows:
        state = "missing: made at the next start" if row["fingerprint"] is row["fault"] is None else str(row["state"])
        table.add_row(str(row["file"]), state, str(row["fingerprint"] or row["fault"] or ""))
    console().print(table, markup=False)


def rotate(kind: str, config: Path | None) -> None:
    """Makes the next key."""
    from gateway.sftp_server.host_key_changes import rotate as change

    _say(_changed(change, kind, config), "clients that log in are told of it; let them use it with: host-keys activate")


def activate(kind: str, config: Path | None) -> None:
    """Uses the next key."""
    from gateway.sftp_server.host_key_changes import activate as change

    _say(_changed(change, kind, config), "is in use; the one before it stays announced until: host-keys retire")


def retire(kind: str, config: Path | None) -> None:
    """Ends the key before, or the next one."""
    from gateway.sftp_server.host_key_changes import retire as change

    _say(_changed(change, kind, config), "is gone")


def take_over(file: Path, config: Path | None) -> None:
    """Uses a key of another server."""
    from gateway.sftp_server.host_key_changes import take_over as change

    with _readable():
        _, key = change(settings_of(config).host_keys_path, file)
        shown = _shown(key)
    _say(shown, "is in use; the one before it stays announced until: host-keys retire")


def _changed(change: Callable[[Path, str], Any], kind: str, config: Path | None) -> str:
    with _readable():
        return _shown(change(settings_of(config).host_keys_path, kind))


def _shown(key: Any) -> str:
    return f"{key.get_algorithm()} {key.get_fingerprint()}"


@contextmanager
def _readable() -> Iterator[None]:
    from gateway.sftp_server.host_keys import HostKeyError

    try:
        yield
    except HostKeyError as error:
        raise CommandError(str(error), Exit.REFUSED) from None
    except OSError as error:
        raise CommandError(f"The directory of the host keys cannot be used: {error.strerror}") from None


def _say(key: str, what: str) -> None:
    print(f"{key}: {what}")
