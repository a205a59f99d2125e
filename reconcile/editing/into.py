"""`import --into`: what no file declares yet is put where a person would look for it, beside what is declared already.

Lines are added, and none is changed: each new entry goes to the end of a section that is there, or to a new file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from reconcile.editing.edits import Edit
from reconcile.editing.files import Change, Source, put_back, write
from reconcile.editing.order import Guide
from reconcile.editing.texts import Texts
from reconcile.editing.tree import Kind, Node, Trivia
from reconcile.errors import ReconcileError
from reconcile.importing.layout import Document, Laid, Layout, lay_out, table_text
from reconcile.importing.project import Project
from reconcile.importing.report import Report
from reconcile.importing.yamltext import document, inline, lines
from reconcile.model.editors import SCHEMA_FILE, modeline

#: Sections of which a new entry goes to the file of its client.
_OWNED: Final = ("sites",)


class Added(Struct, frozen=True):
    """The files that change and those that are new, and how many lines of YAML they have more than before."""

    changes: tuple[Change, ...]
    lines: int


def added(root: Path, folder: Path, laid: Laid) -> Added:
    """What puts an import's files into `folder`, one of the project in `root`. Writes nothing.

    Raises `ReconcileError` for what is no folder of the project, and for a file that can't be added to.
    """
    inside = root.resolve()
    if not folder.resolve().is_relative_to(inside):
        raise ReconcileError(f"{folder}: is no folder of the project in {root}; name the project's with -C DIR")
    if folder.exists() and not folder.is_dir():
        raise ReconcileError(f"{folder}: is no folder")
    return _Into(Texts(root), folder.resolve().relative_to(inside)).run(laid)


class _Into(Struct):
    texts: Texts
    folder: Path
    sections: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    homes: dict[str, str] = field(default_factory=dict)
    new: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    more: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))

    def run(self, laid: Laid) -> Added:
        self.look_around()
        tables = {name: self.free_name(name) for name in laid.tables}
        for one in laid.documents:
            self.sort_out(one, tables)
        for file, sections in self.more.items():
            self.add_to(file, sections)
        fresh = {file: document(sections) for file, sections in self.new.items()}
        count = sum(text.count("\n") for text in fresh.values())
        if (self.texts.root / SCHEMA_FILE).is_file():
            fresh = {file: modeline(file) + text for file, text in fresh.items()}
        count += sum(edit.text.count("\n") for edits in self.texts.edits.values() for edit in edits)
        fresh |= {tables[name]: table_text(table) for name, table in laid.tables.items()}
        made = [Change(Source(self.texts.root, file, ""), text, new=True) for file, text in fresh.items()]
        return Added((*self.texts.changes(), *made), count)

    # --- where things are ---------------------------------------------------------------------------------------------

    def look_around(self) -> None:
        """Which files of the folder have which sections, and which of them are a client's."""
        for file, root in self.texts.all(""):
            if not Path(file).is_relative_to(self.folder):
                continue
            for key, value in root.pairs:
                if value.pairs or _is_nothing(value):
                    self.sections[key.value].append(file)
            for name in _clients(root):
                self.homes.setdefault(name, file)

    def sort_out(self, one: Document, tables: Mapping[str, str]) -> None:
        """Gives every entry of a file to be written its place."""
        for section, said in one.sections.items():
            for name, body in said.items():
                entry = body
                if section == "site_groups":
                    entry = {**body, "from": tables[body["from"]]}
                file = self.home(one.file, section, entry)
                there = file in self.sections.get(section, ()) or (self.texts.root / file).exists()
                (self.more if there else self.new)[file][section][name] = entry

    def home(self, file: str, section: str, entry: Any) -> str:
        """The file that an entry goes to: the one that it would be in, its client's, or the only one of its kind."""
        own = (self.folder / file).as_posix()
        if own in self.sections.get(section, ()):
            return own
        if section in _OWNED and isinstance(entry, dict) and entry.get("client") in self.homes:
            return self.homes[entry["client"]]
        files = self.sections.get(section, ())
        return files[0] if len(files) == 1 else own

    def free_name(self, file: str) -> str:
        """A table's path, numbered where a file is there already."""
        path = self.folder / file
        numbered = (path.with_stem(f"{path.stem}-{number}") for number in range(2, 10_000))
        for name in (path, *numbered):
            if not (self.texts.root / name).exists():
                return name.as_posix()
        raise ReconcileError(f"{path}: is there already, and so are thousands of others like it")

    # --- adding -------------------------------------------------------------------------------------------------------

    def add_to(self, file: str, sections: Mapping[str, Mapping[str, Any]]) -> None:
        """Adds entries to a file: to the sections that it has, and new sections where the schema's order has them."""
        root = self.texts.root_of(file)
        text = self.texts.text(file)
        if root is not None and not root.block:
            raise ReconcileError(f"{file}: is written in braces as a whole, and can't be added to; write it in lines")
        fresh: dict[int, list[str]] = defaultdict(list)
        for section, entries in sections.items():
            pair = root.get(section) if root is not None else None
            if pair is None:
                fresh[_place_of(text, root, section)] += ["", *lines({section: entries}, 0)]
            else:
                self.add(file, pair, entries)
        for at, block in fresh.items():
            self.texts.edit(file, _inserted(text, at, block if at else block[1:], self.texts.newline(file)))

    def add(self, file: str, section: tuple[Node, Node], entries: Mapping[str, Any]) -> None:
        """Adds entries at the end of a section."""
        text, (key, value) = self.texts.text(file), section
        if value.flow and value.pairs:
            end = max(node.end for node in value.pairs[-1])
            more = "".join(f", {inline({name: body})}" for name, body in entries.items())
            self.texts.edit(file, Edit(end, end, more))
            return
        if value.pairs:
            indent = value.first - text.rfind("\n", 0, value.first) - 1
            at, apart = _end_of_block(text, value.pairs, indent), _apart(text, value)
        elif _is_nothing(value):
            colon = Trivia.read(text, key.end).end + 1
            if value.end > colon:
                self.texts.edit(file, Edit(colon, value.end, ""))
            at, indent, apart = _line_end(text, value.end), 2, False
        else:
            raise ReconcileError(f"{file}: `{key.value}` is written elsewhere, by an alias, and can't be added to")
        said = [list(lines({name: body}, indent)) for name, body in entries.items()]
        block = [line for chunk in said for line in (["", *chunk] if apart else chunk)]
        self.texts.edit(file, _inserted(text, at, block, self.texts.newline(file)))


