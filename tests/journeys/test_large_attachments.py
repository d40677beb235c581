"""Attachments of 1 GiB, up by PUT and by a resumed upload, and down again, through a gateway that stays small."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it has no types of its own

from tests.cli.running import ROOT
from tests.journeys.gateways import prepare, settings_for
from tests.journeys.rest import folder_body
from tests.journeys.world import PDF_TYPE, token_of

MIB = 1 << 20
SIZE = 1 << 30
MOST = 50 * MIB
"""What a gateway may take more than when it is idle."""
HEAD = b"%PDF-1.4".ljust(MIB, b"\0")
ZEROS = bytes(MIB)
SHA256 = bytes.fromhex("a4a0fba64a920cc612c3b823566f9eb5e9af1a59696f12e027dccee3796bb74b")
"""Of HEAD and zeros up to SIZE."""
CUT = 611 * MIB + 12_345
UPLOADS = "/gateway/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
KIND = "application/offset+octet-stream"


@dataclass
class Served:
    """A gateway that runs as its own process, and its memory: when it was idle, and at most, in bytes."""

    port: int
    process: psutil.Process
    idle: int = 0
    most: int = 0

    def look(self) -> int:
        size: int = self.process.memory_info().rss
        self.most = max(self.most, size)
        return size

    def peak(self) -> int:
        """The most that it ever was, between the looks too, where the system tells."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(found[1]) * 1024 if found else self.most

    def call(
        self, who: str, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, Any, bytes]:
        """A short request: status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, {"Authorization": f"Bearer {token_of(who)}", **headers})
        answer = connection.getresponse()
        found = answer.status, answer.headers, answer.read()
        connection.close()
        return found

    def told(self, who: str, method: str, path: str, body: Any) -> Any:
        """A short request in JSON; what it answers."""
        kind = {"Content-Type": "application/json"}
        status, _, answer = self.call(who, method, path, kind, json.dumps(body).encode())
        assert status in (201, 204), answer
        return json.loads(answer) if answer else None

    @contextmanager
    def asked(self, who: str, method: str, path: str, **headers: str) -> Iterator[socket.socket]:
        """A connection over which the head of a request was sent."""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token_of(who)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            yield connection

    def send(self, connection: socket.socket, start: int, end: int) -> None:
        """Sends these bytes of the file, looking at the gateway's memory meanwhile."""
        at = start
        while at < end:
            piece = HEAD[at:] if at < MIB else ZEROS
            connection.sendall(piece[: end - at])
            at += len(piece[: end - at])
            self.look()


@contextmanager
def served(data_dir: Path, keys: Path) -> Iterator[Served]:
    config = data_dir.parent / "gateway.yaml"
    config.write_text(f"data_dir: {data_dir}\nhost_keys: {{dir: {keys}}}\nhttp: {{port: 0}}\nsftp: {{port: 0}}\n")
    command = [sys.executable, "-m", "gateway", "serve", "--config", str(config), "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["http"]["port"]
        try:
            yield Served(port, psutil.Process(process.pid))
        finally:
            process.terminate()


def folder(gateway: Served, number: str, sizes: list[int]) -> dict[str, Any]:
    """A new folder with a PDF of each size, for Brest."""
    body = folder_body(number, "brest")
    body["attachments"] = [
        {
            "fileName": f"{position}.pdf",
            "type": PDF_TYPE,
            "size": size,
            "mimeType": "application/pdf",
            "recipients": [f"{number}-brest"],
        }
        for position, size in enumerate(sizes)
    ]
    created: dict[str, Any] = gateway.told("depot", "POST", "/teledossiers/v1/folders", body)
    return created


def put(gateway: Served, folder: dict[str, Any], position: int, size: int) -> None:
    path = f"/teledossiers/v1/folders/{folder['id']}/attachments/{folder['attachments'][position]['id']}"
    with gateway.asked("depot", "PUT", path, Content_Length=str(size)) as connection:
        gateway.send(connection, 0, size)
        assert connection.recv(4096).startswith(b"HTTP/1.1 204 ")


def begin(gateway: Served, folder: dict[str, Any], position: int, size: int) -> str:
    """Begins an upload; its path."""
    names = {"folderId": folder["id"], "attachmentId": folder["attachments"][position]["id"]}
    given = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in names.items())
    status, headers, _ = gateway.call(
        "depot", "POST", UPLOADS, TUS | {"Upload-Length": str(size), "Upload-Metadata": given}
    )
    assert status == 201
    return str(headers["Location"])


def standing(gateway: Served, path: str) -> int:
    return int(gateway.call("depot", "HEAD", path, TUS)[1]["Upload-Offset"])


