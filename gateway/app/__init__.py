"""The only wiring: builds stores, services and doors, opens them in order, drains and closes them."""

from gateway.app.offices import alerts_for, database_url, now, office_for, policy, prepare, scanner, store_for
from gateway.app.serving import Gateway, serve
from gateway.app.supervising import supervise
from gateway.app.worker import work

__all__ = [
    "Gateway",
    "alerts_for",
    "database_url",
    "now",
    "office_for",
    "policy",
    "prepare",
    "scanner",
    "serve",
    "store_for",
    "supervise",
    "work",
]
