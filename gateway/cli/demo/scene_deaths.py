"""CERTDC: one folder, two towns: one fetches by SFTP as it always did, the other by the API."""

from __future__ import annotations

from gateway.cli.demo import documents
from gateway.cli.demo.cast import API_TOWN, TOWN, Cast, case_of
from gateway.cli.demo.legacy import answer_archive
from gateway.cli.demo.people import Part
from gateway.cli.demo.world import API_TOWN as API_ID
from gateway.cli.demo.world import SFTP_TOWN

NUMBER = "DEMO-CERTDC-0001"
PROCESS = "CERTDC"


async def play(cast: Cast) -> None:
    """From the deposit to DONE at both doors."""
    checks, depositor = cast.checks, cast.health
    checks.scene("1. A death certificate for two towns (CERTDC)")
    files = documents.death_certificate(NUMBER)
    first, second = f"{NUMBER}-01", f"{NUMBER}-02"
    parts = (Part(first, SFTP_TOWN, files), Part(second, API_ID, files[1:]))
    checks.step("The depositor", f"hands in {NUMBER} through the REST API: two cases, {len(files)} attachments")
    folder = await depositor.deposit(PROCESS, NUMBER, parts)
    checks.equal("the folder is with its recipients", "HUBEE_NOTIFIED", folder["globalStatus"])
    checks.equal("every attachment is kept", {"RECEIVED"}, {each["status"] for each in folder["attachments"]})
    await cast.tell(folder["id"])
    await _by_sftp(cast, folder["id"], case_of(folder, first), files)
    await _by_api(cast, folder["id"], case_of(folder, second), files[1:])
    whole = await depositor.folder(folder["id"])
    checks.equal("the folder follows its cases", "DONE", whole["globalStatus"])


async def _by_sftp(cast: Cast, folder: str, case: str, files: tuple[documents.Document, ...]) -> None:
    checks, depositor = cast.checks, cast.health

    async def status() -> str:
        return await depositor.status(case)

    checks.step(TOWN, "polls its inbox, reads the archive and verifies it")
    names = await cast.legacy(lambda town: town.waiting(PROCESS))
    checks.equal("one archive is waiting", 1, len(names))
    taken = await cast.legacy(lambda town: town.take(PROCESS, names[0]))
    cast.compare(taken, NUMBER, PROCESS, files)
    await checks.soon("the depositor sees that it was fetched", "SENT", status)
    checks.step(TOWN, "renames it into DONE")
    await cast.legacy(lambda town: town.accept(PROCESS, names[0]))
    await checks.soon("the depositor sees that it was taken in", "SI_RECEIVED", status)
    checks.equal("the inbox is empty", [], await cast.legacy(lambda town: town.waiting(PROCESS)))
    checks.true("the file is in DONE", names[0] in await cast.legacy(lambda town: town.listing(PROCESS, "in", "DONE")))
    for code, wanted in ((16, "IN_PROGRESS"), (100, "DONE")):
        checks.step(TOWN, f"uploads its answer: code {code}")
        name, answer = f"{NUMBER}-{code}.zip", answer_archive(NUMBER, code, "Transcription au registre")
        await cast.legacy(lambda town, name=name, answer=answer: town.answer(PROCESS, name, answer))  # type: ignore[misc]  # mypy infers no default
        await checks.soon("the depositor sees the status", wanted, status)
    checks.equal(
        "the depositor was told of each step",
        ["SENT", "SI_RECEIVED", "IN_PROGRESS", "DONE"],
        await depositor.told(case),
    )
    await cast.tell(folder)


async def _by_api(cast: Cast, folder: str, case: str, files: tuple[documents.Document, ...]) -> None:
    checks, depositor, town = cast.checks, cast.health, cast.town_deaths
    checks.step(API_TOWN, "lists its notifications and fetches its case")
    inbox = [each for each in await town.inbox() if each["caseId"] == case]
    checks.equal("one notification is about this case", 1, len(inbox))
    _, seen = await town.fetch(case)
    expected = {f"{file.type}/{file.file_name}": file.digest for file in files}
    checks.true("it sees its own part of the folder, byte for byte (SHA-256)", seen == expected, seen)
    await town.set_status(case, "SI_RECEIVED")
    await town.dismiss(inbox[0]["id"])
    checks.equal("its inbox is empty", [], await town.inbox())
    checks.step(API_TOWN, "answers by events")
    await town.report(case, "SI_RECEIVED", "IN_PROGRESS", "Dossier pris en charge")
    checks.equal("the depositor sees the status", "IN_PROGRESS", await depositor.status(case))
    await town.report(case, "IN_PROGRESS", "DONE", "Mention apposée")
    checks.equal("the depositor sees the status", "DONE", await depositor.status(case))
    told = await depositor.told(case)
    checks.equal("the depositor was told", ["IN_PROGRESS", "DONE"], told)
    await cast.tell(folder)
