import io
import random
import tracemalloc
import zipfile
from contextlib import suppress
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pec.archive import Archive, Layout, freeze
from gateway.pec.names import DEFAULT_TEMPLATE
from gateway.pec.returns import (
    Answer,
    Limits,
    UnreadableAnswer,
    etat_table,
    extract,
    judge,
    read_answer,
)
from tests.pec.answers import answer_zip, retour_xml, zipped
from tests.pec.samples import dossier
from tests.pec.zip_bytes import whole

LIMITS = Limits()
FILES = {"acte.pdf": b"%PDF-1.7" * 100, "d/acte.pdf": b"other", "Lettre d'accord.txt": b""}
GOOD_ZIP = answer_zip("A-9-X3UGO4V7", 20, "Refusé", FILES)
GOOD_XML = retour_xml("A-9-X3UGO4V7", 20, "Refusé")


def read(data: bytes, limits: Limits = LIMITS) -> Answer:
    return read_answer(io.BytesIO(data), limits)


def reason(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(UnreadableAnswer) as refused:
        read(data, limits)
    return refused.value.reason_code


def verdict(data: bytes, limits: Limits = LIMITS) -> str:
    return judge(io.BytesIO(data), len(data), limits)


@pytest.mark.parametrize("deep", [False, True])
def test_a_zip_and_its_files(deep: bool) -> None:
    file = io.BytesIO(answer_zip("A-1", 100, "Fini", FILES, deep=deep))
    answer = read_answer(file, LIMITS)
    assert (answer.number, answer.other_number, answer.etat, answer.comment) == ("A-1", None, 100, "Fini")
    assert [(found.name, found.size, found.mime_type) for found in answer.files] == [
        ("acte.pdf", 800, "application/pdf"),
        ("acte (2).pdf", 5, "application/pdf"),
        ("Lettre d'accord.txt", 0, "text/plain"),
    ]
    assert [b"".join(extract(file, found, LIMITS)) for found in answer.files] == list(FILES.values())


def test_bare_xml() -> None:
    assert read(GOOD_XML) == Answer("A-9-X3UGO4V7", None, 20, "Refusé", ())
    assert read(b"\xef\xbb\xbf\n" + GOOD_XML).etat == 20
    assert read(retour_xml(encoding="UTF-16")).etat == 100


@pytest.mark.parametrize("name", ["Message.XML", "retour/message.xml", "a/b/MESSAGE.xml"])
def test_the_message_stands_anywhere(name: str) -> None:
    assert read(zipped(GOOD_XML, {"x.pdf": b""}, message_name=name)).etat == 20


def test_what_desktop_systems_add_is_no_file() -> None:
    extra = {"__MACOSX/message.xml": b"", "__MACOSX/._a.pdf": b"", "d/.DS_Store": b"", "Thumbs.db": b"", "a.pdf": b"x"}
    assert [found.name for found in read(zipped(GOOD_XML, extra)).files] == ["a.pdf"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "not_an_answer"),
        (b"%PDF-1.7", "not_an_answer"),
        (b"\x00" * 100, "not_an_answer"),
        (GOOD_ZIP[:-1], "damaged_zip"),
        (GOOD_ZIP + b"\n", "damaged_zip"),
        (zipped(None, {"a.pdf": b""}), "no_message"),
        (zipped(None), "no_message"),
        (zipped(GOOD_XML, {"d/message.xml": GOOD_XML}), "several_messages"),
        (zipped(b"<!DOCTYPE a><a/>"), "doctype"),
        (zipped(b"<a>"), "bad_xml"),
        (zipped(b""), "bad_xml"),
        (b"<a>" + b" " * 5_000_000 + b"</a>", "message_too_large"),
        (zipped(b"<a>" + random.Random(1).randbytes(5_000_000)), "message_too_large"),
        (zipped(retour_xml(etat="")), "no_etat"),
    ],
)
def test_refusals(data: bytes, expected: str) -> None:
    assert reason(data) == expected


def test_whole() -> None:
    for data in (GOOD_ZIP, GOOD_XML, GOOD_XML + b"\r\n", zipped(None), retour_xml(encoding="UTF-16"), b"<a/>"):
        assert verdict(data) == "whole"


@pytest.mark.parametrize("data", [GOOD_ZIP, GOOD_XML, b"\xef\xbb\xbf" + GOOD_XML, retour_xml(encoding="UTF-16")])
def test_every_prefix_is_partial(data: bytes) -> None:
    assert {verdict(data[:length]) for length in range(len(data))} == {"partial"}


@pytest.mark.parametrize("data", [GOOD_ZIP, GOOD_XML])
def test_a_file_shorter_than_told_is_partial(data: bytes) -> None:
    assert judge(io.BytesIO(data), len(data) + 1) == "partial"


