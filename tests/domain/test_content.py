"""What a file is, whatever it is called, and what contradicts what was declared of it."""

from __future__ import annotations

import codecs
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.content import HEAD, PACKED, Content, contradiction, recognise

PDF, XML = b"%PDF-1.7\n%\xe2\xe3", b'<?xml version="1.0"?><acte/>'
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF"
MZ = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(24)
DOCX = Content.DOCX.value


def packed(*names: str, mimetype: str | None = None) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        if mimetype is not None:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "made up")
    return made.getvalue()[:HEAD]


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (PDF, Content.PDF),
        (b"\0\x01junk" + PDF, Content.PDF),
        (XML, Content.XML),
        (b"<acte/>", Content.XML),
        (b"\r\n \t<acte/>", Content.XML),
        ("<été/>".encode(), Content.XML),
        (b"<!-- a comment --><acte/>", Content.XML),
        (codecs.BOM_UTF8 + XML, Content.XML),
        ("\ufeff<?xml?>".encode("utf-16-le"), Content.XML),
        ("\ufeff<?xml?>".encode("utf-16-be"), Content.XML),
        ("<?xml?>".encode("utf-16-le"), Content.XML),
        ("<?xml?>".encode("utf-16-be"), Content.XML),
        ("\ufeff<?xml?>".encode("utf-32-le"), Content.XML),
        ('<?xml version="1.0"?>'.encode("cp500"), Content.XML),
        (b'<html xmlns="http://www.w3.org/1999/xhtml">', Content.XML),
        (b"<!DOCTYPE html><html>", Content.HTML),
        (b"<html><body>", Content.HTML),
        (PNG, Content.PNG),
        (JPEG, Content.JPEG),
        (b"GIF89a....", Content.GIF),
        (b"II*\0\x08\0", Content.TIFF),
        (b"MM\0*\0\0", Content.TIFF),
        (b"BM\x36\0\0\0\0\0\0\0\x36", Content.BMP),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Content.WEBP),
        (b"\0\0\0\x18ftypheic\0\0", Content.HEIC),
        (rb"{\rtf1\ansi}", Content.RTF),
        (b"Bonjour", Content.TEXT),
        ("déjà".encode("latin-1"), Content.TEXT),
        (b"MZ is the name of a town", Content.TEXT),
        (b"this text is about %PDF- files", Content.TEXT),
        (b' {"a": 1}', Content.JSON),
        (b"[\n 1]", Content.JSON),
        (COMPOUND, Content.COMPOUND),
        (MZ, Content.EXECUTABLE),
        (b"\x7fELF\x02\x01", Content.EXECUTABLE),
        (b"\xcf\xfa\xed\xfe\x07", Content.EXECUTABLE),
        (b"#!/bin/sh\necho", Content.EXECUTABLE),
        (codecs.BOM_UTF8 + b"#! /usr/bin/env python3", Content.EXECUTABLE),
        (b"\r\n@ECHO OFF\r\ndel", Content.EXECUTABLE),
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0", Content.EXECUTABLE),
        (b"\x1f\x8b\x08\0", Content.GZIP),
        (b"7z\xbc\xaf\x27\x1c\0\x04", Content.SEVEN_ZIP),
        (b"Rar!\x1a\x07\x01\0", Content.RAR),
        (b"Rar!\x1a\x07\0", Content.RAR),
        (b"\xfd7zXZ\0\0", Content.XZ),
        (b"BZh91AY&SY", Content.BZIP2),
        (b"BZh is a town", Content.TEXT),
        (b"\x28\xb5\x2f\xfd", Content.ZSTANDARD),
        (b"\0\x01\x02\x03", Content.UNKNOWN),
        (packed("a.txt"), Content.ZIP),
        (b"PK\x05\x06" + bytes(18), Content.ZIP),
        (packed(mimetype=Content.ODT), Content.ODT),
        (packed("content.xml", mimetype=Content.ODS), Content.ODS),
        (packed(mimetype="application/vnd.oasis.opendocument.graphics"), Content.OPENDOCUMENT),
        (packed(mimetype="application/epub+zip"), Content.ZIP),
    ],
)
def test_a_file_is_recognised_by_its_first_bytes(head: bytes, content: Content) -> None:
    assert recognise(head) is content


