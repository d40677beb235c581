"""Names: none of an upload that its error file could not have, or has; composed or not, an archive's is the same."""

from __future__ import annotations

import io
import unicodedata

import paramiko
import pytest

from gateway.bridge.answers import carry_answers
from gateway.services.returns import LONGEST_NAME
from tests.sftp_server.scene import Scene, fetch

OUT = "/EtatCivil/out/"


def put(sftp: paramiko.SFTPClient, name: str) -> None:
    sftp.putfo(io.BytesIO(b"no answer"), OUT + name)


async def test_the_error_file_of_the_longest_name_can_be_read(scene: Scene) -> None:
    name = "n" * LONGEST_NAME
    await scene.play(lambda sftp: put(sftp, name))
    assert await carry_answers(scene.office) == 1

    def part(sftp: paramiko.SFTPClient) -> bytes:
        (error,) = [one for one in sftp.listdir(OUT + "FAILED") if one.endswith(".error.txt")]
        with sftp.open(f"{OUT}FAILED/{error}") as file:
            return file.read()

    assert b"Envoyez" in await scene.play(part)


@pytest.mark.parametrize("name", ["n" * (LONGEST_NAME + 1), "é" * 125, "a.zip.error.txt"])
async def test_other_names_are_refused_at_once(scene: Scene, name: str) -> None:
    def part(sftp: paramiko.SFTPClient) -> list[str]:
        with pytest.raises(PermissionError):
            put(sftp, name)
        put(sftp, "a.part")
        with pytest.raises(PermissionError):
            sftp.rename(OUT + "a.part", OUT + name)
        return sorted(sftp.listdir(OUT))

    assert await scene.play(part) == ["DONE", "FAILED", "a.part"]


async def test_an_archive_is_found_by_its_decomposed_name_too(scene: Scene) -> None:
    """macOS hands out names of its own files so."""
    name = await scene.deposit(number=unicodedata.normalize("NFD", "Élancourt 7"))
    asked = unicodedata.normalize("NFD", name)
    assert asked != name

    def part(sftp: paramiko.SFTPClient) -> list[str]:
        fetch(f"/EtatCivil/in/{asked}")(sftp)
        sftp.rename(f"/EtatCivil/in/{asked}", f"/EtatCivil/in/DONE/{asked}")
        fetch(f"/EtatCivil/in/DONE/{asked}")(sftp)
        return sftp.listdir("/EtatCivil/in/DONE")

    assert await scene.play(part) == [name]
