"""Paths of any bytes: an account finds its own tree or nothing, and moves nothing out of its place."""

from __future__ import annotations

import io
import struct
import unicodedata

import paramiko
import pytest
from asyncssh.constants import FXP_DATA, FXP_HANDLE, FXP_NAME, FXP_STATUS
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.door import Door
from tests.fuzz.packets import INIT, answers_in, framed, greeted, string
from tests.fuzz.profiles import examples
from tests.pec.answers import answer_zip
from tests.sftp_server.scene import BREST

HIDDEN = "SECRET"
OWN = "A-1-ABC-EtatCivil-1.zip"
PROCESSES = ("CERTDC", "EtatCivil")
PARTS = st.one_of(
    st.sampled_from(
        [
            b"",
            b".",
            b"..",
            b"EtatCivil",
            b"CERTDC",
            b"etatcivil",
            b"in",
            b"out",
            b"IN",
            b"DONE",
            b"FAILED",
            OWN.encode(),
            f"{HIDDEN}-1-EtatCivil-1.zip".encode(),
            f"{HIDDEN}.zip".encode(),
            "é.zip".encode(),
            unicodedata.normalize("NFD", "é.zip").encode(),
            b"ok.zip.error.txt",
            b"a\0b",
            b"\xc0\xae\xc0\xae",
            b"\xed\xa0\x80",
            b"%2e%2e",
            b"..\\..",
            b"~",
            b"*",
            b"-",
            b"x" * 255,
            b"x" * 256,
            "é".encode() * 128,
            "\u2028\u202e".encode(),
            b"a\nb",
            b"C:",
            b"etc",
            b"passwd",
        ]
    ),
    st.binary(max_size=6),
    st.text(max_size=4).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
PATHS = st.one_of(
    st.lists(PARTS, max_size=8).map(b"/".join),
    st.tuples(
        st.sampled_from([b"/EtatCivil/in/", b"/EtatCivil/out/", b"/CERTDC/out/", b"/EtatCivil/in/DONE/"]), PARTS
    ).map(b"".join),
)
KINDS = st.sampled_from([3, 7, 9, 11, 13, 14, 15, 16, 17])


@pytest.fixture(scope="module", autouse=True)
def dossiers(door: Door) -> None:
    """One archive and one answer for each of two subscribers; the second one's names hold a word of their own."""
    assert door.run(door.scene.deposit()) == OWN
    assert HIDDEN in door.run(door.scene.deposit(recipient=BREST, number=f"{HIDDEN}-1"))
    door.run(door.scene.play(lambda sftp: _put(sftp, f"/EtatCivil/out/{HIDDEN}.zip"), "brest"))


def _put(sftp: paramiko.SFTPClient, path: str) -> None:
    sftp.putfo(io.BytesIO(answer_zip(f"{HIDDEN}-1")), path)


def own_place(path: bytes) -> tuple[str, ...] | None:
    """The parts of a path within the tree that every account sees, None for anything else."""
    try:
        text = path.decode()
    except UnicodeDecodeError:
        return None
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    known = not parts or (parts[0] in PROCESSES and (len(parts) < 2 or parts[1] in ("in", "out")))
    return tuple(parts) if known and len(parts) <= 4 else None


def told(door: Door, asked: list[bytes], username: str = "rennes") -> list[tuple[int, int, bytes]]:
    answer = door.run(door.talk(INIT + b"".join(map(framed, asked)), username))
    door.check(answer)
    return answers_in(greeted(answer))


def everything(door: Door, username: str) -> list[bytes]:
    """All listings of the account's tree."""
    asked: list[bytes] = []
    for process in PROCESSES:
        for place in ("in", "in/DONE", "in/FAILED", "out", "out/DONE", "out/FAILED"):
            handle = struct.pack(">I", len(asked) // 2)
            asked += [b"\x0b" + bytes(4) + string(f"/{process}/{place}".encode()), b"\x0c" + bytes(4) + string(handle)]
    answers = told(door, asked, username)
    assert {kind for kind, _, _ in answers} == {FXP_HANDLE, FXP_NAME}
    return [rest for kind, _, rest in answers if kind == FXP_NAME]


def request(kind: int, path: bytes, flags: int) -> bytes:
    rest = {3: struct.pack(">II", flags, 0), 9: bytes(4), 14: bytes(4)}.get(kind, b"")
    return bytes([kind]) + bytes(4) + string(path) + rest


@examples(60)
@given(st.lists(st.tuples(KINDS, PATHS, st.sampled_from([1, 2, 3, 0x1A])), min_size=1, max_size=6))
@example(
    [(3, f"/EtatCivil/in/{HIDDEN}-1-EtatCivil-1.zip".encode(), 1), (13, f"/EtatCivil/out/{HIDDEN}.zip".encode(), 0)]
)
def test_only_the_own_tree_is_found(door: Door, asked: list[tuple[int, bytes, int]]) -> None:
    before = everything(door, "brest")
    requests = [request(*one) for one in asked]
    answers = told(door, requests)
    for (kind, path, _), (answer, _, rest) in zip(asked, answers, strict=True):
        refused = answer == FXP_STATUS and int.from_bytes(rest[:4], "big") != 0
        assert answer != FXP_DATA
        if kind == 16:
            assert refused or rest[8:9] == b"/"
            assert refused or b"/../" not in rest + b"/"
        elif own_place(path) is None:
            assert refused, (kind, path)
        if HIDDEN.encode() not in path:
            assert HIDDEN.encode() not in rest
    assert everything(door, "brest") == before


@examples(60)
@given(st.lists(st.tuples(PATHS, PATHS, st.booleans()), min_size=1, max_size=5))
@example([(f"/EtatCivil/in/{OWN}".encode(), f"/EtatCivil/out/{OWN}".encode(), True)])
@example([(f"/EtatCivil/in/{OWN}".encode(), f"/CERTDC/in/DONE/{OWN}".encode(), False)])
@example([(f"/EtatCivil/in/{OWN}".encode(), f"/EtatCivil/in/{OWN}x".encode(), False)])
def test_nothing_is_renamed_out_of_its_directory(door: Door, pairs: list[tuple[bytes, bytes, bool]]) -> None:
    before = everything(door, "brest")
    requests = []
    for source, target, posix in pairs:
        head = b"\xc8" + bytes(4) + string(b"posix-rename@openssh.com") if posix else b"\x12" + bytes(4)
        requests.append(head + string(source) + string(target))
    for (source, target, _), (kind, _, rest) in zip(pairs, told(door, requests), strict=True):
        assert kind == FXP_STATUS
        here, there = own_place(source), own_place(target)
        if here is None or there is None or min(len(here), len(there)) < 3 or here[:2] != there[:2]:
            assert int.from_bytes(rest[:4], "big") != 0, (source, target)
    assert everything(door, "brest") == before


@examples(60)
@given(PARTS.filter(lambda part: part not in (b"", b".", b"..", b"DONE", b"FAILED") and b"/" not in part))
def test_what_is_listed_can_be_opened_by_the_name_it_is_listed_with(door: Door, name: bytes) -> None:
    """An upload of any name is refused, or listed exactly so, and gone after its removal."""
    path = b"/CERTDC/out/" + name
    content = answer_zip()[:40]  # not whole: it can be removed at any time
    asked = [
        request(3, path, 0x1A),
        b"\x06" + bytes(4) + string(bytes(4)) + bytes(8) + string(content),
        b"\x04" + bytes(4) + string(bytes(4)),
        request(17, path, 0),
        b"\x0b" + bytes(4) + string(b"/CERTDC/out"),
        b"\x0c" + bytes(4) + string(bytes(3) + b"\1"),
        request(13, path, 0),
        request(17, path, 0),
    ]
    answers = told(door, asked)
    if answers[0][0] == FXP_STATUS:
        return
    assert answers[2][2][:4] == bytes(4)
    assert answers[3][0] == 105
    assert string(name) in answers[5][2]
    assert answers[6][2][:4] == bytes(4)
    assert answers[7][2][:4] == struct.pack(">I", 2)
