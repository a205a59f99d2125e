#!/bin/sh
# A thousand dealers from one sheet, against a service of its own on this machine: planned, applied, planned again, and one
# edit in the one shared widget. Nothing leaves this machine.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/reconcile.yaml" "$here/dealers.csv" "$work"
cd "$work"

say() { printf '\n$ %s\n' "$*"; "$@"; }
# The plan has been shown already; of an apply only the end of the report is.
report() {
    printf '\n$ %s\n' "$*"
    "$@" >apply.log || { cat apply.log; exit 1; }
    tail -n 1 apply.log
}

printf '# One sheet with %s dealers, and %s lines of YAML.\n' "$(($(wc -l <dealers.csv) - 1))" "$(($(wc -l <reconcile.yaml)))"
say reconcile validate
say reconcile plan
report reconcile apply --yes --progress never
say reconcile plan --detailed-exitcode

printf '\n# One edit in the widget that all of them share: call_time 28 -> 35.\n'
sed -i.bak 's/call_time: 28/call_time: 35/' reconcile.yaml && rm reconcile.yaml.bak
say reconcile plan
report reconcile apply --yes --progress never
say reconcile plan --detailed-exitcode

printf '\n# Back to what it was before the last run.\n'
report reconcile rollback latest --yes --progress never
sed -i.bak 's/call_time: 35/call_time: 28/' reconcile.yaml && rm reconcile.yaml.bak
say reconcile plan --detailed-exitcode
