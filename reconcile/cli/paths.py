"""Paths of a project's files as those know them who show remarks beside lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

#: Where GitHub Actions and GitLab CI keep the repository that a job is about.
CHECKOUTS: Final = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def paths_from(root: Path, environ: Mapping[str, str]) -> Callable[[str], str]:
    """A function from a file of the project in `root` to its path in the repository that CI works in.

    Without CI it is the path from the current folder; of a project that is in neither, the whole path.
    """
    project = root.resolve()
    tops = [Path(environ[name]).resolve() for name in CHECKOUTS if environ.get(name)]
    top = next((top for top in [*tops, Path.cwd()] if project.is_relative_to(top)), None)

    def path_of(file: str) -> str:
        path = project / file
        return (path.relative_to(top) if top is not None and path.is_relative_to(top) else path).as_posix()

    return path_of
