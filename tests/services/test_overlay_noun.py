"""A noun on a stage shows the readings it was given, and nothing else."""

from __future__ import annotations

import pytest

from gateway.services.overlay_noun import Noun


class Real:
    def get(self) -> str:
        return "got"

    def delete(self) -> str:
        raise AssertionError("written")


def test_a_reading_goes_through_and_a_writing_does_not_exist() -> None:
    noun = Noun(Real(), "get")
    assert noun.get() == "got"
    with pytest.raises(AttributeError, match=r"Real\.delete is not to be had in a dual run"):
        noun.delete()
