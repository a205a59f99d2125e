"""A real browser for what is made for one: Debian's Chromium, or Chrome where that is there, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def program() -> str | None:
    """The browser that is installed; None where there is none."""
    return next((found for found in map(shutil.which, PROGRAMS) if found), None)


@contextmanager
def browser() -> Iterator[Any]:
    """A browser without a window; without a sandbox, which root has none of, since it opens pages of our own only."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()


def written(folder: Path, name: str, page: str) -> str:
    """The address of a page as a person opens it: a file."""
    path = folder / f"{name}.html"
    path.write_text(page, encoding="utf-8")
    return path.as_uri()
