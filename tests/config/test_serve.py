from __future__ import annotations

import os

import pytest
from pydantic import ValidationError

from gateway.config.serve import Serve, processors


def test_one_process_unless_said_otherwise() -> None:
    assert Serve().processes == 1
    assert Serve(workers=3).processes == 3


def test_none_is_one_for_each_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5})
    assert Serve(workers=0).processes == processors() == 3


def test_where_processors_are_not_told_apart_the_system_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processors() == 1


@pytest.mark.parametrize("workers", [-1, 257, "2", None])
def test_other_numbers_are_refused(workers: object) -> None:
    with pytest.raises(ValidationError):
        Serve.model_validate({"workers": workers})
