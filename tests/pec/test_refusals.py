from datetime import UTC, datetime

from gateway.pec.refusals import REASONS, UnreadableAnswer, error_text, refusal


def test_every_reason_speaks_both_languages_and_gives_advice() -> None:
    for code in REASONS:
        refused = refusal(code)
        assert refused.reason_code == code
        for text in (refused.french, refused.english):
            assert text.count(". ") >= 1
            assert text.endswith(".")
        assert refused.french != refused.english


def test_the_error_file() -> None:
    refused = UnreadableAnswer("x", "Numéro inconnu.", "Unknown number.")
    body = error_text("réponse.zip", refused.french, refused.english, datetime(2026, 7, 4, 8, 0, tzinfo=UTC)).decode()
    assert body.startswith("Réponse refusée : réponse.zip\nDate : 2026-07-04T10:00:00.000+02:00\n")
    assert body.index("Numéro inconnu.") < body.index("Unknown number.")
    assert body.index("déposez de nouveau") < body.index("Answer refused")


def test_the_error_file_of_an_answer_that_counts_does_not_call_it_refused() -> None:
    body = error_text("r.zip", "Fichier a.doc.", "File a.doc.", datetime(2026, 7, 4, tzinfo=UTC), applied=True).decode()
    assert body.startswith("Réponse prise en compte en partie : r.zip\nDate : 2026-07-04T02:00:00.000+02:00\n")
    assert body.index("Fichier a.doc.") < body.index("Answer applied in part: r.zip") < body.index("File a.doc.")
    assert "refus" not in body
    assert "FAILED" not in body


def test_the_error_file_cannot_be_forged_by_a_name() -> None:
    body = error_text("a\nAccepté\ud800.zip", "f", "e", datetime(2026, 7, 4, tzinfo=UTC)).decode()
    assert body.splitlines()[0] == "Réponse refusée : a\ufffdAccepté\ufffd.zip"


def test_a_refusal_prints_its_code() -> None:
    assert str(refusal("doctype")).startswith("doctype: ")
