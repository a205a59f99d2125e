"""Coverage-led fuzzing of one target: `python atheris_run.py TARGET SECONDS FOLDER`.

A crash leaves its input in FOLDER/crashes; mended, it becomes a case in `regressions/TARGET/`. Only this program's own
modules are instrumented: all that it imports would take longer than it tells.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

with atheris.instrument_imports(include=["reconcile"], enable_loader_override=False):
    from fuzz_targets import PLAN, TARGETS

#: Where it begins: what is right, from which it finds its way to what is almost right.
SEEDS = {
    "project": [path.read_bytes() for path in sorted((HERE.parent / "config" / "cases").rglob("*.yaml"))],
    "answer": [
        b'\0[{"id": 1, "site": {"url": "acme.ru"}, "managers": [{"phone": "+74951234567"}], "widget": {"period": 2}}]',
        b'\0{"token": "t", "expire": 14400}',
        b'\0{"data": {"0": {"id": "7", "email": "a@acme.ru", "balance": "1 000,50"}}, "total": 1}',
        b'\0{"success_calls": [{"id": 5, "date": "01-02-2026", "time": "10:00", "phone": "84951234567"}]}',
        b'\x0bWed, 21 Oct 2015 07:28:00 GMT\n\n{"error": {"code": "AUTH", "http_code": 401, "message": "sign=abc"}}',
        b"\x06http://host/path?sign=1\n\n",
        b'\0{"time": "2026-01-01 10:00:00", "timezone": "Europe/Moscow"}',
    ],
    "table": [
        'host;phone\nокна.рф;84951234567\n"a\n.ru";""""\n'.encode("cp1251"),
        "sep=|\r\nhost|phone\r\na.ru|\r\n".encode("utf-16"),
        b'[{"host": "a.ru", "phone": 84951234567}, {"host": null}]',
        b"- {host: a.ru}\n- {host: b.ru, phone: '1'}\n",
    ],
    "plan": [
        b'{"id": null, "action": "create", "owner": 7}',
        b'{"sizes": {"studio": 1}}',
        json.dumps(PLAN, ensure_ascii=False).encode(),
    ],
}
OPTIONS = ("-timeout=10", "-rss_limit_mb=2048", "-max_len=4096", "-print_final_stats=1", "-verbosity=0")


def main() -> None:
    """Fuzzes one target; what it finds and what it learnt is kept in `folder`."""
    target, seconds, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    corpus, crashes = folder / "corpus" / target, folder / "crashes"
    corpus.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(exist_ok=True)
    for number, seed in enumerate(SEEDS[target]):
        (corpus / f"seed-{number}").write_bytes(seed)
    where = (str(corpus), f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/{target}-")
    atheris.Setup([sys.argv[0], *where, *OPTIONS], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
