"""Archives: frozen at publication, laid out as a zip on demand (delivery rules, Objects: Archive)."""

from gateway.pec.dossier import Dossier
from gateway.pec.envelope import envelope_xml
from gateway.pec.layout import Layout, Slice
from gateway.pec.manifest import Archive, Entry
from gateway.pec.message import message_xml
from gateway.pec.names import MESSAGE_NAME, archive_name, check_template, envelope_name, occurrences, piece_name

__all__ = ["Archive", "Entry", "Layout", "Slice", "freeze"]


def freeze(dossier: Dossier, template: str) -> Archive:
    """Fix name, generated XML and manifest of a dossier's archive.

    Order: ``message.xml``, the envelope, the pieces as given. Raises ``ValueError`` when the template is refused, a
    time is naive, or there is no piece.
    """
    check_template(template)
    if not dossier.pieces:
        raise ValueError("an archive needs at least one attachment that was received")
    number, process, sequence = dossier.number, dossier.process, dossier.sequence
    counted = occurrences((piece.kind, piece.code) for piece in dossier.pieces)
    names = [
        piece_name(
            number,
            process,
            sequence,
            kind=piece.kind,
            code=piece.code,
            occurrence=occurrence,
            file_name=piece.file_name,
            mime_type=piece.mime_type,
        )
        for piece, occurrence in zip(dossier.pieces, counted, strict=True)
    ]
    stored = (
        Entry(name, piece.size, piece.crc32, piece.blob, piece.text)
        for name, piece in zip(names, dossier.pieces, strict=True)
    )
    name = archive_name(
        template,
        number=number,
        process=process,
        sequence=sequence,
        sender=dossier.sender.siret,
        published_at=dossier.published_at,
        channel=dossier.platform,
    )
    entries = (
        Entry.of_text(MESSAGE_NAME, message_xml(dossier, names)),
        Entry.of_text(envelope_name(number, process, sequence), envelope_xml(dossier, names)),
        *stored,
    )
    return Archive(name, dossier.published_at, entries)
