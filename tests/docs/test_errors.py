"""docs/errors.md has every error and exit code that there is, and quotes what the program says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import reconcile
from reconcile import errors
from reconcile.errors import ExitCode, ProviderError, ReconcileError

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w[\w ]*)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
#: A row's first cell, which is code: between single back-ticks, or double ones where it holds some itself.
QUOTED = [
    quote
    for _, quote in re.findall(
        r"^\| (`{1,2}) ?(.+?) ?\1 \| .+ \|.*\|$", PAGE.partition("## Reconcile")[2], re.MULTILINE
    )
]


def tree(base):
    return [base, *(below for child in base.__subclasses__() for below in tree(child))]


#: In the order of the tree, without those that other modules add for themselves.
ERRORS = [error for error in tree(ReconcileError) if error.__module__ == errors.__name__]


def literals():
    """Every text that stands in the program; what a format string fills in is `…`."""

    def text(node):
        match node:
            case ast.Constant(value=str(value)):
                return value
            case ast.JoinedStr(values=values):
                return "".join(map(text, values))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return text(left) + text(right)
        return "…"

    for path in Path(reconcile.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant | ast.JoinedStr) and (said := text(node)).strip("…"):
                yield said


SAID = "\0".join(literals())


def test_no_error_is_missing_and_each_stands_once():
    assert [name for name in SECTIONS if name != "Exit codes"] == [error.__name__ for error in ERRORS]


def test_every_exit_code_is_there_with_its_name():
    rows = re.findall(r"^\| (\d+) \| (\w+) \| .+ \|$", SECTIONS["Exit codes"], re.MULTILINE)

    assert rows == [(str(int(code)), code.name.lower()) for code in ExitCode]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_the_exit_code_of_an_error_is_the_one_that_it_has(error):
    below = issubclass(error, ProviderError) and error is not ProviderError
    code = "Exit code as of ProviderError" if below else f"Exit code {int(error.exit_code)}"

    assert re.search(rf"{code}\b", SECTIONS[error.__name__])
    assert not below or error.exit_code == ProviderError.exit_code


@pytest.mark.parametrize("quote", QUOTED)
def test_a_message_that_is_quoted_is_one_that_the_program_has(quote):
    parts = [part for part in re.split(r" ?… ?", quote) if re.search(r"\w{2}", part)]

    assert [part for part in parts if part not in SAID] == []
