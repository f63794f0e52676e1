#!/bin/sh
# Fuzzes every parser of foreign bytes for so many seconds each (default 60): scripts/fuzz.sh [SECONDS].
# What a target finds is kept in fuzz/artifacts; a run of the target on that file shows it again.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
command -v cargo-fuzz >/dev/null 2>&1 || cargo install cargo-fuzz --version 0.13.2 --locked
# The sanitizers are behind a switch that stable compilers have, too.
export RUSTC_BOOTSTRAP=1
mkdir -p fuzz/corpus/image fuzz/corpus/jpeg fuzz/corpus/onnx fuzz/corpus/tflite fuzz/corpus/card fuzz/corpus/signing
# Good files to begin with; small ones, since each run decodes one several times.
for corpus in image jpeg; do
    cp docs/images/too_small.jpg postman/images/wall.jpg "fuzz/corpus/$corpus/"
done
cp models/sface_2021dec/card.toml fuzz/corpus/card/
for target in $(cargo fuzz list); do
    cargo fuzz run "$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 -max_len=131072
done
