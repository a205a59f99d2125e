"""`move` changes the characters that say an address or a name, and no other: each case is what a file becomes."""

from __future__ import annotations

import pytest

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.editing.files import put_back, write
from reconcile.editing.move import moved
from reconcile.editing.rename import renamed, shared
from reconcile.errors import ReconcileError
from reconcile.providers import registry

ACCOUNTS = """accounts:
  studio: {provider: pozvonim, uid: '100', api_key: secret}
  other: {provider: pozvonim, uid: '200', api_key: secret}
managers: {anna: {phone: +7 495 123-45-67}}
defaults: {account: studio, managers: [anna]}
"""

#: Before, OLD, NEW, after.
MOVES = {
    "a block": (
        "sites:\n  acme.ru:   # Окна\n    # first\n    labels: {tier: gold} # gold\n\n    report_period:   60\n",
        "Acme.RU",
        "new.ru",
        (
            "sites:\n  new.ru:   # Окна\n    # first\n    labels: {tier: gold} # gold\n"
            "    previous_address: acme.ru\n\n"
            "    report_period:   60\n"
        ),
    ),
    "no entry stands before it": (
        "sites:\n    acme.ru:\n        # the period\n        report_period: 60\n",
        "acme.ru",
        "new.ru",
        "sites:\n    new.ru:\n        previous_address: acme.ru\n        # the period\n        report_period: 60\n",
    ),
    "keys after `?`": (
        "sites:\n  acme.ru:\n    ? id\n    : 7\n",
        "acme.ru",
        "new.ru",
        "sites:\n  new.ru:\n    ? id\n    : 7\n    previous_address: acme.ru\n",
    ),
    "none after it, and the file does not end": (
        "sites:\n  acme.ru:\n    labels:\n      tier: gold # x",
        "acme.ru",
        "new.ru",
        "sites:\n  new.ru:\n    labels:\n      tier: gold # x\n    previous_address: acme.ru",
    ),
    "Windows and a BOM": (
        "\ufeffsites:\r\n  acme.ru:\r\n    report_period: 60\r\n",
        "acme.ru",
        "new.ru",
        "\ufeffsites:\r\n  new.ru:\r\n    previous_address: acme.ru\r\n    report_period: 60\r\n",
    ),
    "nothing is said of the site": (
        "sites:\n  acme.ru: # empty\n  b.ru: ~\n",
        "acme.ru",
        "new.ru",
        "sites:\n  new.ru: {previous_address: acme.ru} # empty\n  b.ru: ~\n",
    ),
    "null": ("sites: {acme.ru: ~ }\n", "acme.ru", "new.ru", "sites: {new.ru: {previous_address: acme.ru} }\n"),
    "nothing in braces": (
        "sites: {b.ru, acme.ru}\n",
        "acme.ru",
        "new.ru",
        "sites: {b.ru, new.ru: {previous_address: acme.ru}}\n",
    ),
    "braces": (
        "sites: { 'acme.ru': { labels: {}, report_period: 60,\n  # odd\n  } }\n",
        "acme.ru",
        "new.ru:8080/it's",
        "sites: { 'new.ru:8080/it''s': { labels: {}, previous_address: acme.ru, report_period: 60,\n  # odd\n  } }\n",
    ),
    "last in braces": (
        'sites: {"acme.ru": {labels: {}}}\n',
        "acme.ru",
        "new.ru",
        'sites: {"new.ru": {labels: {}, previous_address: acme.ru}}\n',
    ),
    "a path with a colon": (
        "sites: {acme.ru/a: {id: 7}}\n",
        "https://acme.ru/a/",
        "acme.ru:8080/b",
        "sites: {acme.ru:8080/b: {id: 7, previous_address: acme.ru/a}}\n",
    ),
    "an alias": (
        "sites:\n  b.ru: &b {report_period: 60}\n  acme.ru: *b\n",
        "acme.ru",
        "new.ru",
        "sites:\n  b.ru: &b {report_period: 60}\n  new.ru: {<<: *b, previous_address: acme.ru}\n",
    ),
    "Cyrillic by punycode": (
        "sites:\n  Окна.рф: {}\n",
        "xn--80atjc.xn--p1ai",
        "xn--e1afmkfd.xn--p1ai",
        "sites:\n  пример.рф: {previous_address: окна.рф}\n",
    ),
    "a url of its own": (
        "sites:\n  acme.ru: {url: 'https://Acme.ru/'} # both\n",
        "studio/site/acme.ru",
        "studio/site/окна.рф",
        "sites:\n  окна.рф: {previous_address: acme.ru, url: 'https://окна.рф/'} # both\n",
    ),
    "a url that is another": (
        "sites:\n  acme.ru: {url: 'https://shop.acme.ru/'}\n",
        "acme.ru",
        "new.ru",
        "sites:\n  new.ru: {url: 'https://shop.acme.ru/'}\n",
    ),
    "moved before": (
        "sites:\n  acme.ru: {previous_address: first.ru}\n",
        "acme.ru",
        "new.ru",
        "sites:\n  new.ru: {previous_address: first.ru}\n",
    ),
    "moved back": (
        "sites:\n  acme.ru:\n    id: 7\n    previous_address: first.ru # was\n    report_period: 60\n",
        "acme.ru",
        "first.ru",
        "sites:\n  first.ru:\n    id: 7\n    report_period: 60\n",
    ),
    "moved back in braces": (
        "sites:\n  acme.ru: {previous_address: first.ru, report_period: 60}\n",
        "acme.ru",
        "first.ru",
        "sites:\n  first.ru: {report_period: 60}\n",
    ),
    "moved back, and nothing is left": (
        "sites:\n  acme.ru:\n    previous_address: first.ru\n",
        "acme.ru",
        "first.ru",
        "sites:\n  first.ru:\n",
    ),
    "one of two accounts": (
        "sites:\n  acme.ru: {}\n  https://acme.ru: {account: other}\n",
        "other/site/acme.ru",
        "new.ru",
        "sites:\n  acme.ru: {}\n  new.ru: {account: other, previous_address: acme.ru}\n",
    ),
    "protected": (
        "safety:\n  protect: [b.ru, 'acme.ru', studio/site/acme.ru]  # never\nsites: {acme.ru: {id: 7}}\n",
        "acme.ru",
        "new.ru",
        (
            "safety:\n  protect: [b.ru, 'new.ru', studio/site/new.ru]  # never\n"
            "sites: {new.ru: {id: 7, previous_address: acme.ru}}\n"
        ),
    ),
    "a wave": (
        "rollout: {waves: ['acme.ru', studio/site/acme.ru, tier=pilot, 100%]}\nsites: {acme.ru: {id: 7}}\n",
        "acme.ru",
        "new.ru",
        (
            "rollout: {waves: ['new.ru', studio/site/new.ru, tier=pilot, 100%]}\n"
            "sites: {new.ru: {id: 7, previous_address: acme.ru}}\n"
        ),
    ),
    "a widget": (
        (
            "widgets:\n  standard: {}   # s\n  standard-2: {extends: standard}\n"
            "sites:\n  a.ru: {widget: 'standard'}\n  b.ru:\n    widget:\n      extends: standard # s\n"
            "  c.ru: {labels: {x: standard}, raw: {widget: standard}}\n"
        ),
        "widget/standard",
        "base",
        (
            "widgets:\n  base: {}   # s\n  standard-2: {extends: base}\n"
            "sites:\n  a.ru: {widget: 'base'}\n  b.ru:\n    widget:\n      extends: base # s\n"
            "  c.ru: {labels: {x: standard}, raw: {widget: standard}}\n"
        ),
    ),
    "a schedule": (
        "schedules: {office: {daily: 9-18}}\nwidgets: {w: {schedule: office}, v: {schelude: office}}\n",
        "schedule/office",
        "schedule/9-18",
        "schedules: {9-18: {daily: 9-18}}\nwidgets: {w: {schedule: 9-18}, v: {schelude: 9-18}}\n",
    ),
    "a blacklist whose name is no number": (
        (
            "blacklists: {spam: {ip: []}}\nsites:\n  a.ru:\n    blacklists: &l\n    - spam\n    - {url: [spam]}\n"
            "  b.ru: {blacklists: *l}\n"
        ),
        "blacklist/spam",
        "12",
        (
            'blacklists: {"12": {ip: []}}\nsites:\n  a.ru:\n    blacklists: &l\n    - "12"\n    - {url: [spam]}\n'
            "  b.ru: {blacklists: *l}\n"
        ),
    ),
    "a client": (
        "clients: {acme: {account: studio, email: o@acme.ru, password: acme}}\nsites: {a.ru: {client: acme}}\n",
        "studio/client/acme",
        "ООО «Акме»",
        (
            "clients: {ООО «Акме»: {account: studio, email: o@acme.ru, password: acme}}\n"
            "sites: {a.ru: {client: ООО «Акме»}}\n"
        ),
    ),
}


