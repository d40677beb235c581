"""Files for dossiers that are made up."""

from __future__ import annotations

import io
import zipfile

import pytest
from lxml import etree

from gateway.domain.content import Content, contradiction, recognise
from gateway.domain.made_up import APPLICANT, PREFIX, files
from gateway.domain.referential import Process

FORMATS = (
    *("application/pdf", "application/xml", "text/xml", "text/plain", "text/csv", "application/json"),
    *("application/rtf", "text/rtf", "image/png", "application/zip", "application/gzip", "application/x-gzip"),
)


@pytest.mark.parametrize("mime_type", [*FORMATS, "application/x-zip-compressed", "Text/Plain; charset=UTF-8"])
def test_a_file_is_what_it_says_to_be(mime_type: str) -> None:
    (one,) = files(Process("P", "P", attachment_formats=(mime_type,)), "TEST-1")
    assert one.mime_type == mime_type
    assert contradiction(mime_type, one.data, ("TEST.txt",)) is None
    assert one.file_name.startswith("TEST-1-1.")


def test_every_type_of_a_process_gets_a_file_of_a_format_that_fits_its_name() -> None:
    process = Process(
        "EtatCivil",
        "Demande d'acte",
        attachment_types=("flux-siv", "ActeEtatCivil-XML", "ActeEtatCivil-PDF", "jf", "ji"),
        attachment_formats=("application/xml", "application/pdf", "application/x-unheard-of"),
    )
    found = files(process, "TEST-1")
    xml, pdf = "application/xml", "application/pdf"
    assert [(one.type, one.mime_type) for one in found] == [
        ("flux-siv", xml),
        ("ActeEtatCivil-XML", xml),
        ("ActeEtatCivil-PDF", pdf),
        ("jf", xml),
        ("ji", pdf),
    ]
    assert len({one.file_name for one in found}) == len(found)
    assert etree.fromstring(found[0].data).text == (
        "TEST: dossier fictif, sans suite / made-up dossier, to be ignored (TEST-1, flux-siv)"
    )


def test_a_process_that_asks_for_nothing_gets_one_page() -> None:
    (one,) = files(Process("P", "P"), "TEST-1")
    assert (one.type, one.mime_type, recognise(one.data)) == ("TEST", "application/pdf", Content.PDF)
    start = int(one.data.split(b"startxref\n")[1].split(b"\n")[0])
    assert one.data[start:].startswith(b"xref\n")


def test_words_of_any_kind_are_kept_apart_from_the_format() -> None:
    (one,) = files(Process("P", "P", attachment_types=("<&>",), attachment_formats=("text/xml",)), "TEST-1")
    assert (etree.fromstring(one.data).text or "").endswith("(TEST-1, <&>)")
    (one,) = files(Process("P", "P", attachment_types=("TEST",), attachment_formats=("application/zip",)), "TEST-1")
    with zipfile.ZipFile(io.BytesIO(one.data)) as archive:
        assert archive.testzip() is None


def test_a_process_of_formats_that_cannot_be_made_up_is_named() -> None:
    process = Process("Plans", "Plans", attachment_formats=("image/vnd.dwg", "application/vnd.rar"))
    with pytest.raises(ValueError, match=r"made up for Plans: it takes image/vnd\.dwg, application/vnd\.rar only"):
        files(process, "TEST-1")


def test_nobody_takes_the_applicant_for_a_citizen() -> None:
    assert (APPLICANT.last_name, PREFIX) == ("TEST", "TEST-")
