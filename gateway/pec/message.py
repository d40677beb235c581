"""``message.xml``, the first entry of an archive (PEC contract, message.xml)."""

from collections.abc import Sequence

from gateway.pec.dossier import Dossier, Party
from gateway.pec.envelope import ENVELOPE_NAMESPACE, XML_DECLARATION, business_children, element, local_time

MESSAGE_NAMESPACE = "http://finances.gouv.fr/dgme/pec/message/v1"
_MOST_JOINTS = 4
_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def message_xml(dossier: Dossier, entry_names: Sequence[str]) -> bytes:
    """The message in UTF-8; ``entry_names`` are those of ``dossier.pieces``, in the same order.

    The root's default namespace is the envelope's and everything of the message itself carries the prefix ``ns2``:
    readers without namespaces look for both as plain text.
    """
    sent_at = local_time(dossier.published_at)
    routing = "".join(
        (
            element("ns2:MessageId", f"{message_number(dossier)} {dossier.sequence} Principal {sent_at}"),
            element("ns2:FlowType", dossier.process),
            _party("ns2:Sender", dossier.sender),
            f"<ns2:Recipients>{_party('ns2:Recipient', dossier.recipient)}</ns2:Recipients>",
            "<ns2:AckRequired>true</ns2:AckRequired>",
            "<ns2:AckType>AVL</ns2:AckType><ns2:AckType>ANL</ns2:AckType>",
            _party("ns2:AckTo", dossier.sender),
        )
    )
    security = "".join(
        (
            "<ns2:Horodatage>false</ns2:Horodatage>",
            element("ns2:DateTime", sent_at),
            "<ns2:Rejeu><ns2:NbRejeu>0</ns2:NbRejeu><ns2:Delais>0</ns2:Delais></ns2:Rejeu>",
        )
    )
    business = "".join(business_children(dossier, entry_names))
    return (
        f'{XML_DECLARATION}<ns2:Message xmlns="{ENVELOPE_NAMESPACE}" xmlns:ns2="{MESSAGE_NAMESPACE}">'
        f"<ns2:Header><ns2:Routing>{routing}</ns2:Routing><ns2:Security>{security}</ns2:Security></ns2:Header>"
        f"<ns2:Body><ns2:Content><ns2:Aller>{business}</ns2:Aller></ns2:Content></ns2:Body></ns2:Message>\n"
    ).encode()


def message_number(dossier: Dossier) -> str:
    """The number as the first token of ``MessageId``: clients split there, so it holds no blank."""
    return "_".join(dossier.number.split())


def numbers_meant(token: str) -> list[str]:
    """The numbers with blanks of which ``message_number`` may have made ``token``; none where it holds no ``_``.

    Beyond ``_MOST_JOINTS`` joints only that of which all were blanks: nobody's number has as many of both.
    """
    parts = token.split("_")
    if len(parts) > _MOST_JOINTS + 1:
        return [" ".join(parts)]
    ways = [parts[0]]
    for part in parts[1:]:
        ways = [way + joint + part for way in ways for joint in " _"]
    return ways[:-1]


def _party(tag: str, party: Party) -> str:
    place = element("ns2:Siret", party.siret) + element("ns2:Service", party.service)
    place += element("ns2:Guichet", party.guichet)
    location = f'<ns2:Location xmlns:xsi="{_SCHEMA_INSTANCE}" xsi:type="ns2:Location_FR">{place}</ns2:Location>'
    return f"<{tag}><ns2:Country>FR</ns2:Country>{location}</{tag}>"
