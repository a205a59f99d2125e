"""The program itself, run as a process: its output goes to the job's log as it comes, and is kept.

It is given none of the forge's tokens, nor the files by which a step speaks to GitHub's runner: a gate of `rollout:` is
a program of the project's, and has no business with them. That is tidiness, no wall: see SECURITY.md.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from secrets import token_hex
from types import FrameType
from typing import IO, Final

from msgspec import Struct

from reconcile.errors import UsageError

#: Holds lines NAME=VALUE for the program: what a reusable workflow can be given as one secret.
ENVIRONMENT: Final = "RECONCILE_ENVIRONMENT"
#: What a job has of the forge's own. A project's variable such as CHASER_TOKEN is none of these.
_TOKENS: Final = re.compile(
    r"(GITHUB|GH|GITLAB|RECONCILE|CI|RUNNER)_(.*_)?(TOKEN|PAT|PASSWORD)|ACTIONS_.*|INPUT_.*|.*_JWT(_.*)?|.*_ID_TOKEN"
    r"|CI_REPOSITORY_URL|CI_DEPENDENCY_PROXY_.*|DOCKER_AUTH_CONFIG|" + ENVIRONMENT,
    re.IGNORECASE,
)
#: Files that GitHub's runner reads after a step: its outputs, and the variables, PATH and state of later steps.
_RUNNERS_FILES: Final = frozenset({"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"})
#: Those under a name of somebody's own: tokens by their prefixes, and addresses that have one in them.
_TOKEN_VALUES: Final = re.compile(
    r"\b(gh[pousr]_|github_pat_|gl[a-z]{2,6}-)[\w.-]{8,}|://(x-access-token|gitlab-ci-token|oauth2)(:|%3a)",
    re.IGNORECASE,
)
_ANNOTATION: Final = re.compile("::(error|warning|notice) ")
#: What a person at a terminal is told of a saved plan, which is in a folder of the job here.
_SAVED: Final = re.compile(r"Saved[.,] ")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Names that decide which code runs, and no file of a project needs.
_RESERVED: Final = re.compile(
    r"PATH|HOME|SHELL|ENV|BASH_.*|LD_.*|DYLD_.*|PYTHON.*|GITHUB_.*|ACTIONS_.*|RUNNER_.*|CI_.*"
)
#: Characters of a secret that is looked for in other texts; shorter ones are found in ordinary words.
_LEAST: Final = 4
#: What stands for a secret that a pull request from a fork does not get; `validate` sends nothing.
PLACEHOLDER: Final = "placeholder"


class Ran(Struct, frozen=True):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Program(Struct, frozen=True):
    """`reconcile -C directory`, with its environment."""

    directory: Path
    env: Mapping[str, str]

    def run(self, *args: str, commands: bool = False) -> Ran:
        """Runs a command. What it prints is text to GitHub's runner: a name that a service gives may begin with `::`.

        With `commands`, annotations on its standard output are none, and come after the rest.
        """
        line = [sys.executable, "-P", "-m", "reconcile", "-C", str(self.directory), *args]
        held = _ANNOTATION if commands else None
        _write(sys.stdout, f"$ reconcile {args[0]}\n")
        with as_text(self.env), _started(line, self.env) as process, _passing_on(process):
            assert process.stdout is not None
            assert process.stderr is not None
            out, err = _Copy(process.stdout, sys.stdout, held), _Copy(process.stderr, sys.stderr, _SAVED)
            out.join()
            err.join()
            code = process.wait()
        if held is not None:
            _write(sys.stdout, "".join(line for line in out.text.splitlines(keepends=True) if held.match(line)))
        return Ran(code, out.text, err.text)


def _started(line: list[str], env: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this interpreter, with arguments of ours
        line,
        env={**env, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
    )


class _Copy(threading.Thread):
    """Copies a stream line by line as it comes, but for lines that are held back, and keeps it."""

    def __init__(self, source: IO[str], target: IO[str], held: re.Pattern[str] | None = None) -> None:
        super().__init__()
        self.text = ""
        self._held = held
        self._source, self._target = source, target
        self.start()

    def run(self) -> None:
        """Until the stream ends."""
        lines = []
        for line in self._source:
            lines.append(line)
            if self._held is None or not self._held.match(line):
                _write(self._target, line)
        if lines and not lines[-1].endswith("\n"):
            _write(self._target, "\n")  # what follows is for the runner, and has to begin a line
        self.text = "".join(lines)


@contextmanager
def as_text(env: Mapping[str, str]) -> Iterator[None]:
    """GitHub's runner takes what is printed here as text.

    It obeys `::` at the beginning of a line and `##[` anywhere in it, on both streams, which it reads apart: both go to
    the one on which it is told when that begins and ends.
    """
    if "GITHUB_ACTIONS" not in env:
        yield
        return
    stop = token_hex(16)
    _write(sys.stdout, f"::stop-commands::{stop}\n")
    try:
        with redirect_stderr(sys.stdout):
            yield
    finally:
        _write(sys.stdout, f"::{stop}::\n")


def _write(stream: IO[str], text: str) -> None:
    stream.write(text)
    stream.flush()


@contextmanager
def _passing_on(process: subprocess.Popen[str]) -> Iterator[None]:
    """A job that is cancelled tells this process; the program finishes what is in flight, and says what is left."""

    def tell(number: int, _: FrameType | None) -> None:
        process.send_signal(number)

    former = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def environment(env: Mapping[str, str], *, placeholders: bool = False) -> tuple[dict[str, str], list[str]]:
    """What the program gets of the job's environment, and the secrets that the job's log has to hide.

    With `placeholders`, a variable without a value gets one. Raises `UsageError`, which never quotes a value.
    """
    kept = {name: value for name, value in env.items() if not _is_the_forges(name, value)}
    secrets = []
    for number, line in enumerate(env.get(ENVIRONMENT, "").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not _VARIABLE.fullmatch(name):
            raise UsageError(f"line {number} of the secret `environment` is not NAME=VALUE; its text is not shown")
        if _RESERVED.fullmatch(name.upper()):
            raise UsageError(f"line {number} of the secret `environment` sets {name}, which no project may")
        if len(value) >= _LEAST:
            secrets.append(value)
        kept[name] = value or (PLACEHOLDER if placeholders else "")
    return kept, secrets


def _is_the_forges(name: str, value: str) -> bool:
    return bool(_TOKENS.fullmatch(name) or _TOKEN_VALUES.search(value)) or name in _RUNNERS_FILES


def job_environment(*, placeholders: bool = False) -> dict[str, str]:
    """As `environment`, of this process; tells GitHub's runner what to hide."""
    kept, secrets = environment(os.environ, placeholders=placeholders)
    if "GITHUB_ACTIONS" in kept:
        for secret in secrets:
            _write(sys.stdout, f"::add-mask::{secret.replace('%', '%25')}\n")
    return kept
