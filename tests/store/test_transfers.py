"""Changes of the recipient of cases, on both engines."""

from __future__ import annotations

from gateway.domain.deliveries import Delivery, DeliveryState
from gateway.domain.dossiers import Case
from gateway.domain.identity import Door, Mode
from gateway.domain.transfers import Transferred
from gateway.store.transaction import Transaction
from tests.databases import AnyStore
from tests.store import rows
from tests.store.rows import BREST, BREST_API, HOUR, NOW, OSL, RENNES, RENNES_SFTP, add_case, add_delivery


async def test_who_holds_cases_by_which_subscription(seeded: AnyStore) -> None:
    await seeded.write(lambda tx: [add_case(tx), add_case(tx)])
    assert await seeded.read(lambda tx: tx.transfers.held(RENNES)) == [("EtatCivil", RENNES_SFTP.id)]
    assert await seeded.read(lambda tx: tx.transfers.held(BREST)) == []
    assert await seeded.read(lambda tx: tx.transfers.count(RENNES_SFTP.id)) == 2
    assert await seeded.read(lambda tx: tx.transfers.count(BREST_API.id)) == 0


async def test_every_row_that_names_the_source_names_the_target(seeded: AnyStore) -> None:
    def add(tx: Transaction) -> tuple[Case, Delivery, Delivery, Delivery]:
        case, kept = add_case(tx), add_case(tx, BREST_API)
        for transmitter in (OSL, RENNES):
            tx.events.add(rows.event(case, transmitter=transmitter))
        tx.events.add(rows.event(kept, transmitter=OSL))
        tx.notifications.add(rows.notification(case, OSL))  # from Rennes to the depositor
        tx.notifications.add(rows.notification(case, RENNES, transmitter=OSL))
        pinned = add_delivery(tx, case, 1, pinned_mode=Mode.API, pinned_until=NOW + HOUR)
        seen, gone = add_delivery(tx, case, 2), add_delivery(tx, case, 3)
        for one, stays in ((seen, True), (gone, False)):
            tx.deliveries.close(
                one.id, DeliveryState.READY, DeliveryState.ACCEPTED, NOW, door=Door.API, actor="x", shown=stays
            )
        return case, pinned, seen, gone

    case, pinned, seen, gone = await seeded.write(add)
    moved = await seeded.write(lambda tx: tx.transfers.move(RENNES, RENNES_SFTP.id, BREST, BREST_API.id))
    assert moved == Transferred(cases=1, events=1, notifications=2, deliveries=2)

    def query(tx: Transaction) -> None:
        found = tx.cases.get(case.id)
        assert found is not None
        assert (found[0].recipient, found[0].subscription_id) == (BREST, BREST_API.id)
        assert sorted(one.transmitter for one in tx.events.of_case(case.id)) == sorted([OSL, BREST])
        (to_depositor,) = tx.notifications.notices(OSL, None, 10)
        assert to_depositor.transmitter == BREST
        (to_recipient,) = tx.notifications.notices(BREST, None, 10)
        assert to_recipient.transmitter == OSL
        of = {one.id: one for one in tx.deliveries.of_case(case.id)}
        assert [of[one.id].subscription_id for one in (pinned, seen, gone)] == [
            BREST_API.id,
            BREST_API.id,
            RENNES_SFTP.id,
        ]
        assert (of[pinned.id].pinned_mode, of[pinned.id].pinned_until) == (None, None)
        for one in (pinned, seen):
            assert (of[one.id].archive_name, of[one.id].sequence) == (one.archive_name, one.sequence)
        assert of[pinned.id].state is DeliveryState.READY
        assert tx.transfers.held(RENNES) == []

    await seeded.read(query)


async def test_what_has_no_case_moves_nothing(seeded: AnyStore) -> None:
    moved = await seeded.write(lambda tx: tx.transfers.move(RENNES, RENNES_SFTP.id, BREST, BREST_API.id))
    assert moved == Transferred()
