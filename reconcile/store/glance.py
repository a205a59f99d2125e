"""The names of the last runs, read at a glance: without SQLAlchemy, without a server, and without making anything."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

_FILE: Final = re.compile(r"sqlite(?:\+pysqlite)?:///([^?]+)")
#: As `tables.runs` has them.
_QUERY: Final = "SELECT name, command, status FROM reconcile_runs ORDER BY started DESC LIMIT ?"


def last_runs(url: str, root: Path, limit: int = 50) -> list[tuple[str, str]]:
    """The names of runs, newest first, each with what it was and how it ended; none where that takes a network."""
    named = _FILE.fullmatch(url)
    file = root / named[1] if named is not None else None
    if file is None or not file.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=0.2)) as connection:
            rows = connection.execute(_QUERY, (limit,)).fetchall()
    except sqlite3.Error:  # somebody writes it, or it is no history
        return []
    return [(name, f"{command}, {status}") for name, command, status in rows]
