"""Every YAML file of a project folder, read with libyaml into plain values.

Scalars follow YAML 1.2: only `true` and `false` are flags, only plain decimal digits are numbers, so that a phone, a
time or `00123` stays the text that it is. Duplicate keys, tags and runaway aliases are errors.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from msgspec import Struct

from reconcile.config.inside import NoFile, Outside, TooLarge, read_inside
from reconcile.config.places import Fault, Place, problems
from reconcile.errors import ConfigError, Problem, ReconcileError

MAX_FILE_BYTES: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 64
#: How many values the aliases of a file may expand to; a long text counts as one for each so many characters.
MAX_EXPANDED: Final = 1_000_000
_LONG: Final = 64
NO_MAPPING: Final = "expected a mapping such as `sites:` at the top of the file, got "

_PREFIX: Final = "tag:yaml.org,2002:"
_STR, _MAP, _SEQ = _PREFIX + "str", _PREFIX + "map", _PREFIX + "seq"
_INT, _FLOAT, _BOOL, _NULL, _MERGE = (_PREFIX + name for name in ("int", "float", "bool", "null", "merge"))
_PLAIN: Final = (
    (_NULL, re.compile(r"~|null|Null|NULL|")),
    (_BOOL, re.compile(r"true|True|TRUE|false|False|FALSE")),
    (_INT, re.compile(r"-?(?:0|[1-9][0-9]{0,17})")),
    (_FLOAT, re.compile(r"-?[0-9]{1,17}\.[0-9]{1,17}")),
    (_MERGE, re.compile(r"<<")),
)
_PATTERNS: Final = dict(_PLAIN)


class Document(Struct, frozen=True):
    """One file: its path relative to the project folder, and what is in it."""

    file: str
    data: dict[str, Any]
    interpolated: bool = False


class _Parser(yaml.CBaseLoader):
    """libyaml's composer with the tags of YAML 1.2 plain scalars, each spelling resolved once per process."""

    tags: dict[str, str] = {}  # noqa: RUF012 - shared on purpose: a spelling means the same in every file

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            if not implicit[0]:
                return _STR
            tag = self.tags.get(value)
            if tag is None:
                tag = self.tags[value] = next((t for t, pattern in _PLAIN if pattern.fullmatch(value)), _STR)
            return tag
        return _MAP if kind is yaml.MappingNode else _SEQ

    def descend_resolver(self, *_: object) -> None:
        """Path resolvers are not used; skipping them saves a call a node."""

    def ascend_resolver(self) -> None:
        """See `descend_resolver`."""


