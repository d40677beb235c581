"""The engines, for the tests of the engines."""

from tests.engines.postgres import postgres_url

__all__ = ["postgres_url"]
