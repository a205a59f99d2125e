"""What an import found and wrote, as a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace


class Report(Struct, frozen=True):
    """What came of an import.

    `fields` are the values that the project declares, `lines` those of its YAML, `rows` those of its tables, and
    `alone` the lines that a file for each site would have taken, with nothing shared. `lost` counts, by field, the live
    values that no project could declare; `left_out` the sites. `skipped` are declared already. `warnings` are what a
    person should know. What is only known once the project is laid out in files is added then.
    """

    sites: int = 0
    clients: int = 0
    fields: int = 0
    lines: int = 0
    rows: int = 0
    alone: int = 0
    skipped: int = 0
    left_out: int = 0
    shared: Mapping[str, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def with_files(self, files: Iterable[str], lines: int, groups: Mapping[str, int]) -> Report:
        """The report of what was laid out: the files, their lines of YAML, and the rows of each table."""
        return replace(self, files=tuple(files), lines=lines, rows=sum(groups.values()), groups=groups)
