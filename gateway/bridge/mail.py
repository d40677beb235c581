"""Mail in plain text, by the standard library's client, in a thread of its own."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from gateway.domain.alerts import Alert, Mailing, loopback, mail

_FIT_FOR_7_BITS = "base64"


async def send(mailing: Mailing, alert: Alert, seconds: float, context: ssl.SSLContext | None = None) -> str | None:
    """Sends an alert to every recipient; answers why that failed, without secrets, or None.

    `seconds`: the time for each thing that the server does. STARTTLS is required unless the server is this machine or
    the configuration says otherwise. `context`: whose certificates are trusted; None: those that the system does.
    """
    return await asyncio.to_thread(_send, mailing, message(mailing, alert), seconds, context)


def message(mailing: Mailing, alert: Alert) -> EmailMessage:
    """The mail of an alert; sent again, it is the same message, by its id."""
    said = mail(alert)
    found = EmailMessage()
    found["From"] = mailing.sender
    found["To"] = ", ".join(mailing.recipients)
    found["Subject"] = said.subject
    found["Date"] = format_datetime(alert.created_at)
    found["Message-ID"] = f"<{alert.id}@{mailing.sender.rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"  # no out-of-office answers (RFC 3834)
    found.set_content(said.body, cte=_FIT_FOR_7_BITS)
    return found


def _send(mailing: Mailing, said: EmailMessage, seconds: float, context: ssl.SSLContext | None) -> str | None:
    trusted = context or ssl.create_default_context()
    try:
        with _connected(mailing, seconds, trusted) as server:
            if mailing.tls == "starttls" and (server.has_extn("starttls") or not loopback(mailing.host)):
                server.starttls(context=trusted)
                server.ehlo()
            if mailing.user:
                server.login(mailing.user, mailing.password)
            refused = server.send_message(said)
    except smtplib.SMTPNotSupportedError:
        return "failed: the server offers no STARTTLS, or no login"
    except smtplib.SMTPResponseException as error:
        return f"answered {error.smtp_code}"
    except smtplib.SMTPRecipientsRefused:
        return "refused: every recipient"
    except ssl.SSLError as error:
        return f"failed: {type(error).__name__}"
    except TimeoutError:
        return "timed out"
    except (smtplib.SMTPException, OSError) as error:
        if isinstance(error.__context__, TimeoutError):  # the library tells a silent server as one that hung up
            return "timed out"
        return f"failed: {type(error).__name__}"
    # those who were reached are not written to again for the others' sake
    return None if len(refused) < len(mailing.recipients) else "refused: every recipient"


def _connected(mailing: Mailing, seconds: float, trusted: ssl.SSLContext) -> smtplib.SMTP:
    if mailing.tls == "implicit":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mailing.host, mailing.port, timeout=seconds, context=trusted)
    else:
        server = smtplib.SMTP(mailing.host, mailing.port, timeout=seconds)
    server.ehlo()
    return server
