"""Builder of the answers that legacy servers send: zip or bare XML, at both depths."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

MESSAGE_NAMESPACE = "http://finances.gouv.fr/dgme/pec/message/v1"
_DATE = (2026, 3, 2, 9, 0, 0)
BUSINESS_NAMESPACE = "http://finances.gouv.fr/dgme/gf/composants/teledemarchexml/donnee/metier"


def retour_xml(
    number: str = "A-9-X3UGO4V7",
    etat: int | str = 100,
    comment: str | None = None,
    *,
    other_number: str | None = None,
    updates: Sequence[tuple[int | str, str | None]] = (),
    deep: bool = False,
    prefix: str = "",
    encoding: str = "UTF-8",
) -> bytes:
    """A message. ``updates`` are further (etat, comment) pairs; ``deep`` nests Instruction in Enveloppe's sibling."""
    colon = f"{prefix}:" if prefix else ""

    def tag(name: str, content: str) -> str:
        return f"<{colon}{name}>{content}</{colon}{name}>"

    numbers = tag("NumeroTeledemarche", escape(number))
    if other_number is not None:
        numbers += tag("NumeroTeledossier", escape(other_number))
    changes = ""
    for code, text in [(etat, comment), *updates]:
        said = "" if text is None else tag("Commentaire", escape(text))
        changes += tag("Maj", tag("Etat", escape(str(code))) + said)
    instruction = tag("Instruction", changes)
    content = tag("Enveloppe", numbers + instruction) if deep else tag("Enveloppe", numbers) + instruction
    if deep:
        content = tag("Reponse", content)
    binding = f"xmlns:{prefix}" if prefix else "xmlns"
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        f'<ns2:Message xmlns:ns2="{MESSAGE_NAMESPACE}" {binding}="{BUSINESS_NAMESPACE}"><ns2:Body><ns2:Content>'
        f"<ns2:Retour>{content}</ns2:Retour></ns2:Content></ns2:Body></ns2:Message>"
    )
    return text.encode(encoding)


def zipped(
    message: bytes | None,
    files: Mapping[str, bytes] | None = None,
    *,
    message_name: str = "message.xml",
    compressed: bool = True,
) -> bytes:
    """A zip of a message (none when None) and files by path; the same bytes for the same content, whenever made."""
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        if message is not None:
            archive.writestr(zipfile.ZipInfo(message_name, _DATE), message, method)
        for path, content in (files or {}).items():
            archive.writestr(zipfile.ZipInfo(path, _DATE), content, method)
    return target.getvalue()


def answer_zip(
    number: str = "A-9-X3UGO4V7",
    etat: int | str = 100,
    comment: str | None = None,
    files: Mapping[str, bytes] | None = None,
    *,
    deep: bool = False,
) -> bytes:
    """The usual answer: a zip of a message and the files that come with it."""
    return zipped(retour_xml(number, etat, comment, deep=deep), files)
