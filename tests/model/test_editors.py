"""The schema for editors lets in what the program accepts, and no more text than that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import random_projects
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconcile.config.accounts import Services
from reconcile.config.expected import sample, schema_at, types_in
from reconcile.config.interpolate import Interpolator
from reconcile.config.load import Document, parse, project_files
from reconcile.config.project import load_state
from reconcile.config.validate import check
from reconcile.errors import ConfigError
from reconcile.model.editors import SCHEMA_FILE, editor_schema, modeline, schema_text
from reconcile.model.fields import resolve, schemas
from reconcile.providers import registry

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = editor_schema()
FAST = jsonschema_rs.validator_for(SCHEMA)
EXACT = Draft202012Validator(SCHEMA)

#: A name of every kind, for what stands under names, such as `sites:`.
NAMES = {"site_groups": "dealers", "overrides": "acme.ru", "sites": "acme.ru"}


def leaves() -> Iterator[tuple[str | int, ...]]:
    """Where a single value can stand in a file: a place of every schema, by its keys."""
    yield from _below(schemas()["project"], schemas()["project"], ())


def _below(schema: dict[str, Any], home: dict[str, Any], keys: tuple[str | int, ...]) -> Iterator[tuple[Any, ...]]:
    schema, home = resolve(schema, home)
    if "raw" not in keys and {"string", "integer", "number", "boolean"} & {*types_in(schema)}:
        yield keys
    for name, child in schema.get("properties", {}).items():
        yield from _below(child, home, (*keys, name))
    for name, child in schema.get("patternProperties", {}).items():
        yield from _below(child, home, (*keys, "weekdays" if "weekdays" in name else "monday-friday"))
    if isinstance(schema.get("items"), dict):
        yield from _below(schema["items"], home, (*keys, 0))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _below(schema["additionalProperties"], home, (*keys, NAMES.get(str(keys[-1]), "main")))


def with_value(keys: tuple[str | int, ...], value: Any) -> Any:
    """A file in which nothing stands but a value at its keys."""
    for key in reversed(keys):
        value = [value] if isinstance(key, int) else {key: value}
    return value


def program_takes(keys: tuple[str | int, ...], text: str, env: dict[str, str]) -> bool:
    """Whether the program has nothing to say of a text at its place, where it is replaced from the environment."""
    interpolator = Interpolator(Path(), env)
    document = interpolator.document(Document("a.yaml", with_value(keys, text), interpolated=True))
    _, faults = check(document)
    return not any(fault.place.keys == keys for fault in [*faults, *interpolator.faults])


def editor_takes(keys: tuple[str | int, ...], value: Any) -> bool:
    """Whether an editor has nothing to say of a value at its place."""
    return not any(tuple(error.instance_path) == keys for error in FAST.iter_errors(with_value(keys, value)))


LEAVES = list(leaves())
#: One place of each schema: a site's are the same below `defaults`, `sites` and in groups.
DISTINCT = list({id(schema_at(keys).get("description")): keys for keys in LEAVES}.values())


def test_every_place_of_a_single_value_is_looked_at():
    assert len(LEAVES) > 350
    assert {("sites", "acme.ru", "widget", "algorithms", "onexit", "time"), ("rollout", "waves", 0)} <= set(LEAVES)


def test_a_reference_is_right_for_editors_where_the_program_takes_what_it_gives():
    asked = [(keys, text) for keys in LEAVES for text in references_at(keys)]
    given = {keys: {"X": str(sample(schema_at(keys))).replace("False", "false")} for keys in LEAVES}

    assert [one for one in asked if program_takes(*one, given[one[0]]) != editor_takes(*one)] == []


def references_at(keys: tuple[str | int, ...]) -> list[str]:
    """The references that may stand at a place, if it takes any."""
    in_rows = keys[:1] == ("site_groups",) and keys[2:3] in (("address",), ("template",))
    return ["${env.X}", "${env.X:-1}", *(["${each.x}"] if in_rows else [])]


OTHERS = ("nonsense of nobody", "", "1", "$${", 1, -1, 10**6, 1.5, True, None, "9-18", "closed")


def test_what_has_no_reference_is_as_wrong_for_editors_as_for_the_program():
    asked = [(keys, value) for keys in DISTINCT for value in OTHERS]

    assert [one for one in asked if program_takes_value(*one) != editor_takes(*one)] == []


def program_takes_value(keys: tuple[str | int, ...], value: Any) -> bool:
    _, faults = check(Document("a.yaml", with_value(keys, value)))
    return not any(fault.place.keys == keys for fault in faults)


def written(root: Path) -> Iterator[tuple[str, Any]]:
    """The files of a project as an editor sees them: YAML, with its references."""
    for path in project_files(root):
        data, _ = parse(path.read_bytes(), path.name)
        if isinstance(data, dict):
            yield path.relative_to(root).as_posix(), data


VALID = [
    *(ROOT / "examples" / name for name in ("agency", "dealers", "studio")),
    *sorted(path.parent for path in (ROOT / "tests" / "config" / "cases").glob("*/expected.json")),
]


@pytest.mark.parametrize("root", VALID, ids=[path.name for path in VALID])
def test_what_is_valid_has_no_errors_in_an_editor(root):
    for file, data in written(root):
        assert [error.message for error in EXACT.iter_errors(data)] == [], file


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_random_project_that_is_valid_has_no_errors_in_an_editor(data, tmp_path_factory):
    addresses = data.draw(random_projects.ADDRESSES)
    project = {
        "accounts": {"studio": {"provider": "pozvonim", "uid": "${env.U}", "api_key": "k", "timeout": "${env.T}"}},
        "sites": data.draw(random_projects.sites(addresses)),
    }
    _refer(data, project["sites"])
    root = tmp_path_factory.getbasetemp() / "random"
    root.mkdir(exist_ok=True)
    (root / "a.yaml").write_text(yaml.safe_dump(project, allow_unicode=True), encoding="utf-8")
    values = {"U": "1", "T": "2.5", "FLAG": "true", "NUMBER": "7"}
    try:
        load_state(root, values, Services(registry.service, registry.names))
    except ConfigError:
        return  # two addresses that are one
    for _, read in written(root):
        assert FAST.is_valid(read), [error.message for error in EXACT.iter_errors(read)]


def _refer(data: st.DataObject, node: Any) -> None:
    """Puts references in the place of some numbers and flags."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if isinstance(value, dict | list):
            _refer(data, value)
        elif isinstance(value, bool | int) and data.draw(st.booleans()):
            node[key] = "${env.FLAG}" if isinstance(value, bool) else "${env.NUMBER:-3}"


