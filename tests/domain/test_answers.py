from __future__ import annotations

import pytest

from gateway.domain.answers import is_temporary


@pytest.mark.parametrize(
    "name",
    ["a.zip.part", "a.zip.TMP", "a.filepart", "a.zip.1a2b3c.partial", "a.temp", ".in.a.zip.", "a.xml.Part"],
)
def test_names_that_clients_give_to_what_they_write(name: str) -> None:
    assert is_temporary(name)


@pytest.mark.parametrize("name", ["a.zip", "part", "tmp.zip", "a.part.zip", "in.a.zip", "retour n° 3.xml"])
def test_names_that_answers_have(name: str) -> None:
    assert not is_temporary(name)
