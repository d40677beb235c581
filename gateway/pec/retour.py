"""The XML of an answer, read tolerantly (PEC contract, Answers): elements count by local name, wherever they stand.

expat without namespaces takes undeclared prefixes as they are, keeps nothing in memory, and tells a document that
ends early from a malformed one. Entities other than XML's own five cannot exist, since a DOCTYPE is refused.
"""

from dataclasses import dataclass
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Literal
from xml.parsers import expat

from gateway.pec.refusals import refusal

Ending = Literal["whole", "partial"]

_WANTED = ("Etat", "Commentaire", "NumeroTeledemarche", "NumeroTeledossier")
_MAX_TEXT = {"Etat": 100, "NumeroTeledemarche": 500, "NumeroTeledossier": 500, "Commentaire": 100_000}
_UTF8_BOM = b"\xef\xbb\xbf"
_ENCODINGS = frozenset(aliases) | frozenset(aliases.values())
_ENDS_EARLY = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


@dataclass(frozen=True, slots=True)
class Retour:
    """What a message says: numbers, the last ``Etat``, the comments joined by line ends (None when there is none)."""

    number: str
    other_number: str | None
    etat: int
    comment: str | None


def read_retour(document: bytes, max_depth: int) -> Retour:
    """Read a message; raises ``UnreadableAnswer``."""
    reading = _Reading(max_depth)
    if reading.run(document) == "partial":
        raise refusal("bad_xml")
    return reading.retour()


def ending(document: bytes, max_depth: int) -> Ending:
    """Whether a document is whole or ends early; raises ``UnreadableAnswer`` when more bytes could not mend it."""
    return _Reading(max_depth).run(document)


class _Reading:
    def __init__(self, max_depth: int) -> None:
        self._max_depth = max_depth
        self._depth = 0
        self._open: str | None = None
        self._open_depth = 0
        self._parts: list[str] = []
        self._room = 0
        self._texts: dict[str, list[str]] = {tag: [] for tag in _WANTED}

    def run(self, document: bytes) -> Ending:
        marked = document.startswith(_UTF8_BOM)
        parser = self._parser("utf-8" if marked else None)
        try:
            parser.Parse(document.removeprefix(_UTF8_BOM).lstrip(b" \t\r\n"), False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            if error.code in _ENDS_EARLY:
                return "partial"
            raise refusal("bad_xml") from None
        except (LookupError, ValueError):  # an encoding that nobody knows, or whose bytes do not fit
            raise refusal("bad_xml") from None
        return "whole"

    def retour(self) -> Retour:
        numbers = list(dict.fromkeys(self._texts["NumeroTeledemarche"]))
        others = list(dict.fromkeys(self._texts["NumeroTeledossier"]))
        if len(numbers) > 1 or len(others) > 1:
            raise refusal("several_numbers")
        known = list(dict.fromkeys(numbers + others))
        if not known:
            raise refusal("no_number")
        if not self._texts["Etat"]:
            raise refusal("no_etat")
        etat = self._texts["Etat"][-1]
        if not (etat.isascii() and etat.isdigit() and len(etat) <= 9):
            raise refusal("bad_etat")
        comment = "\n".join(self._texts["Commentaire"])
        return Retour(known[0], known[1] if len(known) > 1 else None, int(etat), comment or None)

    def _parser(self, encoding: str | None) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        if encoding is None:
            parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        return parser

    def _declaration(self, _: str, encoding: str | None, __: int) -> None:
        # Python keeps every name of an encoding that it was asked for, known or not, for ever.
        if encoding is not None and normalize_encoding(encoding[:100]).lower() not in _ENCODINGS:
            raise refusal("bad_xml")

    def _doctype(self, *_: object) -> None:
        raise refusal("doctype")

    def _start(self, name: str, _: object) -> None:
        self._depth += 1
        if self._depth > self._max_depth:
            raise refusal("too_deep")
        local = name.rpartition(":")[2]
        if self._open is None and local in self._texts:
            self._open, self._open_depth = local, self._depth
            self._parts, self._room = [], _MAX_TEXT[local]

    def _characters(self, text: str) -> None:
        if self._open is None:
            return
        self._room -= len(text)
        if self._room < 0:
            raise refusal("text_too_long")
        self._parts.append(text)

    def _end(self, _: str) -> None:
        if self._open is not None and self._depth == self._open_depth:
            text = "".join(self._parts).strip()
            if text:
                self._texts[self._open].append(text)
            self._open = None
        self._depth -= 1
