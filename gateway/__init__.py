"""A managed file-transfer gateway: one dossier store behind an SFTP endpoint and an HTTP API."""

__version__ = "0.1.0"
