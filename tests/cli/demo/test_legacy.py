from __future__ import annotations

import io
import zipfile

import pytest

from gateway.cli.demo.legacy import ArchiveRefused, LegacySubscriber, answer_archive, answer_message, opened
from gateway.pec.returns import read_answer
from tests.cli.demo.archives import archive, changed

FILES = (("ActeEtatCivil-XML", "a.xml", b"<a/>"), ("ActeEtatCivil-PDF", "b.xml", b"<b>2</b>"))
NAME, CONTENT = archive("A-1", FILES)


def test_an_archive_of_the_gateway_is_understood() -> None:
    taken = opened(NAME, CONTENT)
    assert (taken.number, taken.process, taken.sequence) == ("A-1", "EtatCivil", 1)
    assert sorted((code, content) for (code, _), content in taken.files.items()) == [
        ("ActeEtatCivil-PDF", b"<b>2</b>"),
        ("ActeEtatCivil-XML", b"<a/>"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("readme.txt", CONTENT, "name is not understood"),
        (NAME, CONTENT[:-30], "no readable zip"),
        (NAME, CONTENT.replace(b"<b>2</b>", b"<b>3</b>"), "no readable zip"),
        (NAME, changed(CONTENT, drop="message.xml"), "message.xml is not the first entry"),
        (NAME, changed(CONTENT, drop="-ent-"), "not exactly one envelope"),
        (NAME, changed(CONTENT, drop="-PDF-"), "does not name every entry exactly once"),
        (NAME, changed(CONTENT, put={"-ent-": b"<open>"}), "an XML document cannot be read"),
        (NAME, changed(CONTENT, put={"message": b"<m/>"}), "name different dossiers"),
        (NAME, b"", "no readable zip"),
    ],
)
def test_whatever_is_wrong_with_an_archive_is_found(name: str, content: bytes, why: str) -> None:
    with pytest.raises(ArchiveRefused, match=why):
        opened(name, content)


def test_its_answers_are_those_that_the_gateway_reads() -> None:
    content = answer_archive("A<1>", 19, "Acte & copie", {"acte.pdf": b"%PDF"})
    answer = read_answer(io.BytesIO(content))
    assert (answer.number, answer.etat, answer.comment) == ("A<1>", 19, "Acte & copie")
    assert [file.name for file in answer.files] == ["acte.pdf"]
    assert zipfile.ZipFile(io.BytesIO(content)).read("acte.pdf") == b"%PDF"
    bare = read_answer(io.BytesIO(answer_message("A-1", 100)))
    assert (bare.number, bare.etat) == ("A-1", 100)


def test_places_follow_the_kind_of_account() -> None:
    place = LegacySubscriber._place
    assert place(_account(flat=False), "EtatCivil", "in", "DONE") == "/EtatCivil/in/DONE"
    assert place(_account(flat=True), "EtatCivil", "in", "DONE") == "/in/DONE"


def _account(*, flat: bool) -> LegacySubscriber:
    return LegacySubscriber(None, flat=flat)  # type: ignore[arg-type]  # never connected
