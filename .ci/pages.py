"""What `mkdocs.yml` hooks in, so that the same links hold on the site and in the repository.

The site has pages that lie outside of `docs/`: the README is its first. Links to and from them are written as the files
lie in the repository, and are led to the pages here. Nothing on a page may come from another host.
"""

from __future__ import annotations

import html
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

#: The page of each file outside of `docs/`, by its path in the repository. `docs` is what README calls all of it.
PAGES = {
    "README.md": "index.md",
    "README.ru.md": "index.ru.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "license.md",
    "examples/README.md": "examples.md",
}
FOLDERS = {"docs": "index.md", "examples": "examples.md"}
REPOSITORY = {page: path for path, page in PAGES.items()}
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")  # up to its anchor
ROW = re.compile(r"^\|.*\|$", re.MULTILINE)
BAR = re.compile(r"`([^`]*\\\|[^`]*)`")
#: Attributes that make a browser fetch something, by element; a link that a person follows is none.
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Headings are linked to as GitHub does it, in Cyrillic, too."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that lie outside of `docs/`."""
    root = Path(config.config_file_path).parent
    for path, page in PAGES.items():
        text = (root / path).read_text(encoding="utf-8")
        content = text if path.endswith(".md") else f"# {path.capitalize()}\n\n```text\n{text}```\n"
        files.append(File.generated(config, page, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Links, from where a file lies in the repository to where it is on the site."""
    here = page.file.src_uri
    folder = posixpath.dirname(REPOSITORY.get(here, f"docs/{here}"))

    def led(match: re.Match[str]) -> str:
        there = posixpath.normpath(posixpath.join(folder, match[1]))
        known = PAGES.get(there) or FOLDERS.get(there)
        if known is None and there.startswith("docs/"):
            known = there.removeprefix("docs/")
        return known or match[1]

    return ROW.sub(lambda row: BAR.sub(_with_bars, row[0]), LINK.sub(led, markdown))


def _with_bars(code: re.Match[str]) -> str:
    """Code with bars in a table: GitHub takes the backslash before a bar away, Python-Markdown shows it."""
    return f"<code>{html.escape(code[1]).replace(chr(92) + '|', '&#124;')}</code>"


def on_post_build(config: MkDocsConfig) -> None:
    """Fails where a page would fetch something from another host."""
    for path in sorted(Path(config.site_dir).rglob("*.html")):
        reader = Fetches()
        reader.feed(path.read_text(encoding="utf-8"))
        if reader.foreign:
            raise PluginError(f"{path}: fetches {', '.join(reader.foreign)}; the site has to bring along what it needs")


class Fetches(HTMLParser):
    """What a page fetches from other hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes one element's."""
        values = dict(attrs)
        url = values.get(FETCHED.get(tag, ""))
        if url and re.match(r"(https?:)?//", url) and values.get("rel") != "canonical":
            self.foreign.append(url)
