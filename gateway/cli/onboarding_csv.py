"""The short form of an onboarding file: a CSV with one row per subscription, read into the shape of the YAML form.

Columns, in any order; only `subscriber` and `process` must be there, an empty cell is a value left out:

- `subscriber` (SI-siret-branch), `process`, `accessMode`, `transport`, `status`, `activateDateTime`, `endDateTime`,
  `template`, `complement`, `webhook`, `notificationFrequency`, `datapassId`, `localAdministrator` (an address)
- `name`, `postalCode`, `territory`, `email`, `phoneNumber`: of the subscriber; with a `name` the row declares it
- `username`, `password` or `passwordHash`, `password_until`, `public_key` and `authorities` (one a line), `networks`
  and `acknowledge_on` (separated by blanks), `flat`, `allow_unread`, `legacy_algorithms_until`: an SFTP account; rows
  with one `username` share it
- `push.host`, `push.port`, `push.username`, `push.hostKey` (one a line), `push.directory`, `push.answers`,
  `push.password`, `push.key`, `push.acknowledgeOn` (separated by blanks): the subscriber's own server, for a
  subscription whose `transport` is `push`
- `client_id`, `client_secret`: an API client for that subscriber and process
- `rights` (`plan`, `approve`, `apply`, separated by blanks): what an operator's client may do with moves. Such a client
  has a row of its own: `subscriber` is its organization (ADMIN-siret-branch), `process` is empty

In faults the line is that of the text and the column is the number of the cell, both from 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from gateway.config import ConfigurationError, Fault, Located
from gateway.config.located import Scalar, scalar

_SUBSCRIPTION: Final = (
    *("subscriber", "process", "accessMode", "transport", "status", "activateDateTime", "endDateTime"),
    *("template", "complement", "webhook", "notificationFrequency", "datapassId", "localAdministrator"),
)
_ORGANIZATION: Final = ("name", "postalCode", "territory", "email", "phoneNumber")
_SFTP: Final = (
    *("username", "password", "passwordHash", "password_until", "flat", "allow_unread", "legacy_algorithms_until"),
)
_API: Final = ("client_id", "client_secret")
_RIGHTS: Final = "rights"
_OPERATOR: Final = "ADMIN"
_LISTS: Final = {
    "public_key": "public_keys",
    "authorities": "authorities",
    "networks": "networks",
    "acknowledge_on": "acknowledge_on",
}
_SERVER: Final = "push."
_PUSH: Final = (
    *("push.host", "push.port", "push.username", "push.hostKey", "push.directory", "push.answers"),
    *("push.password", "push.key", "push.acknowledgeOn"),
)
_BY_LINES: Final = frozenset({"public_key", "authorities", "push.hostKey"})
_BY_BLANKS: Final = frozenset({"networks", "acknowledge_on", "push.acknowledgeOn", _RIGHTS})
"""What parts the entries of cells that are lists."""
_COLUMNS: Final = (*_SUBSCRIPTION, *_PUSH, *_ORGANIZATION, *_SFTP, *_LISTS, *_API, _RIGHTS)
_PERSON: Final = "localAdministrator"
_NEEDED: Final = ("subscriber", "process")
_PLAIN: Final = frozenset({"flat", "allow_unread", "datapassId", "push.port"})
"""Columns whose cells are no text but what YAML would make of them."""

Cells = Mapping[str, Located]


def read_csv(path: Path) -> Located:
    """Read a CSV file (UTF-8; comma or semicolon). Raises ConfigurationError with every fault of its form."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        message = "the text is not UTF-8: save it as CSV UTF-8"
        raise ConfigurationError([Fault("", line, 1, message, path.name)]) from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise ConfigurationError([Fault("", 0, 0, f"cannot be read: {reason}", path.name)]) from None
    return load_csv(text, path.name)


def load_csv(text: str, source: str) -> Located:
    """The document that a CSV text stands for; raises as `read_csv` does."""
    faults: list[Fault] = []
    rows = list(_rows(text, source, faults))
    document = _Document(source, faults)
    for row in rows:
        document.add(row)
    if faults:
        raise ConfigurationError(faults)
    return document.whole()


def _rows(text: str, source: str, faults: list[Fault]) -> Iterator[Cells]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for values in reader:
            if header is None:
                header = [value.strip() for value in values]
                faults += _header_faults(header, source)
                if faults:
                    return
            elif any(value.strip() for value in values):
                if len(values) > len(header):
                    faults.append(Fault("", line, len(header) + 1, "this row has more cells than the header", source))
                yield _cells(header, values, source, line)
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault("", reader.line_num, 1, f"not valid CSV: {error}", source))
    if header is None:
        faults.append(Fault("", 1, 1, f"the first line must name the columns: {', '.join(_COLUMNS)}", source))


def _header_faults(header: list[str], source: str) -> Iterator[Fault]:
    for column, name in enumerate(header, 1):
        if name not in _COLUMNS:
            yield Fault("", 1, column, f"unknown column; known: {', '.join(_COLUMNS)}", source)
        elif name in header[: column - 1]:
            yield Fault(name, 1, column, "this column is given twice", source)
    for name in _NEEDED:
        if name not in header:
            yield Fault(name, 1, 1, "this column is missing", source)


def _cells(header: list[str], values: list[str], source: str, line: int) -> Cells:
    found: dict[str, Located] = {}
    for column, (name, value) in enumerate(zip(header, values, strict=False), 1):
        text = value.strip()
        if text:
            found[name] = _at(scalar(text) if name in _PLAIN else text, source, line, column)
    found[""] = _at(None, source, line, 1)  # the row itself
    return found


