from __future__ import annotations

import pytest

from gateway.cli.doctor import workers
from gateway.config import Settings
from tests.cli.doctor.states import said, states


@pytest.mark.parametrize(("count", "state"), [(1, "ok"), (0, "ok"), (4, "ok"), (5, "warning")])
def test_no_more_workers_than_processors(monkeypatch: pytest.MonkeyPatch, count: int, state: str) -> None:
    monkeypatch.setattr(workers, "processors", lambda: 4)
    monkeypatch.setattr("gateway.config.serve.processors", lambda: 4)
    found = workers.check(Settings.model_validate({"serve": {"workers": count}}))
    assert states(found) == {"serve.workers": state}
    assert "4 processors" in said(found, "serve.workers")
