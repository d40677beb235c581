"""Why an answer cannot be read, in words for the people who run legacy software: French first, then English."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from gateway.pec.envelope import local_time

# reason code -> what is wrong and what to do, in French and in English
REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "not_an_answer": (
            "Le fichier n'est ni un zip complet ni un document XML lisible. Envoyez un zip contenant message.xml, "
            "ou message.xml seul.",
            "The file is neither a complete zip nor a readable XML document. Send a zip holding message.xml, or a "
            "bare message.xml.",
        ),
        "damaged_zip": (
            "Le zip est endommagé ou sa structure est incohérente. Recréez-le puis déposez-le de nouveau.",
            "The zip is damaged or its structure is inconsistent. Create it again and upload it again.",
        ),
        "damaged_entry": (
            "Une entrée du zip est endommagée : sa taille ou sa somme de contrôle ne correspond pas. Recréez le zip.",
            "An entry of the zip is damaged: its size or checksum does not match. Create the zip again.",
        ),
        "encrypted": (
            "Le zip est chiffré ou protégé par mot de passe. Recréez-le sans chiffrement.",
            "The zip is encrypted or protected by a password. Create it without encryption.",
        ),
        "unsupported_method": (
            "Le zip emploie une méthode de compression non prise en charge. Utilisez « deflate » ou « stocké ».",
            "The zip uses a compression method that is not supported. Use deflate or stored.",
        ),
        "unsafe_name": (
            "Une entrée du zip porte un nom interdit (vide, « .. », caractère de contrôle, trop long). Renommez-la.",
            "An entry of the zip has a forbidden name (empty, '..', control character, or too long). Rename it.",
        ),
        "too_deep": (
            "Le fichier contient trop de niveaux de dossiers ou d'éléments imbriqués. Simplifiez-le.",
            "The file has too many levels of nested folders or elements. Simplify it.",
        ),
        "duplicate_entry": (
            "Deux entrées du zip portent le même nom. Donnez un nom différent à chacune.",
            "Two entries of the zip have the same name. Give each its own name.",
        ),
        "special_entry": (
            "Une entrée du zip est un lien ou un fichier spécial. Remplacez-la par le fichier lui-même.",
            "An entry of the zip is a link or a special file. Replace it by the file itself.",
        ),
        "overlapping_entries": (
            "Des entrées du zip se chevauchent. Recréez le zip avec un outil courant.",
            "Entries of the zip overlap. Create the zip again with a common tool.",
        ),
        "too_many_entries": (
            "Le zip contient trop d'entrées. Répartissez les fichiers sur plusieurs réponses.",
            "The zip has too many entries. Spread the files over several answers.",
        ),
        "too_large": (
            "Le contenu du zip est trop volumineux. Répartissez les fichiers sur plusieurs réponses.",
            "The content of the zip is too large. Spread the files over several answers.",
        ),
        "ratio": (
            "Une entrée du zip est compressée au-delà de ce qui est admis. Recréez le zip sans la compresser.",
            "An entry of the zip is compressed beyond what is accepted. Create the zip without compressing it.",
        ),
        "no_message": (
            "Le zip ne contient pas de message.xml. Ajoutez-le.",
            "The zip holds no message.xml. Add it.",
        ),
        "several_messages": (
            "Le zip contient plusieurs message.xml. N'en gardez qu'un par réponse.",
            "The zip holds several message.xml. Keep one per answer.",
        ),
        "message_too_large": (
            "Le message XML est trop volumineux. Joignez les contenus volumineux comme fichiers du zip.",
            "The XML message is too large. Attach large contents as files of the zip.",
        ),
        "doctype": (
            "Le message XML contient une déclaration DOCTYPE, ce qui est interdit. Retirez-la.",
            "The XML message holds a DOCTYPE declaration, which is forbidden. Remove it.",
        ),
        "bad_xml": (
            "Le message XML est mal formé ou son encodage n'est pas celui qu'il déclare. Corrigez-le.",
            "The XML message is malformed, or its encoding is not the one it declares. Correct it.",
        ),
        "no_number": (
            "Le message n'indique aucun numéro de télédossier (NumeroTeledemarche). Ajoutez celui du dossier reçu.",
            "The message names no dossier number (NumeroTeledemarche). Add that of the dossier received.",
        ),
        "several_numbers": (
            "Le message indique plusieurs numéros de télédossier différents. Envoyez une réponse par dossier.",
            "The message names several different dossier numbers. Send one answer per dossier.",
        ),
        "no_etat": (
            "Le message n'indique aucun état (Instruction/Maj/Etat). Ajoutez-le.",
            "The message gives no state (Instruction/Maj/Etat). Add it.",
        ),
        "bad_etat": (
            "L'état indiqué (Etat) n'est pas un nombre entier. Indiquez un code tel que 14, 16, 19 ou 20.",
            "The state given (Etat) is not a whole number. Give a code such as 14, 16, 19 or 20.",
        ),
        "text_too_long": (
            "Un texte du message (numéro, état ou commentaire) est trop long. Raccourcissez-le.",
            "A text of the message (number, state or comment) is too long. Shorten it.",
        ),
    }
)  # fmt: skip


class UnreadableAnswer(Exception):  # noqa: N818 - a refusal, not a fault
    """An answer that is refused as it stands. Both texts say what is wrong and what to do."""

    def __init__(self, reason_code: str, french: str, english: str) -> None:
        super().__init__(reason_code, french, english)
        self.reason_code = reason_code
        self.french = french
        self.english = english

    def __str__(self) -> str:
        return f"{self.reason_code}: {self.english}"


def refusal(reason_code: str) -> UnreadableAnswer:
    """The refusal for one of ``REASONS``."""
    return UnreadableAnswer(reason_code, *REASONS[reason_code])


def error_text(name: str, french: str, english: str, at: datetime, *, applied: bool = False) -> bytes:
    """The body of ``<name>.error.txt`` in UTF-8; ``at`` is aware and shown in Europe/Paris.

    ``applied``: the answer counts, and only what the texts name was not passed on.
    """
    shown = "".join(character if character.isprintable() else "\ufffd" for character in name)
    moment = local_time(at)
    if applied:
        return f"""\
Réponse prise en compte en partie : {shown}
Date : {moment}

{french}

Le reste a été transmis. Corrigez ce qui est nommé ici, puis déposez-le avec une autre réponse dans le dossier « out ».

----------------------------------------

Answer applied in part: {shown}
Date: {moment}

{english}

All else was passed on. Correct what is named here, then upload it with another answer to the "out" folder.
""".encode()
    text = f"""\
Réponse refusée : {shown}
Date : {moment}

{french}

Rien n'a été modifié par ce qui est refusé ici. Corrigez, puis déposez de nouveau dans le dossier « out ».
Le fichier d'origine reste dans « out/FAILED ».

----------------------------------------

Answer refused: {shown}
Date: {moment}

{english}

Nothing was changed by what is refused here. Correct it, then upload it again to the "out" folder.
The original file stays in "out/FAILED".
"""
    return text.encode()
