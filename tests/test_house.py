"""The rules of the house that no linter knows. The rooms' imports are held by import-linter (pyproject.toml)."""

import ast
import io
import os
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_OURS = {".git", ".venv", ".hypothesis", "var", "build", "dist", "__pycache__"}
LONGEST = 300

# Modules with code that no test file of the same name covers, and what covers them instead.
COVERED_ELSEWHERE: dict[str, str] = {}

# Written so that this file does not hold what it looks for.
FORBIDDEN = {
    "unfinished work": r"\b(TO[D]O|FIX[M]E|X[X]X)\b",
    "a path of one machine": r"(?<![\w.~-])/(wo[r]k|ro[o]t|fa[r]m)/",
    "a page that is not in the project": r"\b(DES[I]GN|DELI[V]ERY|PERFOR[M]ANCE)\.md|\bsha[r]ed/contract",
    "a number of the tracker": r"(?i)\bissue[s]? #?[0-9]",
    "an address of a registry": r"py[p]i\.org|python[h]osted\.org|registry\.npm[j]s",
}
SILENCED = re.compile(
    r"#\s*(type:\s*ignore|noqa|pragma:\s*no cover)(?P<codes>\[[\w, -]+\]|:\s*[A-Z]+[0-9]+[A-Z0-9, ]*)?"
)
SENTENCE = re.compile(r"\w+\W+\w+")


def files(under: str, *suffixes: str) -> list[str]:
    """Files of the project by their path from the root, without what was built, installed or kept as data."""
    found = []
    for directory, inner, names in os.walk(ROOT / under):
        inner[:] = [name for name in inner if name not in NOT_OURS and not name.endswith((".egg-info", "_cache"))]
        found += [Path(directory, name).relative_to(ROOT).as_posix() for name in names if name.endswith(suffixes or "")]
    return sorted(found)


def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


MODULES = files("gateway", ".py")
PYTHON = [path for place in ("gateway", "tests", "tools", "migrations") for path in files(place, ".py")]


def has_code(path: str) -> bool:
    """Whether a module does something: a function with a body of its own, outside of Protocols and overloads."""
    return any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not declared_only(node)
        for node in ast.walk(tree(path))
    )


def declared_only(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the body is a docstring, an ellipsis, or both."""
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in function.body)


def mirror_of(module: str) -> str:
    """Where a module's tests are: gateway/x/y.py → tests/x/test_y.py, a package's own code → tests/x/test_x.py."""
    path = Path(module)
    inside = path.parent.relative_to("gateway")
    name = path.parent.name if path.name == "__init__.py" else path.stem.strip("_")
    return (Path("tests") / inside / f"test_{name}.py").as_posix()


def imported(path: str) -> Iterator[tuple[int, str]]:
    """The line and the dotted name of every import, those for type checkers too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{'.' * node.level}{node.module or ''}.{alias.name}") for alias in node.names)


def test_every_module_with_code_has_its_test() -> None:
    missing = [
        f"{mirror_of(module)} is missing"
        for module in MODULES
        if has_code(module) and module not in COVERED_ELSEWHERE and not (ROOT / mirror_of(module)).is_file()
    ]
    assert not missing, "\n".join(missing)


def test_the_exceptions_are_still_needed_and_say_why() -> None:
    for module, reason in COVERED_ELSEWHERE.items():
        assert SENTENCE.search(reason), f"{module}: say what covers it"
        assert (ROOT / module).is_file(), f"{module} is gone: drop the exception"
        assert has_code(module), f"{module} has no code: drop the exception"
        assert not (ROOT / mirror_of(module)).exists(), f"{mirror_of(module)} exists: drop the exception"


def test_every_test_of_a_room_is_about_one_of_its_modules() -> None:
    """A long test file may be split: test_y.py and test_y_something.py are both about y.py."""
    expected = {mirror_of(module).removesuffix(".py") for module in MODULES}
    strays = [
        path
        for path in files("tests", ".py")
        if Path(path).name.startswith("test_")
        and (ROOT / "gateway" / Path(path).parent.relative_to("tests")).is_dir()
        and Path(path).parent != Path("tests")
        and not any(path.removesuffix(".py") == name or path.startswith(f"{name}_") for name in expected)
    ]
    assert not strays, "\n".join(strays)


def test_every_directory_of_modules_is_a_package() -> None:
    places = {Path(path).parent for path in PYTHON if not path.startswith("migrations/")}
    assert sorted(str(place) for place in places if not (ROOT / place / "__init__.py").is_file()) == []


def test_no_file_is_too_long() -> None:
    lengths = {path: len((ROOT / path).read_bytes().splitlines()) for path in PYTHON}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_no_module_is_a_drawer() -> None:
    drawers = {"util", "utils", "common", "helper", "helpers", "misc"}
    assert [path for path in PYTHON if drawers & {Path(path).stem, *Path(path).parent.parts}] == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_is_left_lying_about(what: str) -> None:
    found = []
    for path in files(""):
        try:
            lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # not text: an image, or made-up bytes
        found += [f"{path}:{number}" for number, line in enumerate(lines, 1) if re.search(FORBIDDEN[what], line)]
    assert not found, "\n".join(found)


def test_what_is_silenced_says_which_rule_and_why() -> None:
    bare = []
    for path in PYTHON:
        source = io.StringIO((ROOT / path).read_text(encoding="utf-8"))
        for token in tokenize.generate_tokens(source.readline):
            found = SILENCED.search(token.string) if token.type == tokenize.COMMENT else None
            if found and not (found["codes"] and SENTENCE.search(token.string[found.end() :])):
                bare.append(f"{path}:{token.start[0]}")
    assert not bare, "\n".join(bare)


@pytest.mark.parametrize(
    ("room", "allowed"), [("domain", {"gateway.domain"}), ("pec", {"gateway.domain", "gateway.pec", "lxml"})]
)
def test_a_pure_room_uses_the_standard_library_alone(room: str, allowed: set[str]) -> None:
    foreign = [
        f"{path}:{line}: {name}"
        for path in files(f"gateway/{room}", ".py")
        for line, name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not any(f"{name}.".startswith(f"{ok}.") for ok in allowed)
    ]
    assert not foreign, "\n".join(foreign)


def test_a_pure_room_does_no_io() -> None:
    """`os` and `threading` are let in for random bytes, constants and locks; files are handed in by the caller."""
    io_modules = {"asyncio", "http", "pathlib", "shutil", "socket", "sqlite3", "subprocess", "tempfile", "urllib"}
    reached = []
    for path in files("gateway/domain", ".py") + files("gateway/pec", ".py"):
        reached += [f"{path}:{line}: {name}" for line, name in imported(path) if name.split(".")[0] in io_modules]
        reached += [
            f"{path}:{node.lineno}: open()"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
        ]
    assert not reached, "\n".join(reached)


def test_only_the_doors_that_serve_http_know_its_server() -> None:
    served = [
        f"{path}:{line}"
        for path in MODULES
        if not path.startswith(("gateway/api/", "gateway/portal/"))
        for line, name in imported(path)
        if f"{name}.".startswith("aiohttp.web.")
    ]
    assert not served, "\n".join(served)


def test_every_dependency_is_pinned_by_name_and_version_alone() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", pin)] == []
    pinned = {normal(pin.split("==")[0]) for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    assert {normal(re.split(r"[\[<>=!~; ]", each)[0]) for each in wanted} - pinned == set()


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
