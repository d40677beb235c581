"""rclone as a peer: the same files, below its root, and the version that the report names."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it has no types of its own

from tests.clients.programs import program
from tools.bench import sftp_peers
from tools.bench.sftp_client import to_peer
from tools.bench.sftp_world import IN_ONE_PULL, Wanted, lay_out, puller


def test_a_client_pulls_from_rclone(tmp_path: Path) -> None:
    program("rclone")
    assert str(sftp_peers.rclone_version()).startswith("rclone v")
    keys = sftp_peers.make_keys(tmp_path)
    lay_out(tmp_path / "files", Wanted(1, 0, 0))
    with sftp_peers.rclone(tmp_path, tmp_path / "files") as server:
        client = to_peer(server.port, keys, psutil.Process().username(), "")
        before = server.cpu()
        asyncio.run(client.pull(puller(0), IN_ONE_PULL))
        assert server.cpu() > before
    assert len(list((tmp_path / "files" / puller(0) / "in" / "DONE").iterdir())) == IN_ONE_PULL


def test_every_peer_is_compared_under_a_name_of_its_own() -> None:
    assert [peer.name for peer in sftp_peers.PEERS] == ["OpenSSH", "ProFTPD", "rclone"]
    assert [peer.rooted for peer in sftp_peers.PEERS] == [False, False, True]
