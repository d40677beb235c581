"""The SFTP servers that the door is compared with: OpenSSH's sshd, ProFTPD's mod_sftp and rclone.

Each serves files of the disk in processes of its own, as the user that runs the bench, with the same keys and cipher as
the gateway; rclone has no setting for a cipher and takes the one that the clients ask for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import psutil  # type: ignore[import-untyped]  # it has no types of its own

from tools.bench.servers import Server, cpu_of, free_port, running, wait_for

CIPHER = "aes128-gcm@openssh.com"
_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin"
_SETTLED = 60.0
_SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {root}/host
AuthorizedKeysFile {root}/authorized
PidFile none
PermitRootLogin yes
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
Ciphers {cipher}
MaxStartups 10000
LogLevel ERROR
Subsystem sftp internal-sftp
"""
_PROFTPD = """\
ServerType standalone
ServerName bench
LoadModule mod_sftp.c
Port {port}
DefaultAddress 127.0.0.1
UseIPv6 off
UseReverseDNS off
User {user}
Group {group}
RootLogin on
UseFtpUsers off
MaxInstances none
AuthOrder mod_auth_file.c
AuthUserFile {root}/users
AuthGroupFile {root}/groups
RequireValidShell off
WtmpLog off
TransferLog none
SystemLog {root}/proftpd.log
PidFile {root}/proftpd.pid
ScoreboardFile {root}/scoreboard
DelayEngine off
<IfModule mod_delay.c>
DelayEngine off
</IfModule>
SFTPEngine on
SFTPHostKey {root}/host
SFTPAuthMethods publickey
SFTPAuthorizedUserKeys file:{root}/authorized.rfc4716
SFTPCiphers {cipher}
SFTPCompression off
AllowOverwrite on
"""


@dataclass(frozen=True, slots=True)
class ForkingServer(Server):
    """A server with a process for each session, run by `reaper`: those that have ended count too."""

    def cpu(self) -> float:
        """Seconds of processor time of the server and of all sessions it ever had; waits for the last to end."""
        until = time.monotonic() + _SETTLED
        while len(self.process.children(recursive=True)) > 1:
            if time.monotonic() > until:
                raise RuntimeError("the sessions of the peer do not end")
            time.sleep(0.005)
        reaped = [each.cpu_times() for each in (self.process, *self.process.children())]
        ended = sum(float(times.children_user + times.children_system) for times in reaped)
        return ended + sum(cpu_of(each) for each in self.process.children())


@dataclass(frozen=True, slots=True)
class Keys:
    """The key that clients log in with, and the file that it lies in for clients that want one."""

    client: asyncssh.SSHKey
    file: Path


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to compare with. `version` is None where it is not installed; `package` is how it is called in full.

    `start` gets the directory of the keys, and the one whose files it serves to be `rooted` in, if it is: the others
    show the whole disk.
    """

    name: str
    package: str
    version: Callable[[], str | None]
    start: Callable[[Path, Path], AbstractContextManager[Server]]
    rooted: bool = False


def make_keys(root: Path) -> Keys:
    """Writes a host key, a client key and the lists of authorized keys, in every form that a server wants."""
    host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    for key, name in ((host, "host"), (client, "client")):
        path = root / name
        path.touch(mode=0o600)
        key.write_private_key(path)
    client.write_public_key(root / "authorized")
    client.write_public_key(root / "authorized.rfc4716", "rfc4716")
    return Keys(client, root / "client")


def read_keys(root: Path) -> Keys:
    """The key that `make_keys` made there."""
    return Keys(asyncssh.read_private_key(root / "client"), root / "client")


def openssh_version() -> str | None:
    """`OpenSSH_9.2`, or None where its server is not installed."""
    program = _program("sshd")
    if program is None:
        return None
    told = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stderr
    return next((word for line in told.splitlines() for word in line.split(",")[:1] if word.startswith("Open")), "sshd")


def proftpd_version() -> str | None:
    """`ProFTPD 1.3.8`, or None where it, or its mod_sftp, is not installed."""
    program = _program("proftpd")
    if program is None or not any(Path(place, "proftpd/mod_sftp.so").exists() for place in ("/usr/lib", "/usr/lib64")):
        return None
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)
    return (told.stdout or told.stderr).strip().replace("Version ", "")


def rclone_version() -> str | None:
    """`rclone v1.60.1`, or None where it is not installed."""
    program = _program("rclone")
    if program is None:
        return None
    told = subprocess.run([program, "version"], capture_output=True, text=True, check=False).stdout
    return next((line.strip() for line in told.splitlines()), "rclone")


@contextmanager
def openssh(root: Path, _files: Path) -> Iterator[Server]:
    """sshd with its internal-sftp."""
    port = free_port()
    (root / "sshd.conf").write_text(_SSHD.format(port=port, root=root, cipher=CIPHER))
    program = _program("sshd")
    assert program is not None, "sshd is not installed"
    Path("/run/sshd").mkdir(exist_ok=True) if os.getuid() == 0 else None
    with _forking([program, "-D", "-e", "-f", str(root / "sshd.conf")], port, root / "sshd.log") as server:
        yield server


@contextmanager
def proftpd(root: Path, _files: Path) -> Iterator[Server]:
    """ProFTPD with mod_sftp."""
    port, user = free_port(), psutil.Process().username()
    program = _program("proftpd")
    assert program is not None, "ProFTPD is not installed"
    uid, gid = os.getuid(), os.getgid()
    for name, line in (("users", f"{user}:x:{uid}:{gid}::/:/bin/sh\n"), ("groups", f"{user}:x:{gid}:\n")):
        path = root / name
        path.touch(mode=0o600)
        path.write_text(line)
    text = _PROFTPD.format(port=port, root=root, user=user, group=user, cipher=CIPHER)
    (root / "proftpd.conf").write_text(text)
    with _forking([program, "-n", "-q", "-c", str(root / "proftpd.conf")], port, root / "proftpd.err") as server:
        yield server


@contextmanager
def rclone(root: Path, files: Path) -> Iterator[Server]:
    """`rclone serve sftp` with its defaults, one process for all sessions: files go through, none is kept meanwhile."""
    port = free_port()
    program = _program("rclone")
    assert program is not None, "rclone is not installed"
    keys = ["--key", str(root / "host"), "--authorized-keys", str(root / "authorized")]
    command = [program, "serve", "sftp", str(files), "--addr", f"127.0.0.1:{port}", *keys, "--config", ""]
    log = root / "rclone.log"
    with log.open("wb") as sink, running(command, dict(os.environ), sink) as process:
        _await(port, program, log)
        yield Server(psutil.Process(process.pid), port)


PEERS = (
    Peer("OpenSSH", "OpenSSH's sshd", openssh_version, openssh),
    Peer("ProFTPD", "ProFTPD with mod_sftp", proftpd_version, proftpd),
    Peer("rclone", "rclone", rclone_version, rclone, rooted=True),
)


@contextmanager
def _forking(command: list[str], port: int, log: Path) -> Iterator[Server]:
    reaped = [sys.executable, "-m", "tools.bench.reaper", *command]
    with log.open("wb") as sink, running(reaped, dict(os.environ), sink) as process:
        _await(port, command[0], log)
        server = ForkingServer(psutil.Process(process.pid), port)
        with suppress(psutil.NoSuchProcess):
            server.cpu()  # the connection that looked whether it is there
        yield server


def _await(port: int, program: str, log: Path) -> None:
    try:
        wait_for(port)
    except OSError:
        raise RuntimeError(f"{program} did not start: {log.read_text(errors='replace')[-2000:]}") from None


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=_PLACES)
