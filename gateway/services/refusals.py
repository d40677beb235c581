"""Why an answer is refused, for the journal and for the error file beside it, in French and English."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway.domain.statuses import Status
from gateway.pec.returns import UnreadableAnswer


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` for the journal; the texts say what was wrong and what to do."""

    code: str
    french: str
    english: str


def unreadable(error: UnreadableAnswer) -> Refusal:
    """The bytes could not be read as an answer."""
    return Refusal(error.reason_code, error.french, error.english)


def unknown_number(number: str) -> Refusal:
    """No case of this account has that number (or its subscription is no longer served here, which is not told)."""
    return Refusal(
        "unknown-number",
        f"Le numéro {number} n'est celui d'aucun dossier de cette boîte. Vérifiez NumeroTeledemarche.",
        f"The number {number} is not that of any dossier of this mailbox. Check NumeroTeledemarche.",
    )


def ambiguous(number: str) -> Refusal:
    """Several cases have that number."""
    return Refusal(
        "ambiguous-number",
        f"Le numéro {number} désigne plusieurs dossiers de cette boîte : la réponse n'a pas été appliquée. Répondez "
        "avec le numéro propre au sous-dossier ou contactez l'exploitant.",
        f"The number {number} means several dossiers of this mailbox: the answer was not applied. Answer with the "
        "case's own number, or contact the operator.",
    )


def unknown_code(etat: int) -> Refusal:
    """The code is in no table."""
    return Refusal(
        "unknown-code",
        f"L'état {etat} n'est pas connu. Utilisez un des états convenus (14, 15, 16, 17, 19, 20, 100).",
        f"The state {etat} is not known. Use one of the agreed states (14, 15, 16, 17, 19, 20, 100).",
    )


def forbidden(current: Status, wanted: Status, options: Collection[Status]) -> Refusal:
    """The transition table has no way."""
    names = ", ".join(sorted(options)) or "—"
    return Refusal(
        "forbidden-change",
        f"Le dossier est à l'état {current} : le passage à {wanted} n'est pas permis. États permis : {names}.",
        f"The dossier is in status {current}: a change to {wanted} is not allowed. Allowed statuses: {names}.",
    )


def incomplete() -> Refusal:
    """The upload never became whole."""
    return Refusal(
        "incomplete",
        "Le dépôt est resté incomplet (ou sous un nom temporaire) au-delà du délai. Déposez de nouveau le fichier "
        "entier.",
        "The upload stayed incomplete (or under a temporary name) for too long. Upload the whole file again.",
    )


def withheld(files: Sequence[str], *, message: bool, unsafe: Sequence[str] = ()) -> tuple[str, str]:
    """The answer was applied, but something of it was not passed on; the text in French and in English."""
    french, english = ["La réponse a été prise en compte."], ["The answer was applied."]
    if files:
        names = ", ".join(files)
        french.append(f"Fichiers non transmis, car la démarche n'accepte pas leur format : {names}.")
        english.append(f"Files not passed on, since the process does not take their format: {names}.")
    if unsafe:
        names = ", ".join(unsafe)
        french.append(f"Fichiers non transmis, car dangereux (virus, programme, zip démesuré) : {names}.")
        english.append(f"Files not passed on, since they are unsafe (virus, program, oversized zip): {names}.")
    if message:
        french.append("Le commentaire n'a pas été transmis, car la démarche n'accepte pas de message.")
        english.append("The comment was not passed on, since the process takes no messages.")
    return " ".join(french), " ".join(english)
