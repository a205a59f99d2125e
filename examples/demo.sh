#!/bin/sh
# A realistic agency against the embedded service: planned, applied, planned again, changed, and planned once more.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/agency/." "$work"
cd "$work"

say() { printf '\n$ %s\n' "$*"; "$@"; }
# The plan has been shown already; of an apply only the report is.
report() {
    printf '\n$ %s\n' "$*"
    "$@" >apply.log || { cat apply.log; exit 1; }
    tail -n 1 apply.log
    rm apply.log
}

say reconcile validate
say reconcile plan
report reconcile apply --yes --progress never
say reconcile plan --detailed-exitcode
printf '\n# One edit in one shared widget: call_time 28 -> 35.\n'
sed -i.bak 's/call_time: 28/call_time: 35/' shared/widgets.yaml && rm shared/widgets.yaml.bak
say reconcile plan
report reconcile apply --yes --progress never
say reconcile plan --detailed-exitcode
printf '\nThe second plan of each is empty: the live account is as the files say.\n'
