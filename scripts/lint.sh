#!/bin/sh
# Formatting, clippy and documentation, warnings as errors.
set -eu
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
