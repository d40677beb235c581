from dataclasses import FrozenInstanceError

import pytest

from tests.pec.samples import dossier


def test_a_dossier_cannot_change_and_holds_nothing_else() -> None:
    sample = dossier()
    with pytest.raises(FrozenInstanceError):
        sample.number = "other"  # type: ignore[misc]  # frozen, as mypy knows too
    assert not hasattr(sample, "__dict__")
    assert hash(sample) == hash(dossier())
