"""When an undelivered delivery expires, and what its depositor is told."""

from __future__ import annotations

from datetime import datetime, timedelta


def expires_at(published_at: datetime, after: timedelta | None) -> datetime | None:
    """The deadline of a delivery published now; None when its process lets nothing expire."""
    return None if after is None else published_at + after


def notice(published_at: datetime) -> str:
    """The message that tells the depositor, in French and English; `published_at` in the local time to be shown."""
    day = published_at
    return (
        f"Le dossier mis à disposition le {day:%d/%m/%Y} n'a pas été retiré par son destinataire dans le délai prévu. "
        "La mise à disposition est close ; elle peut être rouverte par l'exploitant. / "
        f"The dossier made available on {day:%Y-%m-%d} was not collected by its recipient in time. "
        "The delivery is closed; the operator can open it again."
    )
