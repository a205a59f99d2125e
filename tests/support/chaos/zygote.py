"""A process that has imported everything and forks one child for each command: a command costs no start-up.

It has one thread, so that forking is safe, and reads commands as lines of JSON: arguments, environment, folder. It
answers each with two lines: the child's process id, and how it ended (an exit code, or minus the number of a signal).
"""

from __future__ import annotations

import gc
import json
import os
import random
import sys
import time
from typing import Any, NoReturn

from msgspec.structs import replace

from chaos.schedules import FASTER


def serve() -> None:
    import_everything()
    gc.freeze()
    for line in sys.stdin:
        command = json.loads(line)
        child = os.fork()
        if child == 0:
            run(command)
        say(child)
        _, status = os.waitpid(child, 0)
        say(os.waitstatus_to_exitcode(status))


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def run(command: dict[str, Any]) -> NoReturn:
    """The child: the program as its entry point runs it, with its output in files of the folder."""
    from reconcile.cli.main import main

    code = 99
    try:
        os.setpgid(0, 0)
        os.chdir(command["folder"])
        nowhere = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nowhere, 0)
        for stream, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream)
        os.environ.update(command["environment"])
        main(command["args"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    except KeyboardInterrupt:  # after the program itself had ended
        code = 130
    except BaseException:  # noqa: BLE001 - it is told, and the process ends
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def import_everything() -> None:
    """What commands import when they are run; and clocks on which pauses go by faster (`schedules.FASTER`)."""
    import importlib

    for name in (
        *(f"reconcile.cli.{command}" for command in ("apply", "applying", "plan", "call", "transfer", "boundary")),
        *(f"reconcile.reports.{form}" for form in ("json", "text")),
        "reconcile.activities",
        "reconcile.applying.executor",
        "reconcile.providers.pozvonim.activities",
        "reconcile.reports.died",
        "reconcile.runs",
        *(
            f"reconcile.store.{part}"
            for part in ("closing", "database", "journal", "leases", "migrate", "store", "who")
        ),
        "reconcile.workflow",
        "sqlalchemy.dialects.sqlite",
        "jsonschema_rs",
        "yaml",
    ):
        importlib.import_module(name)

    from reconcile.providers import registry
    from reconcile.providers.http.edges import REAL
    from reconcile.providers.http.transport import Transport
    from reconcile.providers.pozvonim.provider import Pozvonim

    assert Transport
    edges = replace(
        REAL,
        clock=lambda: FASTER * time.monotonic(),
        wait=lambda event, seconds: event.wait(seconds / FASTER),
        random=lambda: 0.2 * random.random(),  # full jitter may draw any number below 1
    )
    registry.open_provider = lambda account, kinds, parallelism: Pozvonim(  # type: ignore[assignment]
        account, kinds, parallelism=parallelism, edges=edges
    )


if __name__ == "__main__":
    serve()
