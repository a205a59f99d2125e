"""What an import leaves that was killed, and what the next one says of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reconcile.errors import ReconcileError
from reconcile.importing.files import write_new

TEXTS = {"shared.yaml": "a", "sites.yaml": "b", "tables/t.csv": "c"}
#: Dies as by `kill -9` before the second file gets its name.
KILLED = """
import os, signal
from pathlib import Path
from reconcile.importing.files import write_new
link, calls = os.link, []
def dying(*names):
    calls.append(names)
    os.kill(os.getpid(), signal.SIGKILL) if len(calls) == 2 else link(*names)
os.link = dying
write_new(Path("."), {"shared.yaml": "a", "sites.yaml": "b", "tables/t.csv": "c"})
"""


def test_what_a_killed_import_left_is_named(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, check=False)
    (scratch,) = tmp_path.glob(".import-*")

    assert done.returncode == -9
    with pytest.raises(ReconcileError) as error:
        write_new(tmp_path, TEXTS)
    assert str(error.value) == (
        "shared.yaml is there already; nothing was written: `import` overwrites no file. An import was killed while it "
        f"wrote: take away the folder {scratch.name} and what it has left, shared.yaml, and import again"
    )
    # A file that somebody has put there since is not the import's.
    (tmp_path / "shared.yaml").unlink()
    (tmp_path / "shared.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(
        ReconcileError, match=r"overwrites no file; `import --into .` adds to the files that are there$"
    ):
        write_new(tmp_path, TEXTS)
    (tmp_path / "shared.yaml").unlink()
    write_new(tmp_path, TEXTS)
    assert (tmp_path / "sites.yaml").read_text(encoding="utf-8") == "b"
