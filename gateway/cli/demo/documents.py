"""Made-up documents: small but correct XML and PDF files, different in every dossier."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

XML: Final = "application/xml"
PDF: Final = "application/pdf"
_PAGE: Final = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A file to be deposited: its attachment type in the process, name, MIME type and bytes."""

    type: str
    file_name: str
    mime_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def pdf(lines: Sequence[str]) -> bytes:
    """A PDF 1.4 file of one A4 page with these lines of text (Latin-1; the first is the title)."""
    shown = "".join(f"({_pdf_text(line)}) Tj T*\n" for line in lines)
    stream = f"BT /F1 12 Tf 16 TL 56 780 Td\n{shown}ET".encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(file)


def xml(root: str, fields: Sequence[tuple[str, str]]) -> bytes:
    """A small XML document: one element per field."""
    inner = "".join(f"  <{name}>{escape(value)}</{name}>\n" for name, value in fields)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n{inner}</{root}>\n'.encode()


def death_certificate(number: str) -> tuple[Document, ...]:
    """CERTDC: the administrative part for the town of death, and the part that both towns get."""
    fields = [("Numero", number), ("Nom", "EXEMPLE"), ("Prenoms", "Jeanne Zoé"), ("DateDeces", "2026-02-11")]
    lines = ["Certificat de décès (volet administratif)", f"Dossier {number}", "EXEMPLE Jeanne Zoé", "Personne fictive"]
    return (
        Document("DD_Certificatdedeces", "demande.xml", XML, xml("CertificatDeDeces", fields)),
        Document("VA_CertificatdeDeces", "volet-administratif.xml", XML, xml("VoletAdministratif", fields)),
        Document("VA_CertificatdeDeces", "volet-administratif.pdf", PDF, pdf(lines)),
    )


def civil_status_request(number: str) -> tuple[Document, ...]:
    """EtatCivil: a request for a copy of a birth record."""
    fields = [("Numero", number), ("TypeActe", "NAISSANCE"), ("Nom", "MODÈLE"), ("Prenoms", "Émile <Noël> & Anaïs")]
    lines = ["Demande d'acte de naissance", f"Dossier {number}", "MODÈLE Émile, né le 3 mars 1987", "Personne fictive"]
    return (
        Document("ActeEtatCivil-XML", "demande.xml", XML, xml("DemandeActeEtatCivil", fields)),
        Document("ActeEtatCivil-PDF", "récapitulatif de la demande.pdf", PDF, pdf(lines)),
    )


def civil_union(number: str) -> tuple[Document, ...]:
    """depotDossierPACS: the flow, the form, and a supporting file."""
    fields = [("Numero", number), ("Partenaire1", "ESSAI Camille"), ("Partenaire2", "ÉPREUVE Dominique")]
    return (
        Document("flux-pacs", "flux.xml", XML, xml("DossierPacs", fields)),
        Document("recapPDF", "recapitulatif.pdf", PDF, pdf(["Dossier de PACS", number, "Personnes fictives"])),
        Document("an", "acte-de-naissance.pdf", PDF, pdf(["Acte de naissance", number, "ESSAI Camille"])),
    )


def birth_record(number: str) -> Document:
    """What a town hall answers to a request: the record itself."""
    lines = ["Copie intégrale d'acte de naissance", f"Dossier {number}", "MODÈLE Émile", "Acte fictif, sans valeur"]
    return Document("", "acte.pdf", PDF, pdf(lines))


def _pdf_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
