#!/usr/bin/env bash
# Puts the program of this very checkout into an environment of its own, and that on the PATH of the steps that follow.
# -I: the current folder is that of a pull request, whose files are no programs.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
environment="$RUNNER_TEMP/reconcile-environment"
wanted="$here/../..${RECONCILE_EXTRAS:+[$RECONCILE_EXTRAS]}"
# An earlier step of the job may have installed it, though perhaps with other extras.
if ! grep -qsxF -- "$wanted" "$environment/installed"; then
  python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 11) and "reconcile needs Python 3.11 or newer: use actions/setup-python before")'
  [ -x "$environment/bin/python" ] || python3 -I -m venv "$environment"
  "$environment/bin/python" -I -m pip install --quiet --disable-pip-version-check "$wanted"
  printf '%s\n' "$wanted" >> "$environment/installed"
fi
printf '%s\n' "$environment/bin" >> "$GITHUB_PATH"
