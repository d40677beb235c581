"""The least that an SFTP server in Python can do: asyncssh's own on a folder, without store, policy or promise.

    python -m tools.bench.bare_sftp HOST_KEY AUTHORIZED_KEYS

It leaves out of each packet what the gateway leaves out; says on standard output which port it listens on.
"""

from __future__ import annotations

import asyncio
import sys

import asyncssh

from gateway.sftp_server import lean
from tools.bench.sftp_peers import CIPHER


class _Login(asyncssh.SSHServer):
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        lean.slim(conn)
        lean.acknowledge_at_once(conn)


async def serve(host_key: str, authorized_keys: str) -> None:
    """Serves until it is ended."""
    acceptor = await asyncssh.create_server(
        _Login,
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=authorized_keys,
        encryption_algs=[CIPHER],
        compression_algs=None,
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_host=None,
        allow_pty=False,
        line_editor=False,
        agent_forwarding=False,
        x11_forwarding=False,
        rdns_lookup=False,
        sftp_factory=True,
    )
    print(acceptor.get_port(), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:3]))
