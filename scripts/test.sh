#!/bin/sh
# Everything that must hold before a change lands: lints, models, all tests (the dependency audit is one of them).
set -eu
cd "$(dirname "$0")/.."
scripts/need.sh
# What signs is held against openssl.
command -v openssl >/dev/null 2>&1 || scripts/install.sh openssl
scripts/lint.sh
# The tests run on the real models: `auther setup` fetches them once and checks them every time.
cargo run --locked -p auther -- setup
cargo test --workspace --locked
# Whether a stage has become slower: by instructions, which do not depend on what else the machine does.
scripts/bench-instructions.sh
scripts/test-contract.sh
scripts/test-clients-python.sh
scripts/test-clients-typescript.sh
scripts/test-postman.sh
scripts/test-rekognition.sh
scripts/test-browser.sh
