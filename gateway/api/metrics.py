"""The figures of the gateway, for Prometheus.

Counted by the services and doors: see FIGURES. Counted here: `requests_total{method,resource,status}` and
`request_seconds{method,resource}`. Looked up in the store at every scrape: `deliveries{state,mode}`,
`oldest_undelivered_seconds`, `outgoing{state}`, `answers{state}`, `push_servers_failing`; `store_up` is 0 when it could
not be asked. All names start with `gateway_`.

Workers of one gateway count into files of a directory that they share, which the environment names (SHARED): each shows
the figures of all, those that a worker counted before it ended too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from gateway.domain.figures import Snapshot

log = structlog.stdlib.get_logger("gateway.api.metrics")


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure tells, and by which labels it is told apart."""

    help: str
    labels: tuple[str, ...] = ()


FIGURES: Final = {
    "folders_total": Figure("Folders created", ("process",)),
    "attachments_total": Figure("Attachments put, by what became of them", ("outcome",)),
    "deposits_total": Figure("Folders completed and published", ("process",)),
    "acknowledgements_total": Figure("Deliveries acknowledged", ("door", "gesture")),
    "answers_total": Figure("Answers of legacy servers judged", ("outcome",)),
    "logins_total": Figure("Attempts to log in", ("door", "outcome")),
    "legacy_logins_total": Figure("Logins with old algorithms", ("organization", "account", "outcome")),
    "switches_total": Figure("Subscriptions switched", ("to",)),
    "moves_total": Figure("Steps of planned moves, by the state they led to", ("state",)),
    "move_rows_total": Figure("Subscriptions of moves, by what became of them", ("state",)),
    "logins_refused_total": Figure("Logins and connections turned away, by why", ("door", "reason")),
    "connections_refused_total": Figure("Connections of the REST door turned away, by why", ("reason",)),
    "uploads_refused_total": Figure("Uploads over SFTP beyond the quota of their account", ("reason",)),
    "penalties_total": Figure("Waits imposed on who fails to log in", ("door",)),
    "expired_total": Figure("Deliveries that nobody took in time"),
    "pushes_total": Figure("Archives pushed to subscribers' servers, by outcome", ("outcome",)),
    "push_servers_failed_total": Figure("Times that a subscriber's server failed"),
    "outgoing_total": Figure("Attempts of outgoing calls", ("outcome",)),
    "alerts_total": Figure("Attempts to alert the people who run the gateway", ("channel", "outcome")),
    "rate_limited_total": Figure("Requests over a limit", ("limit",)),
    "errors_total": Figure("Errors that nobody foresaw", ("door",)),
}
GAUGES: Final = {
    "sftp_sessions": Figure("Open SFTP sessions"),
    "credentials_expiring": Figure("Passwords, keys and authorities that end within 30 days, or have ended"),
}
SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the directory in which several processes count; read when this module is first imported."""
_OF_ALL: Final[dict[str, Literal["livesum", "livemax"]]] = {
    "sftp_sessions": "livesum",
    "credentials_expiring": "livemax",  # every process looks at the same store
}
_PREFIX: Final = "gateway_"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class PrometheusMeter:
    """The Meter port on a registry of its own. What it does not know it ignores, and says so once in the log."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters = {
            name: Counter(_PREFIX + name, figure.help, figure.labels, registry=self.registry)
            for name, figure in FIGURES.items()
        }
        self._gauges = {
            name: Gauge(
                _PREFIX + name, figure.help, figure.labels, registry=self.registry, multiprocess_mode=_OF_ALL[name]
            )
            for name, figure in GAUGES.items()
        }
        self._requests = Counter(
            _PREFIX + "requests_total", "Requests answered", ("method", "resource", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            _PREFIX + "request_seconds",
            "Time until a request was answered",
            ("method", "resource"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answered: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._unknown: set[str] = set()

    def count(self, figure: str, **labels: str) -> None:
        """Counts one more of `figure`."""
        counter = self._counters.get(figure)
        if counter is None or set(labels) != set(FIGURES[figure].labels):
            self._ignore(figure)
        else:
            (counter.labels(**labels) if labels else counter).inc()

    def gauge(self, figure: str, change: int) -> None:
        """Moves the present number of `figure`."""
        gauge = self._gauges.get(figure)
        if gauge is None:
            self._ignore(figure)
        else:
            gauge.inc(change)

    def answered(self, method: str, resource: str, status: int, seconds: float) -> None:
        """Counts one request; `resource` is the pattern of its path."""
        key = (method, resource, status)
        found = self._answered.get(key)
        if found is None:
            found = self._requests.labels(method, resource, str(status)), self._seconds.labels(method, resource)
            self._answered[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def exposition(self, snapshot: Snapshot | None, now: datetime) -> bytes:
        """Everything in Prometheus' text format, with what the store knows at `now`; None when it cannot be asked."""
        looked_up = CollectorRegistry()
        looked_up.register(_StoreFigures(snapshot, now))
        return generate_latest(self._counted()) + generate_latest(looked_up)

    def _counted(self) -> CollectorRegistry:
        if SHARED not in os.environ:
            return self.registry
        of_all = CollectorRegistry()
        MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]  # it has no types
        return of_all

    def _ignore(self, figure: str) -> None:
        if figure not in self._unknown:
            self._unknown.add(figure)
            log.warning("unknown figure", figure=figure)


def forget_process(pid: int, directory: Path) -> None:
    """What a process that ended has counted stays; what it had at the moment does not."""
    for left in directory.glob(f"gauge_live*_{pid}.db"):
        left.unlink(missing_ok=True)


class _StoreFigures(Collector):
    def __init__(self, snapshot: Snapshot | None, now: datetime) -> None:
        self._snapshot = snapshot
        self._now = now

    def collect(self) -> Iterable[Metric]:
        found = self._snapshot
        yield GaugeMetricFamily(_PREFIX + "store_up", "Whether the store could be asked", value=int(found is not None))
        if found is None:
            return
        deliveries = GaugeMetricFamily(_PREFIX + "deliveries", "Open deliveries", labels=("state", "mode"))
        for state_and_mode, number in found.deliveries.items():
            deliveries.add_metric(state_and_mode, number)
        yield deliveries
        oldest = found.oldest_undelivered
        age = max(0.0, (self._now - oldest).total_seconds()) if oldest else 0.0
        yield GaugeMetricFamily(
            _PREFIX + "oldest_undelivered_seconds", "Age of the oldest delivery that nobody fetched", value=age
        )
        for name, help_text, numbers in (
            ("outgoing", "Outgoing calls kept", found.outgoing),
            ("answers", "Answers of legacy servers kept", found.answers),
            ("moves", "Planned moves that are not over", found.moves),
        ):
            family = GaugeMetricFamily(_PREFIX + name, help_text, labels=("state",))
            for state, number in numbers.items():
                family.add_metric((state,), number)
            yield family
        yield GaugeMetricFamily(
            _PREFIX + "push_servers_failing", "Subscribers' servers that failed last", value=found.failing_servers
        )
