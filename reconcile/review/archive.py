"""One file out of a ZIP archive, whoever made that. Pure."""

from __future__ import annotations

import io
import zipfile
import zlib

from reconcile.review.forge import NoSavedPlan
from reconcile.workflow import MAX_PLAN_BYTES


def only_file(content: bytes, name: str) -> bytes:
    """The file `name` at the top of an archive, never written anywhere. Raises `NoSavedPlan`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(name) as file:
            data = file.read(MAX_PLAN_BYTES + 1)  # whatever size the archive claims
    except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        raise NoSavedPlan(f"the artifact holds no readable {name}") from None
    if len(data) > MAX_PLAN_BYTES:
        raise NoSavedPlan(f"the {name} in the artifact is larger than {MAX_PLAN_BYTES >> 20} MiB")
    return data
