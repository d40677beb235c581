"""The process that a test session's PostgreSQL belongs to.

    python postgres_keeper.py BINARIES MEMBERS ADDRESS

Starts a server and goes to the background; the command returns when the file ADDRESS holds the server's address, or
fails with the reason. Then waits until nobody holds a lock on the file MEMBERS, stops the server and removes all of it.
A program of its own, without imports from the project.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, NoReturn
from urllib.parse import quote

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # it would hold on to a database that is to be copied
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
}
READY = b"database system is ready to accept connections"


class Account:
    """Whom the server runs as: PostgreSQL refuses to be root."""

    def __init__(self) -> None:
        self.entry = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    def popen(self, command: list[str], home: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=home,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            user=self.entry and self.entry.pw_uid,
            group=self.entry and self.entry.pw_gid,
            extra_groups=[] if self.entry else None,
        )

    def run(self, command: list[str], home: Path) -> None:
        process = self.popen(command, home)
        _, errors = process.communicate()
        if process.returncode != 0:
            raise OSError(f"{Path(command[0]).name} failed: {errors.decode(errors='replace').strip()[-800:]}")

    def own(self, path: Path) -> None:
        if self.entry is not None:
            os.chown(path, self.entry.pw_uid, self.entry.pw_gid)


def main(binaries: Path, members: Path, address: Path) -> NoReturn:
    """Forks the keeper and leaves with what it reports."""
    reading, writing = os.pipe()
    if os.fork() > 0:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            report = pipe.read()
        sys.exit(0 if report == "ready" else report or "the keeper of the server died")
    os.close(reading)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    with os.fdopen(writing, "w") as pipe:
        keep(binaries, members, address, pipe)
    os._exit(0)


def keep(binaries: Path, members: Path, address: Path, report: IO[str]) -> None:
    """Runs the server from its first to its last moment; writes `ready`, or what went wrong, to `report`."""
    home: Path | None = None
    try:
        account = Account()
        home = make_home(account)
        process = start(account, binaries, home)
        try:
            written = address.with_suffix(".new")
            written.write_text(f"postgresql://postgres@/postgres?host={quote(str(home), safe='')}")
            written.rename(address)
            report.write("ready")
            report.close()
            # Granted when the last member is gone, and kept to the end: who comes meanwhile waits, then starts anew.
            fcntl.flock(os.open(members, os.O_RDONLY), fcntl.LOCK_EX)
        finally:
            address.unlink(missing_ok=True)
            stop(process)
    except Exception as error:
        if not report.closed:
            report.write(f"{type(error).__name__}: {error}")
    finally:
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)


def make_home(account: Account) -> Path:
    """A new directory for the server alone, below a temporary directory that its user can reach as it is."""
    for base in dict.fromkeys((Path(tempfile.gettempdir()).resolve(), Path("/tmp"), Path("/var/tmp"))):
        if account.entry is None or all(p.stat().st_mode & stat.S_IXOTH for p in (base, *base.parents)):
            home = Path(tempfile.mkdtemp(prefix="gateway-postgres-", dir=base))
            account.own(home)
            return home
    raise OSError("no temporary directory is open to the user nobody")


def start(account: Account, binaries: Path, home: Path) -> subprocess.Popen[bytes]:
    """Makes a cluster and starts its server; returns when it takes connections."""
    try:
        account.run([str(binaries / "postgres"), "--version"], home)
    except PermissionError:
        binaries = copy_installation(account, binaries, home)
    data = str(home / "data")
    initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    account.run([str(binaries / "initdb"), *initdb], home)
    settings = SETTINGS | {"unix_socket_directories": str(home)}
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    process = account.popen([str(binaries / "postgres"), "-D", data, *options], home)
    assert process.stderr is not None
    log = b""
    for line in process.stderr:
        log += line
        if READY in line:
            threading.Thread(target=drain, args=[process.stderr], daemon=True).start()
            return process
    process.wait()
    raise OSError(f"postgres ended at once: {log.decode(errors='replace').strip()[-800:]}")


def copy_installation(account: Account, binaries: Path, home: Path) -> Path:
    """Copies the server into `home`: where it is installed, its user may not go, and no door is opened for that."""
    package = binaries.parent.parent
    libraries = package.with_name(f"{package.name}.libs")  # where the server looks for them, from its own place
    for source in (binaries.parent, libraries):
        shutil.copytree(source, home / "wheel" / source.relative_to(package.parent))
    for directory, _, names in os.walk(home / "wheel"):
        for path in (Path(directory), *(Path(directory, name) for name in names)):
            account.own(path)
    return home / "wheel" / binaries.relative_to(package.parent)


def drain(log: IO[bytes]) -> None:
    """Keeps the server's log from filling its pipe."""
    for _ in log:
        pass


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the server at once; its data is thrown away anyhow."""
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
