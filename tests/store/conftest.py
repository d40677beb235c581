"""A store that already holds what every dossier needs."""

from __future__ import annotations

import pytest

from tests.databases import AnyStore
from tests.store.rows import referential


@pytest.fixture
async def seeded(store: AnyStore) -> AnyStore:
    """The open store with the rows of `rows.referential`."""
    await store.write(referential)
    return store
