"""A dossier from deposit to answer, by both kinds of recipient, through the wiring as it is served."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from gateway import app
from gateway.services import expire, outgoing, timeline
from gateway.services.office import gateway_caller
from gateway.services.webhook_keys import signing_key
from tests.clients.programs import program
from tests.databases import Database
from tests.journeys import legacy
from tests.journeys.gateways import prepare, running
from tests.journeys.legacy import Legacy
from tests.journeys.offices import PDF, XML
from tests.journeys.receiver import Receiver, receiving
from tests.journeys.rest import Rest
from tests.journeys.story import PASSWORD, SECRET, MovableClock, declare_secrets, story_settings
from tests.journeys.world import BREST, PROCESS, private_key_text, subscription_id
from tests.pec.answers import answer_zip, retour_xml

DEADLINE = 20.0
SIGNED = b"%PDF-1.4 signed"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def gateway(
    database: Database, tmp_path: Path, keys: Path, clock: MovableClock, receiver: Receiver
) -> AsyncIterator[app.Gateway]:
    settings = story_settings(database, tmp_path / "data", keys)
    await prepare(settings, lambda tx: declare_secrets(tx, receiver.url))
    async with running(settings, clock) as gateway:
        yield gateway


@pytest.fixture
def depositor(gateway: app.Gateway, http: aiohttp.ClientSession) -> Rest:
    return Rest(http, gateway.http_port, "depot")


@pytest.fixture
def brest(gateway: app.Gateway, http: aiohttp.ClientSession) -> Rest:
    return Rest(http, gateway.http_port, "brest")


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Looks again and again, each look being a call that is waited for."""
    async with asyncio.timeout(DEADLINE):
        while not await look():
            pass


async def test_both_recipients_fetch_and_answer_and_the_depositor_sees_the_same(
    gateway: app.Gateway, http: aiohttp.ClientSession, receiver: Receiver, brest: Rest
) -> None:
    form = {"grant_type": "client_credentials", "scope": "OSL", "client_id": "depot", "client_secret": SECRET}
    async with http.post(f"http://127.0.0.1:{gateway.http_port}/token", data=form) as response:
        token = (await response.json())["access_token"]
    depositor = Rest(http, gateway.http_port, "depot", token=token)
    folder = await depositor.deposit("A-9-1", "rennes", "brest")

    await receiver.came(1)
    assert receiver.calls[0].signed_by(signing_key(gateway.office, subscription_id(BREST)))
    (notification,) = await brest.notifications()
    case = await brest.case(notification["caseId"])
    assert [await brest.download(case["id"], one) for one in case["attachments"]] == [XML, PDF]
    for status in ("SENT", "SI_RECEIVED"):
        await brest.event(case["id"], "STATUS_UPDATE", caseNewStatus=status)
    await brest.event(case["id"], "STATUS_UPDATE", caseNewStatus="DONE", message="Fait")
    await brest.dismiss(notification["id"])

    def legacy_server() -> None:
        with legacy.session(gateway.sftp_port, "rennes", PASSWORD) as server:
            assert server.list() == ["A-9-1-EtatCivil-1.zip"]
            assert list(server.entries("A-9-1-EtatCivil-1.zip").values())[2:] == [XML, PDF]
            server.rename("A-9-1-EtatCivil-1.zip")
            server.put("réponse.xml", retour_xml("A-9-1", 100, "Fait"))

    await asyncio.to_thread(legacy_server)
    await depositor.until(folder, "DONE", "DONE", "DONE")
    told = [await told_of(depositor, each["id"]) for each in folder["cases"]]
    assert told[0] == told[1] == [("SENT", None), ("SI_RECEIVED", None), ("DONE", "Fait")]
    lines = await timeline.of_folder(gateway.office, gateway_caller(gateway.office, "test"), folder["id"])
    counted = [line.delivery_id for line in lines if line.entry in ("delivery.accepted", "delivery.rejected")]
    assert len(counted) == len(set(counted)) == 2


async def told_of(depositor: Rest, case_id: str) -> list[tuple[str, str | None]]:
    """The statuses and messages of which the depositor was notified, in their order."""
    events = {one["id"]: one for one in (await depositor.case(case_id))["events"]}
    notices = [one["eventId"] for one in await depositor.notifications() if one["caseId"] == case_id]
    return [(events[one]["caseNewStatus"], events[one]["message"]) for one in notices]


