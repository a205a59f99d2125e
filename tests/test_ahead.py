"""Commands that change nothing begin to read while the project is still composed."""

from __future__ import annotations

import pytest
from answering import Fault, answering

SITE = {
    "id": 1,
    "site": {"url": "acme.ru"},
    "managers": [{"phone": "+74951234567"}],
    "widget": {"call_time": 28},
    "blacklists": {},
}
PROJECT = """accounts: {{studio: {{provider: pozvonim, uid: u, api_key: the-key, base_url: '{url}'}}}}
site_groups:
  dealers:
    from: dealers.csv
    address: ${{each.host}}
    template: {{widget: {{call_time: {time}}}, managers: [{{phone: "${{each.phone}}"}}]}}
"""


@pytest.fixture
def service():
    with answering() as running:
        running.answers["GET /sites"] = [SITE]
        yield running


@pytest.fixture
def declare(tmp_path, service):
    def write(rows="acme.ru;+7 495 123-45-67\n", time=28):
        (tmp_path / "reconcile.yaml").write_text(PROJECT.format(url=service.url, time=time), encoding="utf-8")
        (tmp_path / "dealers.csv").write_text(f"host;phone\n{rows}", encoding="utf-8")

    return write


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_every_list_is_asked_for_once(reconcile, declare, service, command):
    declare()
    done = reconcile(command)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "No changes. 1 resource as declared.\n"
    assert [str(asked) for asked in service.asked] == ["GET /auth/token", "GET /sites"]


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_list_that_can_not_be_read_is_one_error_of_the_account(reconcile, declare, service, command):
    declare()
    service.answers["GET /sites"] = Fault(403, b'{"error": {"code": "GEN-RIGHT", "message": "no right"}}')
    done = reconcile(command)

    assert done.returncode == 1
    said = "the account can't be read, so nothing is planned: GET /sites: no right (GEN-RIGHT, HTTP 403)"
    assert done.stdout.startswith(f"error: studio: {said}")
    assert done.stdout.count("no right (") == 1


@pytest.mark.parametrize("answer", [[SITE], Fault(500), Fault(how="hang")], ids=["list", "failure", "silence"])
def test_a_row_that_is_wrong_is_all_that_is_said_whatever_the_service_does(reconcile, declare, service, answer):
    declare("acme.ru;+7 495 123-45-67\nb.ru;nonsense\n")
    service.answers["GET /sites"] = answer
    done = reconcile("plan", timeout=15)  # the service that hangs does so for longer

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        'dealers.csv:3:2: phone: expected a phone number such as +7 495 123-45-67, got "nonsense"\n'
        "1 problem in the project; nothing was changed\n"
    )


@pytest.mark.parametrize(("broken", "with_"), [("template:", "tempate:"), ("pozvonim,", "pozvonin,")])
def test_what_is_wrong_before_that_is_said_without_asking_for_anything(
    reconcile, declare, service, tmp_path, broken, with_
):
    declare()
    file = tmp_path / "reconcile.yaml"
    file.write_text(file.read_text("utf-8").replace(broken, with_), encoding="utf-8")

    assert reconcile("plan").returncode == 1
    assert service.asked == []


def test_what_applies_asks_for_nothing_before_it_holds_the_account(reconcile, declare, service):
    declare("acme.ru;+7 495 123-45-67\nb.ru;nonsense\n", time=35)

    assert reconcile("apply", "--yes").returncode == 1
    assert service.asked == []
