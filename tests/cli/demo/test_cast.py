from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.cli.demo import documents
from gateway.cli.demo.cast import case_of
from gateway.cli.demo.checks import DemoFailure
from gateway.cli.demo.legacy import Taken
from tests.cli.demo.players import Answers, cast_of, folder

FILES = documents.civil_status_request("N")
TAKEN = Taken("N-EtatCivil-1.zip", "N", "EtatCivil", 1, {(f.type, f.file_name): f.content for f in FILES})


def test_an_archive_with_what_was_deposited_holds(tmp_path: Path) -> None:
    cast, out = cast_of(tmp_path, Answers())
    cast.compare(TAKEN, "N", "EtatCivil", FILES)
    assert "its 2 documents are those deposited" in out.getvalue()


@pytest.mark.parametrize(
    "wrong",
    [
        replace(TAKEN, number="M"),
        replace(TAKEN, files={key: content + b" " for key, content in TAKEN.files.items()}),
        replace(TAKEN, files=dict([*TAKEN.files.items()][1:])),
        replace(TAKEN, files={**TAKEN.files, ("more", "x"): b""}),
        replace(TAKEN, files={("other", name): content for (_, name), content in TAKEN.files.items()}),
    ],
)
def test_one_byte_or_name_that_differs_is_found(wrong: Taken, tmp_path: Path) -> None:
    cast, _ = cast_of(tmp_path, Answers())
    with pytest.raises(DemoFailure):
        cast.compare(wrong, "N", "EtatCivil", FILES)


def test_a_case_is_found_by_its_external_id() -> None:
    assert case_of(folder("N", "X", "one", "two"), "two") == "two"
