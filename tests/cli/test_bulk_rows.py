"""CSV files of `gateway bulk`: what they say, and where they are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.bulk_rows import read_mergers, read_named, read_rotations
from gateway.config import ConfigurationError
from gateway.services.bulk import MOST_ROWS, RowFault
from gateway.services.rotating import Rotation
from gateway.services.suspending import Named
from tests.cli.onboarding import TOWN

Read = Callable[[Path], tuple[Any, list[Any]]]
OTHER = "SI-21990000200019-99002"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP6t+bIqMFVbm0O8f4cJEQ0pXvYvYqQbZr7mQ1zWmMlq me"


def written(place: Path, text: str) -> Path:
    file = place / "rows.csv"
    file.write_text(text, encoding="utf-8")
    return file


def refused(place: Path, read: Read, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(written(place, text))
    return [str(fault) for fault in caught.value.faults]


def test_columns_come_in_any_order_and_either_separator(tmp_path: Path) -> None:
    rows, named = read_named(written(tmp_path, f"process;organization\n\nEtatCivil;{TOWN}\n"))
    assert named == [Named(TOWN, "EtatCivil")]
    (fault,) = rows.placed([RowFault(0, "process", "is wrong")]).faults
    assert str(fault) == "rows.csv:3:1: process: is wrong"


def test_a_row_names_a_client_or_an_account_with_its_key(tmp_path: Path) -> None:
    text = f'client_id,username,public_key\nbrest,,\n,rennes,\n,vannes,"{KEY}"\n'
    _, found = read_rotations(written(tmp_path, text))
    assert found == [
        Rotation(client_id="brest"),
        Rotation(username="rennes"),
        Rotation(username="vannes", public_key=KEY),
    ]


def test_each_fault_is_told_by_line_and_cell(tmp_path: Path) -> None:
    assert refused(tmp_path, read_named, f"organization,process\nSI-1,EtatCivil\n{TOWN},\n") == [
        "rows.csv:2:1: organization: an organization is named TYPE-siret-branch, for example SI-21350238800019-35238",
        "rows.csv:3:2: process: is missing",
    ]
    assert refused(tmp_path, read_mergers, f"source,target\n{TOWN},SI-1\n,{OTHER}\n") == [
        "rows.csv:2:2: target: an organization is named TYPE-siret-branch, for example SI-21350238800019-35238",
        "rows.csv:3:1: source: is missing",
    ]
    told = refused(
        tmp_path,
        read_rotations,
        f"client_id,username,public_key\na,b,\nc,,{KEY}\n,d,x\n,e,cert-authority {KEY}\n,,{KEY}\n",
    )
    assert told == [
        "rows.csv:2:1: names either a client_id or a username",
        "rows.csv:3:3: public_key: a client has no key: leave this cell empty",
        "rows.csv:4:3: public_key: not an OpenSSH public key: write it as in a .pub file, `ssh-ed25519 AAAA…`",
        "rows.csv:5:3: public_key: an authority is no key to log in by: gateway import declares it",
        "rows.csv:6:1: names either a client_id or a username",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "rows.csv:1:1: the first line must name the columns: organization, process"),
        ("organization,process\n", "rows.csv:1:1: holds no row"),
        ("organization\nx\n", "rows.csv:1:1: process: this column is missing"),
        ("organization,process,process\nx\n", "rows.csv:1:3: process: this column is given twice"),
        ("organization,process,mode\nx\n", "rows.csv:1:3: unknown column; known: organization, process"),
        ("organization,process\na,b,c\n", "rows.csv:2:3: this row has more cells than the header"),
        ('organization,process\n"a\n', "rows.csv:2:1: not valid CSV: unexpected end of data"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert refused(tmp_path, read_named, text) == [told]


def test_a_file_that_cannot_be_read_is_refused_by_its_name_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"\Anone\.csv: cannot be read: no such file or directory\Z"):
        read_named(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("organization,process\né,x\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"latin\.csv:2:1: the text is not UTF-8"):
        read_named(tmp_path / "latin.csv")


def test_a_file_is_bounded(tmp_path: Path) -> None:
    text = "organization,process\n" + f"{TOWN},EtatCivil\n" * (MOST_ROWS + 1)
    assert refused(tmp_path, read_named, text) == [
        f"rows.csv:{MOST_ROWS + 2}:1: a file has {MOST_ROWS} rows at most: split it"
    ]
