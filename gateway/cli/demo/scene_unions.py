"""depotDossierPACS: an archive that the town cannot take in, re-opened by the depositor, then answered."""

from __future__ import annotations

from gateway.cli.demo import documents
from gateway.cli.demo.cast import TOWN, Cast, case_of
from gateway.cli.demo.legacy import answer_message
from gateway.cli.demo.people import Part
from gateway.cli.demo.world import SFTP_TOWN

NUMBER = "DEMO-PACS-0003"
PROCESS = "depotDossierPACS"


async def play(cast: Cast) -> None:
    """FAILED, re-opened, fetched again, answered by a bare 100."""
    checks, depositor = cast.checks, cast.services
    checks.scene("3. A civil union that needs a second try (depotDossierPACS)")
    files = documents.civil_union(NUMBER)
    checks.step("The depositor", f"hands in {NUMBER} through the REST API")
    folder = await depositor.deposit(PROCESS, NUMBER, (Part(f"{NUMBER}-01", SFTP_TOWN, files),))
    case = case_of(folder, f"{NUMBER}-01")

    async def status() -> str:
        return await depositor.status(case)

    async def waiting() -> list[str]:
        return await cast.legacy(lambda town: town.waiting(PROCESS))

    (name,) = await checks.soon("the archive is waiting", [f"{NUMBER}-{PROCESS}-1.zip"], waiting)
    checks.step(TOWN, "cannot take it in and moves it to FAILED")
    await cast.legacy(lambda town: town.take(PROCESS, name))
    await cast.legacy(lambda town: town.reject(PROCESS, name))
    await checks.soon("the depositor sees the failure", "SI_INTG_ERROR", status)
    checks.equal("the depositor was told", ["SENT", "SI_INTG_ERROR"], await depositor.told(case))
    await cast.tell(folder["id"])

    checks.step("The depositor", "re-opens the case")
    await depositor.reopen(case)
    (again,) = await checks.soon("a new archive is waiting, under a new name", [f"{NUMBER}-{PROCESS}-2.zip"], waiting)
    taken = await cast.legacy(lambda town: town.take(PROCESS, again))
    cast.compare(taken, NUMBER, PROCESS, files)
    checks.step(TOWN, "renames it into DONE and answers with a bare message.xml: 100")
    await cast.legacy(lambda town: town.accept(PROCESS, again))
    await cast.legacy(lambda town: town.answer(PROCESS, f"{NUMBER}.xml", answer_message(NUMBER, 100)))
    await checks.soon("the depositor sees the status", "DONE", status)
    checks.equal("the first archive stays where the town put it", [name], await _failed(cast))
    await cast.tell(folder["id"])


async def _failed(cast: Cast) -> list[str]:
    return await cast.legacy(lambda town: town.listing(PROCESS, "in", "FAILED"))