def _at(value: Scalar | list[Located] | dict[str, Located], source: str, line: int, column: int) -> Located:
    return Located(value, source, line, column, line, column)


class _Document:
    """The sections, filled row by row; organizations and accounts may come in several rows that must agree."""

    def __init__(self, source: str, faults: list[Fault]) -> None:
        self._source, self._faults = source, faults
        self._subscriptions: list[Located] = []
        self._organizations: dict[str, Located] = {}
        self._accounts: dict[str, Located] = {}
        self._clients: list[Located] = []

    def add(self, row: Cells) -> None:
        subscriber = row.get("subscriber")
        if subscriber is not None and str(subscriber.value).startswith(f"{_OPERATOR}-"):
            self._operator(row, subscriber)
            return
        subscription = {key: row[key] for key in _SUBSCRIPTION if key in row}
        if _PERSON in subscription:
            subscription[_PERSON] = self._mapping(row, {"email": subscription[_PERSON]})
        server = {key.removeprefix(_SERVER): self._listed(row, key) for key in _PUSH if key in row}
        if server:
            subscription["push"] = self._mapping(row, server)
        self._subscriptions.append(self._mapping(row, subscription))
        if subscriber is None:
            return
        self._organization(row, subscriber)
        if "username" in row:
            self._account(row, subscriber, row["username"])
        elif stray := next((row[key] for key in (*_SFTP, *_LISTS) if key in row), None):
            self._faults.append(stray.fault("username", "is missing in this row"))
        if "client_id" in row:
            api = {key: row[key] for key in (*_API, "process") if key in row}
            api |= {"organization": subscriber, "role": self._like(subscriber, "SI")}
            self._clients.append(self._mapping(row, {"api": self._mapping(row, api)}))
        elif "client_secret" in row:
            self._faults.append(row["client_secret"].fault("client_id", "is missing in this row"))
        if _RIGHTS in row:
            message = "is for an operator's client: its row names an organization of type ADMIN, and no process"
            self._faults.append(row[_RIGHTS].fault(_RIGHTS, message))

    def whole(self) -> Located:
        credentials = [self._mapping({"": node}, {"sftp": node}) for node in self._accounts.values()]
        sections = {
            "organizations": [*self._organizations.values()],
            "subscriptions": self._subscriptions,
            "credentials": [*credentials, *self._clients],
        }
        return _at({key: _at(rows, self._source, 1, 1) for key, rows in sections.items()}, self._source, 1, 1)

    def _operator(self, row: Cells, organization: Located) -> None:
        """A row without a subscription: the client of somebody who runs the gateway."""
        mine = {"", "subscriber", *_ORGANIZATION, *_API, _RIGHTS}
        for key in row:
            if key not in mine:
                self._faults.append(
                    row[key].fault(key, f"goes with a subscriber, not with an {_OPERATOR} organization")
                )
        self._organization(row, organization)
        if "client_id" not in row:
            self._faults.append(organization.fault("client_id", "is missing in this row"))
            return
        api = {key: row[key] for key in _API if key in row}
        api |= {"organization": organization, "role": self._like(organization, _OPERATOR)}
        if _RIGHTS in row:
            api[_RIGHTS] = self._listed(row, _RIGHTS)
        self._clients.append(self._mapping(row, {"api": self._mapping(row, api)}))

    def _organization(self, row: Cells, subscriber: Located) -> None:
        name = str(subscriber.value)
        values = {key: row[key] for key in _ORGANIZATION if key in row}
        parts = name.split("-")
        if not values or len(parts) != 3:
            return  # a malformed name is told of where it stands, by the subscription
        for key, part in zip(("type", "companyRegister", "branchCode"), parts, strict=True):
            values[key] = self._like(subscriber, part)
        if name in self._organizations:
            self._agree(self._organizations[name], values)
        else:
            self._organizations[name] = self._mapping(row, values)

    def _account(self, row: Cells, subscriber: Located, username: Located) -> None:
        name = str(username.value)
        values = {key: row[key] for key in _SFTP if key in row}
        values |= {plural: self._listed(row, key) for key, plural in _LISTS.items() if key in row}
        served = self._mapping(row, {"subscriber": subscriber, "process": row.get("process", row[""])})
        if name in self._accounts:
            self._agree(self._accounts[name], values)
            known = self._accounts[name].child("subscriptions")
            if known is not None and isinstance(known.value, list):
                known.value.append(served)
            return
        values |= {"organization": subscriber, "subscriptions": self._like(username, [served])}
        self._accounts[name] = self._mapping(row, values)

    def _listed(self, row: Cells, key: str) -> Located:
        """A cell of the row, as the list of its parts where its column holds a list."""
        cell = row[key]
        if key not in _BY_LINES | _BY_BLANKS:
            return cell
        text = str(cell.value)
        parts = text.splitlines() if key in _BY_LINES else text.split()
        return self._like(cell, [self._like(cell, part) for part in parts])

    def _agree(self, first: Located, values: Mapping[str, Located]) -> None:
        """A later row may repeat what the first one says of the same thing, not contradict it."""
        for key, value in values.items():
            known = first.child(key)
            if known is None:
                self._faults.append(value.fault(key, f"is not in the first row for it, on line {first.line}"))
            elif known.plain() != value.plain():
                self._faults.append(value.fault(key, f"differs from the first row for it, on line {first.line}"))

    @staticmethod
    def _like(cell: Located, value: Scalar | list[Located]) -> Located:
        return _at(value, cell.source, cell.line, cell.column)

    @staticmethod
    def _mapping(row: Cells, values: dict[str, Located]) -> Located:
        place = row[""]
        return _at(values, place.source, place.line, place.column)
