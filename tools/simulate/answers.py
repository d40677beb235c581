"""Answers as legacy servers send them."""

from __future__ import annotations

import io
import zipfile
from typing import Final

_MESSAGE: Final = "http://finances.gouv.fr/dgme/pec/message/v1"
_BUSINESS: Final = "http://finances.gouv.fr/dgme/gf/composants/teledemarchexml/donnee/metier"
_CODES: Final = {"DONE": 19, "REFUSED": 20}
_DATE: Final = (2026, 1, 1, 0, 0, 0)


def answer(number: str, status: str, *, bare: bool) -> bytes:
    """An answer with a final status: bare XML, or a zip of a message. The same bytes for the same answer."""
    message = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ns2:Message xmlns:ns2="{_MESSAGE}" xmlns="{_BUSINESS}"><ns2:Body>'
        f"<ns2:Content><ns2:Retour><Enveloppe><NumeroTeledemarche>{number}</NumeroTeledemarche></Enveloppe>"
        f"<Instruction><Maj><Etat>{_CODES[status]}</Etat><Commentaire>Traité</Commentaire></Maj></Instruction>"
        "</ns2:Retour></ns2:Content></ns2:Body></ns2:Message>"
    ).encode()
    if bare:
        return message
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("message.xml", _DATE), message)
    return target.getvalue()
