"""The settings of planned moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.moving import Moving


@pytest.mark.parametrize(
    ("folder", "config", "found"),
    [
        ("moves", Path("config/gateway.yaml"), Path("config/moves")),
        ("/srv/moves", Path("config/gateway.yaml"), Path("/srv/moves")),
        ("/srv/moves", None, Path("/srv/moves")),
        ("moves", None, None),
        ("", Path("config/gateway.yaml"), None),
    ],
)
def test_the_watched_folder_is_beside_the_configuration(folder: str, config: Path | None, found: Path | None) -> None:
    assert Moving(folder=folder).folder_beside(config) == found
