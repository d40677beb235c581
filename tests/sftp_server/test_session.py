"""The door as stock clients see it: the tree, archives, gestures and answers."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncssh
import paramiko
import pytest

from gateway.domain.deliveries import DeliveryState
from gateway.domain.statuses import Status
from gateway.sftp_server import protocol
from tests.pec.answers import retour_xml, zipped
from tests.sftp_server.scene import BREST, Scene, fetch

FILES = {"acte.xml": b"<acte/>", "acte.pdf": bytes(range(256)) * 2500}


async def test_the_tree_is_that_of_the_account(scene: Scene) -> None:
    def part(sftp: paramiko.SFTPClient) -> list[list[str]]:
        return [sorted(sftp.listdir(path)) for path in ("/", "/EtatCivil", "EtatCivil/in", "/EtatCivil/out/DONE")]

    assert await scene.play(part) == [["CERTDC", "EtatCivil"], ["in", "out"], ["DONE", "FAILED"], []]


async def test_a_flat_account_sees_in_and_out(scene: Scene) -> None:
    name = await scene.deposit(recipient=BREST)
    assert sorted(await scene.play(lambda sftp: sftp.listdir("."), "plat")) == ["in", "out"]
    assert await scene.play(lambda sftp: sftp.listdir("/in"), "plat") == ["DONE", "FAILED", name]


async def test_an_archive_is_listed_and_read_whole(scene: Scene) -> None:
    name = await scene.deposit(FILES)

    def part(sftp: paramiko.SFTPClient) -> tuple[paramiko.SFTPAttributes, paramiko.SFTPAttributes, bytes]:
        (listed,) = [one for one in sftp.listdir_attr("/EtatCivil/in") if not stat.S_ISDIR(one.st_mode or 0)]
        return listed, sftp.stat(f"/EtatCivil/in/{name}"), fetch(f"/EtatCivil/in/{name}")(sftp)

    listed, found, data = await scene.play(part)
    assert listed.filename == name
    assert listed.st_size == found.st_size == len(data)
    assert listed.st_mtime == found.st_mtime == int(scene.clock().timestamp())
    assert "gateway" in str(listed.longname)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        contents = [archive.read(entry) for entry in archive.namelist()]
    assert contents[2:] == list(FILES.values())
    assert (await scene.delivery(name)).state is DeliveryState.FETCHED
    assert (await scene.case_of(name)).status is Status.SENT


async def test_a_partial_reading_changes_nothing_and_several_add_up(scene: Scene) -> None:
    name = await scene.deposit(FILES)
    path = f"/EtatCivil/in/{name}"

    def first(sftp: paramiko.SFTPClient) -> int:
        with sftp.open(path) as file:
            return len(file.read(100_000))

    def rest(sftp: paramiko.SFTPClient) -> int:
        with sftp.open(path) as file:
            file.seek(100_000)
            return len(file.read())

    assert await scene.play(first) == 100_000
    assert (await scene.delivery(name)).state is DeliveryState.READY
    await scene.play(rest)
    assert (await scene.delivery(name)).state is DeliveryState.FETCHED


@pytest.mark.parametrize(
    "path",
    [
        "/Inconnue",
        "/EtatCivil/autre",
        "/EtatCivil/in/absent.zip",
        "/EtatCivil/in/a/b",
        "/EtatCivil/in/DONE/absent.zip",
        "/EtatCivil/out/absent.zip",
        "/etc/passwd",
        "/EtatCivil/in/../../../../etc/passwd",
        "/EtatCivil/in/nul\0nul",
        "/" + "x" * 10_000,
        "/EtatCivil/in/" + "é" * 200,
    ],
)
async def test_what_is_not_there_does_not_exist(scene: Scene, path: str) -> None:
    def part(sftp: paramiko.SFTPClient) -> None:
        for attempt in (sftp.stat, sftp.open, sftp.listdir, sftp.remove):
            with pytest.raises(FileNotFoundError):
                attempt(path)

    await scene.play(part)


async def test_another_subscribers_archive_does_not_exist(scene: Scene) -> None:
    name = await scene.deposit(recipient=BREST)

    def part(sftp: paramiko.SFTPClient) -> list[str]:
        with pytest.raises(FileNotFoundError):
            sftp.open(f"/EtatCivil/in/{name}")
        return sftp.listdir("/EtatCivil/in")

    assert await scene.play(part) == ["DONE", "FAILED"]


async def test_paths_stay_inside_the_tree(scene: Scene) -> None:
    def part(sftp: paramiko.SFTPClient) -> list[str | None]:
        return [sftp.normalize(path) for path in (".", "", "../../..", "/EtatCivil//in/./DONE/../../out/")]

    assert await scene.play(part) == ["/", "/", "/", "/EtatCivil/out"]


async def test_directories_that_clients_make_are_there_and_no_others_can_be_made(scene: Scene) -> None:
    def part(sftp: paramiko.SFTPClient) -> None:
        for path in ("/EtatCivil/in/DONE", "/EtatCivil/out/FAILED", "/EtatCivil"):
            assert stat.S_ISDIR(sftp.stat(path).st_mode or 0)
            with pytest.raises(OSError, match="exists"):
                sftp.mkdir(path)
            with pytest.raises(PermissionError):
                sftp.rmdir(path)
        with pytest.raises(PermissionError):
            sftp.mkdir("/EtatCivil/in/new")

    await scene.play(part)


async def test_an_answer_is_put_and_stays_for_the_look_that_put_takes_after_it(scene: Scene) -> None:
    answer = zipped(retour_xml(etat=16))

    def part(sftp: paramiko.SFTPClient) -> tuple[int | None, bytes, list[str]]:
        put = sftp.putfo(io.BytesIO(answer), "/EtatCivil/out/retour.zip")
        return put.st_size, fetch("/EtatCivil/out/retour.zip")(sftp), sftp.listdir("/EtatCivil/out")

    assert await scene.play(part) == (len(answer), answer, ["DONE", "FAILED", "retour.zip"])


async def test_an_upload_that_is_not_whole_can_be_continued(scene: Scene) -> None:
    answer = zipped(retour_xml(etat=16), {"pièce.pdf": bytes(range(256)) * 400})
    path = "/EtatCivil/out/retour.zip"

    def part(sftp: paramiko.SFTPClient) -> tuple[int | None, bytes]:
        with sftp.open(path, "w") as file:
            file.write(answer[:100])
        kept = sftp.stat(path).st_size
        with sftp.open(path, "a") as file:
            file.write(answer[100:])
        return kept, fetch(path)(sftp)

    assert await scene.play(part) == (100, answer)


async def test_an_upload_may_be_created_only_if_it_is_new(scene: Scene) -> None:
    def part(sftp: paramiko.SFTPClient) -> None:
        with pytest.raises(FileNotFoundError):
            sftp.open("/EtatCivil/out/new.part", "r+")
        sftp.open("/EtatCivil/out/new.part", "wx").close()
        with pytest.raises(OSError, match="exists"):
            sftp.open("/EtatCivil/out/new.part", "wx")

    await scene.play(part)


async def test_listings_give_the_year_of_what_is_old(scene: Scene) -> None:
    await scene.deposit()
    scene.clock.pass_by(timedelta(days=300))
    (line,) = [
        str(one.longname)
        for one in await scene.play(lambda sftp: sftp.listdir_attr("/EtatCivil/in"))
        if one.filename.endswith(".zip")
    ]
    assert " Mar  2  2026 " in line


async def test_a_listing_under_way_is_that_of_its_beginning(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_NAMES", 1)
    first, second = [await scene.deposit(number=number) for number in ("A", "B")]
    async with scene.connect() as conn, conn.start_sftp_client() as sftp:
        found = [str(entry.filename) async for entry in _while_listed(scene, sftp, f"/EtatCivil/in/{first}")]
        assert found == [".", "..", "DONE", "FAILED", first, second]
        assert set(await sftp.listdir("/EtatCivil/in")) == {".", "..", "DONE", "FAILED", second, "C-EtatCivil-1.zip"}


async def _while_listed(scene: Scene, sftp: asyncssh.SFTPClient, gone: str) -> AsyncIterator[asyncssh.SFTPName]:
    """Each entry of an inbox; while they come one archive goes and another comes."""
    async for entry in sftp.scandir("/EtatCivil/in"):
        if entry.filename == ".":
            await scene.play(fetch(gone))
            await scene.play(lambda other: other.remove(gone))
            await scene.deposit(number="C")
        yield entry
