"""Projects and live accounts to measure with."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

ACCOUNT = """\
version: 1
accounts:
  studio: {{provider: pozvonim, uid: "bench", api_key: "bench-key", base_url: "{url}"}}  # pragma: allowlist secret
"""

FULL_SITE = """\
sites:
  {address}:
    url: https://{address}/
    manager_rule: 0
    manager_region_enable: false
    report_email: reports@{address}
    report_period: 86400
    report_analytic: true
    auto_payment: false
    phone_for_client: 0
    phone_for_manager: 0
    notification_email: notify@{address}
    notification_phone: "{phone}"
    notification_type: 2
    notification_notify: [missed, answered]
    managers:
      - {{phone: "{phone}", name: Анна, region: Москва}}
      - {{phone: "+74951234567", name: Пётр, region: Тверь}}
    widget:
      mobile_enable: true
      period: 1
      schedule_night: false
      api_enable: false
      api_callback: onCallback
      timezone: Europe/Moscow
      timezone_auto: true
      tracking_google_enable: false
      tracking_yandex_enable: true
      tracking_yandex_target: pozvonimcall
      tracking_google_target: pozvonimcall
      schedule:
        monday: {{from: 9, to: 18, enable: true}}
        tuesday: {{from: 9, to: 18, enable: true}}
        wednesday: {{from: 9, to: 18, enable: true}}
        thursday: {{from: 9, to: 18, enable: true}}
        friday: {{from: 9, to: "17:30", enable: true}}
        saturday: {{from: 10, to: 15, enable: true}}
        sunday: {{from: 9, to: 18, enable: false}}
      schedule_call_delay: 2
      algorithms:
        onenter: {{time: 30, enable: false}}
        onexit: {{time: 30, enable: true}}
        onwait: {{time: 60, enable: false}}
        onreturn: {{enable: false}}
      button: 1
      button_display: 1
      button_position: 1
      button_position_x: 0
      button_position_y: 0
      window_position: 2
      call_time: 28
      phone_prefix: "+7"
    blacklists:
      - {{ip: [203.0.113.7, 198.51.100.0/24], phone: ["+74950000000"], url: [/admin], referer: []}}
"""

SHARED = """\
schedules:
  office: {monday-friday: 9-18, saturday: 10-15, sunday: closed}
widgets:
  standard:
    timezone: Europe/Moscow
    schedule: office
    call_time: 28
    algorithms: {onexit: {enable: true, time: 30}}
managers:
  anna: {phone: "+74951234567", name: Анна}
defaults: {report_email: reports@studio.ru}
"""


def address(number: int) -> str:
    """The address of the site with this number."""
    return f"site-{number:05}.example.ru"


def phone(number: int) -> str:
    """A phone of its own for every site."""
    return f"+7495{2_000_000 + number:07}"


def full_files(folder: Path, sites: int, url: str) -> None:
    """`sites` sites, each declared with every field in a file of its own."""
    (folder / "sites").mkdir(parents=True)
    (folder / "reconcile.yaml").write_text(ACCOUNT.format(url=url), encoding="utf-8")
    for number in range(sites):
        text = FULL_SITE.format(address=address(number), phone=phone(number))
        (folder / "sites" / f"{number:05}.yaml").write_text(text, encoding="utf-8")


def shared_widget(folder: Path, sites: int, url: str) -> None:
    """`sites` sites in one file, which share one widget by name."""
    folder.mkdir(parents=True)
    (folder / "reconcile.yaml").write_text(ACCOUNT.format(url=url) + SHARED, encoding="utf-8")
    lines = [f"  {address(n)}: {{widget: standard, managers: [anna]}}" for n in range(sites)]
    (folder / "sites.yaml").write_text("sites:\n" + "\n".join(lines) + "\n", encoding="utf-8")


GROUP = """\
site_groups:
  dealers:
    from: dealers.csv
    address: ${each.host}
    template:
      widget: standard
      managers: [{phone: "${each.phone}", name: "${each.name}"}]
      labels: {city: "${each.city}"}
"""


def group(folder: Path, sites: int, url: str) -> None:
    """`sites` sites from a CSV table, which share one widget, each with a manager of its own."""
    folder.mkdir(parents=True)
    (folder / "reconcile.yaml").write_text(ACCOUNT.format(url=url) + SHARED + GROUP, encoding="utf-8")
    rows = [f"{address(n)};{phone(n)};Дилер;Город {n % 80}" for n in range(sites)]
    (folder / "dealers.csv").write_text("\n".join(["host;phone;name;city", *rows, ""]), encoding="utf-8")


def copy_rows(database: Path, sites: int) -> None:
    """Makes the one live site of an emulator's database into `sites`, each with its own address and phone."""
    with sqlite3.connect(database) as connection:
        columns = [row[1] for row in connection.execute("pragma table_info(sites)")]
        row: dict[str, Any] = dict(zip(columns, connection.execute("select * from sites").fetchone(), strict=True))
        body = json.dumps(json.loads(row["body"]), ensure_ascii=False)
        rows = []
        for number in range(1, sites):
            made = body.replace(address(0), address(number)).replace(phone(0), phone(number))
            copy = row | {
                "id": row["id"] + number,
                "url": row["url"].replace(address(0), address(number)),
                "body": made,
            }
            rows.append([copy[column] for column in columns])
        marks = ",".join("?" * len(columns))
        connection.executemany(f"insert into sites ({','.join(columns)}) values ({marks})", rows)  # noqa: S608 - our own names
    connection.close()
