"""Renaming and removing, as stock clients do it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import paramiko
import pytest

from gateway.domain.deliveries import DeliveryState
from gateway.domain.statuses import Status
from tests.pec.answers import retour_xml, zipped
from tests.sftp_server.scene import Scene, fetch

FILES = {"acte.xml": b"<acte/>", "acte.pdf": bytes(range(256)) * 2500}


async def test_an_archive_moves_to_done_once_it_was_read(scene: Scene) -> None:
    name = await scene.deposit(FILES)
    source, target = f"/EtatCivil/in/{name}", f"/EtatCivil/in/DONE/{name}"

    def unread(sftp: paramiko.SFTPClient) -> None:
        sftp.rename(source, target)

    with pytest.raises(PermissionError, match="Read the whole archive"):
        await scene.play(unread)
    assert (await scene.delivery(name)).state is DeliveryState.READY

    def read(sftp: paramiko.SFTPClient) -> tuple[bytes, bytes, list[str], list[str]]:
        before = fetch(source)(sftp)
        sftp.rename(source, target)
        return before, fetch(target)(sftp), sftp.listdir("/EtatCivil/in"), sftp.listdir("/EtatCivil/in/DONE")

    before, after, inbox, done = await scene.play(read)
    assert before == after
    assert (inbox, done) == (["DONE", "FAILED"], [name])
    assert (await scene.delivery(name)).state is DeliveryState.ACCEPTED
    assert (await scene.case_of(name)).status is Status.SI_RECEIVED


async def test_an_archive_is_refused_by_moving_it_to_failed_under_any_name(scene: Scene) -> None:
    name = await scene.deposit()

    def part(sftp: paramiko.SFTPClient) -> list[str]:
        sftp.posix_rename(f"/EtatCivil/in/{name}", "/EtatCivil/in/FAILED/refusé.zip")
        return sftp.listdir("/EtatCivil/in/FAILED")

    assert await scene.play(part) == ["refusé.zip"]
    assert (await scene.delivery(name)).state is DeliveryState.REJECTED


async def test_an_archive_is_deleted_once_it_was_read(scene: Scene) -> None:
    name = await scene.deposit()
    path = f"/EtatCivil/in/{name}"
    with pytest.raises(PermissionError):
        await scene.play(lambda sftp: sftp.remove(path))

    def part(sftp: paramiko.SFTPClient) -> list[str]:
        fetch(path)(sftp)
        sftp.remove(path)
        return sftp.listdir("/EtatCivil/in")

    assert await scene.play(part) == ["DONE", "FAILED"]
    assert (await scene.delivery(name)).state is DeliveryState.ACCEPTED


async def test_what_is_not_a_gesture_is_denied(scene: Scene) -> None:
    name = await scene.deposit()
    inside = f"/EtatCivil/in/{name}"

    def part(sftp: paramiko.SFTPClient) -> None:
        fetch(inside)(sftp)
        for target in (f"/EtatCivil/in/{name}.tmp", f"/EtatCivil/out/{name}", f"/CERTDC/in/DONE/{name}", "/EtatCivil"):
            with pytest.raises(PermissionError):
                sftp.rename(inside, target)
        attempts: list[Callable[[], object]] = [
            lambda: sftp.open(inside, "r+"),
            lambda: sftp.open("/EtatCivil/in/new.zip", "w"),
            lambda: sftp.open("/EtatCivil/out/DONE/new.zip", "w"),
            lambda: sftp.truncate(inside, 0),
            lambda: sftp.chown(inside, 0, 0),
            lambda: sftp.symlink("/etc/passwd", "/EtatCivil/in/link"),
            lambda: sftp.readlink(inside),
            lambda: sftp.remove("/EtatCivil/in"),
        ]
        for attempt in attempts:
            with pytest.raises(PermissionError):
                attempt()
        sftp.chmod(inside, 0o600)
        sftp.utime(inside, (1, 1))
        assert sftp.stat(inside).st_mode == 0o100644
        with pytest.raises(OSError, match="directory"):
            sftp.open("/EtatCivil/in")
        with pytest.raises(OSError, match="directory"):
            sftp.listdir(inside)

    await scene.play(part)
    assert (await scene.delivery(name)).state is DeliveryState.FETCHED


async def test_an_archive_in_done_stays_there_until_it_is_removed(scene: Scene) -> None:
    name = await scene.deposit()
    done = f"/EtatCivil/in/DONE/{name}"

    def part(sftp: paramiko.SFTPClient) -> list[str]:
        fetch(f"/EtatCivil/in/{name}")(sftp)
        sftp.rename(f"/EtatCivil/in/{name}", done)
        for target in (f"/EtatCivil/in/FAILED/{name}", f"/EtatCivil/in/{name}"):
            with pytest.raises(PermissionError):
                sftp.rename(done, target)
        sftp.remove(done)
        return sftp.listdir("/EtatCivil/in/DONE")

    assert await scene.play(part) == []
    assert (await scene.delivery(name)).state is DeliveryState.ACCEPTED


async def test_a_repeated_deletion_gets_the_same_answer(scene: Scene) -> None:
    name = await scene.deposit()

    def part(sftp: paramiko.SFTPClient) -> None:
        fetch(f"/EtatCivil/in/{name}")(sftp)
        sftp.remove(f"/EtatCivil/in/{name}")
        sftp.remove(f"/EtatCivil/in/{name}")

    await scene.play(part)
    assert (await scene.delivery(name)).state is DeliveryState.ACCEPTED


async def test_an_answer_under_a_temporary_name_is_handed_in_by_renaming_it(scene: Scene) -> None:
    answer = zipped(retour_xml(etat=16))

    def part(sftp: paramiko.SFTPClient) -> list[str]:
        sftp.putfo(io.BytesIO(answer), "/EtatCivil/out/retour.zip.part")
        sftp.rename("/EtatCivil/out/retour.zip.part", "/EtatCivil/out/retour.zip")
        with pytest.raises(PermissionError):
            sftp.rename("/EtatCivil/out/retour.zip", "/EtatCivil/out/DONE/retour.zip")
        return sftp.listdir("/EtatCivil/out")

    assert await scene.play(part) == ["DONE", "FAILED", "retour.zip"]


async def test_an_answer_sent_again_replaces_the_one_of_its_name_where_the_client_renames_as_posix_does(
    scene: Scene,
) -> None:
    def part(sftp: paramiko.SFTPClient) -> int | None:
        for comment in ("Voilà", "Voilà encore"):
            sftp.putfo(io.BytesIO(zipped(retour_xml(comment=comment))), "/EtatCivil/out/r.zip.part")
            with contextlib.nullcontext() if comment == "Voilà" else pytest.raises(OSError, match="exists there"):
                sftp.rename("/EtatCivil/out/r.zip.part", "/EtatCivil/out/r.zip")
        sftp.posix_rename("/EtatCivil/out/r.zip.part", "/EtatCivil/out/r.zip")
        return sftp.stat("/EtatCivil/out/r.zip").st_size

    assert await scene.play(part) == len(zipped(retour_xml(comment="Voilà encore")))


async def test_no_way_of_renaming_replaces_an_archive_in_done(scene: Scene) -> None:
    names = [await scene.deposit(number=number) for number in ("A", "B")]

    def part(sftp: paramiko.SFTPClient) -> list[str]:
        for name in names:
            fetch(f"/EtatCivil/in/{name}")(sftp)
        sftp.posix_rename(f"/EtatCivil/in/{names[0]}", "/EtatCivil/in/DONE/x.zip")
        for rename in (sftp.rename, sftp.posix_rename):
            with pytest.raises(OSError, match="exists there"):
                rename(f"/EtatCivil/in/{names[1]}", "/EtatCivil/in/DONE/x.zip")
        return sftp.listdir("/EtatCivil/in")

    assert await scene.play(part) == ["DONE", "FAILED", names[1]]
    assert (await scene.delivery(names[1])).state is DeliveryState.FETCHED


async def test_a_file_deleted_by_one_session_is_read_to_its_end_by_another(scene: Scene) -> None:
    path = f"/EtatCivil/in/{await scene.deposit(FILES)}"

    def part(sftp: paramiko.SFTPClient) -> tuple[bytes, bytes]:
        whole = fetch(path)(sftp)
        with sftp.open(path) as file:
            first = file.read(1000)
            sftp.remove(path)
            return whole, first + file.read()

    whole, read = await scene.play(part)
    assert whole == read


async def test_an_upload_can_be_removed_until_it_is_taken_in(scene: Scene) -> None:
    def part(sftp: paramiko.SFTPClient) -> list[str]:
        sftp.putfo(io.BytesIO(b"PK\x03\x04half"), "/EtatCivil/out/a.part")
        sftp.remove("/EtatCivil/out/a.part")
        return sftp.listdir("/EtatCivil/out")

    assert await scene.play(part) == ["DONE", "FAILED"]
