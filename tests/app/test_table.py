"""The table of jobs: each by a name of its own, as often as the settings say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gateway.app import alerts_for, office_for, prepare
from gateway.app.table import jobs
from gateway.bridge.push import Pushes
from gateway.bridge.webhooks import Webhooks
from gateway.config import Settings


async def test_every_job_has_a_name_of_its_own_and_the_settings_say_how_often(tmp_path: Path) -> None:
    changed = {"outbox": {"every": timedelta(seconds=7)}, "expiry": {"every": timedelta(minutes=3)}}
    settings = Settings.model_validate({"data_dir": tmp_path / "var", **changed})
    prepare(settings)
    async with office_for(settings) as office:
        webhooks = Webhooks(office, private_targets=False)
        pushes = Pushes(office, settings.manner, tmp_path / "spool")
        table = jobs(office, webhooks, pushes, alerts_for(office, settings), settings)
        await webhooks.close()
    cadences = {job.name: job.every for job in table}
    assert len(cadences) == len(table)
    assert (cadences["outbox"], cadences["push"]) == (timedelta(seconds=7), timedelta(seconds=7))
    assert cadences["expiry"] == timedelta(minutes=3)
    assert {job.name for job in table if not job.leased} == {"outbox", "alerts", "vigil", "push", "reminders"}
