from __future__ import annotations

import pytest

from gateway.services.office import Office
from gateway.services.push_secrets import UnsealableError, seal, unseal


def test_a_sealed_secret_opens_for_its_purpose_alone(office: Office) -> None:
    sealed = seal(office, "push:1", "sésame")
    assert "sésame" not in sealed
    assert unseal(office, "push:1", sealed) == "sésame"
    assert seal(office, "push:1", "sésame") != sealed
    for purpose, text in (("push:2", sealed), ("push:1", sealed[:-4] + "AAA="), ("push:1", "junk"), ("push:1", "")):
        with pytest.raises(UnsealableError):
            unseal(office, purpose, text)
