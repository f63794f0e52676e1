#!/bin/sh
# Draws where the time of verify requests goes: bench-flame.sh PHOTOGRAPH OUT.svg
# perf samples the program as it is shipped, by the clock, so that it works where the processor's counters are not to be had.
set -eu
photograph=${1:?usage: bench-flame.sh PHOTOGRAPH OUT.svg}
out=${2:?usage: bench-flame.sh PHOTOGRAPH OUT.svg}
cd "$(dirname "$0")/.."
command -v perf >/dev/null 2>&1 || scripts/install.sh linux-perf
auther=${AUTHER:-target/release/auther}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The inference library keeps no frame pointers: stacks are unwound from copies of 16 kB. Its kernels, in assembly, cannot be
# unwound at all; see crates/eval/src/flame/samples.rs.
perf record --quiet --event cpu-clock --freq 499 --call-graph dwarf,16384 --output "$folder/perf.data" \
    "$auther" bench stages "$photograph" --repetitions 150 >/dev/null
perf script --no-inline --input "$folder/perf.data" >"$folder/samples.txt" 2>/dev/null
mkdir -p "$(dirname "$out")"
"$auther" bench flame "$folder/samples.txt" --out "$out"
