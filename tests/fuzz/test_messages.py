"""XML of any kind as an answer: what it declares, nests and repeats costs no more than its own size."""

from __future__ import annotations

import encodings
import io
import tracemalloc
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.pec.refusals import REASONS, UnreadableAnswer
from gateway.pec.returns import Limits, judge, read_answer
from tests.fuzz.profiles import examples
from tests.pec.answers import retour_xml

LIMITS = Limits(message=200_000)
REAL = "utf-8 UTF-16 utf-16le utf-32 utf-7 latin-1 iso-8859-15 windows-1252 cp037 cp500 macintosh shift_jis gb18030 hz"
ODD = "idna punycode unicode_escape raw_unicode_escape undefined hex rot13 zlib mbcs aliases charmap a.b ../x"
ENCODINGS = st.one_of(
    st.sampled_from([*REAL.split(), *ODD.split(), "", "x" * 3000]),
    st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,30}", fullmatch=True),
)
BODIES = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-7", "utf-32", "cp037"]
PIECES = st.sampled_from(
    [
        "<Etat>16</Etat>",
        "<Etat>16<b>0</b></Etat>",
        "<Etat>&#49;6</Etat>",
        "<Etat>1\u0660</Etat>",
        "<Etat>" + "9" * 5000 + "</Etat>",
        "<NumeroTeledemarche>A-1</NumeroTeledemarche>",
        "<x:NumeroTeledossier>&lt;A&gt;</x:NumeroTeledossier>",
        "<NumeroTeledemarche><![CDATA[A-1]]></NumeroTeledemarche>",
        "<Commentaire>" + "é" * 2000 + "</Commentaire>",
        "<Commentaire>&nbsp;&xxe;</Commentaire>",
        "<Commentaire>" + "<a>" * 30 + "</a>" * 30 + "</Commentaire>",
        '<a b="' + "x" * 20_000 + '"/>',
        "<a " + " ".join(f'a{n}="1"' for n in range(2000)) + "/>",
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>',
        "<?xml-stylesheet href='file:///etc/passwd'?>",
        "<!-- " + "-" * 10 + " -->",
        "<a>" * 150,
        "</a>",
        "<![CDATA[",
        "&#0;",
        "&#xD800;",
        "\x00",
    ]
)
DOCTYPES = st.sampled_from(
    [
        "",
        "",
        "",
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY nbsp "&b;&b;&b;&b;">]>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://localhost/"> %p;]>',
        "<!DOCTYPE a [<!ATTLIST a b CDATA 'x'>]>",
        "<!DOCTYPE",
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A message: its declaration need not tell how it is written, nor its elements be those of an answer."""
    declared = draw(st.one_of(st.none(), ENCODINGS))
    declaration = "" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>'
    pieces = "".join(draw(st.lists(PIECES, max_size=6)))
    text = f"{declaration}{draw(DOCTYPES)}<m>{pieces}</m>"
    if draw(st.integers(0, 5)) == 0:
        text = text[: draw(st.integers(0, len(text)))]
    mark = draw(st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b" \n"]))
    return mark + text.encode(draw(st.sampled_from(["utf-8", "utf-8", *BODIES])), "replace")


reasons: set[str] = set()


@pytest.fixture(scope="module", autouse=True)
def every_reason_is_one_of_those_in_two_languages() -> Iterator[None]:
    yield
    assert reasons <= set(REASONS)
    assert {"doctype", "bad_xml"} <= reasons, "the documents reach what they are made for"


def check(data: bytes) -> None:
    file = io.BytesIO(data)
    whole = judge(file, len(data), LIMITS)
    try:
        answer = read_answer(file, LIMITS)
    except UnreadableAnswer as refused:
        reasons.add(refused.reason_code)
        return
    assert whole == "whole"
    said = answer.number + (answer.other_number or "") + (answer.comment or "")
    assert len(said) <= len(data), "nothing grows"
    assert "\0" not in said
    said.encode()
    assert "root:" not in said
    assert b"<!DOCTYPE" not in data


@examples(250)
@given(documents())
@example(b"<m>" + b"<a>" * 100_000)
@example(b"<m " + b" ".join(b'a%d="1"' % n for n in range(15_000)) + b"/>")
def test_messages_are_read_or_refused(data: bytes) -> None:
    check(data)


@examples(100)
@given(st.binary(max_size=300).map(lambda junk: b"<" + junk))
def test_any_bytes_that_begin_as_xml_are_read_or_refused(data: bytes) -> None:
    check(data)


@pytest.mark.parametrize(
    "encoding", ["iso-8859-15", "windows-1252", "latin-1", "utf-8", "utf-16", "macintosh", "cp850"]
)
def test_encodings_of_real_systems_are_read(encoding: str) -> None:
    answer = read_answer(io.BytesIO(retour_xml(comment="reçu", encoding=encoding)))
    assert answer.comment == "reçu"


def test_encodings_that_nobody_knows_leave_nothing_behind() -> None:
    """The standard library remembers every name that it was ever asked for."""
    known = cast("Any", encodings)._cache
    judge(io.BytesIO(b"<a/>"), 4)
    before = len(known)
    tracemalloc.start()
    try:
        for number in range(50):
            name = f"x{number}" + "y" * 50_000
            document = retour_xml().replace(b"UTF-8", name.encode())
            judge(io.BytesIO(document), len(document), LIMITS)
            with pytest.raises(UnreadableAnswer):
                read_answer(io.BytesIO(document), LIMITS)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(known) == before
    assert held < 500_000
