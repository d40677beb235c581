"""Several workers through real doors: replaced when killed, told of changes, drained; and what cannot start."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import aiohttp
import psutil  # type: ignore[import-untyped]  # it has no types of its own
import pytest

from gateway.app import respawn, supervising
from gateway.app.listening import listen, port_of
from gateway.app.supervising import Supervisor, WorkersError
from gateway.config import Settings
from gateway.config.settings import Http, Sftp
from gateway.services.attendance import Attendance
from tests.app.supervised import DEADLINE, Supervised, supervised
from tests.cli.running import gateway
from tests.journeys import legacy
from tests.journeys.conftest import http, keys
from tests.journeys.rest import Rest
from tests.journeys.served import Served
from tests.journeys.story import SECRET

__all__ = ["http", "keys"]


async def lifetime(http: aiohttp.ClientSession, port: int) -> int:
    """How long a token is valid now, in seconds."""
    form = {"grant_type": "client_credentials", "client_id": "depot", "client_secret": SECRET, "scope": "OSL"}
    async with http.post(f"http://127.0.0.1:{port}/token", data=form) as answer:
        return int((await answer.json())["expires_in"])


async def counted(http: aiohttp.ClientSession, served: Supervised, figure: str) -> float:
    """A figure without labels, or the sum over all labels."""
    async with http.get(f"http://127.0.0.1:{served.http_port}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{figure} ", f"{figure}{{")))


async def test_each_worker_serves_and_shows_what_all_of_them_counted(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    async with supervised(tmp_path, keys) as served:
        with ExitStack() as sessions:
            for number in (1, 2):
                with served.served_by(number):
                    await Rest(http, served.http_port, "depot").deposit(f"A-{number}", "rennes")
                    server = sessions.enter_context(legacy.session(served.sftp_port, "rennes"))
                    assert len(server.list()) == number  # what the other one took in is there at once
                    assert await counted(http, served, "gateway_sftp_sessions") == number
                    assert await counted(http, served, "gateway_deposits_total") == number
        served.workers[1].kill()
        assert (await served.says("worker ended"))["worker"] == 1
        assert await counted(http, served, "gateway_deposits_total") == 2  # a figure never goes back
        assert (await served.says("worker serving"))["worker"] == 1
        with served.served_by(1):
            await Rest(http, served.http_port, "depot").deposit("A-3", "rennes")
            assert await counted(http, served, "gateway_deposits_total") == 3
        assert await served.ends(signal.SIGTERM) == 0
    assert list((tmp_path / "data" / "spool").iterdir()) == []


async def test_a_worker_that_is_told_to_stop_drains_and_is_replaced(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    async with supervised(tmp_path, keys) as served:
        before = served.workers[2].pid
        served.workers[2].terminate()
        assert (await served.says("worker ended"))["code"] == 0
        await served.says("worker serving")
        assert served.workers[2].pid != before
        await Rest(http, served.http_port, "depot").deposit("A-1", "rennes")
        assert await served.ends(signal.SIGINT) == 0


async def test_every_worker_takes_up_a_changed_file_those_to_come_too(
    http: aiohttp.ClientSession, keys: Path, tmp_path: Path
) -> None:
    async with supervised(tmp_path, keys) as served:
        served.save(tokens={"lifetime": "5m"}, serve={"workers": 3})
        assert (await served.says("configuration needs a restart"))["keys"] == ["serve.workers"]
        assert (await served.says("configuration reloaded"))["applied"] == ["tokens.lifetime"]
        served.workers[2].kill()
        await served.says("worker serving")
        for number in (1, 2):
            with served.served_by(number):
                assert await lifetime(http, served.http_port) == 300
        served.save(tokens={"lifetime": "soon"})
        await served.says("configuration refused")
        served.workers[1].kill()
        await served.says("worker serving")
        served.process.send_signal(signal.SIGHUP)
        await served.says("configuration refused")
        with served.served_by(1):
            assert await lifetime(http, served.http_port) == 300
        assert await served.ends(signal.SIGTERM) == 0


async def test_workers_drain_when_their_supervisor_is_gone(keys: Path, tmp_path: Path) -> None:
    async with supervised(tmp_path, keys) as served:
        served.process.kill()
        await served.says("the supervisor is gone")
        gone, alive = await asyncio.to_thread(psutil.wait_procs, list(served.workers.values()), DEADLINE)
        assert len(gone) == 2
        assert alive == []
        await Served(served.process, served.http_port, served.sftp_port).refuses()


def test_what_is_wrong_with_the_configuration_is_said_once_and_ends_it(tmp_path: Path) -> None:
    with closing(listen(Settings(http=Http(port=0), sftp=Sftp(port=0)))) as doors:
        text = f"data_dir: var\nhttp: {{port: {doors.http_port}}}\nsftp: {{port: 0}}\n"
        (tmp_path / "gateway.yaml").write_text(text)
        taken = gateway("serve", "--config", "gateway.yaml", "--workers", "2", where=tmp_path)
    assert taken.code == 3
    assert "address already in use" in taken.err
    (tmp_path / "gateway.yaml").write_text("data_dir: var\nhttp: {port: 0}\nsftp: {port: 0}\n")
    (tmp_path / "var" / "host_keys").mkdir(parents=True, exist_ok=True)
    (tmp_path / "var" / "host_keys" / "ssh_host_ed25519_key").write_text("no key")
    refused = gateway("serve", "--config", "gateway.yaml", "--workers", "2", where=tmp_path)
    assert refused.code == 3
    assert refused.err.count("gateway: ") == 1
    assert "Traceback" not in refused.err + taken.err


READY = "import os, signal, sys; os.write(int(sys.argv[1]), b'+'); signal.pause()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"
FAILING = "raise SystemExit(7)"
HANGING = "import signal; signal.pause()"


class Scene:
    """A supervisor whose workers are small programs."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.others = set(psutil.Process().children())  # such as the database of the tests
        self.program = READY
        self.nowhere = tmp_path / "no-such-program"
        self.settings = Settings(http=Http(port=0), sftp=Sftp(port=0))
        self.doors = listen(self.settings)
        self.stop = asyncio.Event()
        self.supervisor = Supervisor(self.settings, None, self.doors, tmp_path, self.stop)
        monkeypatch.setattr(supervising, "_command", lambda channel: [sys.executable, "-c", self.program, str(channel)])

    def workers(self) -> list[psutil.Process]:
        return [child for child in psutil.Process().children() if child not in self.others]

    async def run(self, count: int = 2, serving: Callable[[], None] = lambda: None) -> None:
        async with asyncio.timeout(DEADLINE):
            await self.supervisor.run(count, serving)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


