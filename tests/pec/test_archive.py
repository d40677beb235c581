import zlib
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.pec.archive import Archive, Layout, freeze
from gateway.pec.dossier import Piece
from gateway.pec.names import DEFAULT_TEMPLATE
from tests.pec.samples import PUBLISHED, dossier, piece
from tests.pec.zip_bytes import stream, whole

REFERENCES = "//*[local-name()='Fichier' or local-name()='FichierDonnees']/text()"


def references(xml: bytes | None) -> list[str]:
    assert xml is not None
    found = etree.fromstring(xml).xpath(REFERENCES)
    assert isinstance(found, list)
    return [str(name) for name in found]


def test_a_frozen_archive() -> None:
    archive = freeze(
        dossier(piece(), piece("jf", kind="pj", file_name="Carte.PDF", blob="b2"), sequence=2), DEFAULT_TEMPLATE
    )
    assert archive.name == "A-9-X3UGO4V7-recensementCitoyen-2.zip"
    assert archive.modified_at == PUBLISHED
    assert [(entry.name, entry.blob) for entry in archive.entries] == [
        ("message.xml", None),
        ("A-9-X3UGO4V7-recensementCitoyen-ent-2.xml", None),
        ("A-9-X3UGO4V7-recensementCitoyen-doc-10870-XML-1-2.xml", "b1"),
        ("A-9-X3UGO4V7-recensementCitoyen-pj-jf-1-2.pdf", "b2"),
    ]


PIECES = st.builds(
    Piece,
    st.sampled_from(["doc", "pj"]),
    st.sampled_from(["10870-XML", "Justificatif de domicile", "justificatif de domicile", "a/b", "", "\x00", "é&<"]),
    st.text(),
    st.sampled_from(["a.pdf", "b", "c.XML", "\ud800.pdf"]),
    st.sampled_from(["application/pdf", ""]),
    st.integers(0, 10**9),
    st.integers(0, 2**32 - 1),
    st.text(),
)


@given(st.lists(PIECES, min_size=1, max_size=8), st.text(st.characters(codec=None), max_size=40))
def test_every_piece_is_referenced_exactly_once(pieces: list[Piece], external: str) -> None:
    archive = freeze(dossier(*pieces, external_number=external), DEFAULT_TEMPLATE)
    message, envelope, *rest = archive.entries
    names = sorted(entry.name for entry in rest)
    assert sorted(references(message.text)) == names
    assert sorted(references(envelope.text)) == names
    assert [entry.blob for entry in rest] == [given_.blob for given_ in pieces]
    assert Archive.load(archive.dump()) == archive


def test_freezing_is_deterministic_and_streams_back() -> None:
    sample = dossier(piece(content=b"<form/>"))
    archive = freeze(sample, DEFAULT_TEMPLATE)
    assert freeze(sample, DEFAULT_TEMPLATE).dump() == archive.dump()
    read = stream(whole(Layout(archive), {"b1": b"<form/>"}))
    assert [name for name, _ in read] == [entry.name for entry in archive.entries]
    assert read[0][1] == archive.entries[0].text
    assert archive.entries[0].crc32 == zlib.crc32(read[0][1])


def test_the_template_may_name_sender_and_channel() -> None:
    archive = freeze(dossier(), "{sender}.{timestamp}.{number}-{process}-{sequence}.{channel}.zip")
    assert archive.name == "13000918600011.20260704105415.A-9-X3UGO4V7-recensementCitoyen-1.hub.zip"


def test_what_cannot_be_frozen() -> None:
    with pytest.raises(ValueError, match=r"add \{number\}"):
        freeze(dossier(), "{sequence}.zip")
    with pytest.raises(ValueError, match="at least one attachment"):
        freeze(replace(dossier(), pieces=()), DEFAULT_TEMPLATE)
    with pytest.raises(ValueError, match="time zone"):
        freeze(replace(dossier(), published_at=datetime(2026, 1, 1)), DEFAULT_TEMPLATE)  # noqa: DTZ001 (the naive time is the point)
