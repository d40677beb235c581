"""File extensions and MIME types: one fixed table, so that a name frozen today is the same on every machine."""

from collections.abc import Mapping
from types import MappingProxyType

MIME_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "xml": "application/xml",
        "pdf": "application/pdf",
        "txt": "text/plain",
        "csv": "text/csv",
        "json": "application/json",
        "html": "text/html",
        "zip": "application/zip",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "gif": "image/gif",
        "tif": "image/tiff",
        "tiff": "image/tiff",
        "bmp": "image/bmp",
        "webp": "image/webp",
        "heic": "image/heic",
        "rtf": "application/rtf",
        "odt": "application/vnd.oasis.opendocument.text",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "eml": "message/rfc822",
        "p7m": "application/pkcs7-mime",
        "p7s": "application/pkcs7-signature",
    }
)
UNKNOWN_MIME_TYPE = "application/octet-stream"
UNKNOWN_EXTENSION = "bin"

_EXTENSIONS = {mime: ext for ext, mime in reversed(list(MIME_TYPES.items()))} | {"text/xml": "xml"}


def extension_in(file_name: str) -> str:
    """The lower-case extension of a file name, without its dot; empty when it has none worth keeping."""
    stem, dot, ext = file_name.strip().rpartition(".")
    return ext.lower() if dot and stem and len(ext) <= 10 and ext.isascii() and ext.isalnum() else ""


def extension(file_name: str, mime_type: str) -> str:
    """The extension to give a file: the one of its name, else the one of its MIME type, else ``bin``."""
    bare_type = mime_type.partition(";")[0].strip().lower()
    return extension_in(file_name) or _EXTENSIONS.get(bare_type, UNKNOWN_EXTENSION)


def mime_type(file_name: str) -> str:
    """The MIME type that a file name's extension stands for; ``application/octet-stream`` when unknown."""
    return MIME_TYPES.get(extension_in(file_name), UNKNOWN_MIME_TYPE)
