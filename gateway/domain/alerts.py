"""What the people who run the gateway are told of at once, and the words in which it is said to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Final

from gateway.domain.outgoing import OutgoingState


class AlertKind(StrEnum):
    """What happened."""

    MOVE_PAUSED = "move.paused"
    MOVE_ENDED = "move.ended"
    PUSH_FAILING = "push.failing"
    PENALTIES_SURGE = "penalties.surge"
    JOURNAL_NOT_WHOLE = "journal.not-whole"
    OUTGOING_DEAD = "outgoing.dead"
    DISK_FULL = "disk.full"
    JOB_FAILING = "job.failing"
    STORE_AWAY = "store.away"
    TEST = "alerts.test"


class AlertChannel(StrEnum):
    """How somebody is told; each is tried and given up by itself."""

    WEBHOOK = "webhook"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert over one channel. `about`: what it is about, among alerts of its kind; `fence`: see `Outgoing`."""

    id: str
    kind: AlertKind
    channel: AlertChannel
    payload: str
    created_at: datetime
    about: str = ""
    attempts: int = 0
    fence: int = 0
    state: OutgoingState = OutgoingState.PENDING
    next_at: datetime | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Mailing:
    """The mail server, and between whom it carries. `tls`: starttls, implicit or none; `user` empty: no login."""

    host: str
    port: int
    tls: str
    user: str
    password: str = field(repr=False)
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in plain text."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class _Words:
    french: str
    english: str


_TITLES: Final = {
    AlertKind.MOVE_PAUSED: _Words("Une migration est en pause", "A move is paused"),
    AlertKind.MOVE_ENDED: _Words("Une migration est terminée", "A move has ended"),
    AlertKind.PUSH_FAILING: _Words(
        "Le serveur d'un abonné ne prend plus ses dossiers", "A subscriber's server takes no more dossiers"
    ),
    AlertKind.PENALTIES_SURGE: _Words(
        "Beaucoup de connexions échouent et attendent", "Many logins fail and have to wait"
    ),
    AlertKind.JOURNAL_NOT_WHOLE: _Words("Le journal n'est plus intact", "The journal is not whole"),
    AlertKind.OUTGOING_DEAD: _Words("Des appels sortants sont abandonnés", "Outgoing calls were given up"),
    AlertKind.DISK_FULL: _Words("Le disque est presque plein", "The disk is nearly full"),
    AlertKind.JOB_FAILING: _Words("Un travail périodique échoue", "Periodic work fails"),
    AlertKind.STORE_AWAY: _Words("La base de données ne répond pas", "The database does not answer"),
    AlertKind.TEST: _Words("Essai des alertes", "Test of the alerts"),
}
_ADVICE: Final = {
    AlertKind.MOVE_PAUSED: _Words(
        "Rien de ce qui a changé de porte ne revient tout seul : gateway moves status, puis resume ou rollback.",
        "Nothing that changed doors goes back by itself: gateway moves status, then resume or rollback.",
    ),
    AlertKind.MOVE_ENDED: _Words("Le bilan : gateway moves status.", "The balance: gateway moves status."),
    AlertKind.PUSH_FAILING: _Words(
        "Les envois continuent d'être retentés : gateway push status.",
        "Sending is tried again: gateway push status.",
    ),
    AlertKind.PENALTIES_SURGE: _Words(
        "Une attaque, ou un mot de passe changé sans être transmis : gateway penalties.",
        "An attack, or a password that was changed and not handed on: gateway penalties.",
    ),
    AlertKind.JOURNAL_NOT_WHOLE: _Words(
        "Conservez la base telle quelle et comparez avec une sauvegarde : gateway journal verify.",
        "Keep the database as it is and compare it with a backup: gateway journal verify.",
    ),
    AlertKind.OUTGOING_DEAD: _Words(
        "La liste, et un nouvel essai : gateway outgoing list, gateway outgoing replay.",
        "The list, and another try: gateway outgoing list, gateway outgoing replay.",
    ),
    AlertKind.DISK_FULL: _Words(
        "Sans place, aucun dépôt n'est accepté : agrandissez le disque, puis gateway doctor.",
        "Without room no deposit is accepted: enlarge the disk, then gateway doctor.",
    ),
    AlertKind.JOB_FAILING: _Words(
        "Le journal du processus dit pourquoi : gateway doctor.", "The log of the process says why: gateway doctor."
    ),
    AlertKind.STORE_AWAY: _Words(
        "Rien n'est accepté tant qu'elle ne répond pas : gateway doctor.",
        "Nothing is accepted before it answers: gateway doctor.",
    ),
    AlertKind.TEST: _Words("Il n'y a rien à faire.", "There is nothing to do."),
}


def payload(kind: AlertKind, text: str, now: datetime, detail: Mapping[str, Any]) -> str:
    """The alert as a webhook posts it. `text` says what it is about; neither holds personal data or secrets."""
    title = _TITLES[kind]
    data = {"title": {"fr": title.french, "en": title.english}, "text": text, "detail": dict(detail)}
    said = {"type": kind, "timestamp": now.isoformat(timespec="milliseconds"), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def mail(alert: Alert) -> Mail:
    """The alert as it is mailed: French, then English."""
    said = json.loads(alert.payload)
    title, advice, data = _TITLES[alert.kind], _ADVICE[alert.kind], said["data"]
    about = [data["text"], *(f"  {name}: {value}" for name, value in data["detail"].items())]
    when = f"{alert.created_at:%Y-%m-%d %H:%M:%S} UTC"
    body = [f"{title.french}.", "", *about, "", advice.french, "", "-" * 40, "", f"{title.english}.", ""]
    body += [*about, "", advice.english, "", f"{when} · {alert.kind} · {alert.id}", ""]
    subject = " ".join(f"[gateway] {title.french} / {title.english}: {data['text']}".split())
    return Mail(subject if len(subject) <= 200 else subject[:199] + "…", "\n".join(body))


def loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
