#!/bin/sh
# A thousand dealers from one sheet, against an emulated service of its own: planned, applied in waves, and planned again;
# one edit in the widget that all of them share; and one that the service refuses of a single site, so that all of it goes
# back by itself. Nothing leaves this machine.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
emulator=
trap '[ -z "$emulator" ] || kill "$emulator"; rm -rf "$work"' EXIT
cp "$here/reconcile.yaml" "$here/dealers.csv" "$here/look.sh" "$work"
cd "$work"

say() { printf '\n$ %s\n' "$*"; "$@"; }
# The plan has been shown already; of an apply, what follows it is.
report() {
    expected=$1; shift
    printf '\n$ %s\n' "$*"
    code=0
    "$@" >apply.log 2>&1 || code=$?
    sed -n '/^Waves/,$p' apply.log
    [ "$code" -eq "$expected" ] || { echo "exit code $code, expected $expected"; exit 1; }
}

# Unlike the one of `base_url: emulator`, it refuses what the service does not document.
reconcile emulator --port 0 --db "$work/service.db" >emulator.log 2>&1 &
emulator=$!
until grep -q 'http://' emulator.log; do kill -0 "$emulator"; sleep 0.1; done
POZVONIM_URL=$(sed -n 's|.*\(http://[^ ]*/v2u\).*|\1|p' emulator.log | head -n 1)
export POZVONIM_URL

echo "# One sheet with $(($(wc -l <dealers.csv) - 1)) dealers, and $(($(wc -l <reconcile.yaml))) lines of YAML."
say reconcile validate
say reconcile plan
report 0 reconcile apply --yes --progress never
say reconcile plan --detailed-exitcode

printf '\n# One edit in the widget that all of them share: call_time 28 -> 35.\n'
sed -i.bak 's/call_time: 28/call_time: 35/' reconcile.yaml
say reconcile plan
report 0 reconcile apply --yes --progress never
say reconcile plan --detailed-exitcode

printf '\n# The next edit, 35 -> 40, comes with a field for one dealer that the service does not know, and refuses.\n'
cp reconcile.yaml good.bak
sed -i.bak 's/call_time: 35/call_time: 40/' reconcile.yaml
echo '      gaz-tver.ru: {raw: {theme: dark}}' >>reconcile.yaml
say reconcile plan
report 5 reconcile apply --yes --progress never
printf '\n# With the files as they were before, there is nothing to do: every wave was taken back.\n'
cp good.bak reconcile.yaml
say reconcile plan --detailed-exitcode
say reconcile history --limit 4
