"""What is known of processes beforehand."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.faults import ConfigurationError
from gateway.config.processes import ProcessDefaults, load_processes
from gateway.domain.referential import Process
from gateway.domain.statuses import Status

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)


def refused(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_processes(path)
    return str(caught.value)


def test_the_packaged_file_is_the_one_of_the_tree() -> None:
    packaged = ROOT / "gateway" / "config" / "processes.yaml"
    assert packaged.read_bytes() == (ROOT / "config" / "processes.yaml").read_bytes()
    assert load_processes(None) == load_processes(packaged)


def test_the_known_processes_are_there() -> None:
    assert set(load_processes(None)) == {
        *("CERTDC", "EtatCivil", "recensementCitoyen", "depotDossierPACS", "JeChangeDeCoordonnees"),
        *("HebergementTourisme", "arnaqueInternet", "INSRegistreFR", "SNATED", "RSABEI-RSABAI", "RSABEM-RSABAM"),
        *("RSABEX-RSABAX", "RSAFIM", "RSAFIX", "RSACTM", "IRSACG-IRSDCG", "GRO", "SGR", "DSG"),
        *("MSABEI", "MSABEM", "MSABEX", "MSAFIM", "CAF-contact"),
    }


def test_rules_follow_the_known_facts() -> None:
    known = load_processes(None)
    in_progress = {code for code, process in known.items() if process.mandatory_status is Status.IN_PROGRESS}
    assert {"CERTDC", "SNATED", "GRO", "CAF-contact"} <= in_progress
    assert {process.mandatory_status for process in known.values()} == {Status.IN_PROGRESS, Status.SI_RECEIVED}
    assert {code for code, process in known.items() if Status.REFUSED not in process.final_statuses} == {
        "CERTDC",
        "CAF-contact",
    }
    assert {code for code, process in known.items() if process.authorized_awaiting} == {
        "recensementCitoyen",
        "arnaqueInternet",
        "INSRegistreFR",
    }
    assert known["RSABEI-RSABAI"].attachment_types_enabled == ("RSABEI", "RSABAI")
    assert known["depotDossierPACS"].supporting_types == ("an", "anp", "cp")


def test_a_process_of_the_domain_is_made_from_it() -> None:
    made = load_processes(None)["CERTDC"].process(default_expiry=60 * DAY, osl="OSL-00000000000000-00000")
    assert isinstance(made, Process)
    assert (made.osl, made.expire_after) == ("OSL-00000000000000-00000", 60 * DAY)
    assert made.attachment_types == ("DD_Certificatdedeces", "VA_CertificatdeDeces")
    assert (made.rules.mandatory, made.rules.final) == (Status.IN_PROGRESS, frozenset({Status.DONE}))
    assert (made.rules.awaiting, made.rules.strict) == (False, False)


def test_what_a_file_says_reaches_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "processes.yaml"
    path.write_text(
        "processes:\n"
        "  - {code: X, name: X, transitions: strict, extraTransitions: {HUBEE_NOTIFIED: [DONE]},"
        " expireUndeliveredAfter: 30d, mandatoryStatus: null}\n",
        encoding="utf-8",
    )
    made = load_processes(path)["X"].process(default_expiry=60 * DAY)
    assert made.expire_after == 30 * DAY
    assert made.rules.mandatory is None
    assert made.rules.strict
    assert made.rules.extra == {Status.HUBEE_NOTIFIED: frozenset({Status.DONE})}


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("{code: X}", "p.yaml:2:5: processes[0].name: is missing"),
        ("{code: X/Y, name: n}", r"p.yaml:2:12: processes[0].code: must match pattern '^[^\s/\\]+$'"),
        (
            "{code: X, name: n, finalStatuses: [SENT]}",
            "p.yaml:2:39: processes[0].finalStatuses: must be among DONE, REFUSED",
        ),
        (
            "{code: X, name: n, attachmentTypesEnabled: [a], supportingTypes: [b]}",
            "p.yaml:2:5: processes[0]: supportingTypes not among attachmentTypesEnabled: b",
        ),
        (
            "{code: X, name: n, attachmentTypeEnabled: [a]}",
            "p.yaml:2:24: processes[0].attachmentTypeEnabled: unknown key; did you mean `attachmentTypesEnabled`?",
        ),
        ("{code: X, name: n}\n  - {code: X, name: m}", "p.yaml:2:3: processes: given twice: X"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_place(tmp_path: Path, entry: str, fault: str) -> None:
    assert refused(tmp_path / "p.yaml", f"processes:\n  - {entry}\n") == fault


def test_every_key_is_described_and_named_in_the_file() -> None:
    text = (ROOT / "config" / "processes.yaml").read_text(encoding="utf-8")
    for name, field in ProcessDefaults.model_fields.items():
        assert field.description, name
        assert f"{field.alias}" in text, name
