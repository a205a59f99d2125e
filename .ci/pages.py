"""What `mkdocs.yml` hooks in, so that the same links hold on the site and in the repository.

The site has pages that lie outside of `docs/`: the README is its first, and whatever file of the repository a page
links to has one, too. Links are written as the files lie in the repository, and are led to the pages here. Nothing on
a page may come from another host.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

#: The page of each file outside of `docs/` that the navigation names, by its path in the repository.
PAGES = {
    "README.md": "index.md",
    "README.ru.md": "index.ru.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "license.md",
    "examples/README.md": "examples.md",
}
#: Where the pages of all other files are that something links to.
OTHERS = "repository/"
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
    """Adds the pages that lie outside of `docs/`: those that are named above, and what is linked to."""
    root = Path(config.config_file_path).parent
    texts = {f"docs/{page.src_uri}": page.content_string for page in files.documentation_pages()}
    todo = [*PAGES, *_others(root, texts)]
    for path in todo:  # which grows on the way
        text = (root / path).read_text(encoding="utf-8")
        markdown = path.endswith(".md")
        content = text if markdown else f"# {path}\n\n~~~~~~text\n{text}\n~~~~~~\n"
        files.append(File.generated(config, _page_of(root, path), content=content))
        todo += [other for other in _others(root, {path: text} if markdown else {}) if other not in todo]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Links, from where a file lies in the repository to where it is on the site."""
    root, here = Path(config.config_file_path).parent, page.file.src_uri
    whose = {there: path for path, there in PAGES.items()}
    path = here.removeprefix(OTHERS) if here.startswith(OTHERS) else whose.get(here, f"docs/{here}")

    def led(match: re.Match[str]) -> str:
        there = _page_of(root, _target(root, path, match[1]))
        return match[1] if there is None else posixpath.relpath(there, posixpath.dirname(here))

    return ROW.sub(lambda row: BAR.sub(_with_bars, row[0]), LINK.sub(led, markdown))


def _others(root: Path, texts: Mapping[str, str]) -> list[str]:
    """Files of the repository that pages link to, and that nothing names; by their paths, once each."""
    targets = (_target(root, path, link) for path, text in texts.items() for link in LINK.findall(text))
    return [path for path in dict.fromkeys(targets) if (_page_of(root, path) or "").startswith(OTHERS)]


def _target(root: Path, path: str, link: str) -> str:
    """The path in the repository that a link of the file at `path` means; of a folder, its README."""
    there = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    readme = f"{there}/README.md"
    return readme if (root / readme).is_file() else "README.md" if there == "docs" else there


def _page_of(root: Path, path: str) -> str | None:
    """The page, or the picture, of a file of the repository; None where there is no such file."""
    if path in PAGES:
        return PAGES[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if not (root / path).is_file():
        return None
    return OTHERS + (path if path.endswith(".md") else f"{path}.md")


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
