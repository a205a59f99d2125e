"""`python -m reconcile`."""

from __future__ import annotations

import sys

if not sys.flags.safe_path and sys.path:
    # `python -m` looks for modules in the current folder first: that of a project, whose files are no programs.
    sys.path.pop(0)

from reconcile.cli.main import main

if __name__ == "__main__":
    main()
