"""The envelope of an archive (PEC contract, Envelope).

Written as text: old readers depend on prefixes and order, which a serializer would be free to choose.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from gateway.pec.dossier import Dossier, Piece
from gateway.pec.names import PARIS, safe_number

ENVELOPE_NAMESPACE = "http://finances.gouv.fr/dgme/gf/composants/teledemarchexml/donnee/metier"
XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\ufffd"
_SPECIAL = re.compile('[&<>"\r]')
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}


def envelope_xml(dossier: Dossier, entry_names: Sequence[str]) -> bytes:
    """The envelope in UTF-8; ``entry_names`` are those of ``dossier.pieces``, in the same order."""
    children = "".join(business_children(dossier, entry_names))
    root = "EnteteMetierEnveloppe"
    return f'{XML_DECLARATION}<{root} xmlns="{ENVELOPE_NAMESPACE}">{children}</{root}>\n'.encode()


def business_children(dossier: Dossier, entry_names: Sequence[str]) -> Iterator[str]:
    """The children that the envelope and the ``Aller`` of the message have in common, unprefixed."""
    yield element("NumeroDemarche", dossier.process)
    yield "<Teledemarche>"
    yield element("NumeroTeledemarche", spoken_number(dossier))
    yield "<MotDePasse></MotDePasse><Suivi></Suivi>"
    yield element("Date", local_time(dossier.created_at))
    yield element("IdentifiantPlateforme", dossier.platform)
    yield element("Email", dossier.email or "")
    yield "</Teledemarche><Routage><Donnee><Id>CodeINSEE</Id>"
    yield element("Valeur", dossier.recipient.guichet)
    yield "</Donnee></Routage>"
    named = list(zip(dossier.pieces, entry_names, strict=True))
    yield from (_supporting_file(piece, name) for piece, name in named if piece.kind == "pj")
    yield from (_document(piece, name) for piece, name in named if piece.kind == "doc")


def element(tag: str, text: str) -> str:
    """One element holding a text; characters that XML cannot hold become U+FFFD."""
    return f"<{tag}>{_SPECIAL.sub(_escape, _ILLEGAL.sub(_REPLACEMENT, text))}</{tag}>"


def local_time(moment: datetime) -> str:
    """An aware time in Europe/Paris, ISO 8601 with milliseconds and offset."""
    if moment.tzinfo is None:
        raise ValueError("a time without time zone cannot be put into an archive")
    return moment.astimezone(PARIS).isoformat(timespec="milliseconds")


def spoken_number(dossier: Dossier) -> str:
    """The number as people know it, if XML carries it unharmed; else the safe one.

    Either way ``safe_number`` of what an answer repeats gives ``dossier.number`` back.
    """
    number = dossier.external_number.strip()
    carried = bool(number) and number.isprintable() and not _ILLEGAL.search(number)
    return number if carried and safe_number(number) == dossier.number else dossier.number


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES[match[0]]


def _supporting_file(piece: Piece, name: str) -> str:
    inner = element("Intitule", piece.title) + element("Code", piece.code) + element("Fichier", name)
    return f"<PieceJointe>{inner}</PieceJointe>"


def _document(piece: Piece, name: str) -> str:
    inner = element("Code", piece.code) + element("Nom", piece.title)
    return f"<Document>{inner}<FichierFormulaire>{element('FichierDonnees', name)}</FichierFormulaire></Document>"
