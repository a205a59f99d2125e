from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconcile.emulator import Emulator, Options

UID, KEY = "100", "the-secret-key"
COMMON = "managers:\n  anna: {phone: +7 495 123-45-67, name: Анна}\ndefaults: {managers: [anna], report_period: 60}\n"


class Studio:
    """A project in a folder, and the service that it is about, which others change, too."""

    def __init__(self, root: Path, emulator: Emulator) -> None:
        self.root = root
        self.emulator = emulator

    def declare(self, *sites: str, settings: str = "", top: str = "", url: str = "") -> None:
        """Writes the project; each site is a line of YAML."""
        account = f"{{provider: pozvonim, uid: '{UID}', api_key: '${{env.KEY}}', base_url: '{url or self.emulator.url}'"
        lines = "".join(f"  {site}\n" for site in sites)
        text = f"accounts:\n  studio: {account}{settings}}}\n{COMMON}{top}sites:\n{lines}"
        (self.root / "reconcile.yaml").write_text(text, encoding="utf-8")

    def add(self, url: str, **site: Any) -> int:
        """A site that somebody else made."""
        own = {"url": url, "report_period": 60, **site}
        return self.emulator.put_site(UID, {"site": own, "managers": [{"phone": "+74951234567", "name": "Анна"}]})

    def live(self) -> dict[str, int]:
        """The report period of every live site, by its address."""
        return {site["site"]["url"]: site["site"]["report_period"] for site in self.emulator.sites(UID)}

    def writes(self) -> list[str]:
        return [request.method for request in self.emulator.requests() if request.method != "GET"]

    def wait_for(self, method: str, timeout: float = 20.0) -> None:
        """Until the service has been asked in this way."""
        deadline = time.monotonic() + timeout
        while not any(request.method == method for request in self.emulator.requests()):
            assert time.monotonic() < deadline, f"no {method} came"
            time.sleep(0.02)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder in which commands are run."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def begin(project: Path, tmp_path: Path) -> Iterator[Callable[..., Studio]]:
    """Starts a service that is stopped after the test, with the emulator's options."""
    running = []

    def start(**options: Any) -> Studio:
        emulator = Emulator(Options({UID: KEY}, tmp_path / f"{len(running)}.db", **options))
        emulator.start()
        running.append(emulator)
        return Studio(project, emulator)

    yield start
    for emulator in running:
        emulator.stop()


@pytest.fixture
def studio(begin) -> Studio:
    """A service without peculiarities."""
    return begin()


@pytest.fixture
def run(reconcile, project) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command in the project, with the key in the environment."""
    return lambda *args, env=None, **options: reconcile(
        *args, cwd=options.pop("cwd", project), env={"KEY": KEY} | (env or {}), **options
    )


@pytest.fixture
def start(project, clean_environment) -> Iterator[Callable[..., subprocess.Popen[Any]]]:
    """Starts a command that the test talks to while it runs."""
    started = []

    def begin(*args: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[Any]:
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "reconcile", *args],
                cwd=project,
                env=clean_environment | {"KEY": KEY} | (env or {}),
                **options,
            )
        )
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def read_terminal() -> Callable[..., str]:
    """What is written to a pseudo-terminal, up to a text, or until its other end is closed."""

    def read(terminal: int, until: str | None = None, timeout: float = 30.0) -> str:
        shown = b""
        deadline = time.monotonic() + timeout
        while until is None or until.encode() not in shown:
            ready, _, _ = select.select([terminal], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"nothing more came after {shown!r}"
            try:
                part = os.read(terminal, 65536)
            except OSError:  # so Linux says that the last process has gone
                break
            if not part:
                break
            shown += part
        return shown.decode("utf-8", "replace")

    return read
