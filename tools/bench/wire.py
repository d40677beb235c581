"""A client that costs next to nothing: HTTP/1.1 on one blocking connection, for servers that answer with a length."""

from __future__ import annotations

import json
import socket
from types import TracebackType
from typing import Any, Final

_LINES_END: Final = b"\r\n\r\n"
_BUFFER: Final = 1 << 20
_PATIENCE: Final = 120.0


class Wire:
    """One connection kept alive. `headers` go with every request. Used by one thread."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._buffer = bytearray(_BUFFER)

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> bytes:
        """The body of the answer; `body` is sent as JSON, bytes as they are. Raises RuntimeError for a refusal."""
        if isinstance(body, bytes):
            content, kind = body, "application/octet-stream"
        else:
            content, kind = (b"" if body is None else json.dumps(body).encode()), "application/json"
        self._send(method, path, len(content), kind, headers, content)
        length, begun = self._head(method, path)
        pieces = [begun]
        missing = length - len(begun)
        while missing:
            piece = self._socket.recv(min(missing, _BUFFER))
            if not piece:
                raise RuntimeError(f"{method} {path}: the answer was cut")
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def download(self, path: str) -> int:
        """Fetches and forgets; answers how many bytes came."""
        self._send("GET", path, 0, "", None, b"")
        length, begun = self._head("GET", path)
        taken = len(begun)
        while taken < length:
            got = self._socket.recv_into(self._buffer)
            if not got:
                raise RuntimeError(f"GET {path}: the answer was cut after {taken} bytes")
            taken += got
        return taken

    def upload(self, path: str, size: int, piece: bytes, headers: dict[str, str] | None = None) -> None:
        """Puts `size` bytes: `piece` again and again."""
        self._send("PUT", path, size, "application/octet-stream", headers, b"")
        view = memoryview(piece)
        while size:
            part = view[: min(size, len(view))]
            self._socket.sendall(part)
            size -= len(part)
        self._head("PUT", path)

    def _send(
        self, method: str, path: str, length: int, kind: str, headers: dict[str, str] | None, content: bytes
    ) -> None:
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        described = f"Content-Type: {kind}\r\nContent-Length: {length}\r\n" if length else "Content-Length: 0\r\n"
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self._fixed}{more}{described}\r\n"
        self._socket.sendall(head.encode() + content)

    def _head(self, method: str, path: str) -> tuple[int, bytes]:
        got = b""
        while _LINES_END not in got:
            piece = self._socket.recv(65536)
            if not piece:
                raise RuntimeError(f"{method} {path}: no answer")
            got += piece
        head, _, begun = got.partition(_LINES_END)
        status = int(head.split(b" ", 2)[1])
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {begun[:300]!r}")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return length, begun