def _is_nothing(value: Node) -> bool:
    """Whether a section is there without any entry."""
    if value.kind is Kind.MAPPING:
        return not value.pairs
    return value.empty or (value.kind is Kind.SCALAR and not value.style and value.value.lower() in ("null", "~"))


def _clients(root: Node) -> Iterator[str]:
    """The clients that a file declares, and then those of its sites."""
    clients, sites = root.get("clients"), root.get("sites")
    if clients is not None:
        yield from (key.value for key, _ in clients[1].pairs)
    for _, body in sites[1].pairs if sites is not None else ():
        client = body.get("client")
        if client is not None:
            yield client[1].value


def _inserted(text: str, at: int, block: list[str], newline: str) -> Edit:
    """Lines below the one that ends at `at`."""
    if at and text[at - 1 : at] == "\n":  # below a text after `|`
        return Edit(at, at, "".join(line + newline for line in block))
    return Edit(at, at, "".join(newline + line for line in block))


def _place_of(text: str, root: Node | None, section: str) -> int:
    """Below which line of a file a new section goes: below those that come before it, where there are any."""
    if root is None:
        return len(text.rstrip())
    rank = Guide.project().rank
    after = [number for number, (key, _) in enumerate(root.pairs) if rank(key.value) > rank(section)]
    if not after or not after[0]:
        return _end_of_block(text, root.pairs, 0)
    return _end_of_block(text, root.pairs[: after[0]], 1)  # what stands at the margin is the next section's


def _end_of_block(text: str, pairs: Sequence[tuple[Node, Node]], indent: int) -> int:
    """Where the last line of these entries ends, with the comments below it that are their own."""
    last = max(pairs[-1][0].end, pairs[-1][1].end)
    literal = text[last - 1 : last] == "\n"
    trivia = Trivia.read(text, last, new_line=literal)
    at = last if literal else _line_end(text, last)
    position = at if literal else at + _break(text, at)
    for column, comment in trivia.lines:
        end = _line_end(text, position)
        if comment and column < indent:
            break
        if comment:
            at = end
        position = end + _break(text, end)
    return at


def _apart(text: str, node: Node) -> bool:
    """Whether the last entries of a block have a blank line between them."""
    if len(node.pairs) < 2:
        return False
    before = max(part.end for part in node.pairs[-2])
    between = text[before : node.pairs[-1][0].start].replace("\r", "")
    return "\n\n" in between


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end - (text[end - 1 : end] == "\r")


def _break(text: str, at: int) -> int:
    """How many characters end the line that ends at `at`."""
    return 2 if text[at : at + 2] == "\r\n" else 1


def write_into(root: Path, folder: Path, project: Project, layout: Layout, check: Callable[[], object]) -> Report:
    """Adds what was imported to the files of `folder`, all or nothing; `check` says whether the project is valid then.

    Raises `ReconcileError`, `OSError`.
    """
    laid = lay_out(project, layout)
    made = added(root, folder, laid)
    write(made.changes)
    try:
        check()
    except BaseException:  # what is wrong now is said, and that nothing was changed
        put_back(made.changes)
        raise
    return project.report.with_files((change.source.file for change in made.changes), made.lines, laid.rows)
