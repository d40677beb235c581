"""Where the parts of a form are, however it was written."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api import multipart
from gateway.domain.errors import InvalidRequestError

HEAD = b'Content-Disposition: form-data; name="%s"'


def form(*contents: bytes, between: bytes = b"b") -> bytes:
    parts = [b"--" + between + b"\r\n" + HEAD % b"f" + b"\r\n\r\n" + content + b"\r\n" for content in contents]
    return b"".join(parts) + b"--" + between + b"--\r\n"


def contents(body: bytes, between: bytes = b"b") -> list[bytes]:
    return [body[one.offset : one.offset + one.size] for one in multipart.parts(io.BytesIO(body), between)]


@given(st.lists(st.binary(max_size=60).filter(lambda each: b"--b" not in each), max_size=4))
def test_every_content_comes_back(given: list[bytes]) -> None:
    body = form(*given)
    assert contents(body) == given
    assert contents(b"a preamble\r\n" + body + b"an epilogue") == given


@pytest.mark.parametrize("size", [256 * 1024 - 3, 256 * 1024, 512 * 1024 + 5])
def test_a_delimiter_is_found_across_two_readings(size: int) -> None:
    whole = [b"\r\n--x" * (size // 5), b"", b"end"]
    assert contents(form(*whole, between=b"xyz"), b"xyz") == whole


@pytest.mark.parametrize(
    ("header", "name", "file_name"),
    [
        (HEAD % b"folder", "folder", None),
        ('content-disposition: form-data; name="a"; filename="acte é.pdf"'.encode(), "a", "acte é.pdf"),
        (b"Content-Disposition: form-data; name=a; filename*=UTF-8''acte%20%C3%A9.pdf", "a", "acte é.pdf"),
        (b'Content-Type: text/plain\r\nContent-Disposition: form-data; filename="x";\r\n name="a"', "a", "x"),
    ],
)
def test_names(header: bytes, name: str, file_name: str | None) -> None:
    (part,) = multipart.parts(io.BytesIO(b"--b\r\n" + header + b"\r\n\r\nx\r\n--b--"), b"b")
    assert (part.name, part.file_name) == (name, file_name)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"--b",
        b"--b\r\n",
        b"--b\r\n" + HEAD % b"a",
        b"--b\r\n" + HEAD % b"a" + b"\r\n\r\nnever closed",
        b"--b junk\r\n" + HEAD % b"a" + b"\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--",
        b"--b\r\n" + HEAD % b"\xff" + b"\r\n\r\nx\r\n--b--",
        b"--b\r\n" + HEAD % b"a" + b"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b--",
        b"--b\r\n" + HEAD % (b"a" * 9000) + b"\r\n\r\nx\r\n--b--",
        form(*[b""] * 1002),
    ],
)
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="@body"):
        multipart.parts(io.BytesIO(body), b"b")


def test_the_boundary_of_a_header() -> None:
    assert multipart.boundary('multipart/form-data; boundary="a b"') == b"a b"
    for wrong in ("", "; boundary=", "; boundary=" + "a" * 71, "; boundary=é"):
        with pytest.raises(InvalidRequestError):
            multipart.boundary("multipart/form-data" + wrong)
