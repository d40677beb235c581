from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from gateway.cli.demo.checks import DemoFailure
from gateway.cli.demo.openssh import arguments, available, batch, pasted
from gateway.cli.demo.process import Doors

DOORS = Doors("127.0.0.1", 8080, 9)
KEY, HOSTS = Path("a place/key"), Path("a place/known_hosts")


def test_it_uses_our_key_and_our_host_keys_alone() -> None:
    line = " ".join(arguments(DOORS, KEY, HOSTS))
    for part in ("-F none", "-P 9", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={HOSTS}"):
        assert part in line


def test_the_line_to_paste_is_one_for_a_shell() -> None:
    assert shlex.split(pasted(DOORS, KEY, HOSTS)) == [*arguments(DOORS, KEY, HOSTS), "saint-exemple@127.0.0.1"]


@pytest.mark.parametrize(("path", "found"), [("/nowhere", False), (None, True)])
def test_it_may_be_missing(path: str | None, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if path is None:
        fake = tmp_path / "sftp"
        fake.touch(mode=0o755)
        path = str(tmp_path)
    monkeypatch.setenv("PATH", path)
    assert available() is found


async def test_a_batch_gives_what_was_printed_and_fails_loudly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "sftp"
    fake.write_text(
        '#!/bin/sh\nread -r line\necho "sftp> $line"\necho "did $line"\n[ "$line" = ls ]\n', encoding="utf-8"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert await batch(DOORS, KEY, HOSTS, "ls") == ["did ls"]
    with pytest.raises(DemoFailure, match="sftp -b ended with 1"):
        await batch(DOORS, KEY, HOSTS, "rm x")
