"""What the SFTP rows prepare and how they are told."""

from __future__ import annotations

from pathlib import Path

from tools.bench import sftp
from tools.bench.figures import Series
from tools.bench.sftp_world import IN_ONE_PULL, POLLER, WAITING, Wanted, lay_out, puller
from tools.bench.stage import FULL, QUICK


def test_only_what_a_row_needs_is_prepared() -> None:
    assert sftp.wanted(["sftp-poll", "sftp-idle"], QUICK) == Wanted(0, 0, 0)
    assert sftp.wanted(["sftp-beside"], FULL) == Wanted(0, 0, 1 << 30)
    assert sftp.wanted(["sftp-pull", "sftp-files"], FULL) == Wanted(60, 12_000, 0)


def test_peers_find_as_much_as_the_gateway(tmp_path: Path) -> None:
    lay_out(tmp_path, Wanted(2, 3, 1 << 20))
    assert len(list((tmp_path / POLLER / "in").glob("*.zip"))) == WAITING
    for number in range(2):
        assert len(list((tmp_path / puller(number) / "in").glob("*.zip"))) == IN_ONE_PULL
        assert (tmp_path / puller(number) / "in" / "DONE").is_dir()
    assert sum(one.stat().st_size for one in (tmp_path / "large" / "in").iterdir()) == 1 << 20


def test_there_is_a_row_for_each_peer_that_took_part() -> None:
    costs = {"gateway": Series((0.002,)), "OpenSSH": Series((0.010,))}
    (row,) = sftp._rows("poll", "ms", 1e3, costs, {"OpenSSH": 0.25, "ProFTPD": 0.7})
    assert (row.peer_name, row.ratio, row.verdict) == ("OpenSSH", 0.2, "ok")


def test_without_any_peer_the_row_has_no_verdict() -> None:
    (row,) = sftp._rows("poll", "ms", 1e3, {"gateway": Series((0.002,))}, {"OpenSSH": 0.25})
    assert (row.ratio, row.verdict) == (None, "")
