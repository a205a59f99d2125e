"""What nobody can do without: read the same files with PyYAML's C loader and csv, fetch and decode the same list."""

import csv
import sys
from pathlib import Path

import orjson
import requests
import yaml

from reconcile.providers.http.query import http_build_query
from reconcile.providers.pozvonim.signing import ksort, sign, token_sign

if __name__ == "__main__":
    folder, url = Path(sys.argv[1]), sys.argv[2]
    documents = [yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in sorted(folder.rglob("*.yaml"))]
    tables = [list(csv.reader(path.open(encoding="utf-8", newline=""))) for path in sorted(folder.rglob("*.csv"))]
    uid = {"uid": "bench"}
    asked = uid | {"sign": token_sign("bench-key", "bench")}
    token = requests.get(f"{url}/auth/token?{http_build_query(asked)}", timeout=60).json()["token"]
    query = http_build_query(ksort(uid | {"sign": sign(token, uid)}))
    sites = orjson.loads(requests.get(f"{url}/sites?{query}", timeout=300).content)
    print(len(documents), sum(map(len, tables)), len(sites))
