from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.pec.dossier import Dossier
from gateway.pec.envelope import ENVELOPE_NAMESPACE, envelope_xml, spoken_number
from gateway.pec.names import safe_number
from tests.pec.samples import dossier, piece

N = f"{{{ENVELOPE_NAMESPACE}}}"


def local(root: etree._Element) -> list[str]:
    return [str(child.tag).removeprefix(N) for child in root]


def is_xml(character: str) -> bool:
    if character < " ":
        return character in "\t\n\r"
    return not "\ud800" <= character <= "\udfff" and character not in "\ufffe\uffff"


def sample() -> Dossier:
    return dossier(piece(), piece("jf", kind="pj", title="Justificatif & co"), piece("10870-PDF", title="Récépissé"))


def test_elements_and_their_order() -> None:
    xml = envelope_xml(sample(), ["form.xml", "jf.pdf", "r.pdf"])
    root = etree.fromstring(xml)
    assert root.tag == f"{N}EnteteMetierEnveloppe"
    assert local(root) == ["NumeroDemarche", "Teledemarche", "Routage", "PieceJointe", "Document", "Document"]
    teledemarche = root.find(f"{N}Teledemarche")
    assert teledemarche is not None
    expected = ["NumeroTeledemarche", "MotDePasse", "Suivi", "Date", "IdentifiantPlateforme", "Email"]
    assert local(teledemarche) == expected
    values = ["A-9-X3UGO4V7", None, None, "2026-01-05T00:30:00.005+01:00", "hub", "camille@example.org"]
    assert [child.text for child in teledemarche] == values
    assert root.findtext(f"{N}NumeroDemarche") == "recensementCitoyen"
    assert root.findtext(f"{N}Routage/{N}Donnee/{N}Id") == "CodeINSEE"
    assert root.findtext(f"{N}Routage/{N}Donnee/{N}Valeur") == "35238"


def test_pieces_are_described_and_referenced() -> None:
    root = etree.fromstring(envelope_xml(sample(), ["form.xml", "jf.pdf", "r.pdf"]))
    supporting = root.find(f"{N}PieceJointe")
    assert supporting is not None
    assert [(str(c.tag).removeprefix(N), c.text) for c in supporting] == [
        ("Intitule", "Justificatif & co"),
        ("Code", "jf"),
        ("Fichier", "jf.pdf"),
    ]
    document = root.findall(f"{N}Document")[1]
    assert local(document) == ["Code", "Nom", "FichierFormulaire"]
    assert document.findtext(f"{N}FichierFormulaire/{N}FichierDonnees") == "r.pdf"


def test_no_prefix_is_used() -> None:
    xml = envelope_xml(sample(), ["a", "b", "c"]).decode()
    assert xml.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<EnteteMetierEnveloppe xmlns=')
    assert "<Code>jf</Code>" in xml
    assert "xmlns:" not in xml


def test_a_missing_email_is_empty() -> None:
    assert b"<Email></Email>" in envelope_xml(dossier(email=None), ["a"])


def test_every_piece_needs_a_name() -> None:
    with pytest.raises(ValueError):
        envelope_xml(sample(), ["only one"])


def test_a_naive_time_is_refused() -> None:
    naive = replace(dossier(), created_at=datetime(2026, 1, 1))  # noqa: DTZ001 (the naive time is the point)
    with pytest.raises(ValueError, match="time zone"):
        envelope_xml(naive, ["a"])


@given(st.text(st.characters(codec=None)))
def test_any_text_gives_readable_xml(text: str) -> None:
    odd = dossier(piece(text, title=text), external_number=text, email=text, platform=text)
    root = etree.fromstring(envelope_xml(odd, ["a"]))
    shown = root.findtext(f"{N}Document/{N}Nom")
    kept = "".join(character if is_xml(character) else "\ufffd" for character in text)
    assert (shown or "") == kept


@given(st.text(st.characters(codec=None)))
def test_the_number_comes_back_to_the_same_archive(external: str) -> None:
    odd = dossier(external_number=external)
    root = etree.fromstring(envelope_xml(odd, ["a"]))
    echoed = (root.findtext(f"{N}Teledemarche/{N}NumeroTeledemarche") or "").strip()
    assert safe_number(echoed) == odd.number


def test_people_see_the_number_they_know() -> None:
    assert spoken_number(dossier(external_number="2026/12")) == "2026/12"
    assert spoken_number(dossier(external_number="2026\n12")) == safe_number("2026\n12")
