"""The bare server serves what it is compared by: it lists, reads and renames."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it has no types of its own

from tools.bench import servers
from tools.bench.sftp_client import to_peer
from tools.bench.sftp_peers import make_keys
from tools.bench.sftp_world import IN_ONE_PULL, Wanted, lay_out, puller


def test_a_client_pulls_from_it(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    lay_out(tmp_path / "files", Wanted(1, 0, 0))
    with servers.bare_sftp(tmp_path / "host", tmp_path / "authorized") as server:
        client = to_peer(server.port, keys, psutil.Process().username(), tmp_path / "files")
        asyncio.run(client.pull(puller(0), IN_ONE_PULL))
    assert len(list((tmp_path / "files" / puller(0) / "in" / "DONE").iterdir())) == IN_ONE_PULL