@pytest.fixture
def project(tmp_path):
    def written(text):
        (tmp_path / "accounts.yaml").write_text(ACCOUNTS, encoding="utf-8")
        (tmp_path / "sites.yaml").write_bytes(text.encode())
        return tmp_path

    return written


def load(root):
    return load_state(root, {}, Services(registry.service, registry.names))


def move(root, old, new):
    name = shared(old)
    return moved(root, load(root), old, new) if name is None else renamed(root, name, new)


@pytest.mark.parametrize("name", MOVES)
def test_only_what_says_it_changes(project, name):
    before, old, new, after = MOVES[name]
    root = project(before)
    was = load(root)

    result = move(root, old, new)
    write(result.changes)

    assert (root / "sites.yaml").read_bytes().decode() == after
    state = load(root)
    assert len(state.sites) == len(was.sites)
    if shared(old) is not None:
        assert [site.values for site in state.sites] == [site.values for site in was.sites]
    put_back(result.changes)
    assert (root / "sites.yaml").read_bytes().decode() == before


def test_a_shared_object_is_renamed_in_every_file(project):
    root = project("sites: {a.ru: {managers: [anna, {phone: '+7 495 123-45-67'}]}}\n")

    write(move(root, "manager/anna", "Анна").changes)

    assert "managers: {Анна: {phone" in (root / "accounts.yaml").read_text("utf-8")
    assert "managers: [Анна]}\n" in (root / "accounts.yaml").read_text("utf-8")
    assert "[Анна, {phone" in (root / "sites.yaml").read_text("utf-8")


