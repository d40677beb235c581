"""Processes: their rules survive the way through a JSON column."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

from gateway.domain.referential import Process
from gateway.domain.statuses import Status, StatusRules
from tests.databases import AnyStore
from tests.store.rows import DAY, NOW, OSL

WHOLE = Process(
    code="depotDossierPACS",
    name="Dépôt de dossier de PACS",
    osl=OSL,
    description="« PACS »",
    is_activated=False,
    attachment_types=("flux-pacs", "an"),
    attachment_formats=("application/xml",),
    recipient_formats=("application/pdf",),
    attachment_max_size=2**31,
    supporting_types=("an",),
    rules=StatusRules(
        mandatory=None,
        final=frozenset({Status.DONE}),
        awaiting=True,
        strict=True,
        extra={Status.HUBEE_NOTIFIED: frozenset({Status.DONE, Status.SENT})},
    ),
    message_to_transmitter=False,
    message_with_status=False,
    status_before_file_deletion="CLOSED",
    time_before_file_deletion=90,
    time_before_archiving=30,
    time_before_folder_deletion=365,
    subscription_validation="Manual",
    legal_justification="Code civil",
    expire_after=timedelta(days=30, seconds=1),
)


async def test_it_comes_back_as_it_was_added(seeded: AnyStore) -> None:
    bare = Process("plain", "Plain")
    assert all(getattr(WHOLE, field.name) != getattr(bare, field.name) for field in fields(Process) if field.compare)
    await seeded.write(lambda tx: tx.processes.add(WHOLE, NOW))
    await seeded.write(lambda tx: tx.processes.add(bare, NOW))
    assert await seeded.read(lambda tx: tx.processes.get(WHOLE.code)) == WHOLE
    assert await seeded.read(lambda tx: tx.processes.get("plain")) == bare
    assert await seeded.read(lambda tx: tx.processes.get("PLAIN")) is None


async def test_a_change_is_seen_at_once(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: tx.processes.add(replace(WHOLE, rules=StatusRules()), NOW))
    assert await seeded.read(lambda tx: tx.processes.get(WHOLE.code)) != WHOLE
    await seeded.write(lambda tx: tx.processes.change(WHOLE, NOW + DAY))
    assert await seeded.read(lambda tx: tx.processes.get(WHOLE.code)) == WHOLE


async def test_one_that_is_there_already_is_not_created_again(seeded: AnyStore) -> None:
    assert await seeded.write(lambda tx: tx.processes.create(WHOLE, NOW))
    assert not await seeded.write(lambda tx: tx.processes.create(replace(WHOLE, name="Another"), NOW))
    found = await seeded.read(lambda tx: tx.processes.get(WHOLE.code))
    assert found == WHOLE
    assert found is not None
    assert (found.created_at, found.updated_at) == (NOW, None)
    await seeded.write(lambda tx: tx.processes.change(WHOLE, NOW + DAY))
    found = await seeded.read(lambda tx: tx.processes.get(WHOLE.code))
    assert found is not None
    assert (found.created_at, found.updated_at) == (NOW, NOW + DAY)
    assert await seeded.write(lambda tx: tx.processes.hold(WHOLE.code)) == found
    assert await seeded.write(lambda tx: tx.processes.hold("nobody")) is None
