"""One schedule's world: the emulator, the project's folder, and the program as a process that is really killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from chaos.schedules import LIST_LAG, TIMEOUT, Blow, Version
from reconcile.emulator import Emulator, Fault, Moment, Options, Phase

UID, KEY = "100", "the-secret-key"
SITE = re.compile(r"(?:/contributors/\d+)?/sites/(\d+)$")
#: No run takes so long, in seconds.
FOREVER = 60.0


class Dropped(Exception):
    """The client is gone before its request was read, so that nobody reads it."""


@dataclass
class Ended:
    """How a command ended: an exit code, or the negative number of a signal."""

    args: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    blown: bool

    @property
    def killed(self) -> bool:
        return self.code < 0

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@dataclass
class Site:
    """A site as it is stored."""

    id: int
    owner: str | None
    sections: Mapping[str, Any]

    @property
    def address(self) -> str:
        return plain(self.sections["site"]["url"])


def plain(url: str) -> str:
    """An address as one text, whatever its spelling: not the product's own way of telling it."""
    text = re.sub(r"^https?://", "", str(url).strip()).rstrip("/").lower()
    host, slash, path = text.partition("/")
    name, colon, port = host.partition(":")
    if "xn--" in name:
        name = name.encode().decode("idna")
    return name + colon + port + slash + path