@contextmanager
def patching(gateway: Served, path: str, start: int, size: int) -> Iterator[socket.socket]:
    """A connection over which the rest of a file from `start` on may be sent."""
    about = {"Tus_Resumable": "1.0.0", "Upload_Offset": str(start), "Content_Length": str(size - start)}
    with gateway.asked("depot", "PATCH", path, Content_Type=KIND, **about) as connection:
        yield connection


def upload(gateway: Served, folder: dict[str, Any], position: int, size: int, cut: int) -> None:
    """Sends a file up to `cut`, where the connection breaks, and goes on."""
    path = begin(gateway, folder, position, size)

    def patch(start: int, end: int) -> bytes:
        with patching(gateway, path, start, size) as connection:
            gateway.send(connection, start, end)
            return b"" if end < size else connection.recv(4096)

    offset = 0
    patch(0, cut)
    answer = b"HTTP/1.1 423 "
    while answer.startswith((b"HTTP/1.1 423 ", b"HTTP/1.1 409 ")):  # the door has not noticed yet that it was cut
        offset = standing(gateway, path)
        free = gateway.call("depot", "PATCH", path, TUS | _empty(offset))[0]
        answer = patch(offset, size) if free == 204 else answer
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert offset >= cut - 64 * MIB  # less a checkpoint: what was still in buffers counts for nothing
    assert standing(gateway, path) == size


def _empty(offset: int) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Content-Type": KIND, "Content-Length": "0"}


def download(gateway: Served, folder: dict[str, Any], position: int) -> str:
    """Fetches a file whole; its digest as the gateway tells it, which is that of what came."""
    path = f"/teledossiers/v1/cases/{folder['cases'][0]['id']}/attachments/{folder['attachments'][position]['id']}"
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token_of('brest')}"})
    answer = connection.getresponse()
    sums, buffer = hashlib.sha256(), bytearray(MIB)
    while count := answer.readinto(buffer):
        sums.update(memoryview(buffer)[:count])
        gateway.look()
    connection.close()
    told: str = answer.headers["digest"]
    assert base64.b64decode(told) == sums.digest()
    return told


def complete(gateway: Served, folder: dict[str, Any]) -> None:
    path = f"/teledossiers/v1/folders/{folder['id']}"
    gateway.told("depot", "PATCH", path, {"globalStatus": "HUBEE_COMPLETED"})


def test_a_gibibyte_goes_up_and_down_in_little_memory(tmp_path: Path, keys: Path) -> None:
    data = tmp_path / "data"
    asyncio.run(prepare(settings_for(data, keys)))
    with served(data, keys) as gateway:
        small = folder(gateway, "A-0-1", [3 * MIB, 3 * MIB])  # what a process loads once is not what a file takes
        put(gateway, small, 0, 3 * MIB)
        upload(gateway, small, 1, 3 * MIB, 2 * MIB)
        complete(gateway, small)
        download(gateway, small, 0)
        gateway.idle = gateway.most = gateway.look()

        large = folder(gateway, "A-0-2", [SIZE, SIZE])
        put(gateway, large, 0, SIZE)
        upload(gateway, large, 1, SIZE, CUT)
        complete(gateway, large)
        assert base64.b64decode(download(gateway, large, 1)) == SHA256
        grown = max(gateway.most, gateway.peak()) - gateway.idle
        assert grown < MOST, f"{grown / MIB:.0f} MiB more than when it was idle"
        print(f"{gateway.idle / MIB:.0f} MiB when idle, at most {grown / MIB:.1f} MiB more")


def test_what_a_killed_gateway_told_to_have_is_there_when_it_runs_again(tmp_path: Path, keys: Path) -> None:
    data, size = tmp_path / "data", 100 * MIB
    asyncio.run(prepare(settings_for(data, keys)))
    with served(data, keys) as gateway:
        made = folder(gateway, "A-0-1", [size])
        path = begin(gateway, made, 0, size)
        with patching(gateway, path, 0, size) as connection:
            gateway.send(connection, 0, 90 * MIB)
            while not (told := standing(gateway, path)):
                pass  # it writes on, until it has enough to tell
            gateway.process.kill()
    with served(data, keys) as gateway:
        assert standing(gateway, path) >= told >= 64 * MIB
        at = standing(gateway, path)
        with patching(gateway, path, at, size) as connection:
            gateway.send(connection, at, size)
            assert connection.recv(4096).startswith(b"HTTP/1.1 204 ")
        complete(gateway, made)
        expected = hashlib.sha256(HEAD + bytes(size - MIB)).digest()
        assert base64.b64decode(download(gateway, made, 0)) == expected
