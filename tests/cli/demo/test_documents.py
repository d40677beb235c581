from __future__ import annotations

import re

import pytest
from lxml import etree

from gateway.cli.demo import documents
from gateway.cli.demo.documents import PDF, XML, Document
from gateway.config import load_processes

SETS = {
    "CERTDC": documents.death_certificate("N-1"),
    "EtatCivil": documents.civil_status_request("N-1"),
    "depotDossierPACS": documents.civil_union("N-1"),
}
ALL = [*(file for files in SETS.values() for file in files), documents.birth_record("N-1")]


@pytest.mark.parametrize("process", SETS)
def test_documents_are_what_their_process_allows(process: str) -> None:
    known = load_processes(None)[process]
    for file in SETS[process]:
        assert file.type in known.attachment_types_enabled
        assert file.mime_type in known.attachment_formats_enabled


@pytest.mark.parametrize("file", [file for file in ALL if file.mime_type == PDF], ids=lambda file: file.file_name)
def test_a_pdf_has_its_objects_where_its_table_says(file: Document) -> None:
    content = file.content
    assert content.startswith(b"%PDF-1.4\n")
    assert content.endswith(b"%%EOF\n")
    found = re.search(rb"startxref\n(\d+)\n", content)
    assert found is not None
    table = int(found[1])
    assert content[table:].startswith(b"xref\n0 6\n")
    rows = content[table:].split(b"\n")[2:8]
    assert [len(row) for row in rows] == [19] * 6  # with its line end, a row has 20 bytes
    for number, row in enumerate(rows[1:], 1):
        assert content[int(row[:10]) :].startswith(b"%d 0 obj\n" % number)
    stream = re.search(rb"/Length (\d+) >>\nstream\n(.*)\nendstream", content, re.DOTALL)
    assert stream is not None
    assert len(stream[2]) == int(stream[1])


def test_text_in_a_pdf_is_escaped() -> None:
    assert rb"(a \(b\) \\ \351) Tj" not in documents.pdf(["x"])
    assert b"(a \\(b\\) \\\\ \xe9) Tj" in documents.pdf([r"a (b) \ é"])


@pytest.mark.parametrize("file", [file for file in ALL if file.mime_type == XML], ids=lambda file: file.file_name)
def test_an_xml_is_well_formed_and_names_its_dossier(file: Document) -> None:
    assert etree.fromstring(file.content).findtext("Numero") == "N-1"


def test_every_dossier_has_bytes_of_its_own() -> None:
    other = [*documents.death_certificate("N-2"), *documents.civil_status_request("N-2"), *documents.civil_union("N-2")]
    digests = [file.digest for file in (*ALL, *other)]
    assert len(set(digests)) == len(digests)
