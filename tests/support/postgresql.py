"""A real PostgreSQL server for tests: one of its own, in a temporary folder, on a port of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

#: Nobody may read it anywhere: it has what URLs, SQL and shells treat specially.
PASSWORD = "pa:ss@wo/rd %canary"


@dataclass
class Server:
    """A running server; `database()` makes an empty database and gives its URL."""

    folder: Path
    port: int
    programs: Path
    user: str | None
    names: Iterator[int] = field(default_factory=count)

    def url(self, name: str, password: str = PASSWORD) -> str:
        return f"postgresql+psycopg://team:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}"

    def database(self) -> str:
        import psycopg

        name = f"store_{next(self.names)}"
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def dsn(self, name: str) -> str:
        return self.url(name).replace("+psycopg", "")

    def run(self, program: str, *arguments: str) -> None:
        who: dict[str, Any] = {} if self.user is None else {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid}
        log = self.folder / "log"
        with log.open("ab") as output:
            done = subprocess.run(
                [self.programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                check=False,
                **who,
            )
        assert done.returncode == 0, log.read_text(errors="replace")

    def start(self) -> None:
        settings = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "60", "-o", settings, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")


def programs() -> Path | None:
    """Where PostgreSQL's programs are; Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    return max((path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None)


def _user() -> str | None:
    """Whom it runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextlib.contextmanager
def server(where: Path) -> Iterator[Server]:
    """A server made of the programs in `where`, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="reconcile-postgresql-"))
    user = _user()
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if user is not None:
        for path in (folder, secret):
            shutil.chown(path, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Server(folder, port, where, user)
    try:
        made.run(
            "initdb", "-D", str(folder / "data"), "-U", "team", "-A", "scram-sha-256", "--pwfile", str(secret),
            "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
