"""The servers that are measured, each in processes of its own on loopback: the gateway, the bare answer, nginx."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]  # it has no types of its own

_START = 30.0
_STOP = 30.0
_SCHEDULED = 2  # which of a process's clocks: clock_getcpuclockid(3) makes the same number of its id
_PROCESSORS = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
_NGINX = """\
daemon off;
worker_processes 1;
user {user};
error_log {root}/error.log;
pid {root}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    default_type application/octet-stream;
    client_max_body_size 2g;
    client_body_buffer_size 256k;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port};
        root {root}/files;
        location /up/ {{ dav_methods PUT; create_full_put_path on; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; costs are those of its whole tree of processes."""

    process: psutil.Process
    port: int
    sftp_port: int = 0

    def cpu(self) -> float:
        """Seconds of processor time used so far, in user and system mode, by processes that still run."""
        return sum(cpu_of(each) for each in (self.process, *self.process.children(recursive=True)))

    def memory(self) -> int:
        """Resident bytes."""
        return sum(int(each.memory_info().rss) for each in (self.process, *self.process.children(recursive=True)))

    def share(self) -> int:
        """Bytes of memory, where a page that several processes use counts for each in part (PSS)."""
        return sum(int(each.memory_full_info().pss) for each in (self.process, *self.process.children(recursive=True)))


@contextmanager
def gateway(config: Path, log: Path, workers: int = 1) -> Iterator[Server]:
    """`gateway serve` with this configuration and so many workers; its log goes to a file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY__")}
    command = [sys.executable, "-m", "gateway", "serve", "--config", str(config), "--json", "--workers", str(workers)]
    with log.open("wb") as sink, running(command, environment, sink) as process:
        line = _first_line(process)
        if not line.startswith("{"):
            raise RuntimeError(f"the gateway did not start, see {log}: {log.read_text(errors='replace')[-2000:]}")
        doors = json.loads(line)
        yield Server(psutil.Process(process.pid), doors["http"]["port"], doors["sftp"]["port"])


@contextmanager
def bare(answer: Path) -> Iterator[Server]:
    """A bare aiohttp server that answers the JSON of a file."""
    command = [sys.executable, "-m", "tools.bench.bare", str(answer)]
    with running(command, dict(os.environ)) as process:
        yield Server(psutil.Process(process.pid), int(_first_line(process)))


@contextmanager
def bare_sftp(host_key: Path, authorized_keys: Path) -> Iterator[Server]:
    """A bare asyncssh server of the files on the disk."""
    command = [sys.executable, "-m", "tools.bench.bare_sftp", str(host_key), str(authorized_keys)]
    with running(command, dict(os.environ)) as process:
        yield Server(psutil.Process(process.pid), int(_first_line(process)))


@contextmanager
def apart(*, servers: bool) -> Iterator[None]:
    """What is started in the block runs on the clients' processor, the first, or on the servers', the others.

    Side by side they wake each other across processors, as over a network; on the same one a request costs a server as
    fast as nginx a fifth of it. Without effect where there is one processor or no choice.
    """
    if sys.platform != "linux" or len(_PROCESSORS) < 2:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, _PROCESSORS[1:] if servers else _PROCESSORS[:1])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def anywhere() -> Iterator[None]:
    """What is started in the block runs on whichever processor is free, servers too."""
    global _PROCESSORS
    kept, _PROCESSORS = _PROCESSORS, []
    before = os.sched_getaffinity(0) if kept else set()
    try:
        if kept:
            os.sched_setaffinity(0, kept)
        yield
    finally:
        _PROCESSORS = kept
        if kept:
            os.sched_setaffinity(0, before)


def nginx_version() -> str | None:
    """`nginx/1.22.1`, or None where it is not installed."""
    program = _nginx()
    if program is None:
        return None
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)
    return told.stderr.strip().rpartition(" ")[2]


@contextmanager
def nginx(root: Path) -> Iterator[Server]:
    """nginx on the files of `root/files`; below /up/ it takes files in."""
    program = _nginx()
    assert program is not None, "nginx is not installed"
    port = free_port()
    user = psutil.Process().username()
    (root / "nginx.conf").write_text(_NGINX.format(root=root, port=port, user=user))
    command = [program, "-p", str(root), "-e", str(root / "error.log"), "-c", str(root / "nginx.conf")]
    with running(command, dict(os.environ)) as process:
        wait_for(port)
        yield Server(psutil.Process(process.pid), port)


def free_port() -> int:
    """A port on which nobody listens at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def cpu_of(process: psutil.Process) -> float:
    """Seconds that one process used; on Linux by its processor clock: the ticks of others are too coarse for nginx."""
    if sys.platform == "linux":
        with suppress(OSError):
            return time.clock_gettime(~process.pid << 3 | _SCHEDULED)
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def running(
    command: list[str], environment: dict[str, str], errors: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server on the servers' processors until the end of the block."""
    with apart(servers=True):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


def wait_for(port: int) -> None:
    """Returns when somebody listens there. Raises OSError when nobody does for long."""
    until = time.monotonic() + _START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