def project_files(root: Path) -> Iterator[Path]:
    """The `*.yaml` and `*.yml` files and the linked folders below `root`, in a fixed order; not what is hidden."""
    for folder, folders, names in os.walk(root, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (path for name in folders if (path := Path(folder, name)).is_symlink())
        for name in sorted(names):
            if name.lower().endswith((".yaml", ".yml")) and not name.startswith("."):
                yield Path(folder, name)


def _raise(error: OSError) -> None:
    """A folder that can't be read is an error: with `prune`, a site that is not seen would be deleted."""
    raise error


#: Files with a list at their top, which are a table of some site group or a mistake: what they hold, by their paths.
Lists = dict[str, list[Any]]


def load_project(root: Path) -> tuple[list[Document], list[Problem], list[Fault], Lists]:
    """All documents of a project, all that is wrong with their YAML, and what may be tables.

    Raises `ReconcileError` where there are none.
    """
    if not root.is_dir():
        raise ReconcileError(f"{root}: no such folder; name the project's folder with -C DIR")
    documents: list[Document] = []
    broken: list[Problem] = []
    faults: list[Fault] = []
    lists: Lists = {}
    inside = root.resolve()
    for path in project_files(root):
        file = path.relative_to(root).as_posix()
        try:
            document, found = _load_file(inside, path, file, lists)
        except Unreadable as error:
            broken.append(error.problem)
            continue
        faults += found
        if document is not None:
            documents.append(document)
    if not (documents or broken or faults or lists):
        raise ReconcileError(
            f"{root}: no *.yaml file declares anything here; `reconcile init` writes a project to start from"
        )
    return documents, broken, faults, lists


class Unreadable(Exception):
    """A file that can't be used at all: `problem` says where and why."""

    def __init__(self, file: str, line: int, column: int, message: str) -> None:
        self.problem = Problem(file, line, column, message)


def _load_file(inside: Path, path: Path, file: str, lists: Lists) -> tuple[Document | None, list[Fault]]:
    if path.is_symlink():
        target = Path(os.path.realpath(path))
        if not target.is_relative_to(inside):
            raise Unreadable(file, 0, 0, "is a link that leads out of the project; only files inside it are read")
        if target.is_dir():
            if any(part.startswith(".") for part in target.relative_to(inside).parts):
                raise Unreadable(file, 0, 0, "is a link to a hidden folder; hidden folders are not read")
            return None, []  # what is in it is read where it is
    data = file_bytes(inside, path, file)
    value, faults = parse(data, file)
    if value is None:
        return None, faults
    if isinstance(value, list):
        lists[file] = value
        return None, faults
    if not isinstance(value, dict):
        raise Unreadable(file, 1, 1, NO_MAPPING + _named(value))
    return Document(file, value, interpolated=b"${" in data), faults


def file_bytes(inside: Path, path: Path, file: str) -> bytes:
    """What is in a file of the project. Raises `Unreadable`."""
    try:
        return read_inside(inside, path, MAX_FILE_BYTES)
    except Outside:  # a link since it was looked at
        raise Unreadable(file, 0, 0, "leads out of the project; only files inside it are read") from None
    except NoFile:
        raise Unreadable(file, 0, 0, "is no plain file, and can't be read") from None
    except TooLarge as error:
        size, limit = error.size // 2**20, MAX_FILE_BYTES // 2**20
        raise Unreadable(file, 0, 0, f"is {size} MiB large; a file of a project may have {limit} MiB at most") from None
    except OSError as error:
        raise Unreadable(file, 0, 0, f"can't be read: {error.strerror}") from None


def checked_text(root: Path, path: Path) -> str:
    """What is in a file of a project, as text, BOM and ends of lines included, if it is valid YAML without faults.

    Raises `ConfigError` with all that is wrong in it.
    """
    file = path.relative_to(root).as_posix()
    try:
        data = file_bytes(root.resolve(), path, file)
        _, faults = parse(data, file)
    except Unreadable as error:
        raise ConfigError([error.problem]) from None
    if faults:
        raise ConfigError(problems(root, faults, {}))
    return data.decode("utf-8")


def _named(value: object) -> str:
    return "a list" if isinstance(value, list) else "text" if isinstance(value, str) else "a single value"


def parse(data: bytes, file: str) -> tuple[Any, list[Fault]]:
    """The value of one YAML document (None where it is empty), and the faults in it.

    Raises `Unreadable`, with its place, for what is no YAML at all.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(file, 1, 1, "not a text file in UTF-8, but one in UTF-16; save it as UTF-8")
    try:
        if _may_be_deep(data):
            _check_depth(data, file)
        parser = _Parser(data)
        try:
            node = parser.get_single_node()
        finally:
            parser.dispose()
    except yaml.MarkedYAMLError as error:
        raise _marked(error, data, file) from None
    except (yaml.reader.ReaderError, UnicodeDecodeError) as error:
        raise _not_text(error, data, file) from None
    if node is None:
        return None, []
    builder = _Builder(file)
    if b"*" in data or b"<<" in data:
        expanded = builder.expanded_size(node, set(), {})
        if expanded > MAX_EXPANDED:
            raise Unreadable(file, 1, 1, f"its aliases expand to more than {MAX_EXPANDED:,} values")
    return builder.value(node), builder.faults


def _marked(error: yaml.MarkedYAMLError, data: bytes, file: str) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    message = f"not valid YAML: {error.problem or error}"
    if "expected a single document" in str(error.context or ""):
        message = "a second document begins here; put it into a file of its own"
    elif _is_tab(data, line, column):
        message = "not valid YAML: a tab can't indent it; use spaces"
    elif error.context:
        began = error.context_mark.line + 1 if error.context_mark is not None else line
        message += f", {error.context}" + (f" that began in line {began}" if began != line else "")
    if "flow" in str(error.context or "") and b"${" in data:
        message += '; inside of { } and [ ], write "${...}" in quotes'
    return Unreadable(file, line, column, message)


def _is_tab(data: bytes, line: int, column: int) -> bool:
    text = data.decode("utf-8", "replace").splitlines()[line - 1 : line]
    return text != [] and text[0][column - 1 : column] == "\t"


def _not_text(error: Exception, data: bytes, file: str) -> Unreadable:
    offset = getattr(error, "position", None)
    offset = offset if isinstance(offset, int) and 0 <= offset < len(data) else 0
    before = data[:offset]
    line, column = before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1
    what = f"byte 0x{data[offset]:02x} is no text in UTF-8" if data else str(error)
    return Unreadable(file, line, column, f"not a text file: {what}; save it as UTF-8")


_BRACKETS: Final = re.compile(rb"[\[\]{}]")
_COMPACT: Final = re.compile(rb"(?:[-?:][ \t]+){32}|^ {256}", re.MULTILINE)


def _may_be_deep(data: bytes) -> bool:
    """A cheap look for nesting that libyaml, which recurses, should not be given without counting first."""
    if _COMPACT.search(data):
        return True
    depth = 0
    for match in _BRACKETS.finditer(data):
        depth += 1 if match[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def _check_depth(data: bytes, file: str) -> None:
    """Raises `Unreadable` for YAML that is nested too deep."""
    depth = 0
    for event in yaml.parse(data, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark: Any = event.start_mark
                raise Unreadable(file, mark.line + 1, mark.column + 1, f"nested more than {MAX_DEPTH} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _shown(tag: str) -> str:
    """How a tag is named: YAML's own and Python's by name; any other may be a password that begins with `!`."""
    known = _KNOWN_TAG.match(tag.removeprefix(_PREFIX)) if tag.startswith(_PREFIX) else None
    return "a tag (text that begins with `!` needs quotes)" if known is None else f"the tag !!{known[0]}"


_KNOWN_TAG: Final = re.compile(
    r"(?:str|int|float|bool|null|map|seq|merge|value|binary|timestamp|set|omap|pairs|python/[a-z_/]+:?[\w.]*)\Z"
)


class _Builder:
    """Makes plain values of nodes. Keys are always text."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, node: yaml.Node, message: str) -> None:
        self.faults.append(Fault(self.at(node), message))

    def value(self, node: yaml.Node) -> Any:
        kind = type(node)
        if kind is yaml.ScalarNode:
            return sys.intern(node.value) if node.tag == _STR else self.scalar(node)
        if kind is yaml.MappingNode and node.tag == _MAP:
            return self.mapping(node)
        if kind is yaml.SequenceNode and node.tag == _SEQ:
            return self.sequence(node)
        return self.unknown_tag(node)

    def unknown_tag(self, node: yaml.Node) -> None:
        self.fault(node, f"{_shown(node.tag)} is not allowed; a project holds plain values only")

    def scalar(self, node: yaml.Node) -> Any:
        text, tag = node.value, node.tag
        if tag in (_MERGE, "!"):
            return text
        pattern = _PATTERNS.get(tag)
        if pattern is None:
            return self.unknown_tag(node)
        if not pattern.fullmatch(text):
            return self.fault(node, f"{_shown(tag)} does not fit what follows it; leave it out")
        if tag == _INT:
            return int(text)
        if tag == _FLOAT:
            return float(text)
        return text.lower() == "true" if tag == _BOOL else None

    def sequence(self, node: yaml.Node) -> list[Any]:
        return [self.value(child) for child in node.value]

    def mapping(self, node: yaml.Node) -> dict[str, Any]:
        made: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}  # each key where it stands first; made where one stands twice
        merged: list[yaml.Node] = []
        for key_node, child in node.value:
            if type(key_node) is not yaml.ScalarNode:
                self.fault(key_node, "a key must be text")
                continue
            if key_node.tag == _MERGE:
                merged.append(child)
                continue
            key = sys.intern(key_node.value)
            if key in made:
                first = first or {k.value: k for k, _ in reversed(node.value) if type(k) is yaml.ScalarNode}
                self.duplicate(key_node, first[key])
            made[key] = self.value(child)
        for source in merged:
            for part in source.value if type(source) is yaml.SequenceNode else [source]:
                value = self.value(part)
                if isinstance(value, dict):
                    made = value | made
                else:
                    self.fault(part, "`<<` merges mappings only")
        return made

    def duplicate(self, again: yaml.Node, first: yaml.Node) -> None:
        """The position of the second key can't be looked up by its path, so it is said here."""
        message = f'the key "{again.value}" stands here again; it was first at {{other}}'
        self.faults.append(Fault(self.at(again), message, self.at(first)))

    def at(self, node: yaml.Node) -> Place:
        return Place(self.file, line=node.start_mark.line + 1, column=node.start_mark.column + 1)

    def expanded_size(self, node: yaml.Node, above: set[int], known: dict[int, int]) -> int:
        """How many values `node` makes with every alias written out; linear in what is written."""
        key = id(node)
        if key in known:
            return known[key]
        if key in above:
            raise Unreadable(
                self.file,
                node.start_mark.line + 1,
                node.start_mark.column + 1,
                "this contains itself, by an alias in it",
            )
        if isinstance(node, yaml.ScalarNode):
            return 1 + len(node.value) // _LONG
        children = (
            [child for pair in node.value for child in pair] if isinstance(node, yaml.MappingNode) else node.value
        )
        above.add(key)
        size = 1 + sum(self.expanded_size(child, above, known) for child in children)
        above.discard(key)
        known[key] = size
        return size
