"""What the tests that kill gateways share."""

from tests.journeys.conftest import http, keys

__all__ = ["http", "keys"]
