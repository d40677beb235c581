"""Secrets that the gateway has to know: kept sealed (ChaCha20-Poly1305), under a key derived for their purpose."""

from __future__ import annotations

import base64
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gateway.services.office import Office

_NONCE: Final = 12


class UnsealableError(Exception):
    """The sealed text is not one of this gateway's, or was sealed under another master key or for another purpose."""


def seal(office: Office, purpose: str, secret: str) -> str:
    """The secret as it may be kept; different at each call. `purpose` names what it belongs to."""
    nonce = os.urandom(_NONCE)
    sealed = _cipher(office, purpose).encrypt(nonce, secret.encode(), purpose.encode())
    return base64.b64encode(nonce + sealed).decode()


def unseal(office: Office, purpose: str, sealed: str) -> str:
    """The secret. Raises UnsealableError."""
    try:
        data = base64.b64decode(sealed, validate=True)
        return _cipher(office, purpose).decrypt(data[:_NONCE], data[_NONCE:], purpose.encode()).decode()
    except (ValueError, InvalidTag):
        raise UnsealableError("a sealed secret cannot be read: was the master key changed?") from None


def _cipher(office: Office, purpose: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(office.secrets.derive(f"seal:{purpose}"))
