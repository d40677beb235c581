import pytest
from lxml import etree

from gateway.pec.envelope import ENVELOPE_NAMESPACE
from gateway.pec.message import MESSAGE_NAMESPACE, message_number, message_xml, numbers_meant
from tests.pec.samples import dossier, piece

NS = {"m": MESSAGE_NAMESPACE, "e": ENVELOPE_NAMESPACE}
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def text_of(root: etree._Element, path: str) -> list[str | None]:
    return [found.text for found in root.findall(path, NS)]


def names_in(root: etree._Element, path: str) -> list[str]:
    found = root.find(path, NS)
    assert found is not None
    return [etree.QName(child).localname for child in found]


def test_structure() -> None:
    root = etree.fromstring(message_xml(dossier(sequence=2), ["form.xml"]))
    assert root.tag == f"{{{MESSAGE_NAMESPACE}}}Message"
    assert root.nsmap == {None: ENVELOPE_NAMESPACE, "ns2": MESSAGE_NAMESPACE}
    routing = ["MessageId", "FlowType", "Sender", "Recipients", "AckRequired", "AckType", "AckType", "AckTo"]
    assert names_in(root, "m:Header/m:Routing") == routing
    assert names_in(root, "m:Header/m:Security") == ["Horodatage", "DateTime", "Rejeu"]
    assert names_in(root, "m:Header/m:Security/m:Rejeu") == ["NbRejeu", "Delais"]
    assert names_in(root, "m:Body/m:Content/m:Aller") == ["NumeroDemarche", "Teledemarche", "Routage", "Document"]
    assert text_of(root, "m:Header/m:Routing/m:AckType") == ["AVL", "ANL"]
    assert text_of(root, "m:Header/m:Routing/m:FlowType") == ["recensementCitoyen"]
    expected = ["A-9-X3UGO4V7 2 Principal 2026-07-04T10:54:15.438+02:00"]
    assert text_of(root, "m:Header/m:Routing/m:MessageId") == expected


def test_parties() -> None:
    root = etree.fromstring(message_xml(dossier(), ["form.xml"]))
    routing = root.find("m:Header/m:Routing", NS)
    assert routing is not None
    for path, siret, guichet in [
        ("m:Sender", "13000918600011", "00000"),
        ("m:Recipients/m:Recipient", "21350238800019", "35238"),
        ("m:AckTo", "13000918600011", "00000"),
    ]:
        location = routing.find(f"{path}/m:Location", NS)
        assert location is not None
        assert routing.findtext(f"{path}/m:Country", None, NS) == "FR"
        assert location.get(XSI_TYPE) == "ns2:Location_FR"
        assert [etree.QName(child).localname for child in location] == ["Siret", "Service", "Guichet"]
        assert location.findtext("m:Siret", None, NS) == siret
        assert location.findtext("m:Guichet", None, NS) == guichet


def test_prefixes_are_literally_those_old_readers_look_for() -> None:
    xml = message_xml(dossier(piece("Code é")), ["form.xml"]).decode()
    for expected in (
        "<ns2:Message ",
        '<ns2:Location xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="ns2:Location_FR">',
        "<ns2:Aller><NumeroDemarche>",
        "<Document><Code>Code é</Code>",
        "<FichierFormulaire><FichierDonnees>form.xml</FichierDonnees></FichierFormulaire>",
    ):
        assert expected in xml


def test_the_first_token_of_the_message_id_is_the_number() -> None:
    root = etree.fromstring(message_xml(dossier(external_number="DOSSIER 12"), ["form.xml"]))
    (message_id,) = text_of(root, "m:Header/m:Routing/m:MessageId")
    assert message_id is not None
    assert message_id.split(" ")[:3] == ["DOSSIER_12", "1", "Principal"]


@pytest.mark.parametrize("number", ["DOSSIER 12", "A 9 Élancourt n°7", "A_B 7", "A B_C"])
def test_the_number_is_among_those_that_its_token_may_mean(number: str) -> None:
    token = message_number(dossier(external_number=number))
    assert number in numbers_meant(token)
    assert token not in numbers_meant(token)


def test_few_numbers_are_tried() -> None:
    assert numbers_meant("A-9") == []
    assert len(numbers_meant("a_b_c_d_e")) == 15
    assert numbers_meant("a_b_c_d_e_f") == ["a b c d e f"]
