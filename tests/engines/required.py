"""What a test needs from the machine, and does not bring along."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skips the present test with `reason`; under CI=true fails it, so that nothing is left out there unseen."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"needed in CI: {reason}", pytrace=False)
    pytest.skip(reason)