def test_a_prefix_that_ends_with_a_whole_inner_zip_is_partial() -> None:
    inner = zipped(GOOD_XML)
    outer = zipped(GOOD_XML, {"inner.zip": inner}, compressed=False)
    assert verdict(outer[: outer.index(inner) + len(inner)]) == "partial"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF",
        b"\x00" * 10,
        b"<a></b>",
        b"<!DOCTYPE a><a/>",
        b"<a/>x",
        b"text",
        b"<a>" * 200,
        b"\xff\xfex\0",
        b"<a>\xff",
    ],
)
def test_unreadable_is_refused_with_a_reason(data: bytes) -> None:
    assert verdict(data) == "unreadable"
    assert reason(data)


class Endless(io.RawIOBase):
    """A gigabyte of XML that counts what is asked of it."""

    size = 2**30

    def __init__(self) -> None:
        self.at = self.given = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = (0, self.at, self.size)[whence] + offset
        return self.at

    def read(self, size: int = -1) -> bytes:
        assert size >= 0
        data = b"<a>".ljust(min(size, self.size - self.at)) if self.at == 0 else bytes(min(size, self.size - self.at))
        self.at += len(data)
        self.given += len(data)
        return data


def test_a_gigabyte_of_xml_is_judged_by_its_ends() -> None:
    file = Endless()
    stream: BinaryIO = file  # type: ignore[assignment]  # it has the methods that are used
    assert judge(stream, file.size) == "unreadable"
    with pytest.raises(UnreadableAnswer) as refused:
        read_answer(stream, LIMITS)
    assert refused.value.reason_code == "message_too_large"
    assert file.given < 200_000


def test_a_bomb_costs_no_memory() -> None:
    data = zipped(GOOD_XML, {"bomb": bytes(200 * 2**20)})
    tracemalloc.start()
    try:
        file = io.BytesIO(data)
        (bomb,) = read_answer(file, Limits(ratio=2_000)).files
        assert sum(map(len, extract(file, bomb, LIMITS))) == bomb.size
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20
    assert reason(data) == "ratio"


def exhaust(data: bytes) -> None:
    """Read everything: nothing but a refusal may come of it."""
    small = Limits(entries=20, total=100_000, message=50_000)
    file = io.BytesIO(data)
    judge(file, len(data), small)
    with suppress(UnreadableAnswer):
        for found in read_answer(file, small).files:
            assert sum(map(len, extract(file, found, small))) == found.size


@given(st.data())
def test_mutated_answers_are_read_or_refused(draw: st.DataObject) -> None:
    data = bytearray(draw.draw(st.sampled_from([GOOD_ZIP, GOOD_XML, retour_xml(encoding="UTF-16")])))
    for _ in range(draw.draw(st.integers(1, 6))):
        at = draw.draw(st.integers(0, len(data)))
        match draw.draw(st.sampled_from(["set", "delete", "insert", "swap", "copy"])):
            case "set":
                data[at : at + 1] = draw.draw(st.binary(min_size=1, max_size=1))
            case "delete":
                del data[at : at + draw.draw(st.integers(1, 40))]
            case "insert":
                data[at:at] = draw.draw(st.binary(max_size=12))
            case "swap":
                data[at : at + 4] = draw.draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"PK\1\2"]))
            case _:
                data[at:at] = data[: draw.draw(st.integers(0, len(data)))]
    exhaust(bytes(data))


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_mutated_directories_are_read_or_refused(seed: int, changes: int) -> None:
    rng = random.Random(seed)
    data = bytearray(GOOD_ZIP)
    start = data.index(b"PK\x01\x02")
    for _ in range(changes):
        data[rng.randrange(start, len(data))] = rng.choice([0, 1, 0xFF, 0x7F, rng.randrange(256)])
    exhaust(bytes(data))


@given(st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    for data in (noise, b"PK\x03\x04" + noise, noise + zipped(None)[-22:], b"<?xml" + noise):
        exhaust(data)


def test_our_own_archive_is_a_zip_that_we_read() -> None:
    archive = freeze(dossier(), DEFAULT_TEMPLATE)
    data = whole(Layout(Archive.load(archive.dump())), {"b1": b"<form/>"})
    assert verdict(data) == "whole"
    assert zipfile.is_zipfile(io.BytesIO(data))
    assert reason(data) == "no_etat"


def test_the_default_table() -> None:
    assert etat_table[14] == "SI_RECEIVED"
    assert sorted(etat_table) == [14, 15, 16, 17, 19, 20, 100]
    with pytest.raises(TypeError):
        etat_table[14] = "DONE"  # type: ignore[index]  # read-only, as mypy knows too
