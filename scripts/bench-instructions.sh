#!/bin/sh
# Counts the instructions of each stage under callgrind and holds them to the committed table; --bless writes the table.
set -eu
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null 2>&1 || scripts/install.sh valgrind
table=crates/face/data/instructions.txt
program=${CARGO_TARGET_DIR:-target}/debug/examples/instructions

# As a release for what is counted; everything else as the tests have built it already, which saves minutes.
settings=
for package in biometric search face; do
    for setting in opt-level=3 debug-assertions=false overflow-checks=false codegen-units=16; do
        settings="$settings --config profile.dev.package.$package.$setting"
    done
done
# Word by word: none has a space.
# shellcheck disable=SC2086
CARGO_INCREMENTAL=0 cargo build --locked --workspace --example instructions $settings

counts=$(mktemp)
trap 'rm -f "$counts"' EXIT

# Instructions of a stage that is run so often, all that comes before it included.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" run "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

for stage in $("$program" list); do
    # The difference of two runs leaves out what happens once: the start, the input, what is set up at first use.
    few=$(instructions "$stage" 2)
    more=$(instructions "$stage" 4)
    echo "$stage $(((more - few) / 2))" >>"$counts"
done

if [ "${1:-}" = --bless ]; then
    # By way of a variable: a table that cannot be made must not empty the one that is there.
    blessed=$("$program" format "$counts")
    echo "$blessed" >"$table"
    exit 0
fi
"$program" compare "$table" "$counts"