def test_the_services_own_spellings_are_known_and_not_suggested():
    widget = SCHEMA["$defs"]["widget"]["properties"]

    assert FAST.is_valid({"widgets": {"a": {"schelude": "office", "algoritms": {"onexit": {"time": "${env.X}"}}}}})
    assert widget["schelude"]["doNotSuggest"]
    assert widget["schelude"]["description"] == "The service's own spelling of `schedule`."
    assert "doNotSuggest" not in widget["schedule"]


def test_the_schema_that_the_examples_name_is_the_one_that_is_made():
    kept = (ROOT / "schemas" / SCHEMA_FILE).read_text(encoding="utf-8")

    assert kept == schema_text(), f"renew it: python -m reconcile schema > schemas/{SCHEMA_FILE}"


EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.relative_to(ROOT / "examples").as_posix() for path in EXAMPLES])
def test_every_file_of_the_examples_names_a_schema_that_is_there(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]

    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.partition("=")[2]).resolve() in (
        ROOT / "schemas" / SCHEMA_FILE,
        *(folder / SCHEMA_FILE for folder in path.parents),
    )
    assert (path.parent / first.partition("=")[2]).is_file()


def test_it_is_one_document_without_annotations_that_only_the_program_reads():
    text = str(SCHEMA)

    assert "'x-" not in text
    assert re.findall(r"'\$ref': '(?!#/\$defs/)[^']*'", text) == []
    before = deepcopy(schemas())
    editor_schema("site")
    assert schemas() == before


@pytest.mark.parametrize(
    ("file", "path"),
    [("sites.yaml", ""), ("clients/acme.yaml", "../"), ("клиенты/Окна мастер/сайты.yaml", "../../")],
)
def test_a_files_first_line_names_the_schema_from_where_the_file_is(file, path):
    assert modeline(file) == f"# yaml-language-server: $schema={path}reconcile.schema.json\n"