GROUP = "site_groups:\n  dealers: # ours\n    from: {}\n    address: ${{each.host}}\n    template: {{}}\n"


@pytest.mark.parametrize(
    ("table", "rows", "more", "left"),
    [
        ("t.csv", "host;name\r\nокна.рф;А\r\nb.ru;Б\r\n".encode("cp1251"), "", "    overrides: {new.ru: {P}}\n"),
        ("t.csv", '\ufeffhost,name\n"окна.рф",окна.рф и другие'.encode(), "", "    overrides: {new.ru: {P}}\n"),
        ("t.txt", "\ufeffhost\tname\r\nокна.рф\tА\r\n".encode("utf-16-le"), "", "    overrides: {new.ru: {P}}\n"),
        ("t.txt", "\ufeffhost\tname\r\nокна.рф\tА\r\n".encode("utf-16-be"), "", "    overrides: {new.ru: {P}}\n"),
        ("t.yaml", "# t\n- {host: 'окна.рф'} # a\n- host: b.ru\n".encode(), "", "    overrides: {new.ru: {P}}\n"),
        (
            "t.json",
            '\ufeff[\n\t{"id": "{", "n": 1, "host" : "окна.рф", "name": "окна.рф"}, {"host": "b.ru"}\n]\n'.encode(),
            "",
            "    overrides: {new.ru: {P}}\n",
        ),
        (
            "t.csv",
            "host\nокна.рф\n".encode(),
            "    overrides:\n      # b\n      Окна.рф: {id: 7}\n",
            "    overrides:\n      # b\n      new.ru: {id: 7, P}\n",
        ),
        (
            "t.csv",
            "host\nокна.рф\nb.ru\n".encode(),
            "    overrides:\n      b.ru: {id: 7}\n",
            "    overrides:\n      b.ru: {id: 7}\n      new.ru: {P}\n",
        ),
    ],
)
def test_a_row_of_a_table_is_moved_in_its_cell(project, table, rows, more, left):
    root = project(GROUP.format(table) + more)
    (root / table).write_bytes(rows)
    marks = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
    encoding = "cp1251" if b"\xf0\xf4" in rows else marks.get(rows[:2], "utf-8")

    result = move(root, "окна.рф", "new.ru")
    write(result.changes)

    assert (root / table).read_bytes() == rows.decode(encoding).replace("окна.рф", "new.ru", 1).encode(encoding)
    expected = GROUP.format(table) + left.replace("P", "previous_address: окна.рф")
    assert (root / "sites.yaml").read_text("utf-8") == expected
    assert [site.previous for site in load(root).sites if site.address.name == "new.ru"] == ["xn--80atjc.xn--p1ai"]
    put_back(result.changes)
    assert (root / table).read_bytes() == rows


def test_a_row_of_json_stays_as_it_is_written(project):
    root = project(GROUP.format("t.json"))
    rows = r'[{"host": "\u043e\u043a\u043d\u0430.\u0440\u0444", "name": "\u043e\"\\"}]'
    (root / "t.json").write_text(rows, encoding="utf-8")

    write(move(root, "окна.рф", "окно.рф").changes)

    changed = r'[{"host": "\u043e\u043a\u043d\u043e.\u0440\u0444", "name": "\u043e\"\\"}]'
    assert (root / "t.json").read_text("utf-8") == changed
    assert [site.address.human for site in load(root).sites] == ["окно.рф"]


