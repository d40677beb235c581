"""What doors keep for a while only."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.bridge.answers import carry_answers
from gateway.domain.alerts import AlertChannel, AlertKind
from gateway.domain.answers import AnswerState
from gateway.domain.deliveries import Gesture
from gateway.services import deposit, returns
from gateway.services.alerts import claim, raise_alert, settle
from gateway.services.housekeeping import forget, settle_answers, sweep_blobs
from gateway.services.office import Office
from gateway.services.once import Once
from tests.journeys.offices import START, Clock, deposited, depositor, only_archive, sftp_client, stream
from tests.journeys.world import PROCESS
from tests.pec.answers import retour_xml
from tests.services.scene import (
    DAY,
    MOMENT,
    NUMBER,
    account_with,
    asked,
    fetched,
    hand_in,
    kept_blobs,
    listed,
    uploads,
)

pytestmark = pytest.mark.usefixtures("declared")


async def test_a_taken_answer_stays_for_the_grace_and_then_shows_in_done(office: Office, clock: Clock) -> None:
    await deposited(office, NUMBER, "rennes")
    for _ in range(2):
        await hand_in(office, retour_xml(NUMBER, 16))
        await carry_answers(office)
        assert await settle_answers(office) == 0
        clock.pass_by(office.policy.grace)
        assert await settle_answers(office) == 1
        assert (await uploads(office), await uploads(office, "DONE")) == ([], ["retour.xml"])
    clock.pass_by(office.policy.retention)
    assert await uploads(office, "DONE") == []


async def test_half_an_upload_is_given_up_in_words(office: Office, clock: Clock) -> None:
    half = await hand_in(office, b"<half", "half.xml")
    assert half.state is AnswerState.PARTIAL
    clock.pass_by(office.policy.partial_after - MOMENT)
    assert await settle_answers(office) == 0
    clock.pass_by(MOMENT)
    assert await settle_answers(office) == 1
    assert await uploads(office, "FAILED") == ["half.xml", "half.xml.error.txt"]
    found = await returns.find(office, sftp_client("rennes"), PROCESS, "FAILED", "half.xml.error.txt")
    assert "incomplet" in returns.error_bytes(found).decode()


async def test_an_archive_accepted_by_reading_leaves_after_the_grace(office: Office, clock: Clock) -> None:
    await deposited(office, NUMBER, "rennes")
    await fetched(office, "rennes", await only_archive(office, "rennes"), account_with("rennes", Gesture.READ))
    assert len(await listed(office, "rennes")) == 1
    clock.pass_by(office.policy.grace)
    assert await listed(office, "rennes") == []
    assert await forget(office) == 1
    assert await forget(office) == 0


async def test_keys_of_repetitions_are_forgotten_after_the_retention(office: Office, clock: Clock) -> None:
    once = Once("key", b"r" * 32, lambda view: "answer")
    await deposit.create_folder(office, depositor(), asked(), once)
    clock.pass_by(office.policy.retention)
    assert await forget(office) == 1
    assert isinstance(await deposit.create_folder(office, depositor(), asked(), once), deposit.FolderView)


async def test_alerts_are_forgotten_after_the_retention_once_they_are_settled(office: Office, clock: Clock) -> None:
    told = replace(office, policy=replace(office.policy, alert_channels=(AlertChannel.EMAIL,)))
    for name in ("one", "two"):
        await raise_alert(told, AlertKind.MOVE_ENDED, name)
    one, _ = await claim(told)
    await settle(told, one, None)
    clock.pass_by(office.policy.retention)
    assert await forget(office) == 0
    clock.pass_by(DAY)
    assert await forget(office) == 1
    assert len(await claim(told)) == 1


async def test_only_old_bytes_that_no_row_holds_are_swept(office: Office, tmp_path: Path) -> None:
    await deposited(office, NUMBER, "rennes")
    await hand_in(office, retour_xml(NUMBER, 16))
    held = kept_blobs(tmp_path / "blobs")

    async def orphan() -> None:
        writer = await office.blobs.create()
        async for chunk in stream(b"orphan"):
            await writer.write(chunk)
        await writer.commit()

    await orphan()
    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            os.utime(path, ((START - DAY).timestamp() - 1,) * 2)
    await orphan()
    assert await sweep_blobs(office) == 1
    assert kept_blobs(tmp_path / "blobs") >= held
    assert len(kept_blobs(tmp_path / "blobs")) == len(held) + 1