class Zygote:
    """The process that forks commands."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("zygote.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "PYTHONUTF8": "1",
                "PYTHONWARNINGS": "error",
            },
            text=True,
        )

    def start(self, folder: Path, args: tuple[str, ...]) -> int:
        """Forks a command; gives its process id."""
        assert self.process.stdin is not None
        line = {"args": args, "folder": str(folder), "environment": {"KEY": KEY, "PASSWORD": "s3cr3t"}}
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return self.read()

    def read(self) -> int:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the zygote has died")
        return int(line)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


Watch = Callable[[Moment], None]


@dataclass
class World:
    """A running service and a project; `watch` is called at every boundary, before anybody is killed there."""

    folder: Path
    zygote: Zygote
    update_method: str = "PUT"
    encoding: str = "form"
    prune: bool = False
    watch: Watch = lambda moment: None
    requests: list[str] = field(default_factory=list)
    kills: int = 0
    signals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.running = 0  # the process id of the command, 0 where there is none
        self.first = 0  # the number of its first request
        self.counted = 0  # how many have come of those that the blow counts
        self.blow: Blow | None = None
        self.blown = False
        self.timers: list[threading.Timer] = []
        options = Options(
            {UID: KEY}, self.folder / "emulator.db", update_method=self.update_method, observer=self.observe
        )
        self.emulator = Emulator(options)
        self.project = self.folder / "project"
        self.project.mkdir()

    def __enter__(self) -> Self:
        self.emulator.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.emulator.stop()

    # --- the project --------------------------------------------------------------------------------------------------

    def declare(self, version: Version, *, patient: bool = False) -> None:
        """Writes a version of the project; a patient one waits as long as people do."""
        account: dict[str, Any] = {
            "provider": "pozvonim",
            "uid": UID,
            "api_key": "${env.KEY}",
            "base_url": self.emulator.url,
            "encoding": self.encoding,
            "update_method": self.update_method,
            "prune": self.prune,
            "list_lag": LIST_LAG,
        }
        if not patient:
            account["timeout"] = TIMEOUT
        if version.timezone is not None:
            account["profile"] = {"timezone": version.timezone}
        clients = {name: {"email": email, "password": "${env.PASSWORD}"} for name, email in version.clients.items()}
        data = {
            "accounts": {"studio": account},
            "clients": clients,
            "sites": dict(version.sites),
            "safety": {"max_deletes": 99, "max_delete_percent": 100},
        }
        text = yaml.dump({name: value for name, value in data.items() if value}, Dumper=_Dumper, allow_unicode=True)
        (self.project / "reconcile.yaml").write_text(text, encoding="utf-8")

    # --- what is stored -----------------------------------------------------------------------------------------------

    def sites(self) -> dict[int, Site]:
        """All that is stored, by id."""
        owners = [(None, None), *((client["id"], client["email"]) for client in self.emulator.clients(UID))]
        return {
            raw["id"]: Site(raw["id"], email, {name: raw[name] for name in raw if name != "id"})
            for owner, email in owners
            for raw in self.emulator.sites(UID, owner)
        }

    # --- commands -----------------------------------------------------------------------------------------------------

    def run(self, *args: str, blow: Blow | None = None) -> Ended:
        """Runs a command to its end, whatever that is."""
        with self.lock:
            self.first, self.counted, self.blow, self.blown = 0, 0, blow, False
            self.running = self.zygote.start(self.project, args)
        watchdog = threading.Timer(FOREVER, self.strike, [signal.SIGKILL])
        watchdog.daemon = True
        watchdog.start()
        code = self.zygote.read()
        watchdog.cancel()
        with self.lock:
            self.running = 0
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
        self.kills += code == -signal.SIGKILL
        said = ((self.project / name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        ended = Ended(args, code, *said, self.blown)
        self.requests.append(f"$ reconcile {' '.join(args)} -> {code} {ended.stderr.strip()[-300:]}")
        return ended

    def observe(self, moment: Moment) -> None:
        """In the server's thread: notes the request, and ends the client where that is due."""
        if moment.phase is Phase.ARRIVED:
            self.requests.append(f"{moment.number} {moment.method} {moment.path}")
        self.watch(moment)
        with self.lock:
            self.first = self.first or moment.number
            blow = self.blow if self.running else None
            if blow is None or self.blown:
                return
            if blow.request == 0:
                if moment.number == self.first and moment.phase is Phase.ARRIVED:
                    self.blown = True
                    self.later(blow.seconds, blow.number)
                    self.again(blow, blow.seconds)
                return
            if blow.of:
                self.counted += moment.phase is Phase.ARRIVED and f"{moment.method} {moment.path}" == blow.of
                due = self.counted == blow.request and f"{moment.method} {moment.path}" == blow.of
            else:
                due = moment.number - self.first + 1 == blow.request
            if not due or moment.phase != blow.phase:
                return
            self.blown = True
            self.requests.append(f"  {signal.Signals(blow.number).name} at {blow.phase} of {moment.number}")
            self.strike(blow.number)
            self.again(blow, 0.0)
        if blow.number == signal.SIGKILL:
            self.wait_for_death()
            if moment.phase is Phase.ARRIVED:
                raise Dropped

    def strike(self, number: int) -> None:
        if self.running:
            self.signals[signal.Signals(number).name] += 1
            with suppress(ProcessLookupError):
                os.kill(self.running, number)

    def later(self, seconds: float, number: int) -> None:
        self.timers.append(threading.Timer(seconds, self.strike, [number]))
        self.timers[-1].daemon = True
        self.timers[-1].start()

    def again(self, blow: Blow, seconds: float) -> None:
        if blow.again is not None:
            self.later(seconds + blow.again, blow.number)

    def wait_for_death(self) -> None:
        """Until the process that was killed is really dead: nothing that it has not sent by now is ever sent."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                if Path(f"/proc/{self.running}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                    return
            except (FileNotFoundError, ProcessLookupError):
                return
            time.sleep(0.0005)

    def faults(self, faults: tuple[Fault, ...], seed: int) -> None:
        self.emulator.set_faults(faults, seed)


class _Dumper(yaml.SafeDumper):
    """Writes every value out, without anchors, so that a project that is shown can be read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def flat(sections: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """A document's values by dotted wire path."""
    if isinstance(sections, Mapping) and sections:
        for name, value in sections.items():
            yield from flat(value, (*path, str(name)))
    else:
        yield ".".join(path), sections
