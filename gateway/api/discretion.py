"""What the HTTP server itself logs: of a request that is no HTTP it would repeat the bytes and the address."""

from __future__ import annotations

import logging
from typing import Final

from aiohttp.http import HttpProcessingError

_NAME: Final = "gateway.api.http"


def discreet_logger() -> logging.Logger:
    """The logger for the HTTP server: malformed requests are named as such at level info, and nothing of them shown."""
    logger = logging.getLogger(_NAME)
    if not any(isinstance(each, _Discreet) for each in logger.filters):
        logger.addFilter(_Discreet())
    return logger


class _Discreet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.msg, record.args = "malformed request: %s", (type(error).__name__,)
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True
