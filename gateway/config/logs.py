"""Logs: one line an event on standard error, readable for people or JSON for machines."""

from __future__ import annotations

import logging
import sys

import structlog

from gateway.config.settings import Log


class _Of:
    def __init__(self, worker: int) -> None:
        self._worker = worker

    def __call__(self, _logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        line.setdefault("worker", self._worker)
        return line


def configure_logs(settings: Log, *, worker: int = 0) -> None:
    """Sets up structlog, and sends the libraries' own warnings the same way. May be called again.

    `worker`: stands in every line where there are several.
    """
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        *([_Of(worker)] if worker else []),
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    machines = settings.format == "json"
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if machines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=24)
    )
    errors: list[structlog.typing.Processor] = [structlog.processors.format_exc_info] if machines else []
    structlog.configure(
        processors=[*shared, *errors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,  # level and format may change while the gateway runs
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *errors,
                renderer,
            ],
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