async def test_a_bare_100_after_fetching_gets_the_mandatory_status_inserted(
    gateway: app.Gateway, depositor: Rest
) -> None:
    folder = await depositor.deposit("A-9-1", "rennes")

    def legacy_server() -> None:
        with legacy.session(gateway.sftp_port, "rennes") as server:
            server.read(*server.list())
            server.put("100.xml", retour_xml("A-9-1", 100))

    await asyncio.to_thread(legacy_server)
    await depositor.until(folder, "DONE", "DONE")
    told = await told_of(depositor, folder["cases"][0]["id"])
    assert [status for status, _ in told] == ["SENT", "SI_RECEIVED", "DONE"]


async def test_openssh_fetches_renames_and_answers_in_a_batch(
    gateway: app.Gateway, depositor: Rest, tmp_path: Path
) -> None:
    sftp = program("sftp")
    folder = await depositor.deposit("A-9-1", "rennes")
    key, answer, batch = tmp_path / "key", tmp_path / "answer.zip", tmp_path / "batch"
    key.write_text(private_key_text("rennes"))
    key.chmod(0o600)
    answer.write_bytes(answer_zip("A-9-1", 19, "Voici l'acte", {"acte.pdf": SIGNED}))
    name = f"A-9-1-{PROCESS}-1.zip"
    lines = [f"cd {PROCESS}/in", "ls -l", f"get {name} {tmp_path / name}", f"rename {name} DONE/{name}"]
    batch.write_text("\n".join([*lines, f"put {answer} /{PROCESS}/out/answer.zip", f"ls -l /{PROCESS}/out", ""]))
    options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"]
    command = [sftp, "-b", str(batch), "-P", str(gateway.sftp_port), "-i", str(key), "-F", "/dev/null"]
    command += [part for option in options for part in ("-o", option)] + ["rennes@127.0.0.1"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert list(legacy.unzipped((tmp_path / name).read_bytes()).values())[2:] == [XML, PDF]
    await depositor.until(folder, "DONE", "DONE")
    case = await depositor.case(folder["cases"][0]["id"])
    (event,) = [one for one in case["events"] if one["attachments"]]
    assert await depositor.download(case["id"], event["attachments"][0], event["id"]) == SIGNED


async def test_a_complement_is_a_further_archive_with_the_whole_dossier(gateway: app.Gateway, depositor: Rest) -> None:
    folder = await depositor.deposit("A-9-1", "rennes")
    case_id = folder["cases"][0]["id"]
    event = await depositor.event(case_id, "ATTACH_DEPOSIT", [("suite.pdf", SIGNED)], message="La suite")

    def legacy_server() -> dict[str, bytes]:
        with legacy.session(gateway.sftp_port, "rennes") as server:
            assert server.list() == ["A-9-1-EtatCivil-1.zip", "A-9-1-EtatCivil-2.zip"]
            entries = server.entries("A-9-1-EtatCivil-2.zip")
            server.rename("A-9-1-EtatCivil-2.zip")
            assert server.list() == ["A-9-1-EtatCivil-1.zip"]
            return entries

    entries = await asyncio.to_thread(legacy_server)
    assert {XML, PDF, SIGNED} < set(entries.values())
    assert any("La suite" in content.decode(errors="replace") for name, content in entries.items() if "Message" in name)
    case = await depositor.case(case_id)
    assert [one["status"] for one in case["events"] if one["id"] == event["id"]] == ["RECEIVED"]


async def test_what_nobody_fetches_expires_its_depositor_is_told_and_an_operator_undoes_it(
    gateway: app.Gateway, depositor: Rest, brest: Rest, clock: MovableClock
) -> None:
    folder = await depositor.deposit("A-9-1", "rennes", "brest")
    clock.ahead = gateway.office.policy.expire_after or clock.ahead

    async def told() -> bool:
        return len(await depositor.notifications()) == 2

    await until(told)
    assert await depositor.statuses(folder) == ["HUBEE_NOTIFIED"] * 3
    assert await in_inbox(gateway) == []
    assert await brest.notifications() == []
    case = await depositor.case(folder["cases"][0]["id"])
    assert [(one["actionType"], one["transmitter"]["type"]) for one in case["events"]] == [("SENDING_MESSAGE", "ADMIN")]
    assert "n'a pas été retiré" in case["events"][0]["message"]

    operator = gateway_caller(gateway.office, "operator")
    for each in folder["cases"]:
        (expired,) = await gateway.office.store.read(lambda tx, case_id=each["id"]: tx.deliveries.of_case(case_id))  # type: ignore[misc]  # mypy infers no default
        await expire.undo_expiry(gateway.office, operator, expired.id)
    assert await in_inbox(gateway) == ["A-9-1-EtatCivil-3.zip"]
    assert len(await brest.notifications()) == 1


async def in_inbox(gateway: app.Gateway) -> list[str]:
    def look() -> list[str]:
        with legacy.session(gateway.sftp_port, "rennes") as server:
            return server.list()

    return await asyncio.to_thread(look)


async def test_a_failing_receiver_is_called_again_later_and_later_then_set_aside_and_replayed(
    gateway: app.Gateway, depositor: Rest, receiver: Receiver
) -> None:
    receiver.always = 503
    await depositor.deposit("A-9-1", "brest")

    async def dead() -> bool:
        return bool(await outgoing.dead(gateway.office))

    await until(dead)
    assert len(receiver.calls) == 4
    gaps = [after.at - before.at for before, after in zip(receiver.calls, receiver.calls[1:], strict=False)]
    for gap, delay in zip(gaps, (0.1, 0.2, 0.4), strict=True):
        assert gap >= delay / 2
    receiver.always = 204
    (call,) = await outgoing.dead(gateway.office)
    await outgoing.replay(gateway.office, gateway_caller(gateway.office, "operator"), call.id)
    await receiver.came(5)
    assert {one.id for one in receiver.calls} == {call.id}
    assert await outgoing.dead(gateway.office) == []


async def test_two_gateways_on_one_database_do_each_thing_once(
    gateway: app.Gateway,
    database: Database,
    tmp_path: Path,
    keys: Path,
    http: aiohttp.ClientSession,
    receiver: Receiver,
    depositor: Rest,
) -> None:
    async with running(story_settings(database, tmp_path / "data", keys)) as other:
        depositors = (depositor, Rest(http, other.http_port, "depot"))
        folders = [await depositors[number % 2].deposit(f"A-9-{number}", "rennes", "brest") for number in range(6)]

        def legacy_server(port: int, numbers: range) -> None:
            with legacy.session(port, "rennes") as server:
                for number in numbers:
                    server.read(f"A-9-{number}-EtatCivil-1.zip")
                    put_answer(server, number)

        await asyncio.gather(
            asyncio.to_thread(legacy_server, gateway.sftp_port, range(0, 6, 2)),
            asyncio.to_thread(legacy_server, other.sftp_port, range(1, 6, 2)),
        )
        for folder in folders:
            await depositor.until(folder, "HUBEE_NOTIFIED", "DONE", "HUBEE_NOTIFIED")
        await receiver.came(6)
    for folder in folders:
        told = await told_of(depositor, folder["cases"][0]["id"])
        assert [status for status, _ in told] == ["SENT", "SI_RECEIVED", "DONE"]
    assert len({call.id for call in receiver.calls}) == len(receiver.calls) == 6


def put_answer(server: Legacy, number: int) -> None:
    server.put(f"{number}.xml", retour_xml(f"A-9-{number}", 19))


async def test_of_two_gateways_one_runs_a_job_and_the_other_takes_over(
    database: Database, tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = story_settings(database, tmp_path / "data", keys)
    await prepare(settings)
    ran: asyncio.Queue[object] = asyncio.Queue()
    real = expire.expire_due

    async def watched(office: object) -> int:
        ran.put_nowait(office)
        return await real(office)  # type: ignore[arg-type]  # it is the office of one of them

    monkeypatch.setattr(expire, "expire_due", watched)
    async with running(settings) as lives:
        async with running(settings) as leaves:
            first = await run_by(ran, 10)
            assert len(first) == 1
        before = ran.qsize()
        after = await run_by(ran, before + 10, skip=before)
        assert after <= {id(lives.office)} | (first - {id(leaves.office)})
        assert id(lives.office) in after


async def run_by(ran: asyncio.Queue[object], runs: int, skip: int = 0) -> set[int]:
    """Who made the next runs of the job, the first few aside."""
    async with asyncio.timeout(DEADLINE):
        found = [id(await ran.get()) for _ in range(runs)]
    return set(found[skip:])
