import pytest

from gateway.pec.media import extension, mime_type


@pytest.mark.parametrize(
    ("file_name", "declared", "expected"),
    [
        ("acte.PDF", "application/octet-stream", "pdf"),
        ("acte", "application/pdf", "pdf"),
        ("photo", "image/jpeg", "jpg"),
        ("form", "text/xml; charset=utf-8", "xml"),
        ("form", "APPLICATION/XML", "xml"),
        ("archive.tar.gz", "", "gz"),
        (".htaccess", "text/plain", "txt"),
        ("x.ex/e", "", "bin"),
        ("x.éxé", "", "bin"),
        ("", "", "bin"),
    ],
)
def test_extension(file_name: str, declared: str, expected: str) -> None:
    assert extension(file_name, declared) == expected


def test_mime_type_of_a_name() -> None:
    assert mime_type("Lettre.PDF") == "application/pdf"
    assert mime_type("photo.jpeg") == "image/jpeg"
    assert mime_type("inconnu") == "application/octet-stream"
