"""EtatCivil: a batch script fetches, a wrong answer is explained, a right one brings a document back."""

from __future__ import annotations

import asyncio
import hashlib

from gateway.cli.demo import documents, openssh
from gateway.cli.demo.cast import TOWN, Cast, case_of
from gateway.cli.demo.legacy import LegacySubscriber, Taken, answer_archive, opened
from gateway.cli.demo.people import Part
from gateway.cli.demo.world import SFTP_TOWN

NUMBER = "DEMO-EC-0002"
PROCESS = "EtatCivil"


async def play(cast: Cast) -> None:
    """From the deposit to DONE, with a refused answer on the way."""
    checks, depositor = cast.checks, cast.services
    checks.scene("2. A request for a birth record (EtatCivil)")
    files = documents.civil_status_request(NUMBER)
    checks.step("The depositor", f"hands in {NUMBER} through the REST API")
    folder = await depositor.deposit(PROCESS, NUMBER, (Part(f"{NUMBER}-01", SFTP_TOWN, files),))
    checks.equal("the folder is with its recipient", "HUBEE_NOTIFIED", folder["globalStatus"])
    case = case_of(folder, f"{NUMBER}-01")

    async def status() -> str:
        return await depositor.status(case)

    taken = await _by_script(cast) if openssh.available() else await _by_paramiko(cast)
    cast.compare(taken, NUMBER, PROCESS, files)
    await checks.soon("the depositor sees that it was taken in", "SI_RECEIVED", status)
    await cast.tell(folder["id"])
    await _wrong_answer(cast)
    checks.equal("nothing else changed", "SI_RECEIVED", await status())

    checks.step(TOWN, "answers: accepted (19), with the record as a PDF")
    record = documents.birth_record(NUMBER)
    answer = answer_archive(NUMBER, 19, "Acte délivré", {record.file_name: record.content})
    await cast.legacy(lambda town: town.answer(PROCESS, "reponse.zip", answer))
    await checks.soon("the depositor sees the status", "DONE", status)
    checks.equal("the depositor was told of each step", ["SENT", "SI_RECEIVED", "DONE"], await depositor.told(case))
    attached = [(event["id"], each) for event in await depositor.events(case) for each in event["attachments"]]
    checks.equal("the answer's file is with the depositor", ["acte.pdf"], [each["fileName"] for _, each in attached])
    event, attachment = attached[0]
    content, _ = await depositor.rest.download(f"/cases/{case}/events/{event}/attachments/{attachment['id']}")
    checks.true("byte for byte (SHA-256)", hashlib.sha256(content).hexdigest() == record.digest)
    await cast.tell(folder["id"])


async def _by_script(cast: Cast) -> Taken:
    """The system's `sftp`, with a key and a batch file."""
    checks = cast.checks
    checks.step(TOWN, "fetches with the system's `sftp -b`: ls, get, rename")
    hosts = cast.login.known_hosts
    listed = await openssh.batch(cast.doors, cast.key, hosts, f"cd {PROCESS}/in", "ls -1 *.zip")
    checks.equal("one archive is waiting", 1, len(listed))
    name = listed[0].strip()
    local = cast.directory / "fetched.zip"
    await openssh.batch(
        cast.doors, cast.key, hosts, f"cd {PROCESS}/in", f'get "{name}" "{local}"', f'rename "{name}" "DONE/{name}"'
    )
    return opened(name, await asyncio.to_thread(local.read_bytes))


async def _by_paramiko(cast: Cast) -> Taken:
    """Where there is no OpenSSH client, the legacy subscriber does it again."""
    cast.checks.note("OpenSSH's `sftp` is not installed here (apt-get install openssh-client): paramiko plays its part")
    cast.checks.step(TOWN, "fetches and renames into DONE")

    def fetch(town: LegacySubscriber) -> Taken:
        (name,) = town.waiting(PROCESS)
        taken = town.take(PROCESS, name)
        town.accept(PROCESS, name)
        return taken

    return await cast.legacy(fetch)


async def _wrong_answer(cast: Cast) -> None:
    checks = cast.checks
    checks.step(TOWN, "uploads an answer that names an unknown dossier")
    answer = answer_archive("DEMO-EC-9999", 19)
    await cast.legacy(lambda town: town.answer(PROCESS, "erreur.zip", answer))

    async def failed() -> list[str]:
        return await cast.legacy(lambda town: town.listing(PROCESS, "out", "FAILED"))

    await checks.soon("it is set aside, with the reason beside it", ["erreur.zip", "erreur.zip.error.txt"], failed)
    reason = await cast.legacy(lambda town: town.text(PROCESS, "out", "FAILED", "erreur.zip.error.txt"))
    checks.true("the reason names the answer, in French and English", "erreur.zip" in reason and "refused" in reason)
    for line in reason.splitlines()[:5]:
        checks.note(f"| {line}")
