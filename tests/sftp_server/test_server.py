"""The server as a whole: how it greets, whom it turns away, and how it stops."""

from __future__ import annotations

import asyncio
import shutil
import stat
import subprocess
from pathlib import Path

import asyncssh
import pytest

from gateway.domain.deliveries import DeliveryState
from tests.engines.required import unavailable
from tests.pec.answers import retour_xml, zipped
from tests.sftp_server.conftest import Start
from tests.sftp_server.scene import Scene, fetch


async def _greeting(scene: Scene) -> tuple[bytes, list[list[str]]]:
    """The first line and the algorithm lists, as any scanner sees them."""
    reader, writer = await asyncio.open_connection(*scene.address)
    try:
        line = await reader.readline()
        writer.write(b"SSH-2.0-scanner\r\n")
        length = int.from_bytes(await reader.readexactly(4), "big")
        packet = await reader.readexactly(length)
    finally:
        writer.close()
        await writer.wait_closed()
    at, lists = 1 + 1 + 16, []
    for _ in range(8):
        size = int.from_bytes(packet[at : at + 4], "big")
        lists.append(packet[at + 4 : at + 4 + size].decode().split(","))
        at += 4 + size
    return line, lists


async def test_the_greeting_is_neutral_and_the_offer_modern(scene: Scene) -> None:
    line, lists = await _greeting(scene)
    assert line == b"SSH-2.0-Gateway\r\n"
    exchanges, keys, up, down, *_ = lists
    assert exchanges[0] == "mlkem768x25519-sha256"
    assert "kex-strict-s-v00@openssh.com" in exchanges
    assert not [name for name in exchanges if name.endswith(("sha1", "group1")) or name.startswith("gss")]
    assert sorted(keys) == ["rsa-sha2-256", "rsa-sha2-512", "ssh-ed25519"]
    assert up == down
    assert up[0] == "aes128-gcm@openssh.com"
    assert lists[4] == lists[5]
    assert lists[6] == lists[7] == ["none"]


async def test_its_keys_are_those_it_tells_of(scene: Scene) -> None:
    async with scene.connect(server_host_key_algs=["ssh-ed25519"]) as conn:
        key = conn.get_server_host_key()
        assert key is not None
        assert key.get_fingerprint() == scene.server.host_key_fingerprints[0]
    for algorithm in ("rsa-sha2-256", "rsa-sha2-512"):
        async with scene.connect(server_host_key_algs=[algorithm]) as conn:
            key = conn.get_server_host_key()
            assert key is not None
            assert key.get_fingerprint() == scene.server.host_key_fingerprints[1]


async def test_uploads_wait_in_a_directory_for_us_alone(scene: Scene) -> None:
    assert stat.S_IMODE(scene.spool.stat().st_mode) == 0o700


async def _hung_up(scene: Scene) -> bytes:
    reader, writer = await asyncio.open_connection(*scene.address)
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_no_more_clients_than_the_most_are_let_in(start: Start) -> None:
    scene = await start(max_sessions=2)
    async with scene.connect(), scene.connect():
        assert await _hung_up(scene) == b""
        assert scene.figures.counts["logins_total door=SFTP outcome=turned-away"] == 1
    await scene.settled()
    async with scene.connect():
        pass


async def test_who_does_not_log_in_is_disconnected(start: Start) -> None:
    scene = await start(login_timeout=0.05)
    assert (await _hung_up(scene)).startswith(b"SSH-2.0-Gateway\r\n")
    await scene.settled()
    assert not scene.figures.counts, "who never named an account is no refused login"


async def test_an_idle_session_is_closed(start: Start) -> None:
    scene = await start(idle_timeout=0.05)
    async with scene.connect() as conn:
        await conn.wait_closed()
    await scene.settled()
    assert scene.figures.gauges["sftp_sessions"] == 0


async def test_a_drained_server_lets_running_files_finish(scene: Scene) -> None:
    name = await scene.deposit()
    async with scene.connect() as idle, scene.connect() as working:
        sftp = await working.start_sftp_client()
        file = await sftp.open(f"/EtatCivil/in/{name}", "rb")
        await (await idle.start_sftp_client()).stat("/")
        draining = asyncio.ensure_future(scene.server.drain(30))
        await idle.wait_closed()
        with pytest.raises(asyncssh.SFTPFailure, match="stopping"):
            await sftp.open(f"/EtatCivil/in/{name}", "rb")
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection(*scene.address)
        assert not draining.done()
        await file.read()
        await file.close()
        await draining
        await working.wait_closed()
    assert (await scene.delivery(name)).state is DeliveryState.FETCHED


async def test_what_is_open_at_the_deadline_is_cut_and_nothing_taken(scene: Scene) -> None:
    async with scene.connect() as conn:
        sftp = await conn.start_sftp_client()
        file = await sftp.open("/EtatCivil/out/retour.zip", "wb")
        await file.write(zipped(retour_xml())[:-1])
        await scene.server.drain(0.01)
        await scene.server.close()
        await scene.server.close()
        await conn.wait_closed()
    assert await scene.office.store.read(lambda tx: tx.answers.unsettled("PARTIAL", scene.clock(), 10)) == []  # type: ignore[arg-type] # a StrEnum's value
    assert list(scene.spool.iterdir()) == []


async def test_a_server_that_is_not_open_has_no_port(scene: Scene) -> None:
    await scene.server.close()
    with pytest.raises(RuntimeError, match="not open"):
        _ = scene.server.port


async def test_passwords_of_a_poll_are_checked_once(scene: Scene) -> None:
    name = await scene.deposit()
    for _ in range(2):
        await scene.play(fetch(f"/EtatCivil/in/{name}"))
    assert scene.secrets.checks == 1


def _openssh() -> str:
    found = shutil.which("sftp")
    if found is None:
        unavailable("the OpenSSH client (sftp) is not installed: apt-get install openssh-client")
    return found


async def test_the_openssh_client_does_the_whole_job(scene: Scene, tmp_path: Path) -> None:
    sftp = _openssh()
    name = await scene.deposit({"acte.xml": b"<acte/>", "acte.pdf": bytes(range(256)) * 4000})
    key, answer, batch = tmp_path / "key", tmp_path / "retour.zip", tmp_path / "batch"
    key.touch(mode=0o600)
    key.write_bytes(scene.key.export_private_key("openssh"))
    answer.write_bytes(zipped(retour_xml()))
    batch.write_text(
        f"""cd EtatCivil/in
-mkdir DONE
ls -la
get {name} {tmp_path}/fetched.zip
rename {name} DONE/{name}
ls -l DONE
cd ../out
put -p {answer} retour.zip
ls -n
"""
    )
    command = [
        *(sftp, "-q", "-F", "none", "-b", str(batch), "-i", str(key), "-P", str(scene.server.port)),
        *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes"),
        "rennes@127.0.0.1",
    ]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert name in done.stdout
    assert "retour.zip" in done.stdout
    fetched = (tmp_path / "fetched.zip").read_bytes()
    assert fetched == await scene.play(fetch(f"/EtatCivil/in/DONE/{name}"))
    assert (await scene.delivery(name)).state is DeliveryState.ACCEPTED
