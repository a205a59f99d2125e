from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import postgresql
import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

#: What a process needs of the environment to run at all; nothing else of the user's reaches the program.
KEPT = ("PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")

Run = Callable[..., subprocess.CompletedProcess[str]]

# Who runs the tests in the background has Ctrl-C ignored, and processes inherit that; they are to get it nevertheless.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Nothing is timed: a machine that has other work to do is no fault. And a commit has the same result each time:
# `make properties` looks for what nobody has thought of yet, with other examples each time.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("other", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def environment(**more: str) -> dict[str, str]:
    """An environment without any settings of the user's."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"PYTHONUTF8": "1", "PYTHONWARNINGS": "error"} | more


@pytest.fixture(autouse=True)
def _log_untouched() -> None:
    """A command that ran in this process, for another test or for a fixture of any scope, said how the log is shown."""
    log = logging.getLogger("reconcile")
    log.handlers, log.propagate = [], True
    log.setLevel(logging.NOTSET)


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """What a test that starts a process by itself gives it."""
    return environment()


@pytest.fixture
def repository() -> Path:
    """The checkout that the tests belong to."""
    return REPOSITORY


@pytest.fixture
def reconcile(tmp_path: Path) -> Run:
    """Runs the program as a process: `reconcile("plan", cwd=folder, env={"NAME": "value"})`."""

    def run(*args: str, cwd: Path = tmp_path, env: dict[str, str] | None = None, **options: Any) -> Any:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        options = pipes | {"timeout": 120} | options
        return subprocess.run(
            [sys.executable, "-m", "reconcile", *args],
            cwd=cwd,
            env=environment(**(env or {})),
            encoding="utf-8",
            check=False,
            **options,
        )

    return run


@pytest.fixture
def without_run_ids() -> Callable[[str], str]:
    """Replaces the names of runs, which are new every time, by RUN."""
    return lambda text: re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b", "RUN", text)


#: Set where a server has to be there, so that the tests of PostgreSQL can't be left out unnoticed.
NEEDED = "RECONCILE_TESTS_NEED_POSTGRESQL"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """A PostgreSQL server, where one is installed."""
    where = postgresql.programs()
    if where is None:
        if os.environ.get(NEEDED):
            pytest.fail(f"{NEEDED} is set, and PostgreSQL's initdb is not installed")
        pytest.skip("PostgreSQL's initdb is not installed")
    with postgresql.server(where) as running:
        yield running
