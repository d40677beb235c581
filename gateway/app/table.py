"""The table of periodic jobs: which verb, how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from gateway.bridge.alerts import Alerts
from gateway.bridge.answers import carry_answers
from gateway.bridge.push import Pushes
from gateway.bridge.reminders import Reminders
from gateway.bridge.vigil import Vigil
from gateway.bridge.webhooks import Webhooks
from gateway.config import Settings
from gateway.scheduler.jobs import Job
from gateway.services import expire, housekeeping, push_queue, rehearsals, sealing, subscriptions, vigilance, waves
from gateway.services.office import Office

_CARRY_EVERY: Final = timedelta(milliseconds=500)
_SETTLE_EVERY: Final = timedelta(seconds=10)
_ACTIVATE_EVERY: Final = timedelta(minutes=1)
_SEAL_EVERY: Final = timedelta(seconds=10)
_FORGET_EVERY: Final = timedelta(hours=1)


def jobs(office: Office, webhooks: Webhooks, pushes: Pushes, alerts: Alerts, settings: Settings) -> tuple[Job, ...]:
    """The table of periodic jobs."""
    told = settings.alerts
    vigil = Vigil(office, settings.data_dir, least=told.free_space, logins=told.waiting_logins)
    return (
        Job("answers", _CARRY_EVERY, lambda: carry_answers(office)),
        Job("outbox", settings.outbox.every, webhooks.send_due, leased=False),
        Job("alerts", settings.outbox.every, alerts.send_due, leased=False),
        Job("vigil", told.every, vigil.look, leased=False),
        Job("journal", told.journal_every, lambda: vigilance.look_at_journal(office)),
        Job("push", settings.outbox.every, pushes.send_due, leased=False),
        Job("push-answers", settings.push.poll, pushes.look_for_answers),
        Job("push-carried", _SETTLE_EVERY, lambda: push_queue.adopt(office)),
        Job("push-sweep", _FORGET_EVERY, lambda: push_queue.sweep(office)),
        Job("expiry", settings.expiry.every, lambda: expire.expire_due(office)),
        Job("activation", _ACTIVATE_EVERY, lambda: subscriptions.activate_due(office)),
        Job("rehearsals", _ACTIVATE_EVERY, lambda: rehearsals.end_due(office)),
        Job("settled-answers", _SETTLE_EVERY, lambda: housekeeping.settle_answers(office)),
        Job("moves", settings.moves.every, lambda: waves.drive(office)),
        Job("seal", _SEAL_EVERY, lambda: sealing.seal_new(office)),
        Job("reminders", _FORGET_EVERY, Reminders(office).tell, leased=False),
        Job("forget", _FORGET_EVERY, lambda: housekeeping.forget(office)),
        Job("sweep", _FORGET_EVERY, lambda: housekeeping.sweep_blobs(office)),
    )
