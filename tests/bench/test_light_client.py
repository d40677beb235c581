"""The light client: what it finds, that it works from many threads, and that what is wrong is said."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it has no types of its own
import pytest

from tools.bench import light_client, servers
from tools.bench.sftp_peers import make_keys
from tools.bench.sftp_world import POLLER, WAITING, Wanted, lay_out


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[light_client.LightClient, str]]:
    root = tmp_path_factory.mktemp("served")
    keys = make_keys(root)
    lay_out(root / "files", Wanted(0, 0, 0))
    with servers.bare_sftp(root / "host", root / "authorized") as server:
        client = light_client.light_client(server.port, keys, psutil.Process().username())
        yield client, f"{root}/files/{POLLER}/in"


def test_many_poll_at_a_time_and_none_disturbs_another(served: tuple[light_client.LightClient, str]) -> None:
    client, inbox = served
    with ThreadPoolExecutor(8) as threads:
        for one in [threads.submit(client.poll, inbox, WAITING) for _ in range(64)]:
            one.result()


def test_an_inbox_that_shows_another_number_is_refused(served: tuple[light_client.LightClient, str]) -> None:
    client, inbox = served
    with pytest.raises(RuntimeError, match=f"{WAITING} files at port {client.port} in .* instead of 7"):
        client.poll(inbox, 7)


def test_a_key_that_is_not_authorized_does_not_poll(
    served: tuple[light_client.LightClient, str], tmp_path: Path
) -> None:
    client, inbox = served
    stranger = light_client.light_client(client.port, make_keys(tmp_path), client.user)
    refusal = importlib.import_module("ssh2.exceptions").AuthenticationError
    with pytest.raises(refusal):
        stranger.poll(inbox, WAITING)


def test_where_it_is_not_installed_there_is_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(light_client.version()).startswith("ssh2-python ")

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    assert light_client.version() is None
