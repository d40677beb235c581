"""A dossier in the store behind a configuration, as commands find it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.cli.importing import import_file
from gateway.cli.opening import at_the_office
from gateway.config import Settings
from gateway.domain.dossiers import Applicant
from gateway.domain.identity import Caller, Door, OrganizationId, Role
from gateway.domain.outgoing import Outgoing, OutgoingState
from gateway.services import attachments, deposit, expire
from gateway.services.office import Office
from tests.cli.onboarding import OSL, TOWN
from tests.journeys.offices import stream

CONTENT = b"<acte/>"
DEAD = "0197a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"


def deposited(settings: Settings, config: Path, number: str = "A-1") -> deposit.FolderView:
    """A folder of the onboarding file's depositor for its town, completed."""
    import_file(Path("onboarding.yaml"), config, dry_run=False, credentials_out=None, json=True)

    async def verb(office: Office, _: Caller) -> deposit.FolderView:
        caller = Caller(OSL, Role.OSL, Door.API, "depot")
        case = deposit.NewCase(f"{number}-01", OrganizationId.parse(TOWN))
        file = deposit.NewAttachment("a.xml", "ActeEtatCivil-XML", len(CONTENT), "application/xml", (case.external_id,))
        new = deposit.NewFolder("EtatCivil", number, Applicant("A", "B"), (case,), (file,))
        view = await deposit.create_folder(office, caller, new)
        assert isinstance(view, deposit.FolderView)
        await attachments.receive(office, caller, view.folder.id, view.attachments[0].id, stream(CONTENT), None)
        await deposit.update_folder(office, caller, view.folder.id, "HUBEE_COMPLETED")
        return await deposit.read_folder(office, caller, view.folder.id)

    return at_the_office(settings, "test", verb)


def expired(settings: Settings) -> str:
    """Lets time pass until the one delivery has expired; its id."""

    async def verb(office: Office, _: Caller) -> str:
        later = replace(office, clock=lambda: office.clock() + timedelta(days=400))
        assert await expire.expire_due(later) == 1
        lines = await office.store.read(lambda tx: tx.journal.after(0))
        return str(next(line.delivery_id for line in lines if line.delivery_id))

    return at_the_office(settings, "test", verb)


def dead_letter(settings: Settings) -> None:
    """A call that was given up, for the town's subscription."""

    async def verb(office: Office, _: Caller) -> None:
        now = office.clock()
        subscription = await office.store.read(lambda tx: tx.subscriptions.find(TOWN, "EtatCivil"))
        assert subscription is not None
        call = Outgoing(DEAD, "webhook", subscription.id, "{}", now, next_at=now)
        await office.store.write(lambda tx: tx.outbox.add(call))
        (claimed,) = await office.store.write(lambda tx: tx.outbox.claim(now, now + timedelta(minutes=1), 10))
        await office.store.write(
            lambda tx: tx.outbox.settle(claimed, OutgoingState.DEAD, now, again_at=None, error="connection refused")
        )

    at_the_office(settings, "test", verb)
