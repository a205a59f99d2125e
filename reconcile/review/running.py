"""The program itself, run as a process: its output goes to the job's log as it comes, and is kept.

It gets none of the forge's tokens: a gate of `rollout:` is a program of the project's, and has no business with them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from types import FrameType
from typing import IO, Final

from reconcile.errors import UsageError

#: Holds lines NAME=VALUE for the program: what a reusable workflow can be given as one secret.
ENVIRONMENT: Final = "RECONCILE_ENVIRONMENT"
_TOKENS: Final = re.compile(r"GITHUB_TOKEN|RECONCILE_GITLAB_TOKEN|ACTIONS_.*|CI_.*(TOKEN|PASSWORD)|" + ENVIRONMENT)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Names that decide which code runs, and no file of a project needs.
_RESERVED: Final = re.compile(
    r"PATH|HOME|SHELL|ENV|BASH_.*|LD_.*|DYLD_.*|PYTHON.*|GITHUB_.*|ACTIONS_.*|RUNNER_.*|CI_.*"
)
#: Characters of a secret that is looked for in other texts; shorter ones are found in ordinary words.
_LEAST: Final = 4
#: What stands for a secret that a pull request from a fork does not get; `validate` sends nothing.
PLACEHOLDER: Final = "placeholder"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Program:
    """`reconcile -C directory`, with its environment."""

    directory: Path
    env: Mapping[str, str]

    def run(self, *args: str, commands: bool = False) -> Ran:
        """Runs a command. With `commands`, what it prints may be commands to GitHub's runner, such as annotations.

        Otherwise the runner is told to take it as text: a name that a service gives may begin with `::`.
        """
        line = [sys.executable, "-P", "-m", "reconcile", "-C", str(self.directory), *args]
        quoted = not commands and "GITHUB_ACTIONS" in self.env
        stop = token_hex(16)
        _write(sys.stdout, f"$ reconcile {args[0]}\n")
        if quoted:
            _write(sys.stdout, f"::stop-commands::{stop}\n")
        try:
            with _started(line, self.env) as process, _passing_on(process):
                assert process.stdout is not None
                assert process.stderr is not None
                out, err = _Copy(process.stdout, sys.stdout), _Copy(process.stderr, sys.stderr)
                out.join()
                err.join()
                code = process.wait()
        finally:
            if quoted:
                _write(sys.stdout, f"::{stop}::\n")
        return Ran(code, out.text, err.text)


def _started(line: list[str], env: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this interpreter, with arguments of ours
        line,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
    )


class _Copy(threading.Thread):
    """Copies a stream line by line as it comes, and keeps it."""

    def __init__(self, source: IO[str], target: IO[str]) -> None:
        super().__init__()
        self.text = ""
        self._source, self._target = source, target
        self.start()

    def run(self) -> None:
        """Until the stream ends."""
        lines = []
        for line in self._source:
            lines.append(line)
            _write(self._target, line)
        self.text = "".join(lines)


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
    kept = {name: value for name, value in env.items() if not _TOKENS.fullmatch(name)}
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


def job_environment(*, placeholders: bool = False) -> dict[str, str]:
    """As `environment`, of this process; tells GitHub's runner what to hide."""
    kept, secrets = environment(os.environ, placeholders=placeholders)
    if "GITHUB_ACTIONS" in kept:
        for secret in secrets:
            _write(sys.stdout, f"::add-mask::{secret.replace('%', '%25')}\n")
    return kept
