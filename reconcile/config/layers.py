"""What people wrote, as layers: canonical values by field index, names resolved, `extends` followed.

Each mapping becomes a layer once. Merging layers is overlaying them, so what many sites share costs each of them one
copy of a list, however deep it is nested in YAML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from reconcile.config import week
from reconcile.config.places import Fault, Keys, Place, misread
from reconcile.config.sections import Sections
from reconcile.model.fields import UNMANAGED, Field, Group, Kind
from reconcile.model.normalize import did_you_mean, quoted

#: Canonical values by field index; UNMANAGED unsets what a farther layer said.
Layer = dict[int, Any]


class Layers(Struct):
    """Makes layers of one project; what is wrong in them is collected in `faults`."""

    sections: Sections
    kind: Kind
    faults: list[Fault]
    layers: dict[tuple[str, str], Layer] = field(default_factory=dict)
    managers: dict[str, tuple[Any, ...] | None] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)
    documented: frozenset[tuple[str, ...]] = frozenset()
    manager_fields: tuple[tuple[str, Field], ...] = ()
    #: The shared objects that were named since somebody began to count, and those behind each name.
    using: set[str] = field(default_factory=set)
    behind: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.manager_fields = tuple((item.name, item) for item in self.kind.by_path["managers"].items)
        self.documented = frozenset(field.wire[:2] for field in self.kind.fields if not field.undocumented)

    def check_shared(self) -> None:
        """Makes the layers of all that has a name, so that what nobody uses is checked, too."""
        for section in ("schedules", "widgets", "blacklists"):
            for name, entry in self.sections.named[section].items():
                self.named_layer(section, name, entry.place)
        for name, entry in self.sections.named["managers"].items():
            self.manager(name, entry.place)

    def fault(self, place: Place, message: str, got: str = "") -> None:
        self.faults.append(Fault(place, message, got=got))

    def misread(self, place: Place, error: ValueError) -> None:
        self.faults.append(misread(place, error))

    def over(self, kind: Kind, base: Sequence[Any], raw: Any, place: Place) -> list[Any]:
        """What was written for a resource of a kind, over what lies below."""
        values = list(base)
        for index, value in self.group_layer(kind.root, raw, place.file, place.keys).items():
            values[index] = value
        return values

    def group_layer(self, group: Group, raw: Any, file: str, keys: Keys) -> Layer:
        """The layer of what was written for `group`."""
        out = self.empty()
        self.group(group, raw, file, keys, out)
        return out

    def group(self, group: Group, raw: Any, file: str, keys: Keys, out: Layer) -> None:
        if raw is None:
            out.update(dict.fromkeys(group.leaves, UNMANAGED))
        elif group.union:
            out.update(self.union(group, raw, file, keys))
        elif isinstance(raw, str):
            out.update(self.named_layer(str(group.ref), raw, Place(file, keys)))
        elif group.week:
            self.week(group, raw, file, keys, out)
        else:
            if "extends" in raw:
                out.update(self.named_layer(str(group.ref), raw["extends"], Place(file, (*keys, "extends"))))
            self.mapping(group, raw, file, keys, out)

    def mapping(self, group: Group, raw: Mapping[str, Any], file: str, keys: Keys, out: Layer) -> None:
        children = group.children
        for key, value in raw.items():
            child = children.get(key)
            if child is None:
                continue
            if key != child.keys[-1] and child.keys[-1] in raw:
                self.fault(
                    Place(file, (*keys, key), at_key=True),
                    f"`{key}` is another spelling of `{child.keys[-1]}`; keep one of them",
                )
            if isinstance(child, Group):
                self.group(child, value, file, (*keys, key), out)
            elif value is None:
                out[child.index] = UNMANAGED
            elif child.undocumented:
                self.check_undocumented(child, Place(file, (*keys, key), at_key=True))
                out[child.index] = child.strict.read(value)  # as written: 1 and true are one key of a memo
            elif child.items:
                out[child.index] = self.objects(value, file, (*keys, key))
            else:
                try:
                    out[child.index] = child.strict(value)
                except ValueError as error:
                    self.unreadable(child, value, error, Place(file, (*keys, key)))

    def check_undocumented(self, field: Field, place: Place) -> None:
        """What is documented has a type, a default and a spelling, and so its place outside of `raw`."""
        if field.wire[:2] in self.documented:
            self.fault(place, f"`{field.name}` is documented; write it beside `raw`, not in it")

    def unreadable(self, field: Field, value: Any, error: ValueError, place: Place) -> None:
        """Reports a value, or each of the entries of a list that can't be read; those None have been reported."""
        if not isinstance(value, list):
            self.misread(place, error)
            return
        for index, entry in enumerate(value):
            if entry is not None:
                try:
                    field.strict.read([entry])
                except ValueError as found:
                    self.misread(Place(place.file, (*place.keys, index)), found)

    def week(self, group: Group, raw: Mapping[str, Any], file: str, keys: Keys, out: Layer) -> None:
        try:
            days = week.by_day(raw)
        except ValueError as error:
            self.fault(Place(file, keys), str(error))
            return
        for day, (key, value) in days.items():
            child = group.children[day]
            assert isinstance(child, Group)
            if not isinstance(value, str):
                self.group(child, value, file, (*keys, key), out)
                continue
            try:
                hours = week.read_hours(value)
            except ValueError as error:
                self.misread(Place(file, (*keys, key)), error)
                continue
            start, end, enable = child.leaves
            out[enable] = hours.enable
            if hours.enable:
                out[start], out[end] = hours.start, hours.end

    def union(self, group: Group, raw: Any, file: str, keys: Keys) -> Layer:
        fields = self.kind.fields
        if not raw:
            return {index: fields[index].nothing for index in group.leaves if not fields[index].undocumented}
        found: dict[int, set[Any]] = {}
        single: Layer = {}
        for position, entry in enumerate(raw):
            if entry is None:
                continue
            for index, value in self.union_entry(group, entry, file, (*keys, position)).items():
                if fields[index].undocumented:
                    single[index] = value  # not known to be a set: the last one counts
                elif value is not UNMANAGED:
                    found.setdefault(index, set()).update(value)
        # A list replaces a list: what a farther layer had in it is gone, also where this one says nothing.
        union = {i: tuple(sorted(values)) for i, values in found.items()}
        return dict.fromkeys(group.leaves, UNMANAGED) | union | single

    def union_entry(self, group: Group, entry: Any, file: str, keys: Keys) -> Layer:
        if isinstance(entry, str):
            return self.named_layer(str(group.ref), entry, Place(file, keys))
        out = self.empty()
        self.mapping(group, entry, file, keys, out)
        return out

    def empty(self) -> Layer:
        """A layer that says nothing; `config.trace` has another kind of them."""
        return {}

    # --- names -----------------------------------------------------------------------------------------------------

    def named_layer(self, section: str, name: str, asked: Place) -> Layer:
        """The layer of a named schedule, widget or blacklist; worked out once."""
        if (section, name) in self.layers:
            self.using |= self.behind[section, name]
            return self.layers[section, name]
        entry = self.sections.named[section].get(name)
        if entry is None:
            self.unknown(section, name, asked)
            return {}
        if name in self.chain and section == "widgets":
            circle = " -> ".join([*self.chain[self.chain.index(name) :], name])
            self.fault(asked, f"widgets extend each other in a circle: {circle}")
            return {}
        if section == "widgets":
            self.chain.append(name)
        before, self.using = self.using, {f"{section[:-1]}/{name}"}
        group = self.kind.referred[section]
        if group.union:
            layer = self.union_entry(group, entry.raw, entry.place.file, entry.place.keys)
        else:
            layer = self.group_layer(group, entry.raw, entry.place.file, entry.place.keys)
        if section == "widgets":
            self.chain.pop()
        self.layers[section, name] = layer
        self.behind[section, name] = frozenset(self.using)
        self.using |= before
        return layer

    def unknown(self, section: str, name: str, asked: Place) -> None:
        known = self.sections.names[section]
        if name in known:
            return  # it is declared, and what is wrong with it has been said
        what = section[:-1]
        hint = did_you_mean(name, known) or (
            f"; known are {', '.join(sorted(known)[:10])}" if known else f"; the project declares no {section}"
        )
        # Among credentials it may be one of them; what is nearly a name is not.
        credentials = asked.keys[:1] == ("clients",) and "did you mean" not in hint
        self.fault(asked, f"no {what} is named ", got=("this" if credentials else quoted(name)) + hint)

    def objects(self, raw: Sequence[Any], file: str, keys: Keys) -> tuple[Any, ...]:
        """An ordered list of managers, by name or inline."""
        made = []
        for position, entry in enumerate(raw):
            at = (*keys, position)
            if isinstance(entry, str):
                one = self.manager(entry, Place(file, at))
            else:
                one = None if entry is None else self.object(entry, file, at)
            if one is not None:
                made.append(one)
        return tuple(made)

    def manager(self, name: str, asked: Place) -> tuple[Any, ...] | None:
        self.using.add(f"manager/{name}")
        if name not in self.managers:
            entry = self.sections.named["managers"].get(name)
            if entry is None:
                self.unknown("managers", name, asked)
                return None
            self.managers[name] = self.object(entry.raw, entry.place.file, entry.place.keys)
        return self.managers[name]

    def object(self, raw: Mapping[str, Any], file: str, keys: Keys) -> tuple[Any, ...] | None:
        made = []
        for name, item in self.manager_fields:
            value = raw.get(name)
            try:
                made.append(item.nothing if value is None else item.strict(value))
            except ValueError as error:
                self.misread(Place(file, (*keys, name)), error)
                return None
        return tuple(made)
