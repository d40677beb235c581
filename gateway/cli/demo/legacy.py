"""A legacy subscriber: what old town-hall software does on the public SFTP interface, and nothing else.

It polls `in/`, makes DONE and FAILED where they are missing, takes the files whose names it understands, verifies them,
renames them, and uploads its answers to `out/` straight under their final names (PEC contract).
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final
from xml.sax.saxutils import escape

import paramiko
from lxml import etree

ARCHIVE_NAME: Final = re.compile(r"^(?P<identifier>.*)-(?P<procedure>[^-]+)-(?P<sequence>\d+)\.zip$")
_ENVELOPE: Final = re.compile(r"^.*-[^-]+-ent-\d+\.xml$")
_MESSAGE: Final = "message.xml"


class ArchiveRefused(Exception):  # noqa: N818 (a legacy server's verdict)
    """The archive is not what the contract says; the message says why."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where and as whom; `known_hosts` holds the server's key."""

    host: str
    port: int
    username: str
    password: str
    known_hosts: Path


@dataclass(frozen=True, slots=True)
class Taken:
    """An archive that was read and verified; `files` are its documents by (attachment code, entry name)."""

    name: str
    number: str
    process: str
    sequence: int
    files: Mapping[tuple[str, str], bytes]


class LegacySubscriber:
    """One session of such a server; used as a context manager. `flat`: /in and /out instead of /<process>/…"""

    def __init__(self, login: Login, *, flat: bool = False) -> None:
        self._login = login
        self._flat = flat
        self._client = paramiko.SSHClient()

    def __enter__(self) -> LegacySubscriber:
        login = self._login
        self._client.load_host_keys(str(login.known_hosts))
        self._client.set_missing_host_key_policy(paramiko.RejectPolicy())
        self._client.connect(
            login.host,
            login.port,
            login.username,
            login.password,
            look_for_keys=False,
            allow_agent=False,
            timeout=10,
        )
        self._sftp = self._client.open_sftp()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def waiting(self, process: str) -> list[str]:
        """The names of the archives that lie in `in/`; what has no understandable name goes to FAILED."""
        place = self._place(process, "in")
        present = {entry.filename for entry in self._sftp.listdir_attr(place)}
        for directory in ("DONE", "FAILED"):
            if directory not in present:
                self._sftp.mkdir(f"{place}/{directory}")
        names = []
        for entry in self._sftp.listdir_attr(place):
            if stat.S_ISDIR(entry.st_mode or 0):
                continue
            if ARCHIVE_NAME.match(entry.filename):
                names.append(entry.filename)
            else:
                self.reject(process, entry.filename)
        return sorted(names)

    def read(self, process: str, name: str) -> bytes:
        """The whole file, asked for in blocks ahead of each other as paramiko does."""
        buffer = io.BytesIO()
        self._sftp.getfo(f"{self._place(process, 'in')}/{name}", buffer)
        return buffer.getvalue()

    def take(self, process: str, name: str) -> Taken:
        """Reads and verifies one archive. Raises ArchiveRefused."""
        return opened(name, self.read(process, name))

    def accept(self, process: str, name: str) -> None:
        """Renames into DONE."""
        self._move(process, name, "DONE")

    def reject(self, process: str, name: str) -> None:
        """Renames into FAILED."""
        self._move(process, name, "FAILED")

    def delete(self, process: str, name: str) -> None:
        """Deletes it instead, as some do."""
        self._sftp.remove(f"{self._place(process, 'in')}/{name}")

    def answer(self, process: str, name: str, content: bytes) -> None:
        """Uploads an answer under its final name; paramiko stats it afterwards and wants its exact size."""
        self._sftp.putfo(io.BytesIO(content), f"{self._place(process, 'out')}/{name}", confirm=True)

    def listing(self, process: str, *place: str) -> list[str]:
        """The names in a directory, for example `("out", "FAILED")`."""
        return sorted(self._sftp.listdir(self._place(process, *place)))

    def text(self, process: str, *path: str) -> str:
        """A small text file, for example `("out", "FAILED", "x.zip.error.txt")`."""
        with self._sftp.open(self._place(process, *path), "rb") as file:
            return file.read().decode()

    def _move(self, process: str, name: str, directory: str) -> None:
        place = self._place(process, "in")
        self._sftp.rename(f"{place}/{name}", f"{place}/{directory}/{name}")

    def _place(self, process: str, *path: str) -> str:
        return "/".join(["", *path] if self._flat else ["", process, *path])


def opened(name: str, content: bytes) -> Taken:
    """Verifies an archive as careful software of its time does. Raises ArchiveRefused."""
    found = ARCHIVE_NAME.match(name)
    if found is None:
        raise ArchiveRefused(f"{name}: the name is not understood")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            entries = {each: archive.read(each) for each in names}  # reading checks every CRC
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ArchiveRefused(f"{name}: no readable zip ({error})") from None
    if not names or names[0] != _MESSAGE:
        raise ArchiveRefused(f"{name}: {_MESSAGE} is not the first entry")
    envelopes = [each for each in names if _ENVELOPE.match(each)]
    if len(envelopes) != 1 or len(names) != len(entries):
        raise ArchiveRefused(f"{name}: not exactly one envelope, or an entry comes twice")
    references = list(_references(entries[envelopes[0]]))
    if sorted(file for _, file in references) != sorted(set(names) - {_MESSAGE, envelopes[0]}):
        raise ArchiveRefused(f"{name}: the envelope does not name every entry exactly once")
    number = _text(entries[envelopes[0]], "NumeroTeledemarche")
    said = _text(entries[_MESSAGE], "MessageId").split()
    if not said or _text(entries[_MESSAGE], "NumeroTeledemarche") != number:
        raise ArchiveRefused(f"{name}: message and envelope name different dossiers")
    files = {reference: entries[reference[1]] for reference in references}
    return Taken(name, number, found["procedure"], int(found["sequence"]), files)


def answer_message(number: str, code: int, comment: str = "") -> bytes:
    """The `message.xml` of an answer: a dossier number, a code, a comment."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ns2:Message xmlns:ns2="http://finances.gouv.fr/dgme/pec/message/v1"'
        ' xmlns="http://finances.gouv.fr/dgme/gf/composants/teledemarchexml/donnee/metier"><ns2:Body><ns2:Content>'
        f"<ns2:Retour><Enveloppe><NumeroTeledemarche>{escape(number)}</NumeroTeledemarche></Enveloppe>"
        f"<Instruction><Maj><Etat>{code}</Etat><Commentaire>{escape(comment)}</Commentaire></Maj></Instruction>"
        "</ns2:Retour></ns2:Content></ns2:Body></ns2:Message>\n"
    ).encode()


def answer_archive(number: str, code: int, comment: str = "", files: Mapping[str, bytes] | None = None) -> bytes:
    """An answer as a zip: the message, and files that go with it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MESSAGE, answer_message(number, code, comment))
        for name, content in (files or {}).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _references(envelope: bytes) -> Iterator[tuple[str, str]]:
    """(code, entry name) of every piece and document."""
    for element in _root(envelope).iter("{*}PieceJointe", "{*}Document"):
        file = element.find(".//{*}Fichier")
        file = element.find(".//{*}FichierDonnees") if file is None else file
        yield element.findtext("{*}Code") or "", (file.text or "") if file is not None else ""


def _text(document: bytes, name: str) -> str:
    found = next(_root(document).iter(f"{{*}}{name}"), None)
    return (found.text or "") if found is not None else ""


def _root(document: bytes) -> etree._Element:
    try:
        return etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ArchiveRefused(f"an XML document cannot be read ({error})") from None