@pytest.mark.parametrize(
    ("names", "content"),
    [
        (("[Content_Types].xml", "word/document.xml"), Content.DOCX),
        (("[Content_Types].xml", "xl/workbook.xml"), Content.XLSX),
        (("[Content_Types].xml", "ppt/presentation.xml"), Content.PPTX),
        (("[Content_Types].xml", "other/a.xml"), Content.PACKAGE),
        (("META-INF/manifest.xml", "content.xml"), Content.OPENDOCUMENT),
        (("word/document.xml",), Content.ZIP),
    ],
)
def test_an_office_document_is_recognised_by_its_entries(names: tuple[str, ...], content: Content) -> None:
    assert recognise(packed(*names), names) is content
    assert recognise(packed(*names)) is Content.ZIP
    assert content in PACKED


@pytest.mark.parametrize(
    ("declared", "head", "found"),
    [
        ("application/pdf", XML, Content.XML),
        ("application/pdf", bytes(1024) + PDF, Content.UNKNOWN),
        ("Application/PDF; charset=binary", MZ, Content.EXECUTABLE),
        ("application/xml", PDF, Content.PDF),
        ("application/xml", b"acte", Content.TEXT),
        ("text/xml", b"<!DOCTYPE html>", Content.HTML),
        ("application/atom+xml", b"acte", Content.TEXT),
        ("image/png", JPEG, Content.JPEG),
        ("image/jpeg", PDF, Content.PDF),
        ("text/plain", PDF, Content.PDF),
        ("text/csv", PNG, Content.PNG),
        ("application/json", b"<a/>", Content.XML),
        ("application/rtf", b"text", Content.TEXT),
        ("application/zip", PDF, Content.PDF),
        (DOCX, PDF, Content.PDF),
        (Content.ODT, packed(mimetype=Content.ODS), Content.ODS),
        ("application/octet-stream", b"\x7fELF", Content.EXECUTABLE),
        ("application/x-sh", b"#!/bin/sh", Content.EXECUTABLE),
        ("made/up", MZ, Content.EXECUTABLE),
        ("application/pdf", b"#!/bin/sh\n%PDF-1.7", Content.EXECUTABLE),
    ],
)
def test_what_cannot_be_what_was_declared_is_named(declared: str, head: bytes, found: Content) -> None:
    assert contradiction(declared, head) is found


@pytest.mark.parametrize(
    ("declared", "head"),
    [
        ("application/pdf", PDF),
        ("application/pdf", b"\r\n" + PDF),
        ("application/pdf", bytes(1019) + b"%PDF-1.4"),
        ("application/xml", codecs.BOM_UTF8 + b"\n" + XML),
        ("TEXT/XML;charset=utf-8", b"<a>"),
        ("application/xhtml+xml", b"<!DOCTYPE html>"),
        ("image/svg+xml", b"<svg/>"),
        ("image/jpg", JPEG),
        ("text/plain", XML),
        ("text/plain", b"\x01\x02 odd"),
        ("text/csv", b"{a;b"),
        ("application/json", b"{}"),
        ("application/json", b"-12"),
        ("application/ld+json", b"[]"),
        ("application/zip", packed("word/document.xml")),
        ("application/epub+zip", packed(mimetype="application/epub+zip")),
        (DOCX, packed("[Content_Types].xml", "word/document.xml")),
        (DOCX, COMPOUND),
        (Content.ODT, packed("mimetypes", "content.xml")),
        ("application/msword", rb"{\rtf1}"),
        ("application/octet-stream", PDF),
        ("made/up", b"anything"),
        ("", b"anything"),
    ],
)
def test_what_may_be_what_was_declared_is_let_through(declared: str, head: bytes) -> None:
    assert contradiction(declared, head) is None


def test_the_entries_of_a_zip_decide_once_they_are_known() -> None:
    sheet = ("[Content_Types].xml", "xl/workbook.xml")
    assert contradiction(DOCX, packed(*sheet), sheet) is Content.XLSX
    assert contradiction(DOCX, packed("a.txt"), ("a.txt",)) is Content.ZIP
    assert contradiction(DOCX, packed("a.txt"), ()) is Content.ZIP
    assert contradiction(Content.XLSX, packed(*sheet), sheet) is None
    assert contradiction("application/zip", packed(*sheet), sheet) is None


@given(st.sampled_from(["application/pdf", "application/xml", "text/plain", DOCX, "image/png", "a/b"]), st.binary())
def test_any_bytes_are_judged(declared: str, head: bytes) -> None:
    found = contradiction(declared, head)
    assert found is None or found is recognise(head)
