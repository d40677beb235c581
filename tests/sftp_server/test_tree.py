from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sftp_server.tree import Directory, File, NoSuchPathError, Side, Tree, normal

TREE = Tree(("CERTDC", "RSABEI-RSABAI"), flat=False)
FLAT = Tree(("CERTDC",), flat=True)


@pytest.mark.parametrize(
    ("path", "node"),
    [
        (b"", Directory("/", ("CERTDC", "RSABEI-RSABAI"))),
        (b"/CERTDC/", Directory("/CERTDC", (Side.IN, Side.OUT), "CERTDC")),
        (b"CERTDC/in", Directory("/CERTDC/in", ("DONE", "FAILED"), "CERTDC", Side.IN)),
        (b"/CERTDC/out/FAILED", Directory("/CERTDC/out/FAILED", (), "CERTDC", Side.OUT, "FAILED")),
        (b"/CERTDC/in/DONE/x.zip", File("CERTDC", Side.IN, "DONE", "x.zip")),
        (b"/RSABEI-RSABAI/out/done", File("RSABEI-RSABAI", Side.OUT, "", "done")),
        ("/CERTDC/in/né.zip".encode(), File("CERTDC", Side.IN, "", "né.zip")),
        ("/CERTDC/in/ne\u0301.zip".encode(), File("CERTDC", Side.IN, "", "n\u00e9.zip")),
        ("/CERTDC/in/DONE/ne\u0301.zip".encode(), File("CERTDC", Side.IN, "DONE", "n\u00e9.zip")),
        ("/CERTDC/out/ne\u0301.zip".encode(), File("CERTDC", Side.OUT, "", "ne\u0301.zip")),
        (b"/CERTDC/in/../../../CERTDC/./out//x", File("CERTDC", Side.OUT, "", "x")),
    ],
)
def test_paths_name_nodes(path: bytes, node: Directory | File) -> None:
    assert TREE.node(path) == node


def test_a_flat_tree_has_no_process_above() -> None:
    assert FLAT.node(b"/") == Directory("/", (Side.IN, Side.OUT), "CERTDC")
    assert FLAT.node(b"/in/x.zip") == File("CERTDC", Side.IN, "", "x.zip")
    with pytest.raises(NoSuchPathError):
        FLAT.node(b"/CERTDC/in")


def test_a_flat_account_with_several_processes_is_shown_like_any_other() -> None:
    assert Tree(("A", "B"), flat=True).node(b"/") == Directory("/", ("A", "B"))


@pytest.mark.parametrize(
    "path",
    [
        b"/OTHER",
        b"/CERTDC/IN",
        b"/CERTDC/in/a/b",
        b"/CERTDC/in/DONE/a/b",
        b"/CERTDC/in/nul\0",
        b"/CERTDC/in/line\nbreak",
        b"/CERTDC/in/\xc2\x9bcontrol",
        b"/CERTDC/in/\xff",
        b"/CERTDC/in/\xed\xa0\x80",
        b"/" + b"a/../" * 1000,
        b"/CERTDC/in/" + b"x" * 256,
    ],
)
def test_other_paths_name_nothing(path: bytes) -> None:
    with pytest.raises(NoSuchPathError):
        TREE.node(path)


def test_the_longest_name_is_one() -> None:
    assert TREE.node(b"/CERTDC/in/" + b"x" * 255) == File("CERTDC", Side.IN, "", "x" * 255)


@given(st.binary(max_size=5000) | st.text(alphabet="/.aé\0", max_size=60).map(str.encode))
def test_any_bytes_are_a_node_or_nothing(path: bytes) -> None:
    with suppress(NoSuchPathError):
        TREE.node(path)


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b"]), max_size=12).map("/".join))
def test_a_normal_path_is_absolute_and_stays_so(path: str) -> None:
    found = normal(path.encode())
    assert found.startswith(b"/")
    assert not {b"..", b"."} & set(found.split(b"/"))
    assert normal(found) == found
