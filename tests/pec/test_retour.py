import encodings
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pec.refusals import UnreadableAnswer
from gateway.pec.retour import Retour, ending, read_retour
from tests.pec.answers import retour_xml

XML_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


def reason(document: bytes, max_depth: int = 100) -> str:
    with pytest.raises(UnreadableAnswer) as refused:
        read_retour(document, max_depth)
    return refused.value.reason_code


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("prefix", ["", "p"])
@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "windows-1252", "UTF-16"])
def test_both_depths_prefixes_and_encodings(deep: bool, prefix: str, encoding: str) -> None:
    document = retour_xml("A-1", 20, "Pièce illisible & floue", deep=deep, prefix=prefix, encoding=encoding)
    assert read_retour(document, 100) == Retour("A-1", None, 20, "Pièce illisible & floue")


@given(XML_TEXT, st.integers(0, 999_999_999), XML_TEXT)
def test_texts_come_back(number: str, etat: int, comment: str) -> None:
    if not number.strip():
        number = "N" + number
    told = read_retour(retour_xml(number, etat, comment), 100)
    assert told == Retour(number.strip(), None, etat, comment.strip() or None)


@pytest.mark.parametrize(
    "document",
    [
        b"<x:A><x:NumeroTeledemarche>N</x:NumeroTeledemarche><y:Etat>16</y:Etat></x:A>",
        b"\xef\xbb\xbf<A><NumeroTeledossier> N </NumeroTeledossier><B><Etat>\n16\t</Etat></B></A>",
        b"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?>"
        b"<A><NumeroTeledossier>N</NumeroTeledossier><Etat>16</Etat></A>",
        b"\r\n <?xml version='1.0'?><A><NumeroTeledossier>N</NumeroTeledossier><Etat>016</Etat></A>",
        b"<A><!-- <Etat>1</Etat> --><NumeroTeledemarche><![CDATA[N]]></NumeroTeledemarche>"
        b"<Etat>1<!-- -->6</Etat></A>\n\n",
        b"<A><NumeroTeledemarche>N</NumeroTeledemarche><Etat>16<NumeroTeledemarche/></Etat></A>",
    ],
)
def test_tolerance(document: bytes) -> None:
    assert read_retour(document, 100) == Retour("N", None, 16, None)


def test_a_byte_order_mark_outweighs_the_declaration() -> None:
    document = retour_xml("N", 16, "Reçu").replace(b"UTF-8", b"ISO-8859-1")
    assert read_retour(b"\xef\xbb\xbf" + document, 100).comment == "Reçu"


def test_the_last_etat_wins_and_comments_are_joined() -> None:
    document = retour_xml("N", 16, "Reçu", updates=[(17, None), (20, "Refusé")])
    assert read_retour(document, 100) == Retour("N", None, 20, "Reçu\nRefusé")


def test_numbers() -> None:
    assert read_retour(retour_xml("A", 16, other_number="B"), 100) == Retour("A", "B", 16, None)
    assert read_retour(retour_xml("A", 16, other_number="A"), 100) == Retour("A", None, 16, None)
    twice = (
        b"<A><NumeroTeledemarche>N</NumeroTeledemarche><NumeroTeledemarche>%s</NumeroTeledemarche><Etat>1</Etat></A>"
    )
    assert read_retour(twice % b" N ", 100).number == "N"
    assert reason(twice % b"M") == "several_numbers"


BOMB = b"""<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a><Etat>&b;</Etat></a>"""


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"<A><Etat>1</Etat></A>", "no_number"),
        (b"<A><NumeroTeledemarche> </NumeroTeledemarche><Etat>1</Etat></A>", "no_number"),
        (b"<A><NumeroTeledemarche>N</NumeroTeledemarche></A>", "no_etat"),
        (b"<A><NumeroTeledemarche>N</NumeroTeledemarche><Etat/></A>", "no_etat"),
        (retour_xml("N", "accepté"), "bad_etat"),
        (retour_xml("N", "-1"), "bad_etat"),
        (retour_xml("N", "²"), "bad_etat"),
        (retour_xml("N", "9" * 99), "bad_etat"),
        (retour_xml("N", "9" * 101), "text_too_long"),
        (retour_xml("N" * 501, 16), "text_too_long"),
        (retour_xml("N", 16, "c" * 100_001), "text_too_long"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "doctype"),
        (b'<?xml version="1.0"?><!DOCTYPE a PUBLIC "x" "http://example.org/x.dtd"><a/>', "doctype"),
        (BOMB, "doctype"),
        (b"<a>&who;</a>", "bad_xml"),
        (b"<a><b></a></b>", "bad_xml"),
        (b"<a/><b/>", "bad_xml"),
        (b"<a>\xe9</a>", "bad_xml"),
        (b"<a>\x00</a>", "bad_xml"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "bad_xml"),
        (b"<?xml version='1.0' encoding='utf-7'?><a/>", "bad_xml"),
        (b"<?xml version='1.0' encoding='shift_jis'?><a/>", "bad_xml"),
        (b"<?xml version='1.0' encoding='zlib'?><a/>", "bad_xml"),
        (b"not xml", "bad_xml"),
        (b"", "bad_xml"),
        (b"<a>", "bad_xml"),
        (b"<a>" * 101 + b"</a>" * 101, "too_deep"),
    ],
)
def test_refusals(document: bytes, expected: str) -> None:
    assert reason(document) == expected


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "UTF-16"])
def test_every_prefix_ends_early(encoding: str) -> None:
    document = retour_xml("A-1", 16, "Réponse <![CDATA[", encoding=encoding)
    document = document.replace(b"</ns2:Body>", b"<!-- c --><?p i?><![CDATA[x]]></ns2:Body>")
    assert {ending(document[:length], 100) for length in range(len(document))} == {"partial"}
    assert ending(document, 100) == "whole"


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(noise: bytes) -> None:
    for document in (noise, b"<a>" + noise, b"<?xml version='1.0' encoding='" + noise):
        with suppress(UnreadableAnswer):
            read_retour(document, 10)


def test_encodings_that_nobody_knows_are_never_asked_for() -> None:
    """The standard library would remember each name for ever."""
    known: dict[str, object] = vars(encodings)["_cache"]
    before = set(known)
    for name in ("nobody-knows-this", "x" * 5000):
        with pytest.raises(UnreadableAnswer) as refused:
            ending(f'<?xml version="1.0" encoding="{name}"?><a/>'.encode(), 10)
        assert refused.value.reason_code == "bad_xml"
    assert set(known) == before
