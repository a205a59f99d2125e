"""Configuration as data: each folder of `cases/` is a project, and what is to come of it.

`expected.txt` holds the errors, word for word; `expected.json` the managed fields of every site, as people write them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconcile.config.accounts import Services
from reconcile.config.project import load_state
from reconcile.errors import ConfigError
from reconcile.model.fields import UNMANAGED, site_kind
from reconcile.providers import registry

CASES = Path(__file__).parent / "cases"
WRONG = sorted(path.parent.name for path in CASES.glob("*/expected.txt"))
GOOD = sorted(path.parent.name for path in CASES.glob("*/expected.json"))

#: What `${env.NAME}` sees in every case.
ENVIRONMENT = {
    "WORD": "word",
    "REPORT_EMAIL": "reports@studio.ru",
    "LEADING_ZEROS": "00123",
    "FLAG": "False",
    "NUMBER": "3600",
    "RATE": "2.5",
    "PHONE": "+7 495 123-45-67",
    "FIVE": "5",
    "EMPTY": "",
    "NIGHT": "23:41-7",
    "NEGATIVE": "-5",
}


def test_every_case_says_what_it_expects_once():
    assert sorted(WRONG + GOOD) == sorted(path.name for path in CASES.iterdir())


@pytest.mark.parametrize("name", WRONG)
def test_errors_are_these_word_for_word(name):
    with pytest.raises(ConfigError) as error:
        load_state(CASES / name, ENVIRONMENT, Services(registry.service, registry.names))

    assert str(error.value) + "\n" == (CASES / name / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GOOD)
def test_sites_are_composed_of_these_fields(name):
    state = load_state(CASES / name, ENVIRONMENT, Services(registry.service, registry.names))

    managed = {
        str(site.address): {
            field.path: field.type.show(value)
            for field, value in zip(site_kind().fields, site.values, strict=True)
            if value is not UNMANAGED
        }
        for site in state.sites
    }
    assert managed == json.loads((CASES / name / "expected.json").read_text(encoding="utf-8"))
