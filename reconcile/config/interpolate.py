"""`${env.NAME}`, `${env.NAME:-fallback}` and `${file.path}` in values; `$${` is a literal `${`.

What comes in stays text, except where the schema wants a number or a flag. Nothing is ever evaluated.
`${each.column}` in a site group waits for its rows: what is put there is only an example.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from reconcile.config.each import PREFIX, Cell, Each
from reconcile.config.expected import sample, schema_at, typed, types_in
from reconcile.config.inside import NoFile, Outside, TooLarge, read_inside
from reconcile.config.load import Document
from reconcile.config.places import Fault, Keys, Place
from reconcile.model.normalize import did_you_mean, quoted

_MARK: Final = re.compile(r"\$\$\{|\$\{([^{}]*)\}?")
_ENV: Final = re.compile(r"env\.([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
MAX_SECRET_BYTES: Final = 64 * 1024
#: Characters of all texts with references in them, and of what they give: a small file can name a larger one often.
MAX_MADE: Final = 16 * 1024 * 1024


class Interpolator(Struct):
    """Replaces references in documents; `root` bounds what `${file...}` may read, `env` is the environment.

    `made` is how many characters came of it so far; `known` what files hold, by name. `written` is what stood where
    something was replaced, because what stands there now may be a secret. `each` are the texts that wait for rows.
    """

    root: Path
    env: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)
    written: dict[tuple[str, Keys], str] = field(default_factory=dict)
    made: int = 0
    known: dict[str, str] = field(default_factory=dict)
    each: dict[tuple[str, Keys], Each] = field(default_factory=dict)

    def document(self, document: Document) -> Document:
        """The document with every reference replaced; one without any comes back as it is."""
        if not document.interpolated:
            return document
        return Document(document.file, self.value(document.data, document.file, ()))

    def value(self, value: Any, file: str, keys: Keys) -> Any:
        if isinstance(value, str):
            return self.text(value, Place(file, keys)) if "${" in value else value
        if isinstance(value, dict):
            return {key: self.value(child, file, (*keys, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [self.value(child, file, (*keys, index)) for index, child in enumerate(value)]
        return value

    def text(self, text: str, place: Place) -> Any:
        if not self.afforded(len(text), place):
            return ""
        names = [match for match in _MARK.finditer(text) if match[0] != "$${"]
        if names:
            # Among credentials, what stands around a reference may be a part of a secret.
            said = _MARK.sub(_named, text) if self.shown(place) else "".join(map(_named, names))
            self.written[place.file, place.keys] = said
        if names and _takes_none(place.keys):
            return text
        if any(_is_each(match) for match in names) and _takes_rows(place.keys):
            return self.waiting(text, names, place)
        made = _MARK.sub(lambda match: self.replaced(match, place), text)
        return made if made == text else typed(made, types_in(schema_at(place.keys)))

    def waiting(self, text: str, names: list[re.Match[str]], place: Place) -> Any:
        """Keeps a text for the rows of its group; gives an example of what will stand there."""
        parts: list[str | Cell] = []
        end, before = 0, len(self.faults)
        for match in _MARK.finditer(text):
            parts.append(text[end : match.start()])
            parts.append(Cell.parse(match[1]) if _is_each(match) else self.replaced(match, place))
            end = match.end()
        parts.append(text[end:])
        if len(self.faults) > before:
            return sample(schema_at(place.keys))
        others = any(not _is_each(match) for match in names)
        written = self.written[place.file, place.keys] if others else None
        self.each[place.file, place.keys] = Each(tuple(part for part in parts if part), written)
        return sample(schema_at(place.keys))

    def afforded(self, size: int, place: Place) -> bool:
        """Whether so many characters more may be made; that they may not is said once."""
        before, self.made = self.made, self.made + size
        if before <= MAX_MADE < self.made:
            self.fail(place, f"the references of the project give more than {MAX_MADE >> 20} MiB of text, up to here")
        return self.made <= MAX_MADE

    def replaced(self, match: re.Match[str], place: Place) -> str:
        """What a reference gives, as long as that is not too much."""
        if self.made > MAX_MADE:
            return ""
        given = self.reference(match, place)
        return given if self.afforded(len(given), place) else ""

    def reference(self, match: re.Match[str], place: Place) -> str:
        if match[0] == "$${":
            return "${"
        if not match[0].endswith("}"):
            opened = match[0] if self.shown(place) else "a ${"
            return self.fail(place, f"{opened} is never closed; write $${{ for a literal ${{")
        name = match[1]
        if (env := _ENV.fullmatch(name)) is not None:
            return self.environment(env[1], env[2], place)
        if name.startswith("file."):
            return self.file(name.removeprefix("file."), place)
        if name.startswith(PREFIX):
            return self.fail(place, f"${{{name}}} has a meaning only in the address and template of a site group")
        unknown = f"${{{name}}}" if self.shown(place) else "what stands in ${…}"
        return self.fail(
            place, f"{unknown} is not known; expected ${{env.NAME}} or ${{file.path}}, or $${{ for a literal ${{"
        )

    def shown(self, place: Place) -> bool:
        """Whether what is written at a place may be said: not where it may be a part of a secret."""
        return place.keys[:1] not in (("accounts",), ("clients",))

    def environment(self, name: str, fallback: str | None, place: Place) -> str:
        if name in self.env:
            return self.env[name]
        if fallback is not None:
            return fallback
        hint = did_you_mean(name, self.env)
        return self.fail(
            place, f"the environment variable {name} is not set; set it, or write ${{env.{name}:-fallback}}{hint}"
        )

    def file(self, name: str, place: Place) -> str:
        if name in self.known:
            return self.known[name]
        try:
            data = read_inside(self.root, self.root / name, MAX_SECRET_BYTES)
            self.known[name] = data.decode("utf-8").rstrip("\r\n")
            return self.known[name]
        except Outside:
            return self.fail(place, f"{name} is outside the project; only files inside it are read")
        except NoFile:
            return self.fail(place, f"{name or 'the project'} is no file; the path starts at the project's folder")
        except TooLarge:
            return self.fail(place, f"{name} is larger than {MAX_SECRET_BYTES // 1024} KiB")
        except OSError as error:
            return self.fail(place, f"{name} can't be read: {error.strerror}; the path starts at the project's folder")
        except UnicodeDecodeError:
            return self.fail(place, f"{name} is not text in UTF-8")
        except ValueError:  # a NUL
            return self.fail(place, f"{quoted(name)} is no path")

    def fail(self, place: Place, message: str) -> str:
        self.faults.append(Fault(place, message))
        return ""


def _is_each(match: re.Match[str]) -> bool:
    """Whether a mark is a whole `${each.…}`."""
    return match[0].endswith("}") and match[1].startswith(PREFIX)


def _takes_rows(keys: Keys) -> bool:
    """Whether what stands at `keys` is made once for every row of a table."""
    return keys[:1] == ("site_groups",) and keys[2:3] in (("address",), ("template",))


def _takes_none(keys: Keys) -> bool:
    """Whether a reference at `keys` is an error, whatever it names: in policies, which everybody reads."""
    return keys[:1] == ("policies",) and keys[2:] in (("when",), ("require",), ("deny",), ("message",))


def _named(match: re.Match[str]) -> str:
    """A reference as it is named in messages: without its fallback, which may be a secret."""
    name = match[1] or ""
    return f"${{{name.partition(':-')[0]}:-…}}" if ":-" in name else match[0]
