"""Looks for secrets in the files of the repository; exit 1, and where, if there are any.

Tests hold passwords and digests that are made up, so that there only the forms of real credentials count.
"""

from __future__ import annotations

import subprocess
import sys

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

#: What finds made-up secrets as well as real ones.
GUESSING = {"KeywordDetector", "HexHighEntropyString", "Base64HighEntropyString", "BasicAuthDetector"}
#: It finds the addresses of every example.
NO_SECRETS = {"IPPublicDetector"}
#: The scanner reads YAML: it stumbles over tags that do not fit, and goes off with the bomb of aliases.
UNREADABLE = "tests/config/cases/"


def main() -> int:
    """Scans, and says where."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True, text=True).stdout
    files = [name for name in listed.split("\0") if name and not name.startswith(UNREADABLE)]
    plugins = {kind.__name__ for kind in get_mapping_from_secret_type_to_class().values()} - NO_SECRETS
    found = 0
    for names, used in (
        ([name for name in files if not name.startswith("tests/")], plugins),
        ([name for name in files if name.startswith("tests/")], plugins - GUESSING),
    ):
        filters = [{"path": "detect_secrets.filters.allowlist.is_line_allowlisted"}]
        with transient_settings({"plugins_used": [{"name": name} for name in sorted(used)], "filters_used": filters}):
            for name in names:
                for secret in scan_file(name):
                    found += 1
                    print(f"{name}:{secret.line_number}: looks like a secret ({secret.type})")
    print(f"{len(files)} files, {found} secrets")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
