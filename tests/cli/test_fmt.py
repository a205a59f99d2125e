"""`fmt` as a command: which files it takes, what it says, and that it writes all of them or none."""

from __future__ import annotations

import stat

import pytest

UGLY = "sites:\n    acme.ru: {widget: standard, labels: {tier: gold}}  # Окна\nversion: 1\n"
TIDY = "version: 1\n\nsites:\n  acme.ru: {labels: {tier: gold}, widget: standard}  # Окна\n"


@pytest.fixture
def write(project):
    def written(**files):
        for name, text in files.items():
            path = project / f"{name}.yaml"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    return written


def test_files_are_formatted_and_then_stay(project, run, write):
    write(a=UGLY, b=TIDY, c=b"\xef\xbb\xbf" + UGLY.replace("\n", "\r\n").encode())
    (project / "a.yaml").chmod(0o640)
    (project / ".hidden").mkdir()
    (project / ".hidden" / "x.yaml").write_text(UGLY, encoding="utf-8")

    check = run("fmt", "--check")
    assert (check.returncode, check.stdout) == (
        2,
        "would format a.yaml\nwould format c.yaml\n2 files to format, 1 unchanged.\n",
    )
    assert (project / "a.yaml").read_text("utf-8") == UGLY

    done = run("fmt")
    assert done.stdout == "formatted a.yaml\nformatted c.yaml\n2 files formatted, 1 unchanged.\n"
    assert (project / "a.yaml").read_text("utf-8") == TIDY
    assert stat.S_IMODE((project / "a.yaml").stat().st_mode) == 0o640
    assert (project / "c.yaml").read_bytes() == TIDY.replace("\n", "\r\n").encode()
    assert (project / ".hidden" / "x.yaml").read_text("utf-8") == UGLY
    assert sorted(path.name for path in project.iterdir()) == [".hidden", "a.yaml", "b.yaml", "c.yaml"]

    again = run("fmt", "--check", "--diff")
    assert (again.returncode, again.stdout) == (0, "")


def test_a_file_or_folder_may_be_named(project, run, write):
    (project / "sites").mkdir()
    write(a=UGLY, **{"sites/b": UGLY, "sites/c": UGLY})

    assert run("fmt", "sites/b.yaml").stdout == "formatted sites/b.yaml\n1 file formatted, 0 unchanged.\n"
    assert run("fmt", "sites", "sites/c.yaml").stdout == "formatted sites/c.yaml\n1 file formatted, 1 unchanged.\n"
    assert (project / "a.yaml").read_text("utf-8") == UGLY


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.yaml", "no such file"),
        ("../outside.yaml", "is no file of the project in ."),
        ("link.yaml", "link.yaml: is a link, and links are not written through"),
        ("out.yaml", "is no file of the project in ."),
        ("notes.txt", "is no *.yaml file"),
    ],
)
def test_what_is_no_file_of_the_project_is_refused(project, run, write, path, message):
    outside = project.parent / "outside.yaml"
    outside.write_text(UGLY, encoding="utf-8")
    write(a=UGLY)
    (project / "notes.txt").write_text(UGLY, encoding="utf-8")
    (project / "link.yaml").symlink_to("a.yaml")
    (project / "out.yaml").symlink_to(outside)

    result = run("fmt", path)

    assert result.returncode == 1
    assert message in result.stderr
    assert outside.read_text("utf-8") == (project / "a.yaml").read_text("utf-8") == UGLY


def test_links_are_left_alone(project, run, write):
    outside = project.parent / "outside.yaml"
    outside.write_text(UGLY, encoding="utf-8")
    (project / "out.yaml").symlink_to(outside)
    write(a=TIDY)

    assert run("fmt").stdout == "0 files formatted, 1 unchanged.\n"
    assert outside.read_text("utf-8") == UGLY


def test_a_table_is_left_alone(project, run, write):
    rows = b"-   {phone: 8 800, host: a.ru}\n"
    write(dealers=rows, a=TIDY)

    assert run("fmt").stdout == "0 files formatted, 2 unchanged.\n"
    assert (project / "dealers.yaml").read_bytes() == rows


def test_where_one_file_is_broken_none_is_touched(project, run, write):
    write(a=UGLY, b="sites:\n  acme.ru: {\n", c="sites: {}\nsites: {}\n")

    result = run("fmt")

    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "b.yaml:3:1: not valid YAML: did not find expected node content, while parsing a flow node",
        'c.yaml:2:1: the key "sites" stands here again; it was first at c.yaml:1:1',
        "2 problems in the project; nothing was changed",
    ]
    assert (project / "a.yaml").read_text("utf-8") == UGLY


def test_what_has_no_layout_is_said_and_left(project, run, write):
    write(a="widgets: {}\nsites:\n  ? acme.ru\n  : {}\n")

    result = run("fmt", "--check")

    said = "a.yaml:3:5: left as it is: a key written with `?`, or not on one line with its colon\n"
    assert (result.returncode, result.stderr) == (1, f"error: {said}")
    assert result.stdout == "can't format a.yaml\n0 files to format, 0 unchanged, 1 left as it is.\n"
    done = run("fmt")
    assert (done.returncode, done.stderr) == (0, f"warning: {said}")


def test_a_diff_shows_no_secrets(run, write):
    secrets = "{api_key: hunter2, provider: pozvonim, uid: '${env.UID}'}"
    text = (
        "# api_key: hunter2\n"
        f"accounts: {{studio: {secrets}}}\n"
        "clients:\n"
        "  acme:\n"
        "    password: |\n"
        "      hunter2\n"
        "    email: &mail hunter2\n"
        "  globex: {password: *mail, email: o@globex.ru}\n"
        "  initech: {password: '${env.PASSWORD}', email: o@initech.ru}\n"
    )
    write(a=text)

    shown = run("fmt", "--diff")

    assert shown.returncode == 0
    assert "hunter2" not in shown.stdout
    assert "-accounts: {studio: {api_key: (sensitive), provider: pozvonim, uid: '${env.UID}'}}" in shown.stdout
    assert '+  initech: {email: o@initech.ru, password: "${env.PASSWORD}"}' in shown.stdout


def test_what_the_program_writes_itself_is_formatted(project, run):
    assert run("init").returncode == 0

    assert run("fmt", "--check").returncode == 0