def test_a_row_that_the_project_lists_is_moved_there(project):
    root = project("site_groups: {g: {from: [{host: a.ru}, {host: b.ru}], address: '${each.host}'}}\n")

    write(move(root, "b.ru", "c.ru").changes)

    assert (root / "sites.yaml").read_text("utf-8") == (
        "site_groups: {g: {from: [{host: a.ru}, {host: c.ru}], address: '${each.host}', "
        "overrides: {c.ru: {previous_address: b.ru}}}}\n"
    )


def test_a_row_whose_address_is_made_of_more_is_for_a_person(project):
    root = project("site_groups: {g: {from: [{host: a}], address: '${each.host}.example.ru'}}\n")

    with pytest.raises(ReconcileError, match=r"write `b.ru: {previous_address: a.example.ru}` under the group's"):
        move(root, "a.example.ru", "b.ru")


@pytest.mark.parametrize(
    ("text", "old", "new", "note"),
    [
        ("sites: {acme.ru: {previous_address: f.ru}}\n", "acme.ru", "b.ru", "write acme.ru there"),
        ("sites: {acme.ru: {url: shop.acme.ru}}\n", "acme.ru", "b.ru", "`url:` says shop.acme.ru"),
        ("safety: {protect: ['*.ru', 'ac*']}\nsites: {acme.ru: }\n", "acme.ru", "b.ru", '"ac*", which protects the'),
        (
            "rollout: {waves: [b.ru or acme.ru, '*.ru', 100%]}\nsites: {acme.ru: , b.ru: }\n",
            "acme.ru",
            "new.ru",
            'sites.yaml:1: the selection "b.ru or acme.ru" means the site\'s former address',
        ),
        ("rollout: {waves: [ac*, 100%]}\nsites: {acme.ru: }\n", "acme.ru", "b.ru", 'sites.yaml:1: the selection "ac*"'),
        ("rollout: {waves: ['tier=a or Acme.ru', 100%]}\nsites: {acme.ru: }\n", "acme.ru", "b.ru", "tier=a or Acme.ru"),
        ("widgets: {w: {}}\nsites: {a.ru: {labels: {x: 'widget=w and not x'}}}\n", "widget/w", "v", "sites.yaml:2: a"),
    ],
)
def test_what_a_person_has_to_look_at_is_said(project, text, old, new, note):
    (said,) = move(project(text), old, new).notes

    assert note in said


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("acm.ru", "new.ru", 'no file declares the site "acm.ru"; did you mean "acme.ru"?'),
        ("not an address", "new.ru", "OLD: expected a site's address"),
        ("acme.ru", "not an address", "NEW: expected a site's address"),
        ("acme.ru", "https://ACME.ru/", "is the address that the site has"),
        ("acme.ru", "b.ru", '"b.ru" is declared already, in sites.yaml'),
        ("acme.ru", "shop.b.ru", '"shop.b.ru" is declared already, in sites.yaml'),
        ("acme.ru", "other/site/new.ru", "can't move to account other"),
        ("shop.b.ru", "new.ru", "is what `url:` of b.ru says"),
        ("two.ru", "new.ru", "say which one is meant: studio/site/two.ru, other/site/two.ru"),
        ("merged.ru", "new.ru", "is brought in by an alias"),
        ("env.ru", "new.ru", "the `url:` of env.ru is made elsewhere"),
        ("shared.ru", "new.ru", "what shared.ru says is said of others, too, by the alias *s"),
        ("widget/standart", "base", 'no file declares a widget "standart"; did you mean "standard"?'),
        ("widget/standard", "compact", 'there is a widget "compact" already'),
        ("widget/standard", "widget/standard", "has this name"),
        ("widget/standard", "schedule/x", "a widget can't become a schedule"),
        ("widget/standard", "${env.X}", "expected a name such as widget/office"),
    ],
)
def test_what_makes_no_sense_is_refused(project, old, new, message):
    text = (
        "widgets: {standard: {}, compact: {}}\nsites:\n  acme.ru:\n  b.ru: {url: shop.b.ru}\n  two.ru:\n"
        "  https://two.ru: {account: other}\n  env.ru: {<<: {url: https://env.ru}}\n"
        "  <<: {merged.ru: {report_period: 60}}\n  shared.ru: &s {report_period: 60}\n  other.ru: {<<: *s}\n"
    )
    with pytest.raises(ReconcileError) as error:
        move(project(text), old, new)

    assert message in str(error.value)
