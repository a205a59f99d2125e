#!/bin/sh
# Two realistic projects against the embedded services. An agency: planned, applied, planned again, changed, and planned
# once more. A studio: its clients, a step for a person, and what can be asked besides. Nothing leaves this machine.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$here/agency" "$here/studio" "$work"

say() { printf '\n$ %s\n' "$*"; "$@"; }
# The plan has been shown already; of an apply only the report is.
report() {
    printf '\n$ %s\n' "$*"
    "$@" >apply.log || { cat apply.log; exit 1; }
    tail -n 1 apply.log
    rm apply.log
}
# A plan that leaves something to do.
pending() {
    printf '\n$ %s\n' "$*"
    code=0
    "$@" || code=$?
    [ "$code" -eq 2 ] || { echo "exit code $code, expected 2"; exit 1; }
}

cd "$work/agency"
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

printf '\n# A studio: clients with their sites, and an account at Chaser, whose API makes no websites.\n'
cd "$work/studio"
say reconcile validate
pending reconcile plan --detailed-exitcode
report reconcile apply --yes --progress never
pending reconcile plan --detailed-exitcode
printf '\n# The step by hand. A person does it in Chaser'"'"'s dashboard; the emulated one takes it as options.\n'
reconcile emulator --port 0 --history 14 \
    --website 'demo:landing-zarya.ru=Заявки с лендинга' \
    --website 'demo:студия-заря.рф=Студия «Заря»' >emulator.log 2>&1 &
emulator=$!
until grep -q emulated_chaser emulator.log; do kill -0 "$emulator"; sleep 0.1; done
kill "$emulator" && wait "$emulator"
say reconcile plan --detailed-exitcode
say reconcile clients
say reconcile calls --client okna-kama --since 1d
say reconcile statistics --by site --since 7d
say reconcile widget studio-zarya.ru --snippet
say reconcile call студия-заря.рф '+7 342 077-10-20' --at +30m --yes
say reconcile transfer kolobok 1500 --type main --yes
say reconcile time
say reconcile doctor