@pytest.mark.parametrize(("program", "start", "code"), [(FAILING, DEADLINE, 7), (HANGING, 0.2, -signal.SIGKILL)])
async def test_what_cannot_start_at_first_ends_it(
    scene: Scene, program: str, start: float, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "_START", start)
    scene.program = program
    with pytest.raises(WorkersError) as failure:
        await scene.run(serving=lambda: pytest.fail("nothing serves"))
    assert failure.value.code == code
    assert scene.workers() == []


async def test_no_room_for_a_process_is_a_start_that_failed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "_command", lambda _: [str(scene.nowhere)])
    with pytest.raises(WorkersError) as failure:
        await scene.run(serving=lambda: pytest.fail("nothing serves"))
    assert failure.value.code == 1


async def test_who_cannot_be_replaced_ends_the_others_too(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(respawn, "_FIRST", timedelta())

    def serving() -> None:
        scene.program = FAILING
        first, second = scene.workers()
        assert second.is_running()
        first.kill()

    with pytest.raises(WorkersError) as failure:
        await scene.run(serving=serving)
    assert failure.value.code == 7
    assert scene.workers() == []


async def test_whoever_was_connected_to_a_worker_that_ended_is_counted_no_more(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only once another has its place: none may come."""
    monkeypatch.setattr(respawn, "_FIRST", timedelta())
    found: list[Attendance] = []

    def serving() -> None:
        registers = scene.supervisor._registers
        assert registers is not None
        found.extend(registers.hands(number).sftp for number in (1, 2))
        for one in found:
            seat = one.sit()
            assert seat is not None
            one.write(seat, 0, "192.0.2.7")
        assert found[0].total(0) == 2
        scene.program = FAILING
        scene.workers()[0].kill()

    with pytest.raises(WorkersError):
        await scene.run(serving=serving)
    assert found[0].total(0) == 1  # who drained at the end had its own to the last


async def test_a_stop_while_they_start_is_one(scene: Scene) -> None:
    scene.program = HANGING
    running = asyncio.create_task(scene.run(serving=lambda: pytest.fail("nothing serves")))
    scene.stop.set()
    await running
    assert scene.workers() == []


async def test_who_does_not_drain_is_killed_after_the_deadline(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "_GRACE", 0.2)
    scene.program = DEAF
    shutdown = scene.settings.shutdown.model_copy(update={"deadline": timedelta()})

    def serving() -> None:
        scene.supervisor.adopt(scene.settings.model_copy(update={"shutdown": shutdown}))
        scene.stop.set()

    await scene.run(serving=serving)
    assert scene.workers() == []


async def test_its_sockets_are_closed_when_it_drains(scene: Scene) -> None:
    port = port_of(scene.doors.http)
    await scene.run(serving=scene.stop.set)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


def test_the_working_directory_counts_for_workers_as_it_did_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [os.getcwd(), "elsewhere"])
    assert supervising._command(5) == [sys.executable, "-m", "gateway", "worker", "5"]
    monkeypatch.setattr(sys, "path", ["elsewhere"])
    assert supervising._command(5) == [sys.executable, "-P", "-m", "gateway", "worker", "5"]
